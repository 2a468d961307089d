"""Columns of exchange flows that no other flow has."""

from __future__ import annotations

import polars as pl

from schemas.column import Column

COLUMNS = (
    Column(
        "label_version",
        pl.String(),
        "none",
        "Version of the address labels behind the flow: the vendor's own, or the instant of its last review; null "
        "where the vendor does not say. Labels that come late restate days long past.",
        nullable=True,
    ),
)
