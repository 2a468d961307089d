"""Coin Metrics' exchange flows per UTC day, from its community API.

Belongs here: pages of `asset-metrics` as JSON or CSV, and what their review status says. Does not belong
here: other vendors' flows. The figures are Coin Metrics' own, over the exchanges that it has labelled.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.rules import ALL_EXCHANGES
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read

_FLOWS = "core_exchange__flows"
_ASSET, _TIME = "asset", "time"
_METRICS: dict[str, tuple[str, str]] = {
    "FlowInExNtv": ("inflow", "coin"),
    "FlowInExUSD": ("inflow", "usd"),
    "FlowOutExNtv": ("outflow", "coin"),
    "FlowOutExUSD": ("outflow", "usd"),
    "SplyExNtv": ("reserve", "coin"),
    "SplyExUSD": ("reserve", "usd"),
}
_STATUS, _STATUS_TIME = "-status", "-status-time"
_FINALITY = {"flash": "preliminary", "reviewed": "final", "revised": "restated"}
# The row of a day is complete by 05:00 UTC of the next (FEEDS_OTHER §3).
_HOURS_UNTIL_FINAL = 24 + 5
_KEY = ("fact_date", "asset", "entity", "unit")
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_at").is_null(), "the row's time is not an instant"),
    "not_a_day": (pl.col("_at") != pl.col("_at").dt.truncate("1d"), "the row is not stamped at midnight UTC"),
    "future_date": (pl.col("_at") > pl.col("_known_at"), "the day had not begun when the page was known"),
    "missing_asset": (pl.col("asset").is_null(), "the row names no asset"),
    "not_a_number": (~pl.col("value").is_finite(), "the value is no number"),
    "negative_value": (pl.col("value") < 0, "the metric cannot be negative"),
    "unknown_status": (pl.col("_finality").is_null(), f"the review status is none of {', '.join(_FINALITY)}"),
}


def parse_exchange_flows(payload: Payload) -> Parsed:
    """Inflow, outflow and reserve of all exchanges to core_exchange__flows, and their netflow.

    A row's time is the beginning of its day. A metric that a row lacks is no row. The netflow is inflow
    less outflow of one row and unit; it is as final as the less final of the two. `label_version` is the
    instant at which the vendor gave the value its present review status: it restates as addresses are
    labelled. Raises `PayloadError`: vendor_error, unexpected_shape, unknown_metric, no_rows, and those of
    `read`.
    """
    records = _records(payload)
    metrics = [name for name in _METRICS if name in records.columns]
    if not metrics or not {_ASSET, _TIME} <= set(records.columns):
        raise PayloadError("unknown_metric", f"columns {records.columns} have no metric of {list(_METRICS)}")
    printed = pl.concat([_printed(records, name) for name in metrics])
    if printed.is_empty():
        raise PayloadError("no_rows", "the page holds no value")
    kept, rejects = read.refuse(_typed(printed, payload), _FLOWS, _RULES)
    rows = kept.select(
        fact_date=pl.col("_at").dt.date(),
        asset="asset",
        entity=pl.lit(ALL_EXCHANGES),
        metric="metric",
        unit="unit",
        value="value",
        label_version="_reviewed_at",
        status=pl.lit(None, pl.String),
        finality="_finality",
    )
    return Parsed({_FLOWS: pl.concat([rows, _netflows(rows)])}, rejects)


def _records(payload: Payload) -> pl.DataFrame:
    """The page as a frame of text, whether it is JSON or CSV."""
    if not read.text(payload).lstrip().startswith("{"):
        return read.csv_frame(payload)
    body = read.json_body(payload)
    if body.get("error"):
        raise PayloadError("vendor_error", f"the vendor answers with an error: {body['error']}")
    data = body.get("data")
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise PayloadError("unexpected_shape", "no data of rows in the body")
    if not data:
        raise PayloadError("no_rows", "the page holds no row")
    names = dict.fromkeys(name for row in data for name in row)
    cells = [{name: _text(row.get(name)) for name in names} for row in data]
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _printed(records: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows that have one metric, with its review status where the page gives it."""
    metric, unit = _METRICS[name]

    def cell(column: str) -> pl.Expr:
        return pl.col(column) if column in records.columns else pl.lit(None, pl.String)

    return records.select(
        pl.col(_ASSET).str.to_uppercase(),
        _TIME,
        metric=pl.lit(metric),
        unit=pl.lit(unit),
        printed=pl.col(name),
        review=cell(name + _STATUS),
        reviewed=cell(name + _STATUS_TIME),
    ).drop_nulls("printed")


