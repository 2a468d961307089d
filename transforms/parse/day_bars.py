"""Bars stamped at their start: when their last value stands, and whether they are over.

Belongs here: the instants of a vendor's bars. Does not belong here: what the bars hold.
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Payload


def at_end_of_bar(start: str, interval: str, payload: Payload) -> pl.Expr:
    """The last microsecond of each bar, or the instant at which the payload became known, if that is earlier.

    `start` is a column of UTC instants, `interval` a Polars duration such as 1d. The last microsecond and
    not the end, so that a day's last value belongs to that day.
    """
    last = pl.col(start).dt.offset_by(interval) - pl.duration(microseconds=1)
    return pl.min_horizontal(last, pl.lit(payload.known_at).cast(UTC_INSTANT))


def finality_of_bar(start: str, interval: str, payload: Payload) -> pl.Expr:
    """`final` where the bar had ended when the payload became known, else `preliminary`."""
    is_over = pl.col(start).dt.offset_by(interval) <= pl.lit(payload.known_at).cast(UTC_INSTANT)
    return pl.when(is_over).then(pl.lit("final")).otherwise(pl.lit("preliminary"))
