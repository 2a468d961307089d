"""Funding per asset over venues, weighted by open interest hour by hour, as of every instant.

Belongs here: which rate and which open interest stand in an hour, and the mean of the day's hours. Does not
belong here: the weighted mean itself and intervals (`funding.py`), samples of open interest
(`open_interest_series.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas import confidence
from schemas.rules import LONGEST_FUNDING_INTERVAL_HOURS
from schemas.tables import TABLES
from transforms.facts.funding import SERIES, annualised_simple, settled_rates, weighted_funding
from transforms.facts.funding_daily import visible_at, with_days
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

_TABLE = TABLES["core_funding__weighted"]
_GROUP = ("day", "asset", "margin_type")
_CUT = (*_GROUP, "recorded_at")
_HOUR = (*_CUT, "hour_at")
_DAY_HOURS = 24
_EIGHT_HOURS_A_DAY = 3
_TOTAL = "all"
_FEWEST = 1_000_000


def rates_in_force(rates: pl.DataFrame) -> pl.DataFrame:
    """One row per hour that a settlement pays for, with the start of the hour as `hour_at`.

    Needs `settled_at` and `interval_hours`; the hours are those in (t - h, t].
    """
    start = pl.col("settled_at") - pl.duration(minutes=pl.col("interval_hours") * 60)
    hours = pl.datetime_ranges(start, pl.col("settled_at"), "1h", closed="left")
    known = rates.filter(pl.col("interval_hours").is_not_null())
    return known.with_columns(hour_at=hours).explode("hour_at").with_columns(pl.col("hour_at").dt.truncate("1h"))


def weigh(rates: pl.DataFrame, weights: pl.DataFrame, by: Sequence[str] = ("hour_at",)) -> pl.DataFrame:
    """Rates in force with the open interest of the same contract and hour as `open_interest_usd`, else without a row.

    `rates` has `by`, `source`, `venue`, `symbol`, `asset`; `weights` (single-sided, in dollars) the same columns
    and `open_interest_usd`. Of several feeds of one contract the best by `schemas/confidence/sources.csv` gives
    each. Where a venue has no contract's own open interest, the vendor's total of the venue and asset (symbol
    `all`) serves the only series of the same vendor there; it is not added to contracts of that venue.
    """
    contract = [*by, "venue", "symbol"]
    pair = list(dict.fromkeys([*by, "venue", "asset"]))
    chosen, own = _best(rates, contract), _best(weights.filter(pl.col("symbol") != _TOTAL), contract)
    matched = chosen.join(own.select(*contract, "open_interest_usd"), on=contract)
    left = rates.join(matched.select(pair).unique(), on=pair, how="anti").with_columns(__vendor=_vendor())
    alone = left.filter(pl.col("symbol").n_unique().over(*pair, "__vendor") == 1)
    totals = weights.filter(pl.col("symbol") == _TOTAL).with_columns(__vendor=_vendor())
    by_vendor = alone.join(totals.select(*pair, "__vendor", "open_interest_usd"), on=[*pair, "__vendor"])
    return pl.concat([matched, _best(by_vendor, pair).select(matched.columns)])


def funding_over_venues(settlements: pl.DataFrame, hours: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Rows of `core_funding__weighted` for `dates`, one per recorded change.

    `settlements` should hold the days beside `dates`, `hours` is `core_open_interest__hourly` of `dates`. The
    rate is the mean over the day's hours of the weighted 8-hour rate; a day is three times that. The open
    interest of an hour counts once the hour is over, and a day is final eight hours after its end. Without
    any open interest `status` is `no_open_interest`, without an hour that has both `no_common_hour`, with
    fewer than 24 `incomplete`.
    """
    rates = with_days(settlements.filter(pl.col("margin_type").is_not_null()), dates)
    own = rates.filter(pl.col("fact_date") == pl.col("day")).select(_GROUP).unique()
    rates = rates.join(own, on=_GROUP, how="semi")
    weights = _weights(hours, own)
    instants = pl.concat([cuts(rates, _GROUP), cuts(weights, _GROUP)]).unique()
    first = rates.group_by(_GROUP).agg(pl.col("known_at").min().alias("__first"))
    instants = instants.join(first, on=_GROUP).filter(pl.col("recorded_at") >= pl.col("__first")).drop("__first")
    in_force = rates_in_force(settled_rates(visible_at(instants, rates, _GROUP), (*_CUT, *SERIES)))
    in_force = in_force.filter((pl.col("hour_at").dt.date() == pl.col("day")) & pl.col("rate_8h_ratio").is_not_null())
    key = [*_GROUP, "venue", "symbol", "source", "hour_at"]
    weighing = state_at(instants.join(weights.select(key).unique(), on=list(_GROUP)), weights, key)
    both = weigh(in_force, weighing.filter(pl.col("open_interest_usd").is_not_null()), _HOUR)
    days = in_force.group_by(_CUT).agg(pl.col("is_simulated").any(), pl.col("source").min())
    rows = days.join(_days(both), on=_CUT, how="left").join(
        weighing.select(_CUT).unique().with_columns(__has_weight=pl.lit(True)), on=_CUT, how="left"
    )
    return drop_unchanged(_stated(rows), _TABLE.grain[:-1], _TABLE.tracked).sort(_TABLE.grain)


