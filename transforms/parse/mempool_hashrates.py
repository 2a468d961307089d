"""mempool.space's daily hash rates of Bitcoin, and the changes of difficulty beside them.

Belongs here: `/mining/hashrate`. Does not belong here: hash rates by pool, or other bodies of the source
(`mempool.py`).
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.parse import mempool, read, stamps, venue
from transforms.parse.mempool import CHANGE_FIELDS, DIFFICULTIES
from transforms.parse.venue import Record, Rule

HASHRATES = "core_mining__hashrates"
_FIELDS = ("timestamp", "avgHashrate")


def parse_hashrates(payload: Payload) -> Parsed:
    """`hashrates` to core_mining__hashrates and `difficulty` to core_mining__difficulties.

    A row of hash rates is stamped with the midnight that ENDS its day, and covers the day before it.
    `currentHashrate` and `currentDifficulty` are not taken: 0 stands there for a server without its node.
    Raises `PayloadError`: unexpected_shape, no_rows, and as `read.json_body`.
    """
    body = read.json_body(payload)
    parts = [body.get(name) if isinstance(body, dict) else None for name in ("hashrates", "difficulty")]
    if not all(isinstance(part, list) for part in parts):
        raise PayloadError("unexpected_shape", "no lists hashrates and difficulty in the body")
    records, changes = (venue.objects(part, "rows") for part in parts)
    if not records and not changes:
        raise PayloadError("no_rows", "the body holds no hash rate")
    found = [_hashrates(payload, records)]
    return venue.merged([*found, mempool.changes(payload, changes)] if changes else found)


def _hashrates(payload: Payload, records: list[Record]) -> Parsed:
    raw = venue.fields(records, _FIELDS).with_columns(ended_at=stamps.seconds("timestamp"))
    shaped = raw.with_columns(
        fact_date=covered_day(pl.col("ended_at")),
        asset=pl.lit(mempool.ASSET),
        hashrate_hps=venue.number("avgHashrate"),
        status=pl.lit(None, pl.String()),
        finality=pl.lit("final"),
    )
    rules = (
        venue.missing("ended_at", "bad_time", "timestamp in seconds"),
        Rule("not_a_day", pl.col("ended_at").dt.truncate("1d") != pl.col("ended_at"), "the stamp is no midnight UTC"),
        venue.in_future("ended_at", payload),
        venue.missing("hashrate_hps", "bad_number", "hash rate"),
        Rule("not_positive", pl.col("hashrate_hps") <= 0, "no hash rate: the source could not estimate it"),
    )
    return venue.sift(HASHRATES, shaped, rules, records)


def covered_day(ended_at: pl.Expr) -> pl.Expr:
    """The UTC day that ends with this midnight."""
    return ended_at.dt.date().dt.offset_by("-1d")


FEEDS: tuple[Feed, ...] = (
    mempool.feed(
        "mempool_hashrates",
        "/mining/hashrate/{interval}",
        "mempool.space: Bitcoin's hash rate per day, and changes of difficulty",
        (HASHRATES, DIFFICULTIES),
        parse_hashrates,
        "a day's row shortly after its end; a body with its history",
        finality_rule="final: made when the day is over; a server that indexes its blocks anew restates",
        shape=(Shape("hashrates.*", numbers(*_FIELDS)), Shape("difficulty.*", numbers(*CHANGE_FIELDS))),
    ),
)
