"""Parquet bodies to frames, with limits on what a body may unfold to.

Belongs here: refusing a body that is no Parquet, lacks a column or is far larger unpacked than packed.
Does not belong here: anything that knows a vendor, or bodies of text (`read.py`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Payload, PayloadError

MAX_ROWS = 20_000_000
_MAGIC = b"PAR1"
_YEARS_1_TO_9999_US = (-62_135_596_800_000_000, 253_402_300_799_999_999)


def parquet_frame(payload: Payload, columns: Mapping[str, pl.DataType], max_rows: int = MAX_ROWS) -> pl.DataFrame:
    """The named columns in their types; no other column is read.

    A stamp without a zone is UTC; one outside the years 1 to 9999 is null.

    A few bytes of Parquet can stand for any number of equal rows, so the rows are counted before they
    are read. Raises `PayloadError`: empty_payload, bad_parquet (no Parquet, cut short or damaged),
    missing_column, bad_type (a column that is not a stamp, a number or text where one was due),
    too_many_rows (more than `max_rows`), no_rows.
    """
    content = payload.content
    if not content.strip():
        raise PayloadError("empty_payload", "the payload is empty")
    if not (content.startswith(_MAGIC) and content.endswith(_MAGIC)):
        raise PayloadError("bad_parquet", "not a Parquet file, or cut short: its first or last four bytes are not PAR1")
    try:
        schema = pl.read_parquet_schema(io.BytesIO(content))
        _check_columns(schema, columns)
        rows = pl.scan_parquet(io.BytesIO(content)).select(pl.len()).collect().item()
        if rows > max_rows:
            raise PayloadError("too_many_rows", f"{rows} rows, more than {max_rows}")
        if rows == 0:
            raise PayloadError("no_rows", "the file holds no row")
        frame = pl.read_parquet(io.BytesIO(content), columns=list(columns))
        return frame.select(_typed(name, frame.schema[name], wanted) for name, wanted in columns.items())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise PayloadError("bad_parquet", f"damaged Parquet: {str(error).splitlines()[0]}") from error


def _check_columns(schema: Mapping[str, pl.DataType], columns: Mapping[str, pl.DataType]) -> None:
    missing = [name for name in columns if name not in schema]
    if missing:
        raise PayloadError("missing_column", f"columns {missing} are missing; found {list(schema)}")
    wrong = [f"{name}: {schema[name]}" for name, wanted in columns.items() if not _fits(schema[name], wanted)]
    if wrong:
        raise PayloadError("bad_type", f"columns of another type than expected: {wrong}")


def _fits(found: pl.DataType, wanted: pl.DataType) -> bool:
    if wanted == UTC_INSTANT:
        return isinstance(found, pl.Datetime)
    if wanted.is_numeric():
        return found.is_numeric()
    return found in (pl.String(), pl.Categorical())


def _typed(name: str, found: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    if isinstance(found, pl.Datetime):
        micros = pl.col(name).dt.cast_time_unit("us").to_physical()
        return pl.when(micros.is_between(*_YEARS_1_TO_9999_US)).then(micros).cast(UTC_INSTANT).alias(name)
    return pl.col(name).cast(wanted)
