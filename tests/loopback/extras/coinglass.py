"""CoinGlass' open interest, which the sample pack has not: dollars over all venues, per day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.market import RECORDED_FROM, market
from orchestration.sources.sample.payload import NOTICE, at, millis, payload, rng

_OPEN_COINS = {"BTC": 410_000.0, "ETH": 8_200_000.0, "SOL": 52_000_000.0}
_DAYS = 3


def payloads(day: date) -> list[SamplePayload]:
    """Bars of the last days, known in the night."""
    return [_payload(asset, day) for asset in _OPEN_COINS] if day >= RECORDED_FROM else []


def _payload(asset: str, day: date) -> SamplePayload:
    bars = [_bar(asset, day - timedelta(days=n)) for n in reversed(range(_DAYS))]
    body = {"code": "0", "msg": NOTICE, "data": bars}
    known_at = at(day, 0, 40, plus_days=1)
    return payload(
        "coinglass_open_interest", f"coinglass/{asset}#{day}", body, known_at, day, asset=asset, interval="1d"
    )


def _bar(asset: str, day: date) -> dict[str, Any]:
    jitter = float(rng(DEFAULT_SEED, "coinglass open interest", asset, day).normal(0, 0.01))
    dollars = f"{_OPEN_COINS[asset] * (1 + jitter) * float(market(DEFAULT_SEED).day(asset, day)[1440]):.4f}"
    return {"time": millis(at(day)), "open": dollars, "high": dollars, "low": dollars, "close": dollars}