def _weights(hours: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Hourly samples under every group that they may weigh in: a vendor's total has no kind of margin of its own."""
    over = pl.col("hour_at") + pl.duration(hours=1)
    timed = hours.sort("recorded_at").with_columns(day="fact_date", known_at=pl.max_horizontal("recorded_at", over))
    contracts = timed.filter(pl.col("symbol") != _TOTAL).join(groups, on=_GROUP, how="semi")
    totals = timed.filter(pl.col("symbol") == _TOTAL).drop("margin_type").join(groups, on=["day", "asset"])
    names = [*_GROUP, "venue", "symbol", "source", "hour_at", "open_interest_usd", "known_at"]
    return pl.concat([contracts.select(names), totals.select(names)])


def _days(both: pl.DataFrame) -> pl.DataFrame:
    """The mean of the hours that have a weighted rate; the venues of the whole day."""
    rows = both.sort(*_HOUR, "venue", "symbol").drop("rate_ratio", "interval_hours")
    by_hour = weighted_funding(rows.with_columns(rate_ratio="rate_8h_ratio", interval_hours=pl.lit(8.0)), _HOUR).filter(
        pl.col("funding_8h_ratio").is_not_null()
    )
    rates = ("funding_8h_ratio", "funding_8h_unweighted_ratio", "open_interest_usd")
    venues = pl.col("venues").explode().unique().sort()
    return by_hour.group_by(_CUT).agg(
        *(pl.col(name).sort_by("hour_at").mean() for name in rates),
        hours_covered=pl.len().cast(pl.Float64),
        venues=venues.str.join(","),
        n_venues=venues.len().cast(pl.Int32),
    )


def _stated(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day's funding, its status and finality."""
    is_whole = pl.col("hours_covered") == _DAY_HOURS
    # By then every venue has settled an interval that began within the day.
    wait = pl.duration(hours=_DAY_HOURS + LONGEST_FUNDING_INTERVAL_HOURS)
    is_over = pl.col("recorded_at") >= pl.col("day").cast(pl.Datetime("us", "UTC")) + wait
    daily = pl.col("funding_8h_ratio") * _EIGHT_HOURS_A_DAY
    status = (
        pl.when(is_whole)
        .then(None)
        .when(pl.col("hours_covered") > 0)
        .then(pl.lit("incomplete"))
        .when("__has_weight")
        .then(pl.lit("no_common_hour"))
        .otherwise(pl.lit("no_open_interest"))
    )
    return (
        rows.with_columns(pl.col("hours_covered").fill_null(0.0), pl.col("n_venues").fill_null(0), fact_date="day")
        .with_columns(
            funding_ratio=pl.when(is_whole).then(daily),
            funding_annualised_ratio=pl.when(is_whole).then(annualised_simple(daily)),
            status=status,
            finality=pl.when(is_whole & is_over).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
        )
        .select(_TABLE.schema.names())
        .cast(_TABLE.schema)
    )


def _vendor() -> pl.Expr:
    """The vendor that a feed's name begins with."""
    return pl.col("source").str.split("_").list.first()


def _best(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """One row per key: of the best tier, then the first priority, then the name."""
    ranks = confidence.sources().select("source", "tier", "priority")
    ranked = rows.join(ranks, on="source", how="left").with_columns(pl.col("tier", "priority").fill_null(_FEWEST))
    ordered = ranked.sort("tier", "priority", "source")
    return ordered.unique(list(key), keep="first", maintain_order=True).drop("tier", "priority")
