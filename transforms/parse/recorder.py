"""Gaps that the recorders declare, one line each.

Belongs here: the lines of a recorder's own stream of gaps. Does not belong here: the venues' messages (each
venue's module), or what a gap means for a day's total (`transforms/facts`).
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.columns.recorder import GAP_REASONS
from schemas.feed import Feed, Parsed, Payload
from schemas.shape import Shape, one_of, texts
from transforms.parse import venue
from transforms.parse.venue import Rule

GAPS = "core_recorder__gaps"
_FIELDS = ("venue", "channel", "instance", "started_at", "ended_at", "reason")
_KEY = ("venue", "channel", "recorder_instance", "gap_started_at")


def parse_gaps(payload: Payload) -> Parsed:
    """A recorder's gaps to rows; `fact_date` is the day on which the gap began.

    A gap is written when it opens, without an end, and again when it closes. Where a payload holds both, the
    opening is no row of its own and is not counted.
    """
    records, rejects = venue.messages(payload, GAPS)
    shaped = venue.fields(records, _FIELDS).select(
        "row",
        "venue",
        "channel",
        pl.col("ended_at").alias("end_text"),
        recorder_instance=pl.col("instance"),
        gap_started_at=_instant("started_at"),
        gap_ended_at=_instant("ended_at"),
        gap_reason=pl.col("reason"),
    )
    closing = pl.col("end_text").is_not_null()
    dated = shaped.filter(closing | ~closing.any().over(_KEY)).with_columns(
        fact_date=pl.col("gap_started_at").dt.date()
    )
    unreadable = pl.col("gap_ended_at").is_null() & pl.col("end_text").is_not_null()
    rules = (
        venue.missing("channel", "unknown_message", "channel"),
        venue.missing("gap_started_at", "bad_time", "start"),
        Rule("bad_time", unreadable, "the end is no instant"),
        Rule("bad_time", pl.col("gap_ended_at") < pl.col("gap_started_at"), "the gap ends before it begins"),
        Rule("unknown_reason", ~pl.col("gap_reason").is_in(GAP_REASONS), "not a reason for a gap"),
        venue.in_future("gap_started_at", payload),
    )
    found = venue.sift(GAPS, dated, rules, records)
    return Parsed(found.frames, [*rejects, *found.rejects])


def _instant(name: str) -> pl.Expr:
    """ISO text with an offset as a UTC instant; null where it is none."""
    return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", strict=False).cast(UTC_INSTANT)


_SHAPE = Shape(
    "",
    texts(*_FIELDS),
    optional=one_of("ended_at"),
    values={"reason": one_of(*GAP_REASONS)},
    format="ndjson",
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="recorder_gaps",
        source="recorder",
        title="Gaps of the recorder of websocket feeds",
        tables=(GAPS,),
        parse=parse_gaps,
        cadence="as they happen; landed with the recorder's sealed segments",
        finality_rule="final when the gap has ended; open until then",
        url="written by `sluice record`",
        licence="own",
        shape=_SHAPE,
    ),
)
