"""Deribit's volatility index (DVOL), as published.

Belongs here: the bars of `get_volatility_index_data`. Does not belong here: an index of our own, or any
smoothing. Field meanings: Deribit API documentation.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.parse import deribit, venue, venue_series
from transforms.parse.venue import Rule

_BARS = "core_volatility__index_bars"
_FIELDS = ("stamp", "open", "high", "low", "close")
_MEASURES = {f"vol_{name}_points": name for name in _FIELDS[1:]}
# In points no index of a coin has been so low; the documentation's own sample is in fractions.
_LEAST_POINTS = 3.0


def parse_index_bars(payload: Payload) -> Parsed:
    """Bars of one day (`resolution=1D`) to core_volatility__index_bars, in volatility points.

    A bar is stamped at its beginning; the last one runs until its day is over. `params`: asset, which the body
    does not name. Raises `PayloadError`: error_envelope, unexpected_shape, missing_parameter, and as
    `read.json_body`.
    """
    asset = venue_series.parameter(payload, "asset")
    _, answer = deribit.result(payload)
    bars = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(bars, list) or not all(isinstance(bar, list) and len(bar) == len(_FIELDS) for bar in bars):
        raise PayloadError("unexpected_shape", "result.data: expected bars of [stamp, open, high, low, close]")
    records = [dict(zip(_FIELDS, bar, strict=True)) for bar in bars]
    raw = venue.fields(records, _FIELDS).with_columns(begins_at=venue.instant("stamp"))
    ends_at = pl.col("begins_at").dt.offset_by("1d")
    shaped = raw.with_columns(
        fact_date=pl.col("begins_at").dt.date(),
        venue=pl.lit("deribit"),
        asset=pl.lit(asset),
        status=pl.lit(None, pl.String()),
        finality=pl.when(ends_at <= payload.known_at).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
        **{column: venue.number(name) for column, name in _MEASURES.items()},
    )
    values = [pl.col(column) for column in _MEASURES]
    low, high = pl.col("vol_low_points"), pl.col("vol_high_points")
    rules = (
        venue.missing("begins_at", "bad_time", "stamp"),
        Rule("not_a_day", pl.col("begins_at").dt.truncate("1d") != pl.col("begins_at"), "the bar is not of a UTC day"),
        venue.in_future("begins_at", payload),
        Rule("bad_number", pl.any_horizontal(value.is_null() for value in values), "a bar without its four numbers"),
        Rule("not_in_points", pl.any_horizontal(value < _LEAST_POINTS for value in values), "fractions, not points"),
        Rule("bad_bar", pl.any_horizontal(~value.is_between(low, high) for value in values), "outside low and high"),
    )
    return venue.sift(_BARS, shaped, rules, records)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="deribit_volatility_index",
        source="deribit",
        title="Deribit volatility index (DVOL) per day",
        tables=(_BARS,),
        parse=parse_index_bars,
        cadence="bars since 2021-03-24, the last one live; ask with resolution=1D",
        finality_rule="a bar is final when its UTC day is over",
        url="https://www.deribit.com/api/v2/public/get_volatility_index_data?resolution=1D",
        licence=venue.LICENCE,
        params={"asset": "canonical code of the coin, for example BTC"},
        shape=Shape("result.data.*", numbers(*map(str, range(len(_FIELDS))))),
    ),
)
