"""Arithmetic whose last digit does not depend on how many rows a frame has.

Belongs here: operations that Polars rounds by the length of a column. Does not belong here: formulas.
"""

from __future__ import annotations

import polars as pl


def divided(value: pl.Expr, by: float) -> pl.Expr:
    """`value / by`, rounded once.

    Polars divides one row by a constant, but multiplies several by its reciprocal: the last digit would
    follow the number of rows, and a rebuild would differ from the daily runs that it repeats.
    """
    return value / (pl.int_range(pl.len()) * 0.0 + by)
