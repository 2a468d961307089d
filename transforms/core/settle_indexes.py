"""The dollar index of the coin that a quanto contract settles in, at the instant of a print.

Belongs here: which prices serve as a coin's index and the match by instant (METHOD §2). Does not belong
here: the notional itself (`notional.py`).
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.rules import MAX_INDEX_SKEW_SECONDS, USD_QUOTES
from transforms.core.instruments import as_of_event

COIN_ALIASES = {"XBT": "BTC", "XDG": "DOGE"}
_INDEX = pl.Schema(
    {
        "coin": pl.String(),
        "settle_index_at": UTC_INSTANT,
        "settle_index_usd": pl.Float64(),
        "index_known_at": UTC_INSTANT,
    }
)
_FOUND = ("settle_index_usd", "settle_index_at", "settle_index_known_at")


def usd_indexes(indexes: pl.DataFrame, quotes: pl.DataFrame, validity: pl.DataFrame) -> pl.DataFrame:
    """Dollar prices of coins: columns `coin`, `settle_index_at`, `settle_index_usd`, `index_known_at`.

    From `core_futures__indexes`, from the indexes that stand beside quotes (`core_futures__quotes`), and
    where those have none from the marks of perpetuals; in the currencies of `rules.USD_QUOTES`.
    """
    described = as_of_event(quotes, validity, at="quoted_at")
    mark = pl.when((pl.col("instrument_kind") == "perpetual") & (pl.col("price_kind") == "mark")).then("future_price")
    beside = described.with_columns(
        index_price=pl.coalesce("index_price", mark), quoted_at=pl.coalesce("index_at", "quoted_at")
    )
    names = ("asset", "quote_currency", "quoted_at", "index_price", "known_at")
    both = pl.concat([indexes.select(names), beside.select(names)])
    priced = both.filter(pl.col("quote_currency").is_in(USD_QUOTES) & pl.col("index_price").is_not_null())
    return priced.select(
        coin="asset", settle_index_at="quoted_at", settle_index_usd="index_price", index_known_at="known_at"
    ).cast(_INDEX)


def with_settle_index(prints: pl.DataFrame, indexes: pl.DataFrame | None) -> pl.DataFrame:
    """Quanto prints with their settlement coin's index, in the order of `prints`; null for others.

    Adds `settle_index_usd`, `settle_index_at`, `settle_index_known_at`. The index is at most
    `rules.MAX_INDEX_SKEW_SECONDS` from the print: of those known by then the nearest, else the first that
    became known, so that a later delivery does not change what was once answered.
    """
    numbered = prints.with_row_index("__print")
    quanto = numbered.filter(pl.col("margin_type") == "quanto").select(
        "__print",
        "event_at",
        printed_at="known_at",
        __coin=pl.col("settle_currency").str.to_uppercase().replace(COIN_ALIASES),
    )
    skew = pl.duration(seconds=MAX_INDEX_SKEW_SECONDS)
    usable = indexes if indexes is not None else _INDEX.to_frame()
    found = (
        quanto.with_columns(__from=pl.col("event_at") - skew, __to=pl.col("event_at") + skew)
        .join_where(
            usable,
            pl.col("__coin") == pl.col("coin"),
            pl.col("settle_index_at") >= pl.col("__from"),
            pl.col("settle_index_at") <= pl.col("__to"),
        )
        .with_columns(
            settle_index_known_at=pl.max_horizontal("printed_at", "index_known_at"),
            __distance=(pl.col("settle_index_at") - pl.col("event_at")).abs(),
        )
        .sort("__print", "settle_index_known_at", "__distance", "settle_index_at", "settle_index_usd")
        .unique("__print", keep="first", maintain_order=True)
        .select("__print", *_FOUND)
    )
    return numbered.join(found, on="__print", how="left", maintain_order="left").drop("__print")
