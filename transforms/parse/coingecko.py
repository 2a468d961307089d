"""CoinGecko: totals over the whole market, and the largest coins of it or of a category.

Belongs here: `/global` and `/coins/markets` in USD. Does not belong here: histories, or which coins are
taken out of a breadth. Percentages become fractions. A coin is known by its id: symbols are shared.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, objects, texts
from transforms.core.exact import divided
from transforms.parse import read, stamps, venue, venue_series
from transforms.parse.venue import Record, Rule

GLOBALS = "core_breadth__globals"
COINS = "core_breadth__coins"
WHOLE_MARKET = "all"

_LICENCE = "attribution required; redistribution unverified: use internally, publish only what is derived"
_TEXTS = {"coin_id": "id", "coin_symbol": "symbol", "coin_name": "name"}
_AMOUNTS = {"price_usd": "current_price", "volume_24h_usd": "total_volume"}
# Printed as 0 where the circulating supply is not verified.
_UNKNOWN_IF_ZERO = {
    "market_cap_usd": "market_cap",
    "fully_diluted_usd": "fully_diluted_valuation",
    "circulating_coin": "circulating_supply",
}
_CHANGES = {f"price_change_{period}_ratio": f"price_change_percentage_{period}_in_currency" for period in
            ("24h", "7d", "30d")}  # fmt: skip
_RANK, _UPDATED = "market_cap_rank", "last_updated"
_NUMBERS = (*_AMOUNTS.values(), *_UNKNOWN_IF_ZERO.values(), *_CHANGES.values(), _RANK)
_GLOBAL_NUMBERS = ("total_market_cap", "total_volume", "btc", "eth", "change", "coins")
# Every figure may be null, so a renamed field would be missed by no rule: these are.
_GLOBAL_SHAPE = Shape(
    "data",
    {
        **numbers("updated_at", "market_cap_change_percentage_24h_usd", "active_cryptocurrencies"),
        **objects("total_market_cap", "total_volume", "market_cap_percentage"),
    },
)
_MARKETS_SHAPE = Shape("*", {**texts(*_TEXTS.values(), _UPDATED), **numbers(*_NUMBERS)})


def parse_global(payload: Payload) -> Parsed:
    """`data` of `/global` to core_breadth__globals, of the instant `updated_at`.

    Raises `PayloadError`: error_envelope, unexpected_shape, and as `read.json_body`.
    """
    body = _answer(payload)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise PayloadError("unexpected_shape", "no data in the body")
    record: Record = {
        "updated_at": data.get("updated_at"),
        "total_market_cap": _of(data, "total_market_cap", "usd"),
        "total_volume": _of(data, "total_volume", "usd"),
        "btc": _of(data, "market_cap_percentage", "btc"),
        "eth": _of(data, "market_cap_percentage", "eth"),
        "change": data.get("market_cap_change_percentage_24h_usd"),
        "coins": data.get("active_cryptocurrencies"),
    }
    raw = venue.fields([record], record).with_columns(observed_at=stamps.seconds("updated_at"))
    shaped = raw.with_columns(
        fact_date=pl.col("observed_at").dt.date(),
        total_market_cap_usd=venue.number("total_market_cap"),
        total_volume_24h_usd=venue.number("total_volume"),
        btc_share_ratio=_fraction("btc"),
        eth_share_ratio=_fraction("eth"),
        market_cap_change_24h_ratio=_fraction("change"),
        n_coins=venue.number("coins").cast(pl.Int32(), strict=False),
    )
    rules = (
        venue.missing("observed_at", "bad_time", "updated_at"),
        venue.in_future("observed_at", payload),
        _unreadable(_GLOBAL_NUMBERS),
        venue.missing("total_market_cap_usd", "bad_number", "total market value in USD"),
    )
    return venue.sift(GLOBALS, shaped, rules, [record])


def parse_markets(payload: Payload) -> Parsed:
    """A page of `/coins/markets` to core_breadth__coins, as of the instant at which it became known.

    The page has no stamp of its own; each coin's `last_updated` is kept. Null stays null; a supply or a
    market value of 0 is CoinGecko's way to print that it does not know it. `params`: category. Raises
    `PayloadError`: error_envelope, unexpected_shape, no_rows, missing_parameter, and as `read.json_body`.
    """
    category = venue_series.parameter(payload, "category")
    body = _answer(payload)
    if not isinstance(body, list):
        raise PayloadError("unexpected_shape", "expected a list of coins")
    records = venue.objects(body, "coins")
    if not records:
        raise PayloadError("no_rows", "the page holds no coin")
    raw = venue.fields(records, (*_TEXTS.values(), *_NUMBERS, _UPDATED))
    shaped = raw.select(
        "row",
        *_NUMBERS,
        _UPDATED,
        fact_date=pl.lit(payload.known_at.date()),
        observed_at=pl.lit(payload.known_at).cast(UTC_INSTANT),
        category=pl.lit(category),
        **{column: pl.col(name) for column, name in _TEXTS.items()},
        **{column: venue.number(name) for column, name in _AMOUNTS.items()},
        **{column: _known(venue.number(name)) for column, name in _UNKNOWN_IF_ZERO.items()},
        **{column: _fraction(name) for column, name in _CHANGES.items()},
        price_updated_at=stamps.iso(_UPDATED),
    ).with_columns(venue.number(_RANK).cast(pl.Int32(), strict=False))
    rules = (
        venue.missing("coin_id", "no_id", "id"),
        _unreadable((*_AMOUNTS.values(), *_UNKNOWN_IF_ZERO.values(), *_CHANGES.values())),
        Rule("bad_time", venue.unreadable(_UPDATED, pl.col("price_updated_at")), "last_updated is no instant"),
        venue.in_future("price_updated_at", payload),
    )
    return venue.sift(COINS, shaped, rules, records)


def _answer(payload: Payload) -> Any:
    """The body; an error inside it is refused: CoinGecko words it as `status.error_code` or as `error`."""
    body = read.json_body(payload)
    if isinstance(body, dict):
        status = body.get("status")
        error = status if isinstance(status, dict) and status.get("error_code") else body
        if error is status or "error" in body or "error_code" in body:
            message = error.get("error_message") or error.get("error")
            raise venue.envelope_error("CoinGecko", error.get("error_code"), message)
    return body


def _of(data: Record, name: str, currency: str) -> Any:
    """One currency of an object of amounts; null where there is none."""
    amounts = data.get(name)
    return amounts.get(currency) if isinstance(amounts, dict) else None


def _fraction(name: str) -> pl.Expr:
    return divided(venue.number(name), 100.0)


def _known(value: pl.Expr) -> pl.Expr:
    return pl.when(value != 0).then(value)


def _unreadable(names: tuple[str, ...]) -> Rule:
    broken = pl.any_horizontal(venue.unreadable(name, venue.number(name)) for name in names)
    return Rule("bad_number", broken, "a figure that is no number")


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coingecko_global",
        source="coingecko",
        title="CoinGecko: market value, volume and shares over all coins",
        tables=(GLOBALS,),
        parse=parse_global,
        cadence="live, renewed every 10 minutes; no history without a paid plan",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://api.coingecko.com/api/v3/global",
        licence=_LICENCE,
        shape=_GLOBAL_SHAPE,
    ),
    Feed(
        name="coingecko_markets",
        source="coingecko",
        title="CoinGecko: the 250 largest coins, and of the categories that a breadth leaves out",
        tables=(COINS,),
        parse=parse_markets,
        cadence="live; who was in the ranking is not told later, so it is read daily at a fixed minute",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://api.coingecko.com/api/v3/coins/markets?vs_currency=usd",
        licence=_LICENCE,
        params={"category": f"the category that was asked for, for example stablecoins; {WHOLE_MARKET} for none"},
        shape=_MARKETS_SHAPE,
    ),
)