def _typed(printed: pl.DataFrame, payload: Payload) -> pl.DataFrame:
    known_at = pl.lit(payload.known_at).cast(UTC_INSTANT)
    at = _instant(_TIME)
    by_age = pl.when(at + pl.duration(hours=_HOURS_UNTIL_FINAL) <= known_at).then(pl.lit("final"))
    said = pl.col("review").replace_strict(_FINALITY, default=None, return_dtype=pl.String)
    finality = pl.when(pl.col("review").is_null()).then(by_age.otherwise(pl.lit("preliminary"))).otherwise(said)
    return printed.with_columns(
        value=read.number(pl.col("printed")),
        _at=at,
        _known_at=known_at,
        _finality=finality,
        _reviewed_at=_instant("reviewed").dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
    )


def _instant(column: str) -> pl.Expr:
    """An instant written as a day, or as ISO 8601 in UTC with any number of decimals."""
    day = pl.col(column).str.slice(0, 10).str.to_datetime("%Y-%m-%d", time_unit="us", strict=False)
    stamp = pl.col(column).str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
    is_day = pl.col(column).str.len_chars() == 10
    is_utc = pl.col(column).str.ends_with("Z")
    return pl.when(is_day).then(day).when(is_utc).then(stamp).dt.replace_time_zone("UTC")


def _netflows(rows: pl.DataFrame) -> pl.DataFrame:
    """Inflow less outflow, where one row of the page gives both."""
    sides = [rows.filter(metric=metric) for metric in ("inflow", "outflow")]
    both = sides[0].join(sides[1], on=list(_KEY), suffix="_out", maintain_order="left")
    least = pl.when((pl.col("finality") == "preliminary") | (pl.col("finality_out") == "preliminary"))
    restated = (pl.col("finality") == "restated") | (pl.col("finality_out") == "restated")
    return both.select(
        "fact_date",
        "asset",
        "entity",
        metric=pl.lit("netflow"),
        unit="unit",
        value=pl.col("value") - pl.col("value_out"),
        label_version=pl.max_horizontal("label_version", "label_version_out"),
        status="status",
        finality=least.then(pl.lit("preliminary")).when(restated).then(pl.lit("restated")).otherwise(pl.lit("final")),
    )


_STATUSES = tuple(name + _STATUS for name in _METRICS)
# A page has the metrics that were asked for, one at least.
_SHAPE = Shape(
    ("data.*", ""),
    {**texts(_ASSET, _TIME, *_STATUSES), **numbers("|".join(_METRICS))},
    optional=one_of(*_STATUSES),
    values=dict.fromkeys(_STATUSES, one_of(*_FINALITY)),
    format="csv",
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coinmetrics_exchange_flows",
        source="coinmetrics",
        title="Coin Metrics: exchange inflow, outflow and supply on exchanges",
        tables=(_FLOWS,),
        parse=parse_exchange_flows,
        cadence="daily, the day before complete by 05:00 UTC; history changes as addresses are labelled",
        finality_rule="by the review status: flash preliminary, reviewed final, revised restated; else by age",
        url="https://community-api.coinmetrics.io/v4/timeseries/asset-metrics",
        licence="CC BY-NC 4.0: attribution, not for commercial use",
        shape=_SHAPE,
    ),
)
