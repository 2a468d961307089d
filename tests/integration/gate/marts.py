"""Made-up marts that keep every rule, as dbt would leave them in the build's DuckDB file.

Belongs here: frames per mart table and writing them. Does not belong here: any assertion.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import polars as pl

from orchestration.store.layout import Layout
from schemas.column import Column, OneOf
from schemas.table import Table
from schemas.tables import FACTS, MARTS, TABLES

AS_OF = datetime(2026, 2, 10, 12, tzinfo=UTC)
DAYS = [date(2026, 1, 28) + timedelta(days=n) for n in range(12)]
DBT = [SimpleNamespace(node="fct_all", kind="model", status="success", failures=0, message="", seconds=0.1)]

Frames = dict[str, pl.DataFrame]


def _default(column: Column) -> Any:
    """A value that the column accepts."""
    known = {
        "source": "a_feed",
        "raw_sha256": "a" * 64,
        "finality": "final",
        "fund": "IBIT",
        "venue": "deribit",
    }
    if column.name in known:
        return known[column.name]
    if column.nullable:
        return None
    codes = [check.values[0] for check in column.checks if isinstance(check, OneOf)]
    if codes:
        return codes[0]
    if column.dtype == pl.String:
        return "x"
    if column.dtype == pl.Boolean:
        return False
    if column.dtype == pl.Date:
        return DAYS[0]
    return datetime(2026, 2, 9, tzinfo=UTC) if column.dtype.is_temporal() else 1


def frame_of(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table, what is not given filled with an acceptable value."""
    filled = [{c.name: row.get(c.name, _default(c)) for c in table.columns} for row in rows]
    return pl.DataFrame(filled, schema=table.schema)


def vintages_from(fact: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """One vintage per row."""
    table = TABLES[f"{fact.name}_vintages"]
    return frame_of(table, [{**row, "is_latest": True} for row in rows.iter_rows(named=True)])


def _facts(days: list[date]) -> Frames:
    etf = [(day, fund, 1e6 * (n + 1)) for day in days for n, fund in enumerate(("IBIT", "FBTC"))]
    usd = {"flow_type": "etf", "asset": "BTC", "flow_unit": "usd"}
    hours = [datetime(day.year, day.month, day.day, h, tzinfo=UTC) for day in days for h in (3, 14)]
    prints = {"asset": "BTC", "venue": "okx", "liq_side": "long"}
    rows: dict[str, list[dict[str, Any]]] = {
        "fct_etf_flows_daily": [
            {"trade_date": d, "asset": "BTC", "fund": f, "flow_usd": v, "printed_flow_usd": v} for d, f, v in etf
        ],
        "fct_etf_totals_daily": [
            {"trade_date": d, "asset": "BTC", "flow_usd": 3e6, "printed_total_usd": 3e6} for d in days
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
        "fct_futures_basis_daily": [
            {
                "fact_date": d,
                "symbol": "BTC-27MAR26",
                "asset": "BTC",
                "future_price": 70_500.0,
                "index_price": 70_000.0,
                "basis_annualised_ratio": 0.05,
            }
            for d in days
        ],
        "fct_basis_term_structure_daily": [
            {"fact_date": d, "asset": "BTC", "tenor_days": t, "basis_annualised_ratio": 0.05}
            for d in days
            for t in (30, 60)
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
    return {name: frame_of(TABLES[name], values) for name, values in rows.items()}


def marts(days: list[date] | None = None) -> Frames:
    """All mart tables for some days, coherent with one another."""
    frames = _facts(DAYS if days is None else days)
    frames |= {f"{fact.name}_vintages": vintages_from(fact, frames[fact.name]) for fact in FACTS}
    frames["dim_assets"] = frame_of(TABLES["dim_assets"], [{"asset": "BTC", "asset_kind": "coin"}])
    frames["dim_venues"] = frame_of(TABLES["dim_venues"], [{"venue": "okx"}, {"venue": "deribit"}])
    frames["dim_instruments"] = frame_of(TABLES["dim_instruments"], [{"symbol": "BTC-27MAR26", "is_latest": True}])
    assert set(frames) == {table.name for table in MARTS}
    return frames


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
