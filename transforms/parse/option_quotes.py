"""What the venues' parsers share about option chains.

Belongs here: the sift of option quotes, quotes of nothing, volatilities in points. Does not belong here: any one
venue's field names and symbols (its own module), or smiles made of chains (`transforms/facts`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Parsed, Payload
from schemas.tables import TABLES
from transforms.parse import venue
from transforms.parse.venue import Records, Rule

OPTION_QUOTES = "core_options__quotes"
EXPIRY_HOUR_UTC = 8

_MEASURES = frozenset(TABLES[OPTION_QUOTES].tracked)
_RIGHTS = {"C": "call", "P": "put", "CALL": "call", "PUT": "put"}


def positive(name: str) -> pl.Expr:
    """A text field as a number above 0, else null: venues print 0 for a bid or an ask that is not there."""
    value = venue.number(name)
    return pl.when(value > 0).then(value)


def points(name: str) -> pl.Expr:
    """A volatility printed as a fraction (0.7567) in points (75.67); null where it is 0 or blank."""
    return (positive(name) * 100).round(10)


def option_type(name: str) -> pl.Expr:
    """C, P, call or put as `call` and `put`; null for anything else."""
    return pl.col(name).str.to_uppercase().replace_strict(_RIGHTS, default=None, return_dtype=pl.String())


def expiry(name: str, layout: str) -> pl.Expr:
    """The date in a symbol as the instant of expiry, 08:00 UTC; null where it is no date of that layout."""
    day = pl.col(name).str.to_date(layout, strict=False)
    return (day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(hours=EXPIRY_HOUR_UTC)).cast(
        UTC_INSTANT
    )


def quotes(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift option quotes, after `rules`, by readable stamp, contract, strike and expiry; adds `fact_date`.

    `shaped` has quoted_at, venue, symbol, asset, option_type, strike_price and expires_at; the measures
    that the venue does not give may be missing. A quote without any measure says nothing and is rejected.
    """
    schema = TABLES[OPTION_QUOTES].schema
    absent = [name for name in _MEASURES if name not in shaped.columns]
    whole = shaped.with_columns(
        *(pl.lit(None, schema[name]).alias(name) for name in absent), fact_date=pl.col("quoted_at").dt.date()
    )
    told = _MEASURES - {"premium_currency"}
    common = (
        venue.missing("quoted_at", "bad_time", "quote time"),
        venue.missing("asset", "no_symbol", "underlying"),
        venue.missing("option_type", "not_an_option", "right to call or put"),
        venue.missing("strike_price", "bad_number", "strike"),
        venue.missing("expires_at", "bad_time", "expiry"),
        Rule("no_measure", pl.all_horizontal(pl.col(name).is_null() for name in told), "no figure of the option"),
        venue.in_future("quoted_at", payload),
    )
    return venue.sift(OPTION_QUOTES, whole, (*rules, *common), records)


def readable(*names: str) -> Rule:
    """Rejects a row of which one of these fields holds something that is no number."""
    broken = pl.any_horizontal(pl.col(name).is_not_null() & venue.number(name).is_null() for name in names)
    return Rule("bad_number", broken, f"one of {', '.join(names)} is not a number")
