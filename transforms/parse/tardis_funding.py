"""Settled funding out of Tardis's derivative tickers, which print the rate that is due next.

Belongs here: when a printed rate counts as settled. Does not belong here: the file's other columns
(`tardis.py`). Column meanings: docs.tardis.dev, downloadable CSV files.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Parsed, Payload
from transforms.core.notional import asset_of
from transforms.parse import venue, venue_series
from transforms.parse.okx_series import margin_type as okx_margin_type
from transforms.parse.venue import Rule

COLUMNS = ("funding_timestamp", "funding_rate")
# A rate last seen longer before its stamp than this may not be the one that was paid.
MAX_RATE_AGE_SECONDS = 300
_CONTRACT = ("exchange", "symbol")


def settlements(payload: Payload, raw: pl.DataFrame, venues: pl.Expr, size_unit: pl.Expr) -> Parsed:
    """Settlements of a derivative_ticker file: `raw` has its columns as text and `row`, in the order received.

    A rate is printed with the stamp at which it will be paid, and may move until then. The last one
    printed before a stamp is what was paid, once a later stamp shows in the file, or where the file ends
    just before the stamp and became known after it (a day's file ends at midnight). All other rates are
    predictions: no rows and no rejects. A stamp that passed with no rate seen in its last five minutes is
    rejected (`stale_rate`). `venues` and `size_unit` are expressions over `raw`.
    """
    last = last_before_stamp(raw)
    shaped = last.with_columns(
        venue=venues,
        asset=asset_of(pl.col("symbol")),
        margin_type=_margin_type(size_unit),
        rate_ratio=venue.number("funding_rate"),
    )
    age = (pl.col("settled_at") - pl.col("seen_at")).dt.total_seconds(fractional=True)
    is_stale = age > MAX_RATE_AGE_SECONDS
    due = shaped.filter(pl.col("is_passed") | (~is_stale & (pl.col("settled_at") < payload.known_at)))
    stale = Rule("stale_rate", is_stale, "no rate was seen in the five minutes before the stamp")
    found = venue_series.settlements(payload, due, raw.drop("row"), (stale,))
    return found


def last_before_stamp(raw: pl.DataFrame) -> pl.DataFrame:
    """Per contract and funding stamp the last row received that is not later than the stamp.

    `raw` as in `settlements`. Adds settled_at, seen_at (the row's own stamp) and is_passed (the file has
    a later funding stamp of the contract).
    """
    printed = raw.with_columns(
        settled_at=venue.instant("funding_timestamp"), seen_at=venue.instant("timestamp")
    ).filter(pl.col("settled_at").is_not_null() & pl.col("funding_rate").is_not_null())
    return (
        printed.with_columns(is_passed=pl.col("settled_at") < pl.col("settled_at").max().over(_CONTRACT))
        .filter(pl.col("seen_at") <= pl.col("settled_at"))
        .unique([*_CONTRACT, "settled_at"], keep="last", maintain_order=True)
    )


def _margin_type(size_unit: pl.Expr) -> pl.Expr:
    """Linear where sizes are coins, inverse where they are dollars; else by name. BitMEX's quantos have none."""
    exchange, symbol = pl.col("exchange"), pl.col("symbol")
    return (
        pl.when(exchange.str.starts_with("okex")).then(okx_margin_type(symbol))
        .when((exchange == "bitmex") & symbol.str.ends_with("USDT")).then(pl.lit("linear"))
        .when((exchange == "bitmex") & symbol.str.starts_with("XBT")).then(pl.lit("inverse"))
        .when(exchange == "bitmex").then(None)
        .when(size_unit == "coin").then(pl.lit("linear"))
        .otherwise(pl.lit("inverse"))
    )  # fmt: skip
