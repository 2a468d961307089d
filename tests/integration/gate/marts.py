"""Made-up marts that keep every rule, as dbt would leave them in the build's DuckDB file.

Belongs here: frames per mart table and writing them. Does not belong here: any assertion.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import polars as pl

from orchestration.store.layout import Layout
from schemas.column import Between, Column, Matches, OneOf
from schemas.table import Table
from schemas.tables import DIMENSIONS, FACTS, TABLES

AS_OF = datetime(2026, 2, 10, 12, tzinfo=UTC)
DAYS = [date(2026, 1, 28) + timedelta(days=n) for n in range(12)]
DBT = [SimpleNamespace(node="fct_all", kind="model", status="success", failures=0, message="", seconds=0.1)]

Frames = dict[str, pl.DataFrame]


def _acceptable(column: Column) -> Any:
    """A value that the column accepts: its first code, a text of its pattern, one or what is nearest to one."""
    known = {"source": "a_feed", "finality": "final", "venue": "deribit"}
    if column.name in known:
        return known[column.name]
    codes = [check.values[0] for check in column.checks if isinstance(check, OneOf)]
    if column.dtype == pl.String:
        patterns = [check.pattern for check in column.checks if isinstance(check, Matches)]
        texts = (*codes, "BTC", "a_text", "a" * 64)
        return next(text for text in texts if all(re.fullmatch(pattern, text) for pattern in patterns))
    if column.dtype == pl.Boolean:
        return False
    if column.dtype.is_temporal():
        return DAYS[0] if column.dtype == pl.Date else datetime(2026, 2, 9, tzinfo=UTC)
    bounds = [check for check in column.checks if isinstance(check, Between)]
    lows, highs = ([getattr(b, side) for b in bounds if getattr(b, side) is not None] for side in ("low", "high"))
    return min([max([1, *lows]), *highs])


def frame_of(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; what is not given is an acceptable value, or null where no check asks for more."""
    needed = {c.name for c in table.columns if not c.nullable} | {*table.reasoned, *table.tracked}
    filled = {c.name: _acceptable(c) if c.name in needed else None for c in table.columns}
    return pl.DataFrame([{**filled, **row} for row in rows], schema=table.schema)


def _any_rows(table: Table, days: list[date]) -> list[dict[str, Any]]:
    """Rows of a table of which no rule speaks: one per day, where its key or its partition has one."""
    dated = [c for c in table.columns if c.name in (*table.grain, table.date_column) and c.dtype.is_temporal()]
    if not any(c.dtype == pl.Date for c in dated):
        return [{}]
    midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    return [
        {c.name: day if c.dtype == pl.Date else midnight for c in dated}
        for day, midnight in zip(days, midnights, strict=True)
    ]


