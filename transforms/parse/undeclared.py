"""Feeds without a declared shape, and why none is needed.

Belongs here: the reasons, one per feed. Does not belong here: shapes (beside their parsers). A parser that refuses a
payload for its shape is drift as well (`drift.of_refusal`), so these feeds are watched too.
"""

from __future__ import annotations

_PARQUET = "Parquet: its parser refuses a file without a column, or with one of another type"

REASONS: dict[str, str] = {
    "farside_etf_flows": "HTML, CSV or JSON with funds as columns: its parser judges the header, and refuses a table "
    "with a fund that is not known or without one that is",
    "ishares_holdings": "lines of words and figures above a table: its parser finds them by their names",
    "ishares_workbook": "a workbook: its parser finds the sheet and the columns by their names",
    "settlement_csv": "a file of one's own: the inbox map names its columns, and its parser refuses one without them",
    "oxarchive_funding": _PARQUET,
    "oxarchive_open_interest": _PARQUET,
    "oxarchive_liquidations": _PARQUET,
}
