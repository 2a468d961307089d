"""The largest rolling hour of a day, as of each recorder segment: Polars against DuckDB's range window.

Belongs here: the prints, the query and the comparison. Does not belong here: the fact itself
(`transforms/facts/rolling_hour.py`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import numpy as np
import polars as pl

from benchmarks.compare import best_of, report, say
from schemas.tables import TABLES
from transforms.facts.rolling_hour import max_1h

DAY = date(2026, 2, 5)
PRINTS = 200_000
SEGMENTS = 6
TABLE = TABLES["core_liquidations__events"]
QUERY = """
    with cuts as (select distinct asset, venue, liq_side, known_at as recorded_at from prints),
    hours as (
        select asset, venue, liq_side, recorded_at, event_at, sum(notional_usd) over (
            partition by asset, venue, liq_side, recorded_at order by event_at
            range between interval '3599.999999 seconds' preceding and current row
        ) as hour_usd
        from prints join cuts using (asset, venue, liq_side)
        where known_at <= recorded_at
    )
    select asset, venue, liq_side, recorded_at, max(hour_usd) as max_1h_usd
    from hours where event_at >= timestamptz '2026-02-05 00:00:00+00'
    group by all order by all
"""
KEY = ["asset", "venue", "liq_side", "recorded_at"]


def prints() -> pl.DataFrame:
    """Prints of a day and of the hour before it, known segment by segment; a fixed seed."""
    rng = np.random.default_rng(20260205)
    start = datetime(2026, 2, 4, 23, tzinfo=UTC)
    offset = np.sort(rng.integers(0, 25 * 3600 * 1_000_000, PRINTS))
    columns = {
        "event_at": pl.Series(offset, dtype=pl.Duration("us")) + start,
        "venue": rng.choice(["binance", "bybit", "okx"], PRINTS),
        "asset": rng.choice(["BTC", "ETH"], PRINTS),
        "liq_side": rng.choice(["long", "short"], PRINTS, p=[0.77, 0.23]),
        "notional_usd": np.round(rng.lognormal(8, 2, PRINTS), 2),
    }
    filled = {"price": 1.0, "size_native": 1.0, "occurrence": 1, "is_simulated": True}
    return (
        pl.DataFrame(columns)
        .with_columns(
            fact_date=pl.col("event_at").dt.date(),
            symbol=pl.col("asset") + "USDT",
            known_at=pl.col("event_at").dt.truncate(f"{24 // SEGMENTS}h") + pl.duration(hours=24 // SEGMENTS),
            **{name: pl.lit(value) for name, value in filled.items()},
        )
        .with_columns(
            pl.lit(None, dtype).alias(name)
            for name, dtype in TABLE.schema.items()
            if name not in {*columns, *filled, "fact_date", "symbol", "known_at"}
        )
        .select(TABLE.schema.names())
        .cast(TABLE.schema)
    )


def run() -> None:
    """Compare, and check that both find the same newest maxima to a cent."""
    frame = prints()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create table prints as from frame")
        ours = best_of(3, lambda: max_1h(frame, [DAY]))
        peer = best_of(3, lambda: connection.execute(QUERY).pl())
    if not (_newest(ours.result) - _newest(peer.result)).abs().max() < 0.01:
        raise AssertionError("the two do not find the same maxima")
    say(f"{frame.height:,} prints in {frame['known_at'].n_unique()} segments")
    report("rolling hour", ("Polars", ours.seconds), ("DuckDB window", peer.seconds))


def _newest(maxima: pl.DataFrame) -> pl.Series:
    """The last recorded maximum of each group."""
    return maxima.sort(KEY).unique(KEY[:-1], keep="last", maintain_order=True)["max_1h_usd"]
