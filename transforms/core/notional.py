"""Liquidation prints with asset, coin quantity and USD notional.

Belongs here: the arithmetic of contract sizes (METHOD §2) and the asset that a symbol names. Does not
belong here: sides and sizes as venues write them (`print_fields.py`, `transforms/parse/`), the index of a
settlement coin (`settle_indexes.py`), sums (`dbt_project/`).
"""

from __future__ import annotations

import polars as pl

from schemas.rules import USD_QUOTES
from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.core.instruments import as_of_event
from transforms.core.print_fields import PRICE_KINDS
from transforms.core.prints import PRINT, maximum_multiplicity
from transforms.core.settle_indexes import COIN_ALIASES, with_settle_index

_EVENTS = TABLES["core_liquidations__events"]
_QUOTES = "|".join((*USD_QUOTES, "EUR"))
# Written without a separator, BUSD and TUSD cannot be told from BNBUSD and XBTUSD.
_JOINED_QUOTES = "USDT|USDC|USD|EUR"


def linear_notional(contracts: pl.Expr, contract_value: pl.Expr, price: pl.Expr) -> pl.Expr:
    """Notional in the quote currency: contracts × contract value in coin × price."""
    return contracts * contract_value * price


def inverse_notional(contracts: pl.Expr, face_usd: pl.Expr) -> pl.Expr:
    """USD notional: contracts × face value in USD. The price does not enter."""
    return contracts * face_usd


def coin_quantity(notional_usd: pl.Expr, price: pl.Expr) -> pl.Expr:
    """Coins that an inverse contract's dollars are: USD / price; null without a price above zero."""
    return pl.when(price > 0).then(divided(notional_usd, price))


def quanto_notional(contracts: pl.Expr, multiplier: pl.Expr, price: pl.Expr, settle_index_usd: pl.Expr) -> pl.Expr:
    """USD notional: contracts × price × multiplier is settlement coin, times that coin's index in USD."""
    return contracts * price * multiplier * settle_index_usd


def asset_of(symbol: pl.Expr) -> pl.Expr:
    """Canonical asset that an instrument name begins with, whatever the venue.

    `BTCUSDT`, `BTCUSD_PERP`, `BTC-USDT-SWAP`, `BTC-PERPETUAL`, `PF_XBTUSD`, `BTCUSDH26` are BTC;
    `1000PEPEUSDT` stays `1000PEPE`, which is another amount. The instrument's own record comes first.
    """
    name = _bare(symbol)
    head = name.str.extract(r"^([^-_/:]+)")
    has_quote_part = name.str.contains(rf"^[^-_/:]+[-_/:](?:{_QUOTES})(?:[-_/:]|$)")
    undated = pl.when(name == head).then(head.str.replace(r"^(.{3,})[FGHJKMNQUVXZ]\d{1,2}$", "$1")).otherwise(head)
    joined = undated.str.replace(rf"^(.+?)(?:{_JOINED_QUOTES}|PERP)$", "$1")
    return pl.when(has_quote_part).then(head).otherwise(joined).replace(COIN_ALIASES)


def quote_of(symbol: pl.Expr) -> pl.Expr:
    """Dollar-like or euro currency that an instrument name is quoted in; null where it does not say."""
    name = _bare(symbol)
    separate = name.str.extract(rf"^[^-_/:]+[-_/:]({_QUOTES})(?:[-_/:]|$)")
    joined = name.str.extract(rf"^[^-_/:]+?({_JOINED_QUOTES})(?:[FGHJKMNQUVXZ]\d{{1,2}})?(?:[-_/:]|$)")
    return pl.coalesce(separate, joined)


