"""Arithmetic whose last digit does not depend on which rows a frame has.

Belongs here: operations that Polars rounds by the shape of a column. Does not belong here: formulas.
"""

from __future__ import annotations

import polars as pl


def divided(value: pl.Expr, by: pl.Expr | float) -> pl.Expr:
    """`value / by`, rounded once, whatever rows stand beside it.

    Polars divides one row; of several it multiplies by the reciprocal where the divisor is one value (a
    constant, an aggregate, a column held as one repeated value). The last digit would follow the number of
    rows, and a rebuild would differ from the daily runs that it repeats. The zero makes the divisor a column
    of as many values as `value`. Null where either is; no number where `by` is zero: exclude that before.
    """
    return value / (by + value * 0.0)
