"""ETF net flows of the scenario, and when each fund reports.

Belongs here: flows per fund and session in tenths of US$ million, and what a table would print at an
instant. Does not belong here: the tables themselves (`farside.py`). The totals of 30 January to 5
February 2026, three IBIT cells and the split of 26 December are public figures; the rest is invented.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np

from orchestration.sources.sample.dirt import dirt_day
from orchestration.sources.sample.market import HOLIDAYS, market, sessions
from orchestration.sources.sample.payload import at, rng

FUNDS: dict[str, tuple[str, ...]] = {
    "BTC": ("IBIT", "FBTC", "BITB", "ARKB", "BTCO", "EZBC", "BRRR", "HODL", "BTCW", "GBTC", "BTC"),
    "ETH": ("ETHA", "FETH", "ETHW", "TETH", "ETHV", "QETH", "EZET", "ETHE", "ETH"),
}
_LEAD = {"BTC": "IBIT", "ETH": "ETHA"}
_SECOND = {"BTC": "FBTC", "ETH": "FETH"}
# Trade date, total and IBIT in US$ million.
_KNOWN_BTC: dict[date, tuple[float, float | None]] = {
    date(2025, 12, 26): (-275.9, -192.6),
    date(2026, 1, 30): (-509.7, -528.3),
    date(2026, 2, 2): (561.8, None),
    date(2026, 2, 3): (-272.0, None),
    date(2026, 2, 4): (-544.9, -373.4),
    date(2026, 2, 5): (-434.1, -175.3),
}
# Minutes after midnight of D+1 at which a fund reports: earliest, latest.
_REPORTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("GBTC", "BTC", "ETHE", "ETH"), (0, 50)),
    **dict.fromkeys(("ARKB", "BITB", "ETHW", "TETH"), (20, 80)),
    **dict.fromkeys(("EZBC", "BTCW", "BRRR", "HODL", "ETHV", "EZET"), (60, 120)),
    **dict.fromkeys(("BTCO", "QETH"), (120, 200)),
    **dict.fromkeys(("FBTC", "FETH"), (110, 130)),
    **dict.fromkeys(("IBIT", "ETHA"), (280, 360)),
}
_SLOW_SHARE = 0.07
_SLOW_MINUTES = 440
_LATE_REPORTS: dict[tuple[date, str], datetime | None] = {
    (date(2025, 12, 26), "IBIT"): datetime(2025, 12, 29, 2, tzinfo=UTC),
    (dirt_day("etf_never_reported"), "EZBC"): None,
    (dirt_day("etf_late_fill"), "HODL"): datetime(2026, 1, 15, 13, tzinfo=UTC),
    (dirt_day("etf_late_fill_weekend"), "FBTC"): datetime(2026, 2, 9, 12, tzinfo=UTC),
    (dirt_day("etf_late_fill_weekend"), "HODL"): datetime(2026, 2, 9, 12, tzinfo=UTC),
}
Row = dict[str, int | None]


@lru_cache(maxsize=8)
def flows(asset: str, seed: int) -> dict[date, dict[str, int]]:
    """Net flow per session and fund, in tenths of US$ million."""
    return {day: _session(asset, day, seed) for day in sessions()}


def printed(asset: str, day: date, as_of: datetime, seed: int) -> Row:
    """What a table shows for a trade date at an instant: tenths of US$ million, None for a dash."""
    funds = FUNDS[asset]
    if day in HOLIDAYS:
        return dict.fromkeys(funds)
    if asset == "BTC" and day == dirt_day("etf_placeholder_zeros") and as_of < at(day, 6, plus_days=1):
        return dict.fromkeys(funds, 0)
    truth = flows(asset, seed)[day]
    reported = {fund: _reported_at(day, fund, seed) for fund in funds}
    return {fund: truth[fund] if when and when <= as_of else None for fund, when in reported.items()}


def rows(asset: str, as_of: datetime, seed: int, first: date, last: date) -> dict[date, Row]:
    """The table's rows from `first` to `last`, oldest first; the holiday's row goes the next noon."""
    holiday = dirt_day("etf_holiday_row")
    dates = sorted({*sessions(), holiday} if as_of < at(holiday, 12, plus_days=1) else sessions())
    return {day: printed(asset, day, as_of, seed) for day in dates if first <= day <= last}


def total(row: Row) -> int:
    """A row's total as a table prints it: the sum of what is filled, 0 when nothing is."""
    return sum(value for value in row.values() if value is not None)


@lru_cache(maxsize=4096)
def _reported_at(day: date, fund: str, seed: int) -> datetime | None:
    """When a fund's number for a session appears; None if it never does."""
    if (day, fund) in _LATE_REPORTS:
        return _LATE_REPORTS[day, fund]
    earliest, latest = _REPORTS[fund]
    random = rng(seed, "etf report", day, fund)
    minutes = int(random.integers(earliest, latest + 1))
    if fund in _LEAD.values() and day not in _KNOWN_BTC and random.random() < _SLOW_SHARE:
        minutes = _SLOW_MINUTES
    return at(day, plus_days=1) + timedelta(minutes=minutes)


def _session(asset: str, day: date, seed: int) -> dict[str, int]:
    """One session: the total follows the day's return, funds share it out, small funds often have 0."""
    random = rng(seed, "etf", asset, day)
    funds, lead, second = FUNDS[asset], _LEAD[asset], _SECOND[asset]
    scale = {"BTC": 1.0, "ETH": 0.35}[asset]
    drawn = scale * (10 * float(random.normal(-15.0, 130.0)) + 45_000 * market(seed).change(asset, day))
    share = float(random.uniform(0.45, 0.75))
    weights = random.dirichlet(np.full(len(funds) - 2, 0.6))
    is_idle = random.random(len(funds) - 2) < 0.45
    known_total, known_lead = _KNOWN_BTC.get(day, (None, None)) if asset == "BTC" else (None, None)
    is_idle &= np.array([(day, f) not in _LATE_REPORTS for f in funds if f not in (lead, second)])
    sum_tenths = round(float(np.clip(drawn, -9_000, 9_000))) if known_total is None else round(known_total * 10)
    lead_tenths = round(sum_tenths * share) if known_lead is None else round(known_lead * 10)
    rest = sum_tenths - lead_tenths
    others = [fund for fund in funds if fund not in (lead, second)]
    flow = {
        fund: 0 if idle else round(rest * 0.6 * weight)
        for fund, weight, idle in zip(others, weights.tolist(), is_idle.tolist(), strict=True)
    }
    flow |= {lead: lead_tenths, second: rest - sum(flow.values())}
    return {fund: flow[fund] for fund in funds}
