"""Core table of macro series (METHOD §10), which later facts read; no fact of its own yet."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import OBSERVED

CORE = (
    Table(
        "core_macro__observations",
        "core",
        "macro",
        "Observations of macro series by the publisher's date, in base units. Some series may not be redistributed: "
        "schemas/macro.py has each one's licence.",
        grain=("series_id", "observation_date", "source", "known_at"),
        column_names=("observation_date", "series_id", "level", "level_unit", *OBSERVED),
        date_column="observation_date",
        tracked=("level", "status", "finality"),
    ),
)
