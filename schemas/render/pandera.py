"""Tables as pandera schemas, and the one wrapper through which frames are validated.

Belongs here: turning a `Table` into a pandera schema and pandera's failures into one shape. Does not
belong here: what happens to a row that fails (quarantine in core, refusal at the gate).

Pandera on a LazyFrame looks at names and types only and passes bad values, so the wrapper takes eager
frames and nothing else.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from schemas.column import Between, Column, Matches, OneOf
from schemas.rules import FACT_DATES, FIRST_DATE, LARGEST
from schemas.table import Table

if TYPE_CHECKING:
    import pandera.polars as pa

FAILURES = pl.Schema({"row_index": pl.Int64(), "column": pl.String(), "check": pl.String(), "value": pl.String()})

CHECKS: dict[str, str] = {
    "columns": "the table's columns and no others",
    "order": "columns in the table's order",
    "type": "the column's type",
    "not_null": "no null where the column does not allow it",
    "finite": "no NaN, no infinity, and in what is observed no number beyond any quantity",
    "range": "within the column's range",
    "one_of": "one of the column's codes",
    "pattern": "matches the column's pattern",
    "grain": "one row per key",
    "reason": "no null in a measure without a status that says why",
}
"""Names that `failures.check` can hold, each with what it asks."""

_WHOLE_FRAME = {
    "column_in_dataframe": "columns",
    "column_in_schema": "columns",
    "column_ordered": "order",
    "not_nullable": "not_null",
    "multiple_fields_uniqueness": "grain",
}


class Validated(NamedTuple):
    """`good`: rows without a failure, in order. `failures`: columns as `FAILURES`.

    `row_index` is null where the frame as a whole fails (a missing column, another type); then `good`
    is empty.
    """

    good: pl.DataFrame
    failures: pl.DataFrame


def _checks(column: Column, is_observed: bool) -> list[pa.Check]:
    """What facts must hold, and beyond it what keeps one absurd row that was observed from making a fact fail."""
    import pandera.polars as pa

    found: list[Any] = []
    if is_observed and column.name in FACT_DATES:
        found.append(pa.Check.ge(FIRST_DATE, error="range"))
    if column.dtype.is_float():
        largest = LARGEST if is_observed else sys.float_info.max
        # Polars takes NaN for the greatest number.
        found.append(pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).abs() <= largest), error="finite"))
    for check in column.checks:
        match check:
            case Between(low, high):
                if low is not None:
                    found.append(pa.Check.ge(low, error="range"))
                if high is not None:
                    found.append(pa.Check.le(high, error="range"))
            case OneOf(values):
                found.append(pa.Check.isin(list(values), error="one_of"))
            case Matches(pattern):
                found.append(pa.Check.str_matches(f"^(?:{pattern})$", error="pattern"))
    return found


@cache
def to_pandera(table: Table, unique: bool = True) -> pa.DataFrameSchema:
    """The table as a strict, ordered pandera schema; `unique` adds that the grain is a key."""
    import pandera.polars as pa

    is_observed = table.layer == "core" and not table.inputs
    return pa.DataFrameSchema(
        {c.name: pa.Column(c.dtype, checks=_checks(c, is_observed), nullable=c.nullable) for c in table.columns},
        strict=True,
        ordered=True,
        unique=list(table.grain) if unique else None,
        checks=[_reasoned(table)] if table.layer == "mart" and table.reasoned else None,
        name=table.name,
    )


def _reasoned(table: Table) -> pa.Check:
    """A row without a status has all of the measures that apply to it."""
    import pandera.polars as pa

    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in table.reasoned)
    return pa.Check(lambda data: data.lazyframe.select(whole | pl.col("status").is_not_null()), error="reason")


def validate(frame: pl.DataFrame, table: Table, unique: bool = True) -> Validated:
    """Check an eager frame against its table: columns, order, types, nulls, finite, values, grain.

    `unique=False` leaves the grain to the caller. Raises `TypeError` for anything but an eager frame.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(
            f"validate() needs an eager polars.DataFrame, not {type(frame).__name__}: "
            "pandera does not look at the values of a LazyFrame; call .collect() first"
        )
    from pandera.errors import SchemaErrors

    # Pandera looks for the key even where one of its columns is missing, which is reported anyway.
    has_key = all(name in frame.columns for name in table.grain)
    try:
        to_pandera(table, unique and has_key).validate(frame, lazy=True)
    except SchemaErrors as errors:
        failures = _failures(errors.failure_cases, table)
        if failures["row_index"].null_count():
            return Validated(frame.clear(), failures)
        bad = failures["row_index"].unique().implode()
        keep = pl.int_range(frame.height, dtype=pl.Int64, eager=True).is_in(bad).not_()
        return Validated(frame.filter(keep), failures)
    return Validated(frame, pl.DataFrame(schema=FAILURES))


def _failures(cases: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Pandera's failure cases in the shape of `FAILURES`, each once, by row."""
    check = pl.col("check")
    whole = check.is_in(["column_in_dataframe", "column_in_schema", "column_ordered"])
    # A check that could not run on a column of another type says no more than the type itself.
    ran = pl.col("row_index").is_not_null() | pl.col("check").is_in(["columns", "order", "type"])
    value = pl.col("failure_case").cast(pl.String)
    is_key = check == "multiple_fields_uniqueness"
    return (
        cases.select(
            pl.col("index").cast(pl.Int64).alias("row_index"),
            pl.when(whole)
            .then(value)
            .when(is_key)
            .then(pl.lit(", ".join(table.grain)))
            .when(check == "reason")
            .then(pl.lit("status"))
            .otherwise(pl.col("column"))
            .alias("column"),
            pl.when(check.str.starts_with("dtype("))
            .then(pl.lit("type"))
            .otherwise(check.replace(_WHOLE_FRAME))
            .alias("check"),
            pl.when(check == "column_in_dataframe")
            .then(pl.lit("missing"))
            .when(check == "column_in_schema")
            .then(pl.lit("unexpected"))
            .when(check == "reason")
            .then(pl.lit("null"))
            .otherwise(value)
            .alias("value"),
        )
        .filter(ran)
        .unique(maintain_order=True)
        .sort("row_index", maintain_order=True)
    )
