"""From a published row back to the core rows it was made of, and from those to fetches.

Belongs here: which columns of a core table identify the inputs of a mart row. Does not belong here:
printing, or reading releases.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.ledger import Fetch, Ledger
from schemas.rules import LIQUIDATION_RANK_DAYS
from schemas.tables import Table

# The same thing under the name it has in core.
_RENAMED: dict[tuple[str, str], dict[str, str]] = {
    ("fct_flows_daily", "core_etf__flows"): {"trade_date": "fact_date", "fund": "entity"},
    ("fct_flows_daily", "core_etf__shares"): {"as_of_date": "fact_date", "fund": "entity"},
    ("fct_etf_flows_daily", "core_etf__shares"): {"as_of_date": "trade_date"},
    ("fct_etf_totals_daily", "core_etf__shares"): {"as_of_date": "trade_date"},
    ("fct_flows_daily", "core_stablecoins__supply"): {"chain": "entity"},
    ("fct_stablecoin_changes_monthly", "core_stablecoins__supply"): {"fact_date": "ends"},
    ("fct_stablecoin_changes_monthly", "core_stablecoins__prices"): {"fact_date": "ends"},
}
_FLOW_INPUTS = {
    "etf": {"core_etf__flows", "core_etf__shares"},
    "exchange_netflow": {"core_exchange__flows"},
    "stablecoin_issuance": {"core_stablecoins__supply"},
}
_SERIES_INPUTS = {
    "venue_prints": {"core_liquidations__prints", "core_instruments__contracts"},
    "vendor_aggregate": {"core_liquidations__vendor_totals"},
}
# A vendor's total over all venues is a row of its own; elsewhere `all` is a sum.
_VENDOR_SCOPE = ("venue", "core_liquidations__vendor_totals")
# Days before its own that a row of a window is made of.
_WINDOW_DAYS = {"fct_liquidations_trailing_24h": 1, "fct_liquidation_ranks_daily": LIQUIDATION_RANK_DAYS - 1}
_KEYS = (
    "trade_date", "fact_date", "asset", "fund", "entity", "venue", "symbol", "liq_side", "chain",
    "stablecoin_id", "quote_currency",
)  # fmt: skip

# Where the opinions of a graded series are, and what the parts of `entity` are there.
_OPINION_PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "etf_fund": ("core_etf__flows", ("fund",)),
    "etf_total": ("core_etf__flows", ()),
    "exchange_netflow": ("core_exchange__flows", ("entity",)),
    "liquidations": ("core_liquidations__vendor_totals", ("venue", "liq_side")),
    "funding": ("core_funding__settlements", ("venue", "symbol")),
    "open_interest": ("core_open_interest__observations", ("venue", "symbol")),
    "stablecoin_supply": ("core_stablecoins__supply", ("stablecoin_id", "chain")),
}


def inputs_of(core: CoreStore, mart: Table, row: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """Core rows, by table, that a mart row was made of as far as they were known at its `recorded_at`."""
    if "confidence_series" in row:
        return _opinions_of(core, row)
    base = mart.name.removesuffix("_vintages")
    if row.get("month_date"):
        row = row | {"ends": [row["month_date"], row["end_date"]]}
    found = {}
    for name in mart.inputs:
        if "known_at" not in table_of(name).schema:  # derived: what it is made of is named beside it
            continue
        if name not in _FLOW_INPUTS.get(row.get("flow_type") or "", {name}):
            continue
        if name not in _SERIES_INPUTS.get(row.get("series") or "", {name}):
            continue
        rows = _matching(core, base, name, row)
        if row.get("recorded_at") is not None:
            rows = rows.filter(pl.col("known_at") <= row["recorded_at"])
        if not rows.is_empty():
            found[name] = rows
    return found


def _opinions_of(core: CoreStore, row: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """What all sources said of a graded figure; nothing where the series is no source's own."""
    name, parts = _OPINION_PARTS.get(row["confidence_series"], ("", ()))
    if not name:
        return {}
    table = table_of(name)
    wanted = dict(zip(parts, row["entity"].split("|"), strict=False))
    rows = core.read_dates(table, [row["fact_date"]])
    if "asset" in table.schema:
        wanted["asset"] = row["asset"]
    return {name: rows.filter(*(pl.col(column) == value for column, value in wanted.items()))}