def vintages_from(fact: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """One vintage per row."""
    table = TABLES[f"{fact.name}_vintages"]
    return frame_of(table, [{**row, "is_latest": True} for row in rows.iter_rows(named=True)])


def _coherent(days: list[date]) -> dict[str, list[dict[str, Any]]]:
    """Rows of the facts that rules hold against one another or against themselves."""
    etf = [(day, fund, 1e6 * (n + 1)) for day in days for n, fund in enumerate(("IBIT", "FBTC"))]
    usd = {"flow_type": "etf", "asset": "BTC", "flow_unit": "usd"}
    hours = [datetime(day.year, day.month, day.day, h, tzinfo=UTC) for day in days for h in (3, 14)]
    prints = {"asset": "BTC", "venue": "okx", "liq_side": "long"}
    rows: dict[str, list[dict[str, Any]]] = {
        "fct_etf_flows_daily": [
            {"trade_date": d, "asset": "BTC", "fund": f, "flow_usd": v, "printed_flow_usd": v} for d, f, v in etf
        ],
        "fct_etf_totals_daily": [
            {"trade_date": d, "asset": "BTC", "flow_usd": 3e6, "printed_total_usd": 3e6, "n_funds_reported": 2}
            for d in days
        ],
        "fct_etf_shares_daily": [
            {
                "as_of_date": d,
                "asset": "BTC",
                "fund": "IBIT",
                "shares_outstanding": 1e6 + 25e3 * n,
                "nav_usd": 40.0,
                "aum_usd": 4e7 + 1e6 * n,
            }
            for n, d in enumerate(days)
        ],
        "fct_flows_daily": [{**usd, "fact_date": d, "entity": f, "flow_usd": v} for d, f, v in etf],
        "fct_exchange_flows_daily": [
            {
                "fact_date": d,
                "asset": "BTC",
                "entity": "all_exchanges",
                "inflow_coin": 5.0,
                "outflow_coin": 7.0,
                "netflow_coin": -2.0,
                "reserve_coin": 100.0,
            }
            for d in days
        ],
        "fct_liquidations_hourly": [
            {
                **prints,
                "fact_date": h.date(),
                "hour_at": h,
                "notional_usd": 0.1,
                "quantity_coin": 1.0,
                "n_prints": 2,
            }
            for h in hours
        ],
        "fct_liquidations_daily": [
            {
                **prints,
                "fact_date": d,
                "series": "venue_prints",
                "notional_usd": 0.2,
                "quantity_coin": 2.0,
                "n_prints": 4,
            }
            for d in days
        ],
        "fct_liquidations_trailing_24h": [
            {
                **prints,
                "fact_date": d,
                "notional_usd": 0.2,
                "quantity_coin": 2.0,
                "n_prints": 4,
                "window_end_at": datetime(d.year, d.month, d.day, tzinfo=UTC) + timedelta(days=1),
            }
            for d in days
        ],
        "fct_liquidation_ranks_daily": [
            {**prints, "fact_date": d, "series": "venue_prints", "notional_usd": 0.2, "rank_90d": 1} for d in days
        ],
        "fct_liquidation_coverage_daily": [
            {
                **prints,
                "fact_date": d,
                "venue": "all",
                "benchmark": "vendor_total",
                "observed_usd": 0.2,
                "benchmark_usd": 0.4,
                "coverage_ratio": 0.5,
            }
            for d in days
        ],
        "fct_stablecoin_supply_daily": [
            {
                "fact_date": d,
                "asset": "USDT",
                "stablecoin_id": "1",
                "chain": c,
                "circulating_peg": v,
                "circulating_usd": v,
            }
            for d in days
            for c, v in (("all", 100.0), ("Tron", 60.0), ("Ethereum", 40.0))
        ],
    }
    return rows | _derivatives(days)


def _derivatives(days: list[date]) -> dict[str, list[dict[str, Any]]]:
    """Funding and open interest of one contract, ten thousand dollars' worth of coins more each day."""
    contract = {"symbol": "BTC-PERPETUAL", "margin_type": "linear"}
    rates = {"funding_ratio": 3e-4, "funding_8h_ratio": 1e-4, "funding_annualised_ratio": 0.1095, "hours_covered": 24.0}
    level = {"open_interest_coin": 2.0, "open_interest_usd": 1e5}
    step = {"change_coin": 0.2, "change_usd": 1e4, "price_effect_usd": 0.0, "quantity_effect_usd": 1e4,
            "price_effect_coin": 0.0, "quantity_effect_coin": 0.2}  # fmt: skip
    return {
        "fct_funding_daily": [{**contract, **rates, "fact_date": d} for d in days],
        "fct_open_interest_daily": [{**contract, **level, **step, "fact_date": d} for d in days],
        "fct_open_interest_totals_daily": [{"margin_type": "linear", **level, **step, "fact_date": d} for d in days],
    }


def marts(days: list[date] | None = None) -> Frames:
    """All mart tables for some days, coherent with one another."""
    days = DAYS if days is None else days
    coherent = _coherent(days)
    frames = {t.name: frame_of(t, coherent.get(t.name) or _any_rows(t, days)) for t in (*FACTS, *DIMENSIONS)}
    return frames | {f"{fact.name}_vintages": vintages_from(fact, frames[fact.name]) for fact in FACTS}


def change(frames: Frames, name: str, where: pl.Expr, **values: Any) -> Frames:
    """The same marts with values changed where a condition holds, in a fact and its vintages alike."""
    changed = dict(frames)
    for table in (name, f"{name}_vintages"):
        if table in changed:
            new = [pl.when(where).then(pl.lit(value)).otherwise(pl.col(c)).alias(c) for c, value in values.items()]
            changed[table] = changed[table].with_columns(new)
    return changed


def write_build(layout: Layout, frames: Frames) -> None:
    """Put the marts where dbt leaves them."""
    layout.build.mkdir(parents=True, exist_ok=True)
    layout.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(layout.warehouse)) as connection:
        for name, frame in frames.items():
            connection.register("frame", frame.to_arrow())
            connection.execute(f'create table "{name}" as select * from frame')
            connection.unregister("frame")
