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


def rolling_sums(events: pl.DataFrame, by: Sequence[str] = (), period: str = "1h") -> pl.DataFrame:
    """Sum of `notional_usd` over (t − period, t] at every instant t at which something happened.

    `events` has `event_at` (UTC instants), `notional_usd` and the columns `by`; gives those, one row per
    group and distinct `event_at`. All events of one instant count at it; rows without a notional do not.
    """
    by_instant = (
        events.filter(pl.col("notional_usd").is_not_null())
        .sort(*by, "event_at", maintain_order=True)
        .group_by(*by, "event_at", maintain_order=True)
        .agg(pl.col("notional_usd").sum())
    )
    windows = by_instant.rolling("event_at", period=period, closed="right", group_by=list(by) or None)
    return windows.agg(pl.col("notional_usd").sum())


def largest_rolling_hour(events: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Per group and UTC day the largest sum over (t−1h, t] among the day's t, and the first t to reach it.

    `events` as for `rolling_sums`, with the hour before the first day. The hour belongs to the day of its
    end t, though it may begin the evening before; an hour of the clock cuts bursts in two, so its maximum
    is never larger. Gives the columns `by`, `fact_date`, `max_1h_usd`, `max_1h_at`.
    """
    hours = rolling_sums(events, by).with_columns(fact_date=pl.col("event_at").dt.date())
    return _largest(hours, [*by, "fact_date"]).sort(*by, "fact_date")


def _largest(hours: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    return hours.group_by(by).agg(
        pl.col("notional_usd").max().alias("max_1h_usd"),
        pl.col("event_at").sort_by("notional_usd", descending=True, maintain_order=True).first().alias("max_1h_at"),
    )


def max_1h(events: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Rows of `core_liquidations__max_1h` for `dates`, one per recorded change.

    For each day, asset, venue and side `largest_rolling_hour`, at each instant at which a print became
    known. `events` (`core_liquidations__events`) must hold the last hour of the day before, too.
    """
    priced = events.filter(pl.col("notional_usd").is_not_null())
    wanted = pl.DataFrame({"day": dates}, schema={"day": pl.Date})
    relevant = _with_day(priced).join(wanted, on="day", how="semi")
    observed = relevant.join(cuts(relevant, ["day", *_GROUP]), on=["day", *_GROUP])
    key = ["day", *_GROUP, "recorded_at"]
    # The order fixes the order of addition, so that a rebuild gives the same last digit.
    visible = observed.filter(pl.col("known_at") <= pl.col("recorded_at")).sort(
        *key, "event_at", "symbol", "size_native", "price", "occurrence"
    )
    hours = rolling_sums(visible, key).filter(pl.col("event_at").dt.date() == pl.col("day"))
    largest = _largest(hours, key).rename({"day": "fact_date"}).select(_TABLE.schema.names()).cast(_TABLE.schema)
    return drop_unchanged(largest, _DAY, ["max_1h_usd", "max_1h_at"]).sort(_TABLE.grain)


def _with_day(events: pl.DataFrame) -> pl.DataFrame:
    """Each print under `day`: its own, and the next if its hour reaches past midnight."""
    own = pl.col("event_at").dt.date()
    reaches = (pl.col("event_at") + pl.duration(hours=1) - pl.duration(microseconds=1)).dt.date()
    slim = ("event_at", *_GROUP, "notional_usd", "known_at", "symbol", "size_native", "price", "occurrence")
    days = pl.concat_list(own, reaches).list.unique().alias("day")
    return events.select(*slim, days).explode("day")
