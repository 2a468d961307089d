"""Tardis.dev CSV files of option chains.

Belongs here: Tardis's columns of `options_chain` and what its premiums and volatilities mean per venue. Does not
belong here: its other files (`tardis.py`). Column meanings: docs.tardis.dev, downloadable CSV files.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import IO

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.notional import asset_of
from transforms.parse import deribit, option_quotes, read, venue
from transforms.parse.venue import Rule

# The only exchange whose scale of volatilities is known: per cent a year.
EXCHANGES = {"deribit": "deribit"}

_GZIP_MAGIC = b"\x1f\x8b"
_BLOCK_ROWS = 250_000
_NUMBERS = (
    "strike_price", "open_interest", "bid_price", "bid_iv", "ask_price", "ask_iv", "mark_price", "mark_iv",
    "underlying_price", "delta", "gamma", "vega", "theta",
)  # fmt: skip
_COLUMNS = ("exchange", "symbol", "timestamp", "local_timestamp", "type", "expiration", *_NUMBERS)


def parse_options_chain(payload: Payload) -> Parsed:
    """`options_chain` files to option quotes, a row per change of a ticker. Stamps are microseconds.

    Premiums are coins for inverse options and dollars for linear ones (`BTC_USDC-…`), open interest coins,
    volatilities points already. Blank cells stay null. Of rows with the same stamp and contract that differ,
    the last received counts. A file is read in blocks: a day of Deribit has many millions of rows. An empty
    gzip is a day without data. Raises `PayloadError`: as `read.csv_frame`, and unknown_exchange.
    """
    parts = [_quotes(block) for block in _blocks(payload)]
    return venue.merged(parts) if parts else _quotes(replace(payload, content=f"{','.join(_COLUMNS)}\n".encode()))


def _blocks(payload: Payload) -> Iterator[Payload]:
    """The file in parts of `_BLOCK_ROWS` rows, each with the header; none of an empty gzip."""
    packed = payload.content.startswith(_GZIP_MAGIC)
    source: IO[bytes] = io.BytesIO(payload.content)
    stream = gzip.GzipFile(fileobj=source) if packed else source
    try:
        header = stream.readline()
        if not header.strip():
            if packed:
                return
            raise PayloadError("empty_payload", "the payload is empty")
        if not header.endswith(b"\n"):
            header += b"\n"
        first = True
        while (rows := list(islice(stream, _BLOCK_ROWS))) or first:
            yield replace(payload, content=header + b"".join(rows))
            first = False
    except (EOFError, OSError, zlib.error) as error:
        raise PayloadError("bad_gzip", f"truncated or damaged gzip: {error}") from error


def _quotes(payload: Payload) -> Parsed:
    frame = read.csv_frame(payload, required=_COLUMNS)
    unknown = sorted(set(frame["exchange"].fill_null("").unique()) - EXCHANGES.keys())
    if unknown:
        raise PayloadError("unknown_exchange", f"the scale of volatilities of {unknown} is not known")
    raw = venue.blank_to_null(frame).with_row_index("row")
    linear = pl.col("symbol").str.contains(deribit.LINEAR_SYMBOL)
    shaped = raw.with_columns(
        quoted_at=venue.instant("timestamp"),
        venue=pl.col("exchange").replace_strict(EXCHANGES, return_dtype=pl.String()),
        asset=asset_of(pl.col("symbol")),
        option_type=option_quotes.option_type("type"),
        strike_price=venue.number("strike_price"),
        expires_at=venue.instant("expiration"),
        premium_currency=pl.when(linear).then(pl.lit("usd")).otherwise(pl.lit("coin")),
        mark_premium=venue.number("mark_price"),
        bid_premium=option_quotes.positive("bid_price"),
        ask_premium=option_quotes.positive("ask_price"),
        mark_iv_points=option_quotes.positive("mark_iv"),
        bid_iv_points=option_quotes.positive("bid_iv"),
        ask_iv_points=option_quotes.positive("ask_iv"),
        underlying_price=option_quotes.positive("underlying_price"),
        delta_ratio=venue.number("delta"),
        option_open_interest_coin=venue.number("open_interest"),
        **{name: venue.number(name) for name in ("gamma", "vega", "theta")},
        **{f"printed_{name}": pl.col(name) for name in _NUMBERS},
    )
    told = pl.struct(f"printed_{name}" for name in _NUMBERS)
    superseded = told.ne_missing(told.last().over("exchange", "symbol", "timestamp"))
    rules = (
        option_quotes.readable(*(f"printed_{name}" for name in _NUMBERS)),
        Rule("superseded", superseded, "a later row has the same stamp and contract"),
    )
    return option_quotes.quotes(payload, shaped, raw.drop("row"), rules)


_SHAPE = Shape(
    "",
    {
        **texts("exchange", "symbol", "type"),
        **numbers("timestamp", "local_timestamp", "expiration", *_NUMBERS),
    },
    values={"exchange": one_of(*EXCHANGES), "type": one_of("call", "put")},
    format="csv",
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="tardis_options_chain",
        source="tardis",
        title="Tardis option chains (CSV)",
        tables=(option_quotes.OPTION_QUOTES,),
        parse=parse_options_chain,
        cadence="a file per exchange and day (symbol OPTIONS), about 06:00 UTC on the next",
        finality_rule="final when the file is there",
        url="https://datasets.tardis.dev/v1/{exchange}/options_chain/{YYYY}/{MM}/{DD}/OPTIONS.csv.gz",
        licence=venue.LICENCE,
        shape=_SHAPE,
    ),
)
