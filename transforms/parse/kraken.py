"""Kraken Futures: instruments, tickers and settled funding.

Belongs here: Kraken's field names, and what the prefix of a symbol says: PI_ and FI_ are inverse, PF_ and
FF_ linear; P never expires, F does. Does not belong here: liquidations (`kraken_trades.py`) and the spot
exchange. Field meanings: Kraken Futures API documentation (derivatives v3).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.notional import asset_of, quote_of
from transforms.parse import read, venue, venue_series
from transforms.parse.venue import Record, Rule

VENUE = "kraken"
INVERSE_SYMBOL = r"^[PF]I_"
_FUTURE_SYMBOL = r"^[PF][IF]_"
_INDEX_SYMBOL = r"(?i)^in_([a-z0-9]+)(usd|eur)$"
# A tokenised share: its base is the share's ticker and a small x.
_SHARE_SYMBOL = r"^P[FI]_[A-Z0-9]+x[A-Z]{3}$"


def refuse_error(body: Any) -> dict[str, Any]:
    """The body, if it is no error. Raises `PayloadError`: error_envelope, unexpected_shape."""
    if not isinstance(body, dict):
        raise PayloadError("unexpected_shape", "not a Kraken Futures body")
    if body.get("result") == "error" or body.get("errors") or body.get("error"):
        raise venue.envelope_error("Kraken", body.get("status", "error"), body.get("error") or body.get("errors"))
    return body


def _rows(payload: Payload, name: str) -> tuple[dict[str, Any], list[Record]]:
    body = refuse_error(read.json_body(payload))
    if name not in body:
        raise PayloadError("unexpected_shape", f"no `{name}` in the body")
    return body, venue.objects(body[name], name)


def iso(name: str) -> pl.Expr:
    """An ISO 8601 stamp in text, with a Z or an offset, as a UTC instant; null where it is none."""
    return pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False).cast(UTC_INSTANT)


def margin_type(symbol: pl.Expr) -> pl.Expr:
    """`inverse` for PI_ and FI_, `linear` for PF_ and FF_, else null."""
    is_linear = symbol.str.contains(r"^[PF]F_")
    return (
        pl.when(symbol.str.contains(INVERSE_SYMBOL)).then(pl.lit("inverse"))
        .when(is_linear).then(pl.lit("linear"))
    )  # fmt: skip


def _not_crypto() -> Rule:
    return Rule("not_crypto", pl.col("symbol").str.contains(_SHARE_SYMBOL), "a tokenised share")


def parse_instruments(payload: Payload) -> Parsed:
    """`/derivatives/api/v3/instruments` to instruments.

    One inverse contract is `contractSize` USD, one linear contract `contractSize` coins. Options, spot
    pairs and tokenised shares are rejected. Raises `PayloadError`: error_envelope, unexpected_shape.
    """
    _, records = _rows(payload, "instruments")
    raw = venue.fields(records, ("symbol", "type", "base", "quote", "contractSize", "openingDate", "lastTradingTime"))
    inverse = pl.col("symbol").str.contains(INVERSE_SYMBOL)
    coin = pl.coalesce(venue.canonical("base"), asset_of(pl.col("symbol")))
    named = raw.with_columns(asset=coin, quote_currency=pl.coalesce("quote", quote_of(pl.col("symbol"))))
    never = pl.col("symbol").str.starts_with("P")
    shaped = named.with_columns(
        venue=pl.lit(VENUE),
        settle_currency=pl.when(inverse).then("asset").otherwise("quote_currency"),
        instrument_kind=pl.when(never).then(pl.lit("perpetual")).otherwise(pl.lit("dated")),
        margin_type=margin_type(pl.col("symbol")),
        contract_value=venue.number("contractSize"),
        contract_value_currency=pl.when(inverse).then("quote_currency").otherwise("asset"),
        listed_at=iso("openingDate"),
        expires_at=iso("lastTradingTime"),
    )
    rules = (
        Rule("not_a_contract", ~pl.col("symbol").str.contains(_FUTURE_SYMBOL), "neither perpetual nor dated future"),
        _not_crypto(),
        Rule("bad_number", pl.col("contract_value").is_null(), "no readable contractSize"),
    )
    return venue.contracts(shaped, records, rules)


def parse_tickers(payload: Payload) -> Parsed:
    """`/derivatives/api/v3/tickers` to quotes at the body's `serverTime`, and its index rows to indexes.

    Dated contracts and perpetuals alike: mark, index and `openInterest` as given, USD for inverse
    contracts, coins for linear ones. Index rows (`in_xbtusd`) are mixed in and keep their own `lastTime`;
    reference rates, options and tokenised shares are rejected. Raises `PayloadError`: error_envelope,
    unexpected_shape, no_server_time.
    """
    body, records = _rows(payload, "tickers")
    if not body.get("serverTime"):
        raise PayloadError("no_server_time", "no `serverTime`: the rows have no time of their own")
    rows = [{**record, "serverTime": body["serverTime"]} for record in records]
    is_index = [str(row.get("symbol", "")).lower().startswith("in_") for row in rows]
    futures = [row for row, index in zip(rows, is_index, strict=True) if not index]
    indexes = [row for row, index in zip(rows, is_index, strict=True) if index]
    return venue.merged((_quotes(payload, futures), _indexes(payload, indexes)))


def _quotes(payload: Payload, records: list[Record]) -> Parsed:
    raw = venue.fields(records, ("symbol", "markPrice", "indexPrice", "openInterest", "serverTime"))
    shaped = raw.with_columns(
        quoted_at=iso("serverTime"),
        venue=pl.lit(VENUE),
        future_price=venue.number("markPrice"),
        price_kind=pl.lit("mark"),
        index_price=venue.number("indexPrice"),
        index_at=pl.when(venue.number("indexPrice").is_not_null()).then(iso("serverTime")),
        open_interest_native=venue.number("openInterest"),
    )
    rules = (
        Rule("not_a_future", ~pl.col("symbol").str.contains(_FUTURE_SYMBOL), "neither future nor index"),
        _not_crypto(),
        venue.missing("future_price", "bad_number", "mark price"),
        Rule("bad_number", venue.unreadable("indexPrice", pl.col("index_price")), "the index is not a number"),
        Rule("bad_number", venue.unreadable("openInterest", pl.col("open_interest_native")), "bad open interest"),
    )
    return venue.quotes(payload, shaped, records, rules)


def _indexes(payload: Payload, records: list[Record]) -> Parsed:
    raw = venue.fields(records, ("symbol", "last", "lastTime"))
    shaped = raw.with_columns(
        quoted_at=iso("lastTime"),
        venue=pl.lit(VENUE),
        base=pl.col("symbol").str.extract(_INDEX_SYMBOL, 1),
        quote_currency=pl.col("symbol").str.extract(_INDEX_SYMBOL, 2).str.to_uppercase(),
        index_price=venue.number("last"),
    ).with_columns(asset=venue.canonical("base"))
    return venue.indexes(payload, shaped, records, (venue.missing("asset", "unknown_pair", "pair"),))


def parse_funding_rates(payload: Payload) -> Parsed:
    """`historical-funding-rates` (v3, or v4's alias) to settlements: `relativeFundingRate`, in any order.

    `fundingRate` is money per contract and is not read. Every hour now, every four hours in 2022, so the
    interval is for the stamps to tell. The body does not name its contract: the parameter `symbol` does.
    Raises `PayloadError`: error_envelope, unexpected_shape, missing_parameter, bad_parameter (neither
    PI_ nor PF_).
    """
    name = venue_series.parameter(payload, "symbol")
    if not name.startswith(("PI_", "PF_")):
        raise PayloadError("bad_parameter", f"{name!r} is no perpetual, and only perpetuals have funding")
    _, records = _rows(payload, "rates")
    symbol = pl.lit(name)
    shaped = venue.fields(records, ("timestamp", "relativeFundingRate")).with_columns(
        settled_at=iso("timestamp"),
        venue=pl.lit(VENUE),
        symbol=symbol,
        asset=asset_of(symbol),
        margin_type=margin_type(symbol),
        rate_ratio=venue.number("relativeFundingRate"),
    )
    return venue_series.settlements(payload, shaped, records, (_not_crypto(),))


_INSTRUMENT_SHAPE = Shape(
    ("instruments", "instruments.*"),
    {**texts("symbol", "base", "quote", "openingDate", "lastTradingTime"), **numbers("contractSize")},
    optional=one_of("base", "quote", "lastTradingTime"),
)
_TICKER_SHAPE = (
    Shape(
        ("tickers", "tickers.*"),
        {**texts("symbol", "lastTime"), **numbers("markPrice", "indexPrice", "openInterest", "last")},
    ),
    Shape("", texts("serverTime")),
)
_FUNDING_SHAPE = Shape(("rates", "rates.*"), {**texts("timestamp"), **numbers("relativeFundingRate")})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="kraken_instruments",
        source="kraken",
        title="Kraken Futures instruments",
        tables=(venue.CONTRACTS,),
        parse=parse_instruments,
        cadence="daily snapshot; expired contracts vanish from it",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://futures.kraken.com/derivatives/api/v3/instruments",
        licence=venue.LICENCE,
        shape=_INSTRUMENT_SHAPE,
    ),
    Feed(
        name="kraken_tickers",
        source="kraken",
        title="Kraken Futures marks, indexes and open interest",
        tables=(venue.QUOTES, venue.INDEXES),
        parse=parse_tickers,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://futures.kraken.com/derivatives/api/v3/tickers",
        licence=venue.LICENCE,
        shape=_TICKER_SHAPE,
    ),
    Feed(
        name="kraken_funding_rates",
        source="kraken",
        title="Kraken Futures funding history",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_rates,
        cadence="the whole history of one contract at a time",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://futures.kraken.com/derivatives/api/v3/historical-funding-rates",
        licence=venue.LICENCE,
        params={"symbol": "the contract that the body is of, for example PF_XBTUSD"},
        shape=_FUNDING_SHAPE,
    ),
)
