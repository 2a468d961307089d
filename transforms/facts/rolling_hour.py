"""The largest rolling hour of liquidations in each day.

Belongs here: the maximum over (t−1h, t] (METHOD §2), as of each instant at which prints became known.
Does not belong here: daily and hourly sums (`dbt_project/`), notionals (`transforms/core/notional.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas.tables import TABLES
from transforms.facts.vintage_cuts import cuts, drop_unchanged

_TABLE = TABLES["core_liquidations__max_1h"]
_GROUP = ("asset", "venue", "liq_side")
_DAY = ("fact_date", *_GROUP)


def max_1h(events: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Rows of `core_liquidations__max_1h` for `dates`, one per recorded change.

    For each day, asset, venue and side: the largest sum of `notional_usd` over (t−1h, t] among the
    day's prints t, and the first t that reaches it; all prints of one instant count in the sum at it.
    `events` (`core_liquidations__events`) must hold the last hour of the day before, too. Prints
    without a notional are left out.
    """
    priced = events.filter(pl.col("notional_usd").is_not_null())
    wanted = pl.DataFrame({"day": dates}, schema={"day": pl.Date})
    relevant = _with_day(priced).join(wanted, on="day", how="semi")
    observed = relevant.join(cuts(relevant, ["day", *_GROUP]), on=["day", *_GROUP])
    key = ["day", *_GROUP, "recorded_at"]
    # The order fixes the order of addition, so that a rebuild gives the same last digit.
    by_instant = (
        observed.filter(pl.col("known_at") <= pl.col("recorded_at"))
        .sort(*key, "event_at", "symbol", "size_native", "price", "occurrence")
        .group_by(*key, "event_at", maintain_order=True)
        .agg(pl.col("notional_usd").sum())
    )
    hours = by_instant.rolling("event_at", period="1h", closed="right", group_by=key).agg(pl.col("notional_usd").sum())
    largest = (
        hours.filter(pl.col("event_at").dt.date() == pl.col("day"))
        .group_by(key)
        .agg(
            pl.col("notional_usd").max().alias("max_1h_usd"),
            pl.col("event_at").sort_by("notional_usd", descending=True, maintain_order=True).first().alias("max_1h_at"),
        )
        .rename({"day": "fact_date"})
        .select(_TABLE.schema.names())
        .cast(_TABLE.schema)
    )
    return drop_unchanged(largest, _DAY, ["max_1h_usd", "max_1h_at"]).sort(_TABLE.grain)


def _with_day(events: pl.DataFrame) -> pl.DataFrame:
    """Each print under `day`: its own, and the next if its hour reaches past midnight."""
    own = pl.col("event_at").dt.date()
    reaches = (pl.col("event_at") + pl.duration(hours=1) - pl.duration(microseconds=1)).dt.date()
    slim = ("event_at", *_GROUP, "notional_usd", "known_at", "symbol", "size_native", "price", "occurrence")
    days = pl.concat_list(own, reaches).list.unique().alias("day")
    return events.select(*slim, days).explode("day")
