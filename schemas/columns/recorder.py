"""Columns that say where a recorder was not listening."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Column, Matches, OneOf

GAP_REASONS = ("disconnected", "silent", "crashed", "stopped", "not_running")

COLUMNS = (
    Column(
        "channel",
        pl.String(),
        "none",
        "Stream of a venue that a recorder keeps, for example bybit_linear.",
        checks=(Matches(r"[a-z0-9_]{2,64}"),),
    ),
    Column(
        "recorder_instance",
        pl.String(),
        "none",
        "Which of the recorders side by side; what one missed another may have.",
        checks=(Matches(r"[a-z0-9_-]{1,32}"),),
    ),
    Column("gap_started_at", UTC_INSTANT, "instant", "Last instant up to which everything sent is known to be kept."),
    Column(
        "gap_ended_at",
        UTC_INSTANT,
        "instant",
        "From when everything is kept again; null while the gap lasts.",
        nullable=True,
    ),
    Column("gap_reason", pl.String(), "none", "Why the recorder was not listening.", checks=(OneOf(GAP_REASONS),)),
)
