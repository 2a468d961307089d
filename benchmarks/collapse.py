"""140 versions of one table of ETF flows down to the cells that changed: Polars against a dict loop.

Belongs here: the versions, the peer and the comparison. Does not belong here: the collapse itself
(`transforms/core/collapse.py`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from benchmarks.compare import best_of, report, say
from schemas.tables import TABLES
from transforms.core.collapse import collapse

VERSIONS, DAYS, FUNDS = 140, 430, 10
TABLE = TABLES["core_etf__flows"]


def versions() -> pl.DataFrame:
    """Every cell of every version, from a fixed seed; each version prints one cell a dollar higher."""
    rng = np.random.default_rng(20260205)
    dates = [date(2024, 7, 23) + timedelta(days=day) for day in range(DAYS)]
    flows = np.round(rng.normal(0, 5e7, DAYS * FUNDS), 2)
    cells = pl.DataFrame(
        {
            "trade_date": [day for day in dates for _ in range(FUNDS)],
            "fund": [f"F{fund}" for fund in range(FUNDS)] * DAYS,
            "flow_usd": flows,
        }
    )
    return pl.concat(_version(cells, number) for number in range(VERSIONS))


def _version(cells: pl.DataFrame, number: int) -> pl.DataFrame:
    """The table as seen for the `number`-th time."""
    is_restated = pl.int_range(pl.len()) == (number * 7) % cells.height
    return (
        cells.with_columns(flow_usd=pl.col("flow_usd") + pl.when(is_restated).then(1.0).otherwise(0.0))
        .with_columns(
            asset=pl.lit("ETH"),
            printed_flow_usd=pl.col("flow_usd"),
            status=pl.lit(None, pl.String),
            finality=pl.lit("final"),
            source=pl.lit("farside_etf_flows"),
            raw_sha256=pl.lit(f"{number:064x}"),
            known_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)),
            is_simulated=pl.lit(True),
        )
        .select(TABLE.schema.names())
        .cast(TABLE.schema)
    )


def dict_loop(frame: pl.DataFrame) -> pl.DataFrame:
    """The peer: remember the last state of each key, keep a row that differs from it.

    It knows the rule of equal states only: no contradictions within a payload, no finality, no order of
    its own (the rows must come in the order of `known_at`).
    """
    keys = [name for name in TABLE.grain if name != "known_at"]
    known: dict[tuple, tuple] = {}
    kept: list[dict[str, Any]] = []
    for row in frame.iter_rows(named=True):
        key, state = tuple(row[name] for name in keys), tuple(row[name] for name in TABLE.tracked)
        if known.get(key) != state:
            known[key] = state
            kept.append(row)
    return pl.DataFrame(kept, schema=TABLE.schema)


def run() -> None:
    """Compare, frame in and frame out, and check that both keep the same rows."""
    frame = versions()
    ours = best_of(3, lambda: collapse(TABLE.empty(), frame, TABLE).kept)
    peer = best_of(3, lambda: dict_loop(frame))
    if not ours.result.equals(peer.result):
        raise AssertionError(f"ours keeps {ours.result.height} rows, the loop {peer.result.height}")
    say(f"{frame.height:,} cells of {VERSIONS} versions, {ours.result.height:,} kept")
    report("collapse", ("Polars", ours.seconds), ("Python dict loop", peer.seconds))
