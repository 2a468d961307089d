"""OKX v5: volatilities and greeks of option chains.

Belongs here: OKX's option symbols and which of its two sets of greeks is read. Does not belong here: prices and
open interest of options, which this endpoint has not. Field meanings: OKX v5 documentation, `opt-summary`.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.feed import Feed, Parsed, Payload
from schemas.shape import Shape, numbers, texts
from transforms.parse import option_quotes, read, venue
from transforms.parse.okx import data
from transforms.parse.venue import Record

_VENUE = "okx"
_SYMBOL = r"^([A-Z0-9]+)-[^-]+-(\d{6})-([\d.]+)-([CP])$"
_BLACK_SCHOLES = {"deltaBS": "deltaBs", "gammaBS": "gammaBs", "thetaBS": "thetaBs", "vegaBS": "vegaBs"}
_PLAIN = ("markVol", "bidVol", "askVol", "fwdPx")


def parse_option_summary(payload: Payload) -> Parsed:
    """`/api/v5/public/opt-summary` of one family to option quotes: volatilities, forward and greeks.

    The Black-Scholes set (`deltaBS`, …) is in dollars and is read; `delta` is adjusted for a premium paid
    in coin and is not. Volatilities are fractions, and 0 is none. The channel `opt-summary` sends the same
    objects. Raises `PayloadError`: error_envelope, unexpected_shape.
    """
    records = [_with_greeks(record) for record in _records(payload)]
    raw = venue.fields(records, ("instId", "ts", *_PLAIN, *_BLACK_SCHOLES))
    parts = pl.col("instId").str.extract_groups(_SYMBOL)
    split = raw.with_columns(base=parts.struct[0], day=parts.struct[1], strike=parts.struct[2], right=parts.struct[3])
    shaped = split.with_columns(
        quoted_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instId"),
        asset=venue.canonical("base"),
        option_type=option_quotes.option_type("right"),
        strike_price=venue.number("strike"),
        expires_at=option_quotes.expiry("day", "%y%m%d"),
        mark_iv_points=option_quotes.points("markVol"),
        bid_iv_points=option_quotes.points("bidVol"),
        ask_iv_points=option_quotes.points("askVol"),
        underlying_price=option_quotes.positive("fwdPx"),
        delta_ratio=venue.number("deltaBS"),
        gamma=venue.number("gammaBS"),
        theta=venue.number("thetaBS"),
        vega=venue.number("vegaBS"),
    )
    return option_quotes.quotes(payload, shaped, records, (option_quotes.readable(*_PLAIN, *_BLACK_SCHOLES),))


def _records(payload: Payload) -> list[Record]:
    body: Any = read.json_body(payload)
    return venue.objects(body if isinstance(body, list) else data(payload), "data")


def _with_greeks(record: Record) -> Record:
    return record | {name: record.get(name, record.get(other)) for name, other in _BLACK_SCHOLES.items()}


_GREEKS = tuple(f"{rest}|{stream}" for rest, stream in _BLACK_SCHOLES.items())
_SHAPE = Shape(
    ("data", "data.*", "*"),
    {**texts("instId"), **numbers("ts", *_PLAIN, *_GREEKS)},
    optional=frozenset(_GREEKS),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="okx_option_summary",
        source="okx",
        title="OKX option volatilities and greeks",
        tables=(option_quotes.OPTION_QUOTES,),
        parse=parse_option_summary,
        cadence="snapshot of all options of a family, twice a day; no prices and no open interest",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.okx.com/api/v5/public/opt-summary",
        licence=venue.LICENCE,
        shape=_SHAPE,
    ),
)
