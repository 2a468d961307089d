"""Funding of each contract's day, as of every instant at which a settlement became known.

Belongs here: which settlements were known when, status and finality of a day. Does not belong here: the
arithmetic of intervals and days (`funding.py`), the mean over venues (`funding_weighted.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from schemas.tables import TABLES
from transforms.facts.funding import SERIES, daily_funding
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

_TABLE = TABLES["core_funding__daily"]
_DAY = ("day", *SERIES)
_CUT = (*_DAY, "recorded_at")
_WHOLE_DAY_HOURS = 24.0
# Neighbours on both sides tell the interval of the first stamp and whether one is missing after the last.
BESIDE = tuple(timedelta(days=step) for step in (-1, 0, 1))


def funding_by_day(settlements: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Rows of `core_funding__daily` for `dates`, one per recorded change.

    `settlements` (`core_funding__settlements`) should hold the days beside them, too (`BESIDE`). A day whose
    24 hours are not all paid for by known settlements is `incomplete`: the sum of those known, and no annual
    rate. It is final once it is whole, and over by what was known then.
    """
    near = with_days(settlements, dates)
    own = near.filter(pl.col("fact_date") == pl.col("day"))
    instants = cuts(near.join(own.select(_DAY).unique(), on=_DAY, how="semi"), _DAY)
    visible = visible_at(instants, near, _DAY)
    sums = daily_funding(visible, _CUT).filter(pl.col("fact_date") == pl.col("day"))
    described = (
        visible.filter(pl.col("fact_date") == pl.col("day"))
        .sort("settled_at")
        .group_by(_CUT)
        .agg(pl.col("asset", "margin_type", "status").last(), pl.col("is_simulated").any())
    )
    rows = _stated(described.join(sums, on=_CUT, how="left"))
    return drop_unchanged(rows, _TABLE.grain[:-1], _TABLE.tracked).sort(_TABLE.grain)


def with_days(settlements: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Each settlement once for its own day and once for each day beside it, of `dates`, as `day`."""
    days = pl.concat_list(pl.col("fact_date") - step for step in BESIDE)
    return settlements.with_columns(day=days).explode("day").filter(pl.col("day").is_in(list(dates)))


def visible_at(instants: pl.DataFrame, settlements: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """At each instant of a group (`by`, `recorded_at`) the newest version of each of its settlements."""
    stamps = settlements.select(*by, *(name for name in (*SERIES, "settled_at") if name not in by)).unique()
    keys = list(stamps.columns)
    return state_at(instants.join(stamps, on=list(by)), settlements.sort("known_at", "raw_sha256"), keys)


def _stated(rows: pl.DataFrame) -> pl.DataFrame:
    """Add status and finality, and leave no annual rate to a part of a day."""
    is_whole = pl.col("hours_covered") == _WHOLE_DAY_HOURS
    is_over = pl.col("recorded_at") >= (pl.col("day") + pl.duration(days=1)).cast(pl.Datetime("us", "UTC"))
    return (
        rows.with_columns(
            pl.col("n_settlements").fill_null(0),
            pl.col("hours_covered").fill_null(0.0),
            pl.col("has_interval_mismatch", "has_capped_rate").fill_null(False),
            fact_date="day",
        )
        .with_columns(
            status=pl.when(pl.col("n_settlements") == 0)
            .then(pl.coalesce("status", pl.lit("missing")))
            .when(~is_whole)
            .then(pl.lit("incomplete")),
            finality=pl.when(is_whole & is_over).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
            funding_annualised_ratio=pl.when(is_whole).then("funding_annualised_ratio"),
        )
        .select(_TABLE.schema.names())
        .cast(_TABLE.schema)
    )
