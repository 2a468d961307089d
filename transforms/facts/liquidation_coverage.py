"""How much of the liquidations a feed shows.

Belongs here: what a throttled feed keeps, how full it was, and each collector's share of what all of a
venue's collectors saw (METHOD §2). Does not belong here: scaling anything up by it (§0.6), or the share
of a vendor's total (`dbt_project/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.core.prints import PRINT
from transforms.facts.vintage_cuts import drop_unchanged

_TABLE = TABLES["core_liquidations__collectors"]
_DAY_SECONDS = 86_400
_COLLECTED = ("fact_date", "asset", "venue")
_KEY = (*_COLLECTED, "liq_side")
_PRICELESS = tuple(name for name in PRINT if name != "price")


def throttled(
    events: pl.DataFrame, rule: Literal["latest", "largest"], bucket_ms: int = 1000, by: Sequence[str] = ("symbol",)
) -> pl.DataFrame:
    """What a feed keeps that sends at most one event per contract and `bucket_ms`, in order of time.

    `events` has `event_at` (UTC instants), `notional_usd` and the columns `by`. `latest` keeps the last
    of each bucket (Binance until 2026-04-09), `largest` the largest by notional (from 2026-04-10). Raises
    `KeyError` for another rule.
    """
    order = {"latest": ["event_at"], "largest": ["notional_usd", "event_at"]}[rule]
    return (
        events.with_columns(__bucket=pl.col("event_at").dt.epoch("ms") // bucket_ms)
        .sort(order, maintain_order=True)
        .unique([*by, "__bucket"], keep="last", maintain_order=True)
        .drop("__bucket")
        .sort(*by, "event_at")
    )


def coverage_ratio(observed: pl.Expr, benchmark: pl.Expr) -> pl.Expr:
    """Observed / benchmark; null where the benchmark is null or zero. Reported, and nothing is scaled by it."""
    return pl.when(benchmark > 0).then(divided(observed, benchmark))


def saturation_ratio(event_at: pl.Expr, window_seconds: int = _DAY_SECONDS) -> pl.Expr:
    """Share of a window's seconds in which an event was kept: near 1, a feed of one per second was full."""
    return divided(event_at.dt.truncate("1s").n_unique(), window_seconds)


def collectors(prints: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Rows of `core_liquidations__collectors`: where several feeds collect a venue, what each of them saw.

    `prints` (`core_liquidations__prints`) and the `events` made of them. `benchmark_usd` is the notional of
    the union by maximum multiplicity, `observed_usd` that of those of its prints that the feed has, at the
    union's prices. One row per change, from when a second feed had the asset on that day; prints without a
    notional are in neither.
    """
    union = _union(events)
    seen = _sightings(prints).join(union.drop("source"), on=[*_PRICELESS, "__nth"])
    seen = seen.with_columns(pl.max_horizontal("seen_at", "known_at").alias("known_at"))
    feeds = seen.group_by(*_COLLECTED, "source").agg(since=pl.col("known_at").min())
    feeds = feeds.filter(pl.len().over(_COLLECTED) > 1)
    since = feeds.group_by(_COLLECTED).agg(pl.col("since").sort().get(1))
    instants = pl.concat([seen.select(*_KEY, "known_at"), union.select(*_KEY, "known_at")]).join(since, on=_COLLECTED)
    rows = instants.select(*_KEY, recorded_at=pl.max_horizontal("known_at", "since")).unique()
    rows = rows.join(feeds.drop("since"), on=_COLLECTED)
    rows = _beside(rows, _running(seen, [*_KEY, "source"], "observed_usd").drop("is_simulated"), [*_KEY, "source"])
    rows = _beside(rows, _running(union, _KEY, "benchmark_usd"), _KEY).with_columns(
        pl.col("observed_usd").fill_null(0.0)
    )
    found = rows.select(_TABLE.schema.names()).cast(_TABLE.schema)
    return drop_unchanged(found, [*_KEY, "source"], ["observed_usd", "benchmark_usd"]).sort(_TABLE.grain)


def _union(events: pl.DataFrame) -> pl.DataFrame:
    """Priced events, numbered among those that differ in nothing but the price."""
    priced = events.filter(pl.col("notional_usd").is_not_null()).sort("known_at", "price", "occurrence")
    return priced.with_columns(__nth=pl.int_range(pl.len()).over(_PRICELESS))


def _sightings(prints: pl.DataFrame) -> pl.DataFrame:
    """Per feed and print when it was first seen, where a venue has several feeds on the day.

    Feeds give one print at different kinds of price, so they are matched without it, in order.
    """
    several = pl.col("source").n_unique().over("fact_date", "venue") > 1
    ordered = prints.filter(several).sort("known_at", "price", "occurrence")
    return ordered.select(
        *_PRICELESS,
        "source",
        pl.col("known_at").alias("seen_at"),
        __nth=pl.int_range(pl.len()).over("source", *_PRICELESS),
    )


def _running(prints: pl.DataFrame, by: Sequence[str], name: str) -> pl.DataFrame:
    """The sum of the prints known at each instant, as `name`, with `is_simulated`."""
    ordered = prints.sort(*by, "known_at", *_PRICELESS, "__nth")
    steps = ordered.group_by(*by, "known_at", maintain_order=True).agg(
        pl.col("notional_usd").sum(), pl.col("is_simulated").any()
    )
    return steps.select(
        *by,
        "known_at",
        pl.col("notional_usd").cum_sum().over(by).alias(name),
        pl.col("is_simulated").cum_max().over(by),
    )


def _beside(rows: pl.DataFrame, states: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The rows with the newest of `states` known at `recorded_at`; null where there was none."""
    ordered, known = rows.sort("recorded_at"), states.sort("known_at")
    found = ordered.join_asof(known, left_on="recorded_at", right_on="known_at", by=list(by), check_sortedness=False)
    return found.drop("known_at")
