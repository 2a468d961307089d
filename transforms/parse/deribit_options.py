"""Deribit: option chains, as their book summaries tell them.

Belongs here: the units of premiums, volatilities and open interest, and what an option's name says. Does not
belong here: futures among the book summaries (`deribit.py`), greeks, which the summary lacks, or smiles
(`transforms/facts`). Field meanings: Deribit API v2 documentation.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, texts
from transforms.parse import option_quotes, venue
from transforms.parse.deribit import LINEAR_SYMBOL, result
from transforms.parse.venue import Rule

_VENUE = "deribit"
# Base, settlement currency of linear ones, expiry, strike with a small d for its point, right.
_SYMBOL = r"^([A-Z0-9]+)(?:_[A-Z]+)?-(\d{1,2}[A-Z]{3}\d{2})-(\d+(?:d\d+)?)-([CP])$"
_FIELDS = ("instrument_name", "bid_price", "ask_price", "mark_price", "mark_iv", "underlying_price",
           "estimated_delivery_price", "open_interest", "volume", "creation_timestamp")  # fmt: skip
# In points no coin's option has been so low; a whole chain below it is in fractions.
_LEAST_POINTS = 3.0
# The forward and the mark are not of the same instant.
_TOLERANCE = 1.1


def parse_option_summary(payload: Payload) -> Parsed:
    """`get_book_summary_by_currency` with kind=option to option quotes at `creation_timestamp`.

    Premiums are in coins for BTC and ETH (inverse), in USDC for linear options (`SOL_USDC-…`), never
    converted. `mark_iv` is in points. `underlying_price` is the forward of the expiry. Open interest and
    volume are in coins. Expiry (08:00 UTC), strike and right are read from the name: `0d5` is 0.5. Combos
    among options are rejected, and so is a premium above the most that its option can be worth, which is of
    another unit. Raises `PayloadError`: error_envelope, unexpected_shape, not_options (a body of futures),
    not_in_points (volatilities as fractions).
    """
    rows = venue.objects(result(payload)[1], "result")
    raw = venue.fields(rows, _FIELDS).rename({"underlying_price": "forward"})
    is_option = pl.col("instrument_name").str.contains(_SYMBOL)
    if rows and not raw.select(is_option.any()).item():
        raise PayloadError("not_options", "book summaries of futures or combos, not of options")
    shaped = _shaped(raw)
    typical = shaped.select(pl.col("mark_iv_points").median()).item()
    if typical is not None and typical < _LEAST_POINTS:
        raise PayloadError("not_in_points", f"the middle volatility of the chain is {typical}: fractions, not points")
    rules = (
        Rule("not_an_option", ~is_option, "a future or a combo"),
        *(_unreadable(name) for name in ("mark_price", "mark_iv", "open_interest", "volume", "forward")),
        Rule("not_in_unit", _too_dear(), "a premium above the most that the option can be worth"),
    )
    return option_quotes.quotes(payload, shaped, rows, rules)


def _shaped(raw: pl.DataFrame) -> pl.DataFrame:
    name = pl.col("instrument_name")
    # Month names are read in any case, days with and without a leading zero.
    dated = raw.with_columns(expiry_text=name.str.extract(_SYMBOL, 2).str.zfill(7), right=name.str.extract(_SYMBOL, 4))
    return dated.with_columns(
        quoted_at=venue.instant("creation_timestamp"),
        venue=pl.lit(_VENUE),
        symbol=name,
        asset=name.str.extract(_SYMBOL, 1),
        option_type=option_quotes.option_type("right"),
        strike_price=name.str.extract(_SYMBOL, 3).str.replace("d", ".", literal=True).cast(pl.Float64(), strict=False),
        expires_at=option_quotes.expiry("expiry_text", "%d%b%y"),
        premium_currency=pl.when(name.str.contains(LINEAR_SYMBOL)).then(pl.lit("usd")).otherwise(pl.lit("coin")),
        mark_premium=venue.number("mark_price"),
        bid_premium=option_quotes.positive("bid_price"),
        ask_premium=option_quotes.positive("ask_price"),
        mark_iv_points=option_quotes.positive("mark_iv"),
        underlying_price=option_quotes.positive("forward"),
        index_price=option_quotes.positive("estimated_delivery_price"),
        option_open_interest_coin=venue.number("open_interest"),
        option_volume_24h_coin=venue.number("volume"),
    )


def _unreadable(name: str) -> Rule:
    return Rule("bad_number", venue.unreadable(name, venue.number(name)), f"{name} is not a number")


def _too_dear() -> pl.Expr:
    """A call is worth its coin at most, a put its strike; null where the forward is unknown."""
    forward, strike = pl.col("underlying_price"), pl.col("strike_price")
    most_usd = pl.when(pl.col("option_type") == "call").then(forward).otherwise(strike)
    most = pl.when(pl.col("premium_currency") == "coin").then(most_usd / forward).otherwise(most_usd)
    return pl.col("mark_premium") > most * _TOLERANCE


_SHAPE = Shape(("result", "result.*"), {**texts(_FIELDS[0]), **numbers(*_FIELDS[1:])})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="deribit_option_summary",
        source="deribit",
        title="Deribit option chains",
        tables=(option_quotes.OPTION_QUOTES,),
        parse=parse_option_summary,
        cadence="snapshot per currency; an expired option's open interest cannot be had later",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_book_summary_by_currency?kind=option",
        licence=venue.LICENCE,
        shape=_SHAPE,
    ),
)