def _matching(core: CoreStore, mart: str, name: str, row: dict[str, Any]) -> pl.DataFrame:
    """Rows of one core table whose identifying columns agree with the mart row's."""
    # Prints carry no asset: the events made of them do, with the same lineage.
    table = table_of("core_liquidations__events" if name == "core_liquidations__prints" else name)
    renamed = _RENAMED.get((mart, name), {})
    if name == "core_stablecoins__supply":
        row = row | {"stablecoin_id": row.get("stablecoin_id") or _stablecoin_ids(core, row.get("asset"))}
    if table.date_column:
        day = row.get(renamed.get(table.date_column, table.date_column))
        rows = core.read_dates(table, _days_of(mart, name, day)) if day else core.read(table)
    else:
        rows = core.read(table)
    for key in _KEYS:
        wanted = row.get(renamed.get(key, key))
        if wanted is None or key not in table.schema or (key == "fact_date" and mart in _WINDOW_DAYS):
            continue
        if key in {"asset", "quote_currency"} and name.startswith(("core_instruments", "core_stablecoins")):
            continue
        if key in {"venue", "fund", "liq_side"} and wanted == "all" and (key, name) != _VENDOR_SCOPE:
            continue
        if key == "chain" and wanted == "all" and name == "core_stablecoins__issuance":
            continue
        values = wanted if isinstance(wanted, list) else [wanted]
        rows = rows.filter(pl.col(key).is_in(values))
    return _by_margin(core, _by_contract(_by_hour(rows, row), row), row)


def _days_of(mart: str, name: str, day: date | list[date]) -> list[date]:
    """Dates of a core table that a mart's row of `day` is made of: a flow is the difference of two share counts."""
    if isinstance(day, list):
        return day
    if mart in _WINDOW_DAYS:
        return [day - timedelta(days=n) for n in range(_WINDOW_DAYS[mart] + 1)]
    if name != "core_etf__shares" or mart == "fct_etf_shares_daily":
        return [day]
    from transforms.core.sessions import next_session, previous_session

    return [previous_session(day), day, next_session(day)]


def _by_hour(rows: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    if row.get("window_end_at") is not None and "event_at" in rows.columns:
        end = row["window_end_at"]
        return rows.filter(pl.col("event_at").is_between(end - timedelta(days=1), end, closed="left"))
    stamp = next((name for name in ("event_at", "observed_at", "quoted_at") if name in rows.columns), None)
    if row.get("hour_at") is None or stamp is None:
        return rows
    return rows.filter(pl.col(stamp).dt.truncate("1h") == row["hour_at"])


def _by_contract(rows: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """A tenor is made of the contracts that bracket it."""
    if "left_symbol" not in row or "symbol" not in rows.columns:
        return rows
    named = [text for text in (row.get("left_symbol"), row.get("right_symbol")) if text]
    symbols = [symbol for text in named for symbol in text.split(",")]
    return rows.filter(pl.col("symbol").is_in(symbols)) if symbols else rows


def _by_margin(core: CoreStore, rows: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """A figure over contracts is made of those of its asset and kind of margin.

    Where it is a rate (it has `hours_covered`), the vendors' totals of the asset may be its weights.
    """
    if row.get("margin_type") is None or "venue" in row or "symbol" not in rows.columns:
        return rows
    if "settled_at" in rows.columns:
        return rows.filter(pl.col("margin_type") == row["margin_type"])
    is_weight = (pl.col("series") == "vendor_total") & pl.lit("hours_covered" in row)
    is_contract = (pl.col("series") == "contract") & (pl.col("margin_type") == row["margin_type"])
    hours = core.read_dates(table_of("core_open_interest__hourly"), [row["fact_date"]])
    contracts = hours.filter((pl.col("asset") == row["asset"]) & (is_weight | is_contract))
    return rows.join(contracts.select("venue", "symbol").unique(), on=["venue", "symbol"], how="semi")


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
