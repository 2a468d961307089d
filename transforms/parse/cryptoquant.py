"""CryptoQuant's chart exports: exchange flows and liquidations per UTC day.

Belongs here: which metric a header names, and the days that are over. Does not belong here: other
vendors' exchange flows or liquidations. The figures are CryptoQuant's own, over the venues it covers.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

import polars as pl

from schemas.feed import Feed, Parsed, Parser, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read

_FLOWS, _LIQUIDATIONS = "core_exchange__flows", "core_liquidations__vendor_totals"
_TIME = "Datetime"
_AVERAGE = re.compile(r".+-(?:EMA|SMA)\(\d+\)")
_ALL_EXCHANGES = "all_exchanges"

_FLOW_METRICS: dict[str, dict[str, str]] = {
    "Exchange Inflow (Total)": {"metric": "inflow", "unit": "coin"},
    "Exchange Outflow (Total)": {"metric": "outflow", "unit": "coin"},
    "Exchange Netflow (Total)": {"metric": "netflow", "unit": "coin"},
    "Exchange Reserve": {"metric": "reserve", "unit": "coin"},
    "Exchange Reserve USD": {"metric": "reserve", "unit": "usd"},
}
_LIQUIDATION_METRICS: dict[str, dict[str, str]] = {
    "Long Liquidations": {"liq_side": "long", "unit": "coin"},
    "Short Liquidations": {"liq_side": "short", "unit": "coin"},
    "Long Liquidations USD": {"liq_side": "long", "unit": "usd"},
    "Short Liquidations USD": {"liq_side": "short", "unit": "usd"},
}
_MAY_BE_NEGATIVE = "Exchange Netflow (Total)"
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_at").is_null(), "the row's Datetime is not an instant"),
    "not_a_day": (pl.col("_at") != pl.col("_at").dt.truncate("1d"), "the row is not stamped at midnight UTC"),
    "future_date": (pl.col("_at") > pl.col("_known_at"), "the day had not begun when the file was known"),
    "empty_value": (pl.col("_value").is_null(), "the cell is empty"),
    "not_a_number": (~pl.col("_value").is_finite(), "the cell is no number"),
    "negative_value": (
        (pl.col("_value") < 0) & (pl.col("metric_column") != _MAY_BE_NEGATIVE),
        "the metric cannot be negative",
    ),
}


def parse_exchange_flows(payload: Payload) -> Parsed:
    """Exchange inflow, outflow, netflow or reserve to core_exchange__flows, in coin or USD.

    `params`: asset; optionally entity. Raises `PayloadError`: missing_param, unknown_metric,
    missing_column, no_rows, and those of `read`.
    """
    entity = payload.params.get("entity", _ALL_EXCHANGES)
    unversioned = pl.lit(None, pl.String)
    return _parse(payload, _FLOWS, _FLOW_METRICS, {"entity": pl.lit(entity), "label_version": unversioned})


def parse_liquidations(payload: Payload) -> Parsed:
    """Long or short liquidations over all venues to core_liquidations__vendor_totals, in coin or USD.

    `params`: asset. Raises `PayloadError`: missing_param, unknown_metric, missing_column, no_rows, and
    those of `read`.
    """
    return _parse(payload, _LIQUIDATIONS, _LIQUIDATION_METRICS, {"venue": pl.lit("all")})


def _parse(payload: Payload, table: str, metrics: dict[str, dict[str, str]], extra: dict[str, pl.Expr]) -> Parsed:
    asset = payload.params.get("asset")
    if not asset:
        raise PayloadError("missing_param", "the inbox map must give the asset of a CryptoQuant export")
    # Rows older than a moving average's window end before its column.
    frame = read.csv_frame(payload, required=[_TIME], allow_short_rows=True)
    if frame.is_empty():
        raise PayloadError("no_rows", "the file holds no day")
    typed = _typed(frame, _metric_columns(frame.columns, metrics), payload.known_at)
    kept, rejects = read.refuse(typed, table, _RULES)
    names = {
        key: pl.col("metric_column").replace_strict(
            {column: name[key] for column, name in metrics.items()}, return_dtype=pl.String
        )
        for key in next(iter(metrics.values()))
    }
    is_over = pl.col("_at") + pl.duration(days=1) <= pl.col("_known_at")
    rows = kept.select(
        fact_date=pl.col("_at").dt.date(),
        asset=pl.lit(asset),
        **extra,
        **names,
        value=pl.col("_value"),
        status=pl.lit(None, pl.String),
        finality=pl.when(is_over).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
    )
    return Parsed({table: rows}, rejects)


def _metric_columns(columns: list[str], metrics: dict[str, dict[str, str]]) -> list[str]:
    """The columns that hold metrics; moving averages beside them are left out."""
    found = [name for name in columns if name != _TIME and not _AVERAGE.fullmatch(name)]
    unknown = [name for name in found if name not in metrics]
    if unknown or not found:
        raise PayloadError("unknown_metric", f"columns {unknown or columns} name no metric of {list(metrics)}")
    return found


def _typed(frame: pl.DataFrame, metric_columns: list[str], known_at: datetime) -> pl.DataFrame:
    """One row per day and metric, as text, with `_at`, `_value` and `_known_at`."""
    at = pl.col(_TIME).str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_unit="us", strict=False)
    return frame.unpivot(
        on=metric_columns, index=_TIME, variable_name="metric_column", value_name="printed"
    ).with_columns(
        _at=at.dt.convert_time_zone("UTC"),
        _value=read.number(pl.col("printed")),
        _known_at=pl.lit(known_at).cast(pl.Datetime("us", "UTC")),
    )


def _shape(metrics: Collection[str]) -> Shape:
    """A file has some of the metrics."""
    return Shape("", {**texts(_TIME), **numbers(*metrics)}, optional=one_of(*metrics), format="csv")


def _feed(name: str, title: str, table: str, parse: Parser, params: dict[str, str], metrics: Collection[str]) -> Feed:
    return Feed(
        name=name,
        source="cryptoquant",
        title=title,
        tables=(table,),
        parse=parse,
        cadence="daily, newest first; the newest row is a part day",
        finality_rule="final when the UTC day is over; empty cells are the vendor's gaps",
        url="https://cryptoquant.com/",
        licence="the subscriber's terms: use internally, do not republish rows",
        params={"asset": "canonical code of the coin, for example BTC", **params},
        shape=_shape(metrics),
    )


FEEDS: tuple[Feed, ...] = (
    _feed(
        "cryptoquant_exchange_flows",
        "CryptoQuant: exchange inflow, outflow, netflow and reserve",
        _FLOWS,
        parse_exchange_flows,
        {"entity": f"optional: the exchange or group that the export covers, by default {_ALL_EXCHANGES}"},
        _FLOW_METRICS,
    ),
    _feed(
        "cryptoquant_liquidations",
        "CryptoQuant: long and short liquidations over all venues",
        _LIQUIDATIONS,
        parse_liquidations,
        {},
        _LIQUIDATION_METRICS,
    ),
)
