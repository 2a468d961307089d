"""Core table of the recorders' gaps: what a total of recorded messages may lack, by the recorder's own word."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import LINEAGE

CORE = (
    Table(
        "core_recorder__gaps",
        "core",
        "recorder",
        "Stretches of time in which a recorder may have missed messages of a channel. A gap that lasts has no end yet.",
        grain=("venue", "channel", "recorder_instance", "gap_started_at", "source", "known_at"),
        column_names=(
            "fact_date",
            "venue",
            "channel",
            "recorder_instance",
            "gap_started_at",
            "gap_ended_at",
            "gap_reason",
            *LINEAGE,
        ),
        date_column="fact_date",
        tracked=("gap_ended_at", "gap_reason"),
    ),
)
