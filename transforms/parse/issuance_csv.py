"""Files of single events at a stablecoin's issuer: mints, burns, issues, redemptions, swaps.

Belongs here: such a file, one event a row, by whoever reads the issuer's contracts. Does not belong here:
snapshots of supply, from which no single event can be told.
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.rules import ISSUANCE_KIND
from schemas.shape import Shape, numbers, one_of, texts
from schemas.stablecoins import CHAIN_NAMES
from schemas.tables import TABLES
from schemas.tables.shared import LINEAGE
from transforms.parse import read

_EVENTS = "core_stablecoins__issuance"
_COLUMNS = ("event_at", "kind", "chain", "amount")
_EVENT = ("event_at", "stablecoin_id", "chain", "issuance_kind", "amount_peg")
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_time": (pl.col("_at").is_null(), "event_at is no instant with its offset"),
    "future_date": (pl.col("_at") > pl.col("_known_at"), "the event is later than the file was known"),
    "unknown_kind": (~pl.col("_kind").is_in(list(ISSUANCE_KIND)), f"kind is none of {', '.join(ISSUANCE_KIND)}"),
    "missing_chain": (pl.col("_chain").is_null(), "the row names no chain"),
    "not_a_number": (pl.col("_amount").is_null() | ~pl.col("_amount").is_finite(), "amount is no number"),
    "not_positive": (pl.col("_amount") <= 0, "an amount is more than zero: the kind says which way"),
}


def parse_issuance(payload: Payload) -> Parsed:
    """A CSV of event_at (ISO 8601 with offset), kind, chain and amount to core_stablecoins__issuance.

    `params`: stablecoin_id. Kinds are those of `schemas.rules.ISSUANCE_KIND`. Identical rows are all real,
    and numbered. Raises `PayloadError`: missing_param, no_rows, and those of `read`.
    """
    identity = payload.params.get("stablecoin_id")
    if not identity:
        raise PayloadError("missing_param", "the inbox map must give the stablecoin_id of an issuance file")
    frame = read.csv_frame(payload, required=_COLUMNS).select(_COLUMNS)
    if frame.is_empty():
        raise PayloadError("no_rows", "the file holds no event")
    chain = pl.col("chain").str.strip_chars()
    typed = frame.with_columns(
        _at=pl.col("event_at").str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
        _known_at=pl.lit(payload.known_at).cast(UTC_INSTANT),
        _kind=pl.col("kind").str.strip_chars().fill_null(""),
        _chain=chain.replace(CHAIN_NAMES),
        _amount=read.number(pl.col("amount")),
    )
    kept, rejects = read.refuse(typed, _EVENTS, _RULES)
    rows = kept.select(
        fact_date=pl.col("_at").dt.date(),
        event_at="_at",
        stablecoin_id=pl.lit(identity),
        chain="_chain",
        issuance_kind="_kind",
        amount_peg="_amount",
    ).with_columns(occurrence=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(_EVENT))
    return Parsed({_EVENTS: rows.select(n for n in TABLES[_EVENTS].column_names if n not in LINEAGE)}, rejects)


_SHAPE = Shape(
    "",
    {**texts("event_at", "kind", "chain"), **numbers("amount")},
    values={"kind": one_of(*ISSUANCE_KIND)},
    format="csv",
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="stablecoin_issuance_csv",
        source="stablecoin_issuance_csv",
        title="Single mints, burns, issues, redemptions and swaps of a stablecoin, a CSV of your own",
        tables=(_EVENTS,),
        parse=parse_issuance,
        cadence="as you make it",
        finality_rule="final: an event on a chain is never revised",
        url="https://github.com/DefiLlama/peggedassets-server",
        licence="your own",
        params={"stablecoin_id": "DefiLlama's id of the coin, for example 1 for USDT"},
        shape=_SHAPE,
    ),
)