def conform(
    prints: pl.DataFrame, instruments_validity: pl.DataFrame, indexes: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Prints of `core_liquidations__prints` as `core_liquidations__events`, one row per real print.

    Currencies of `rules.USD_QUOTES` are taken at one dollar. Where the size is in contracts the
    instrument of the time gives their value; without it `status` is `no_instrument`. A quanto contract
    needs the index of its settlement coin (`indexes`, as `settle_indexes.usd_indexes` gives them) within a
    minute. A print that no price turns into dollars (quanto without an index, or quoted in another
    currency) has `status` `no_price`. Both have a null notional. A print whose instrument or index became
    known after it is there twice: without a notional from when the print was known, and with
    `is_repricing` from when it could be priced.
    """
    described = as_of_event(_distinct(prints), instruments_validity).with_columns(
        asset=pl.coalesce("asset", asset_of(pl.col("symbol"))),
        quote_currency=pl.coalesce("quote_currency", quote_of(pl.col("symbol"))),
    )
    described = with_settle_index(described, indexes)
    priced_at = pl.max_horizontal("instrument_known_at", "settle_index_known_at")
    is_late = (pl.col("size_unit") == "contracts") & (priced_at > pl.col("known_at"))
    priced = _priced(described).with_columns(is_repricing=is_late.fill_null(False))
    late = priced.filter("is_repricing")
    has_instrument = pl.col("instrument_known_at") <= pl.col("known_at")
    before = late.with_columns(
        pl.lit(None).alias(name) for name in ("notional_usd", "quantity_coin", "settle_index_usd", "settle_index_at")
    ).with_columns(
        is_repricing=pl.lit(False),
        status=pl.when(has_instrument).then(pl.lit("no_price")).otherwise(pl.lit("no_instrument")),
    )
    after = late.with_columns(known_at=priced_at)
    parts = (priced.filter(~pl.col("is_repricing")), before, after)
    return pl.concat(part.select(_EVENTS.schema.names()).cast(_EVENTS.schema) for part in parts).sort(_EVENTS.grain)


def _priced(described: pl.DataFrame) -> pl.DataFrame:
    """Add `status`, `notional_usd` and `quantity_coin` to prints beside their instrument."""
    size, price, value = pl.col("size_native"), pl.col("price"), pl.col("contract_value")
    unit, margin = pl.col("size_unit"), pl.col("margin_type")
    in_contracts, settle_index = unit == "contracts", pl.col("settle_index_usd")
    is_quanto = in_contracts & (margin == "quanto").fill_null(False)
    has_price = (price > 0) & pl.col("quote_currency").is_in(USD_QUOTES)
    has_value = value.is_not_null() & margin.is_not_null()
    is_usd_faced = (margin == "inverse") | pl.col("contract_value_currency").is_in(USD_QUOTES)
    status = (
        pl.when(in_contracts & ~has_value.fill_null(False)).then(pl.lit("no_instrument"))
        .when(is_quanto & ((price > 0) & settle_index.is_not_null()).fill_null(False)).then(None)
        .when(is_quanto).then(pl.lit("no_price"))
        .when((unit == "usd") | (in_contracts & is_usd_faced)).then(None)
        .when(pl.col("quote_currency").is_null()).then(pl.lit("no_instrument"))
        .when(~has_price.fill_null(False)).then(pl.lit("no_price"))
    )  # fmt: skip
    notional = (
        pl.when(pl.col("status").is_not_null()).then(None)
        .when(is_quanto).then(quanto_notional(size, value, price, settle_index))
        .when(unit == "usd").then(size)
        .when(unit == "coin").then(linear_notional(size, pl.lit(1.0), price))
        .when(is_usd_faced).then(inverse_notional(size, value))
        .otherwise(linear_notional(size, value, price))
    )  # fmt: skip
    quantity = (
        pl.when(unit == "coin").then(size)
        .when(in_contracts & (margin == "linear") & ~is_usd_faced).then(size * value)
        .otherwise(coin_quantity(pl.col("notional_usd"), price))
    )  # fmt: skip
    priced = described.with_columns(status=status).with_columns(notional_usd=notional)
    return priced.with_columns(quantity_coin=quantity)


def _bare(symbol: pl.Expr) -> pl.Expr:
    """Upper case, without the product prefix of Kraken futures where a name follows it."""
    return symbol.str.to_uppercase().str.replace(r"^(?:PF|PI|FF|FI|PV)_([^-_/:])", "$1")


def _distinct(prints: pl.DataFrame) -> pl.DataFrame:
    """Each real print once, as first known, over all feeds that carry it.

    Feeds that give the same print at different kinds of price (average fill, order price) are paired
    in the order in which they became known; of one instant the better price wins.
    """
    quality = pl.col("price_kind").replace_strict(PRICE_KINDS, range(len(PRICE_KINDS)), default=None)
    priceless = [name for name in PRINT if name != "price"]
    return (
        maximum_multiplicity(prints)
        .sort("known_at", quality, "source", "raw_sha256", "price", "occurrence")
        .with_columns(__nth=pl.int_range(pl.len()).over(*priceless, "price_kind"))
        .unique([*priceless, "__nth"], keep="first", maintain_order=True)
        .drop("__nth")
    )
