"""Dated futures of the scenario: which contracts a venue lists on a day, and what they are worth.

Belongs here: expiry calendars and the basis curve. Does not belong here: how a venue writes a contract
down (`instruments.py`, `quotes.py`, `settlements.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import exp
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import at, rng

LONDON = ZoneInfo("Europe/London")
YEAR_SECONDS = 365 * 86_400

# Day, simple annualised basis of the near contract, per cent.
_NEAR_BASIS: tuple[tuple[str, float], ...] = (
    ("2025-11-01", 6.4),
    ("2025-11-21", 3.9),
    ("2025-12-05", 5.2),
    ("2025-12-31", 4.6),
    ("2026-01-14", 5.4),
    ("2026-01-26", 3.6),
    ("2026-01-28", 3.3),
    ("2026-01-29", 1.4),
    ("2026-01-30", -0.9),
    ("2026-01-31", -1.3),
    ("2026-02-01", -0.6),
    ("2026-02-02", 0.8),
    ("2026-02-03", 3.0),
    ("2026-02-04", 3.3),
    ("2026-02-05", 9.0),
    ("2026-02-06", 6.1),
    ("2026-02-10", 4.2),
    ("2026-02-24", 2.6),
    ("2026-03-02", 3.4),
)
_FAR_BASIS = 5.2
_NEAR_DAYS = 22.0
_DECAY_DAYS = 75.0
_VENUE_OFFSET = {"cme": 0.0, "binance": 0.3, "okx": 0.4, "bybit": 0.5, "deribit": -0.2}
_ASSET_OFFSET = {"BTC": 0.0, "ETH": -0.5}


@dataclass(frozen=True)
class Contract:
    """A dated future: its asset, expiry and listing instants (UTC)."""

    asset: str
    expires_at: datetime
    listed_at: datetime

    @property
    def yymmdd(self) -> str:
        """The expiry as most venues write it in a name."""
        return self.expires_at.strftime("%y%m%d")


def listed(venue: str, asset: str, instant: datetime) -> list[Contract]:
    """The contracts that a venue lists at an instant, nearest first."""
    offered = _CALENDARS[venue]
    return [Contract(asset, expiry, _listed_at(venue, expiry)) for expiry in offered(instant) if expiry > instant]


def basis(venue: str, asset: str, instant: datetime, expires_at: datetime) -> float:
    """F/S − 1 of a contract at an instant, from the day's curve of annualised rates."""
    seconds = (expires_at - instant).total_seconds()
    days = seconds / 86_400
    knots = [date.fromisoformat(text).toordinal() for text, _ in _NEAR_BASIS]
    near = float(np.interp(instant.date().toordinal(), knots, [rate for _, rate in _NEAR_BASIS]))
    near += _VENUE_OFFSET[venue] + _ASSET_OFFSET[asset]
    rate = _FAR_BASIS + (near - _FAR_BASIS) * exp(-max(days - _NEAR_DAYS, 0.0) / _DECAY_DAYS)
    return rate / 100 * seconds / YEAR_SECONDS


def spot(venue: str, asset: str, instant: datetime, seed: int) -> float:
    """The venue's index: the common path, off by at most a few basis points."""
    noise = float(rng(seed, "index", venue, asset, instant.date()).normal(0.0, 0.8e-4))
    return market(seed).price(asset, instant) * (1 + noise)


def last_friday(year: int, month: int) -> date:
    """The last Friday of a month, on which monthly and quarterly contracts expire."""
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    last = first_of_next - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def _months(instant: datetime, count: int) -> list[date]:
    """Last Fridays from the month of `instant` on."""
    index = [instant.year * 12 + instant.month - 1 + n for n in range(count)]
    return [last_friday(i // 12, i % 12 + 1) for i in index]


def _fridays(instant: datetime, count: int) -> list[date]:
    """The next Fridays whose 08:00 is still ahead."""
    first = instant.date() + timedelta(days=(4 - instant.date().weekday()) % 7)
    if instant >= at(first, 8):
        first += timedelta(days=7)
    return [first + timedelta(days=7 * n) for n in range(count)]


def _ahead(days: list[date], instant: datetime, count: int) -> list[date]:
    return [day for day in days if at(day, 8) > instant][:count]


def _quarters(instant: datetime, count: int) -> list[date]:
    return _ahead([day for day in _months(instant, 16) if day.month % 3 == 0], instant, count)


def _at_eight(days: list[date]) -> list[datetime]:
    return [at(day, 8) for day in sorted(set(days))]


def _quarterlies_only(instant: datetime) -> list[datetime]:
    return _at_eight(_quarters(instant, 2))


def _full_ladder(instant: datetime) -> list[datetime]:
    months = _ahead(_months(instant, 4), instant, 2)
    return _at_eight([*_fridays(instant, 2), *months, *_quarters(instant, 3)])


def _short_ladder(instant: datetime) -> list[datetime]:
    return _at_eight([*_fridays(instant, 2), *_ahead(_months(instant, 4), instant, 3)])


def _cme_months(instant: datetime) -> list[datetime]:
    expiries = [datetime(d.year, d.month, d.day, 16, tzinfo=LONDON) for d in _months(instant, 8)]
    return [expiry.astimezone(UTC) for expiry in expiries if expiry > instant][:6]


_CALENDARS = {
    "binance": _quarterlies_only,
    "okx": _full_ladder,
    "deribit": _full_ladder,
    "bybit": _short_ladder,
    "cme": _cme_months,
}


def _listed_at(venue: str, expiry: datetime) -> datetime:
    """When the contract came up: quarters a year ahead, the others fourteen weeks."""
    is_quarter = expiry.month % 3 == 0 and expiry.date() == last_friday(expiry.year, expiry.month)
    return expiry - timedelta(days=364 if is_quarter and venue != "bybit" else 98)
