"""CME bitcoin settlements as a small CSV: 16:00 New York, spot of the same minute.

Belongs here: the settlement file, one per session. Does not belong here: the curve (`contracts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestration.sources.sample.contracts import basis, listed, spot
from orchestration.sources.sample.market import is_session
from orchestration.sources.sample.payload import CSV, SamplePayload, payload

NEW_YORK = ZoneInfo("America/New_York")
TICK = 5.0
_MONTH_CODES = "FGHJKMNQUVXZ"


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The settlement file of a session: columns contract, expiry, settle, spot, instant (UTC)."""
    if not is_session(day):
        return
    instant = datetime(day.year, day.month, day.day, 16, tzinfo=NEW_YORK).astimezone(UTC)
    index = spot("cme", "BTC", instant, seed)
    lines = ["contract,expiry,settle,spot,instant"]
    for contract in listed("cme", "BTC", instant):
        settle = round(index * (1 + basis("cme", "BTC", instant, contract.expires_at)) / TICK) * TICK
        name = f"BTC{_MONTH_CODES[contract.expires_at.month - 1]}{contract.expires_at.year % 10}"
        lines.append(
            f"{name},{contract.expires_at:%Y-%m-%dT%H:%M:%SZ},{settle:.2f},{index:.2f},{instant:%Y-%m-%dT%H:%M:%SZ}"
        )
    yield payload(
        "settlement_csv",
        f"cme/settlements_{day}.csv",
        "\n".join(lines) + "\n",
        instant + timedelta(hours=2),
        day,
        CSV,
        venue="cme",
        asset="BTC",
    )
