"""Tardis.dev CSV files: liquidations and derivative tickers of many venues in one shape.

Belongs here: Tardis's columns and what its amounts and prices mean per venue. Does not belong here:
order books, trades, options chains, or when a printed funding rate counts as settled
(`tardis_funding.py`). Column meanings: docs.tardis.dev, downloadable CSV files.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.print_fields import ORDER_SIDE, liquidated_side
from transforms.parse import bybit, deribit, read, tardis_funding, venue, venue_series
from transforms.parse.venue import Rule

_GZIP_MAGIC = b"\x1f\x8b"
_COMMON = ("exchange", "symbol", "timestamp", "local_timestamp")


@dataclass(frozen=True)
class Exchange:
    """A Tardis exchange: our venue code, the unit of its amounts, what its liquidation price is.

    `exception` is a pattern of symbols and the unit of their amounts; `futures` a pattern that a symbol
    must match to be a future at all.
    """

    venue: str
    size_unit: str
    price_kind: str
    exception: tuple[str, str] | None = None
    futures: str | None = None


# Tardis stores the order price of Binance (not its average fill) and of BitMEX, the bankruptcy price of
# Bybit and OKX, and actual trades of Deribit and Kraken.
EXCHANGES: dict[str, Exchange] = {
    "binance-futures": Exchange("binance", "coin", "order"),
    "binance-delivery": Exchange("binance", "contracts", "order"),
    "bybit": Exchange("bybit", "coin", "bankruptcy", exception=(bybit.INVERSE_SYMBOL, "usd")),
    "okex-swap": Exchange("okx", "contracts", "bankruptcy"),
    "okex-futures": Exchange("okx", "contracts", "bankruptcy"),
    "deribit": Exchange("deribit", "usd", "fill", (deribit.LINEAR_SYMBOL, "coin"), deribit.FUTURE_SYMBOL),
    "bitmex": Exchange("bitmex", "contracts", "order"),
    "cryptofacilities": Exchange("kraken", "coin", "fill", exception=(r"^[FP]I_", "usd")),
}


def _table(payload: Payload, columns: tuple[str, ...]) -> pl.DataFrame:
    """The file's columns as text, with `row`; no rows for an empty gzip, which is a day without data.

    Raises `PayloadError`: as `read.csv_frame`, and unknown_exchange where an exchange's units are not
    known, for then no amount of the file can be trusted.
    """
    try:
        frame = read.csv_frame(payload, required=(*_COMMON, *columns))
    except PayloadError as error:
        if error.rule != "empty_payload" or not payload.content.startswith(_GZIP_MAGIC):
            raise
        return venue.fields([], (*_COMMON, *columns))
    unknown = sorted(set(frame["exchange"].fill_null("").unique()) - EXCHANGES.keys())
    if unknown:
        raise PayloadError("unknown_exchange", f"units of {unknown} are not known")
    return venue.blank_to_null(frame).with_row_index("row")


def _of_exchange(attribute: str) -> pl.Expr:
    known = {name: getattr(exchange, attribute) for name, exchange in EXCHANGES.items()}
    return pl.col("exchange").replace_strict(known, return_dtype=pl.String())


def _size_unit() -> pl.Expr:
    unit = _of_exchange("size_unit")
    for name, exchange in EXCHANGES.items():
        if exchange.exception is not None:
            pattern, exceptional = exchange.exception
            matches = (pl.col("exchange") == name) & pl.col("symbol").str.contains(pattern)
            unit = pl.when(matches).then(pl.lit(exceptional)).otherwise(unit)
    return unit


def _futures_only() -> Rule:
    other = [
        (pl.col("exchange") == name) & ~pl.col("symbol").str.contains(exchange.futures)
        for name, exchange in EXCHANGES.items()
        if exchange.futures is not None
    ]
    return Rule("not_a_future", pl.any_horizontal(other), "an option, a combo or a spot pair")


def parse_liquidations(payload: Payload) -> Parsed:
    """`liquidations` files to prints. Stamps are microseconds (nanoseconds are understood too).

    `side` is that of the closing order for every venue: sell closes a long. Tardis turns Bybit's
    position sides round itself. Amounts and prices are the venue's own (`EXCHANGES`). A file has no
    messages: rows received at the same instant (`local_timestamp`) count as one.
    """
    raw = _table(payload, ("side", "price", "amount"))
    shaped = raw.rename({"price": "printed_price"}).with_columns(
        message=pl.col("local_timestamp"),
        event_at=venue.instant("timestamp"),
        venue=_of_exchange("venue"),
        liq_side=liquidated_side(pl.col("side"), ORDER_SIDE),
        size_native=venue.number("amount"),
        size_unit=_size_unit(),
        price=venue.number("printed_price"),
        price_kind=_of_exchange("price_kind"),
    )
    return venue.prints(payload, shaped, raw.drop("row"), (_futures_only(),))


def parse_derivative_ticker(payload: Payload) -> Parsed:
    """`derivative_ticker` files to quotes (mark, index, open interest as given) and to funding settlements.

    A field that the venue had not sent yet is blank and stays null. Of rows with the same stamp and
    contract the last received is the state at that stamp; the earlier ones are rejected as superseded.
    Every row is a quote or a reject; a settlement found in them is one row more, of another table.
    """
    raw = _table(payload, ("open_interest", "index_price", "mark_price", *tardis_funding.COLUMNS))
    settled = tardis_funding.settlements(payload, raw, _of_exchange("venue"), _size_unit())
    return venue.merged((_quotes(payload, raw), settled))


def _quotes(payload: Payload, raw: pl.DataFrame) -> Parsed:
    shaped = raw.rename({"index_price": "printed_index"}).with_columns(
        quoted_at=venue.instant("timestamp"),
        venue=_of_exchange("venue"),
        future_price=venue.number("mark_price"),
        price_kind=pl.lit("mark"),
        index_price=venue.number("printed_index"),
        index_at=pl.when(venue.number("printed_index").is_not_null()).then(venue.instant("timestamp")),
        open_interest_native=venue.number("open_interest"),
    )
    rules = (
        _futures_only(),
        Rule("bad_number", venue.unreadable("mark_price", pl.col("future_price")), "the mark is not a number"),
        Rule(
            "bad_number",
            venue.unreadable("printed_index", pl.col("index_price")),
            "the index is not a number",
        ),
        Rule(
            "bad_number",
            venue.unreadable("open_interest", pl.col("open_interest_native")),
            "bad open interest",
        ),
        Rule("superseded", _superseded(), "a later row has the same stamp and contract"),
    )
    return venue.quotes(payload, shaped, raw.drop("row"), rules)


def _superseded() -> pl.Expr:
    told = pl.struct(pl.col(name) for name in ("mark_price", "printed_index", "open_interest"))
    return told.ne_missing(told.last().over("exchange", "symbol", "timestamp"))


_NAMED = {**texts("exchange", "symbol"), **numbers("timestamp", "local_timestamp")}
_OF_EXCHANGE = {"exchange": one_of(*EXCHANGES)}
_LIQUIDATIONS_SHAPE = Shape(
    "",
    {**_NAMED, **texts("side"), **numbers("price", "amount")},
    values={**_OF_EXCHANGE, "side": one_of("buy", "sell")},
    format="csv",
)
_TICKER_SHAPE = Shape(
    "",
    {**_NAMED, **numbers("open_interest", "index_price", "mark_price", *tardis_funding.COLUMNS)},
    values=_OF_EXCHANGE,
    format="csv",
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="tardis_liquidations",
        source="tardis",
        title="Tardis liquidations (CSV)",
        tables=(venue.PRINTS,),
        parse=parse_liquidations,
        cadence="a file per exchange, symbol and day, about 06:00 UTC on the next; as complete as the venue",
        finality_rule="final when the file is there",
        url="https://datasets.tardis.dev/v1/{exchange}/liquidations/{YYYY}/{MM}/{DD}/{SYMBOL}.csv.gz",
        licence=venue.LICENCE,
        shape=_LIQUIDATIONS_SHAPE,
    ),
    Feed(
        name="tardis_derivative_ticker",
        source="tardis",
        title="Tardis derivative tickers (CSV)",
        tables=(venue.QUOTES, venue_series.SETTLEMENTS),
        parse=parse_derivative_ticker,
        cadence="a file per exchange, symbol and day, about 06:00 UTC on the next",
        finality_rule="final when the file is there",
        url="https://datasets.tardis.dev/v1/{exchange}/derivative_ticker/{YYYY}/{MM}/{DD}/{SYMBOL}.csv.gz",
        licence=venue.LICENCE,
        shape=_TICKER_SHAPE,
    ),
)
