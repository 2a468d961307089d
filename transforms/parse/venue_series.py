"""What the venues' parsers share about funding settlements and open interest.

Belongs here: the two sifts, parameters that a body lacks, and what holds for every venue: a settlement's
stamp is floored, its day is the day it accrues in. Does not belong here: any one venue's field names
(its own module), intervals between settlements or halving two-sided figures (`transforms/facts`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import polars as pl

from schemas.feed import Parsed, Payload, PayloadError, Reject
from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.facts.funding import accrual_date
from transforms.parse import venue
from transforms.parse.venue import Record, Records, Rule

SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"

SETTLEMENT_FINALITY = "final when settled: a realised rate is never revised"
OBSERVATION_FINALITY = "final: an observation is true of its own instant"


def parameter(payload: Payload, name: str, allowed: Collection[str] = ()) -> str:
    """What the inbox map or the request says of the body, where the body does not say it itself.

    Raises `PayloadError`: missing_parameter; bad_parameter where it is none of `allowed`.
    """
    value = payload.params.get(name, "").strip()
    if not value:
        raise PayloadError("missing_parameter", f"the parameter {name!r} is needed: the body does not say it")
    if allowed and value not in allowed:
        raise PayloadError("bad_parameter", f"{name} = {value!r} is none of {sorted(allowed)}")
    return value


def unpacked(payload: Payload, unpack: Callable[[Record], list[Record]]) -> tuple[list[Record], list[Reject]]:
    """As `venue.unpacked`, for bodies of a request: a payload of nothing but the venue's errors is refused whole.

    Raises `PayloadError("error_envelope")`, and as `venue.unpacked`.
    """
    found, rejects = venue.unpacked(payload, unpack)
    if rejects and not found and all(reject.rule == "error_envelope" for reject in rejects):
        raise PayloadError("error_envelope", rejects[0].reason)
    return found, rejects


def _with_absent(shaped: pl.DataFrame, table: str, **defaults: object) -> pl.DataFrame:
    """The table's columns that a venue does not give, as nulls or as `defaults`."""
    absent = [name for name in TABLES[table].schema if name not in shaped.columns]
    return shaped.with_columns(pl.lit(defaults.get(name)).alias(name) for name in absent)


def settlements(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift funding settlements, after `rules`, by readable time and rate.

    `shaped` has settled_at, venue, symbol, asset, margin_type and rate_ratio; what else the table has
    may be missing. `settled_at` is floored to the minute: venues stamp some milliseconds late. A stamp
    still to come is a prediction and is rejected.
    """
    dated = shaped.with_columns(pl.col("settled_at").dt.truncate("1m")).with_columns(
        fact_date=accrual_date(pl.col("settled_at")),
        finality=pl.lit("final"),
    )
    common = (
        venue.missing("settled_at", "bad_time", "settlement time"),
        venue.missing("rate_ratio", "bad_number", "funding rate"),
        venue.missing("symbol", "no_symbol", "symbol"),
        venue.in_future("settled_at", payload),
    )
    return venue.sift(SETTLEMENTS, _with_absent(dated, SETTLEMENTS), (*rules, *common), records)


def open_interest(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift observations of open interest, after `rules`, by readable time and quantity.

    `shaped` has observed_at, venue, symbol, asset, margin_type, open_interest_native and size_unit; one
    side, `final` and null stand for what it lacks. Where the feed gives dollars and coins but no mark,
    `mark_price` is the price that they imply.
    """
    whole = _with_absent(shaped, OPEN_INTEREST, n_sides=1, finality="final")
    implied = divided(pl.col("open_interest_usd").cast(pl.Float64), pl.col("open_interest_coin").cast(pl.Float64))
    dated = whole.with_columns(
        fact_date=pl.col("observed_at").dt.date(),
        mark_price=pl.coalesce("mark_price", pl.when(implied.is_finite() & (implied > 0)).then(implied)),
    )
    common = (
        venue.missing("observed_at", "bad_time", "time"),
        venue.missing("open_interest_native", "bad_number", "open interest"),
        venue.missing("symbol", "no_symbol", "symbol"),
        venue.in_future("observed_at", payload),
    )
    return venue.sift(OPEN_INTEREST, dated, (*rules, *common), records)


def superseded(key: Sequence[str], told: Sequence[str]) -> Rule:
    """A row that a later one of the same key contradicts; equal repeats are left to be counted as such."""
    values = pl.struct(*told)
    contradicted = values.ne_missing(values.last().over(*key))
    return Rule("superseded", contradicted, "a later row has the same stamp and contract")
