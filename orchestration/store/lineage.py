"""From a published row back to the core rows it was made of, and from those to fetches.

Belongs here: which columns of a core table identify the inputs of a mart row. Does not belong here:
printing, or reading releases.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.ledger import Fetch, Ledger
from schemas.tables import Table

# The same thing under the name it has in core.
_RENAMED: dict[tuple[str, str], dict[str, str]] = {
    ("fct_flows_daily", "core_etf__flows"): {"trade_date": "fact_date", "fund": "entity"},
    ("fct_flows_daily", "core_stablecoins__supply"): {"chain": "entity"},
}
_FLOW_INPUT = {
    "etf": "core_etf__flows",
    "exchange_netflow": "core_exchange__flows",
    "stablecoin_issuance": "core_stablecoins__supply",
}
_SERIES_INPUTS = {
    "venue_prints": {"core_liquidations__prints", "core_instruments__contracts"},
    "vendor_aggregate": {"core_liquidations__vendor_totals"},
}
_KEYS = (
    "trade_date", "fact_date", "asset", "fund", "entity", "venue", "symbol", "liq_side", "chain",
    "stablecoin_id", "quote_currency",
)  # fmt: skip


def inputs_of(core: CoreStore, mart: Table, row: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """Core rows, by table, that a mart row was made of as far as they were known at its `recorded_at`."""
    base = mart.name.removesuffix("_vintages")
    found = {}
    for name in mart.inputs:
        if row.get("flow_type") in _FLOW_INPUT and _FLOW_INPUT[row["flow_type"]] != name:
            continue
        if name not in _SERIES_INPUTS.get(row.get("series") or "", {name}):
            continue
        rows = _matching(core, base, name, row)
        if row.get("recorded_at") is not None:
            rows = rows.filter(pl.col("known_at") <= row["recorded_at"])
        if not rows.is_empty():
            found[name] = rows
    return found


def _matching(core: CoreStore, mart: str, name: str, row: dict[str, Any]) -> pl.DataFrame:
    """Rows of one core table whose identifying columns agree with the mart row's."""
    # Prints carry no asset: the events made of them do, with the same lineage.
    table = table_of("core_liquidations__events" if name == "core_liquidations__prints" else name)
    renamed = _RENAMED.get((mart, name), {})
    if name == "core_stablecoins__supply":
        row = row | {"stablecoin_id": row.get("stablecoin_id") or _stablecoin_ids(core, row.get("asset"))}
    if table.date_column:
        day = row.get(renamed.get(table.date_column, table.date_column))
        rows = core.read_dates(table, [day]) if day else core.read(table)
    else:
        rows = core.read(table)
    for key in _KEYS:
        wanted = row.get(renamed.get(key, key))
        if wanted is None or key not in table.schema:
            continue
        if key in {"asset", "quote_currency"} and name.startswith(("core_instruments", "core_stablecoins")):
            continue
        if key == "venue" and wanted == "all":
            continue
        values = wanted if isinstance(wanted, list) else [wanted]
        rows = rows.filter(pl.col(key).is_in(values))
    return _by_contract(_by_hour(rows, row), row)


def _by_hour(rows: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    if row.get("hour_at") is None or "event_at" not in rows.columns:
        return rows
    return rows.filter(pl.col("event_at").dt.truncate("1h") == row["hour_at"])


def _by_contract(rows: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """A tenor is made of the contracts that bracket it."""
    if "left_symbol" not in row or "symbol" not in rows.columns:
        return rows
    named = [text for text in (row.get("left_symbol"), row.get("right_symbol")) if text]
    symbols = [symbol for text in named for symbol in text.split(",")]
    return rows.filter(pl.col("symbol").is_in(symbols)) if symbols else rows


def _stablecoin_ids(core: CoreStore, asset: str | None) -> list[str] | None:
    if asset is None:
        return None
    if asset.startswith("llama."):
        return [asset.removeprefix("llama.")]
    assets = core.read(table_of("core_stablecoins__assets"))
    return assets.filter(pl.col("asset") == asset)["stablecoin_id"].unique().to_list()


def fetches_of(ledger: Ledger, rows: pl.DataFrame) -> list[Fetch]:
    """Fetches whose bytes gave these core rows: same content, same feed, same instant."""
    wanted = set(rows.select("source", "raw_sha256", "known_at").unique().iter_rows())
    hashes = {sha256 for _, sha256, _ in wanted}
    fetches = [fetch for sha256 in sorted(hashes) for fetch in ledger.fetches(sha256=sha256)]
    return [fetch for fetch in fetches if (fetch.feed, fetch.sha256, fetch.known_at) in wanted]
