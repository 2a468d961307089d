"""CryptoQuant exports: bitcoin held by and moved to exchanges, and the vendor's liquidation totals.

Belongs here: the exported CSVs, one metric each, newest row first. Does not belong here: how much is
liquidated (`liquidations.py`). Exports are made by hand, so on Mondays, and daily in the weeks around
the crash and at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from orchestration.sources.sample.dirt import dirt_day
from orchestration.sources.sample.liquidations import vendor_total
from orchestration.sources.sample.market import SCENARIO_END, SCENARIO_START, market, trailing
from orchestration.sources.sample.payload import CSV, SamplePayload, at, days_between, payload, rng

_DAILY = ((date(2026, 1, 26), date(2026, 2, 14)), (date(2026, 2, 23), SCENARIO_END))
_TRAILING_DAYS = 31
_FIRST_RESERVE = 2_805_000.0
_RESTATED_INFLOW = 3_870.0
_RESTATED_AFTER_DAYS = 3
_RESERVE_BREAK = 1_250.0
_FLAT_PRICE_DAYS = 6
_FLOW_FILES = {
    "inflow": ("Exchange Inflow (Total)", "Exchange Inflow (Total)"),
    "outflow": ("Exchange Outflow (Total)", "Exchange Outflow (Total)"),
    "netflow": ("Exchange Netflow (Total)", "Exchange Netflow (Total)"),
    "reserve": ("Exchange Reserve", "Exchange Reserve"),
    "reserve_usd": ("Exchange Reserve USD", "Exchange Reserve USD"),
}


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The nine files of an export, made at 09:30 UTC on the next day: its running day is the newest row."""
    if day.weekday() != 0 and not any(first <= day <= last for first, last in _DAILY):
        return
    known_at = at(day, 9, 30, plus_days=1)
    days = list(trailing(day + timedelta(days=1), _TRAILING_DAYS))
    flows = {d: _flows_known(d, known_at, seed) for d in days}
    for metric, (title, column) in _FLOW_FILES.items():
        rows = [(d, f"{flows[d][metric]:.6f}") for d in days]
        yield _export("cryptoquant_exchange_flows", f"{title} - All Exchanges", column, rows, known_at, day)
    for side in ("long", "short"):
        column = f"{side.capitalize()} Liquidations"
        for unit, suffix in (("coin", ""), ("usd", " USD")):
            rows = [(d, _liquidated(d, side, unit, known_at, seed)) for d in days]
            title = f"{column}{suffix} - All Exchanges, All Symbol"
            yield _export("cryptoquant_liquidations", title, column + suffix, rows, known_at, day)


def _export(
    feed: str, title: str, column: str, rows: list[tuple[date, str]], known_at: datetime, day: date
) -> SamplePayload:
    lines = [f"Datetime,{column}", *(f"{d}T00:00:00Z,{value}" for d, value in rows)]
    path = f"cryptoquant/{known_at:%Y-%m-%d}/Bitcoin {title} - Day.csv"
    return payload(feed, path, "\n".join(lines) + "\n", known_at, day, CSV, asset="BTC", entity="all_exchanges")


def _elapsed(day: date, known_at: datetime) -> float:
    """The part of the day that had passed when the export was made."""
    return min((known_at - at(day)).total_seconds() / 86_400, 1.0)


@lru_cache(maxsize=4)
def _history(seed: int) -> dict[date, dict[str, float]]:
    """Inflow, outflow and end-of-day reserve as best known, coins; more moves on wilder days."""
    reserve, known = _FIRST_RESERVE, {}
    for day in days_between(SCENARIO_START, SCENARIO_END + timedelta(days=1)):
        random = rng(seed, "exchange flows", day)
        change = market(seed).change("BTC", day)
        inflow = float(random.normal(27_000, 2_500)) + 240_000 * abs(change)
        outflow = inflow + float(random.normal(350, 1_600)) + 30_000 * change
        reserve += inflow - outflow + (_RESERVE_BREAK if day == dirt_day("cq_reserve_break") else 0.0)
        known[day] = {"inflow": inflow, "outflow": outflow, "reserve": reserve}
    return known


def moved(day: date, seed: int) -> dict[str, float]:
    """Coins in, out and held at the end of a day, as best known."""
    return _history(seed)[day]


def _flows_known(day: date, known_at: datetime, seed: int) -> dict[str, float]:
    """One day's row of each file as exported at `known_at`."""
    truth = moved(day, seed)
    part = _elapsed(day, known_at)
    inflow, outflow = truth["inflow"] * part, truth["outflow"] * part
    reserve = truth["reserve"] if part == 1.0 else truth["reserve"] - (1 - part) * (truth["inflow"] - truth["outflow"])
    restated = dirt_day("cq_restated")
    if day >= restated and known_at.date() < restated + timedelta(days=1 + _RESTATED_AFTER_DAYS):
        reserve -= _RESTATED_INFLOW
        inflow -= _RESTATED_INFLOW if day == restated else 0.0
    return {
        "inflow": inflow,
        "outflow": outflow,
        "netflow": inflow - outflow,
        "reserve": reserve,
        "reserve_usd": reserve * _vendor_price(day, seed),
    }


def _vendor_price(day: date, seed: int) -> float:
    """The vendor's mean price of the day; stands still for the days declared."""
    flat_from = dirt_day("cq_flat_price")
    if flat_from <= day < flat_from + timedelta(days=_FLAT_PRICE_DAYS):
        day = flat_from
    return float(market(seed).day("BTC", day)[:1440].mean())


def _liquidated(day: date, side: str, unit: str, known_at: datetime, seed: int) -> str:
    """One cell: empty where declared, a part of the day where it is still running."""
    if day == dirt_day("cq_empty_cell") and side == "long":
        return ""
    usd = vendor_total(day, "BTC", side, seed) * _elapsed(day, known_at)
    return f"{usd:.5f}" if unit == "usd" else f"{usd / float(market(seed).day('BTC', day)[:1440].mean()):.8f}"
