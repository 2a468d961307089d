"""Parquet bodies to frames, with limits on what a body may unfold to.

Belongs here: refusing a body that is no Parquet, lacks a column or is far larger unpacked than packed. Bodies are read
by Arrow: of a damaged page that claims any size Polars asks the allocator, which ends the process and every other feed.
Does not belong here: anything that knows a vendor, or bodies of text (`read.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from schemas.column import UTC_INSTANT
from schemas.feed import Payload, PayloadError

MAX_ROWS = 20_000_000
# A text is kept once in the body and once per row in the frame.
MAX_TEXT_BYTES = 2 * 1024**3
_MAGIC = b"PAR1"
_YEARS_1_TO_9999_US = (-62_135_596_800_000_000, 253_402_300_799_999_999)


def parquet_frame(payload: Payload, columns: Mapping[str, pl.DataType], max_rows: int = MAX_ROWS) -> pl.DataFrame:
    """The named columns in their types; no other column is read.

    A stamp without a zone is UTC; one outside the years 1 to 9999 is null.

    A few bytes of Parquet can stand for any number of equal rows, so the rows are counted before they
    are read. Raises `PayloadError`: empty_payload, bad_parquet (no Parquet, cut short or damaged),
    missing_column, bad_type (a column that is not a stamp, a number or text where one was due),
    too_many_rows (more than `max_rows`), no_rows, too_large (texts of more than `MAX_TEXT_BYTES` in a column).
    """
    content = payload.content
    if not content.strip():
        raise PayloadError("empty_payload", "the payload is empty")
    if not (content.startswith(_MAGIC) and content.endswith(_MAGIC)):
        raise PayloadError("bad_parquet", "not a Parquet file, or cut short: its first or last four bytes are not PAR1")
    try:
        return _read(content, columns, max_rows)
    except PayloadError:
        raise
    except (pa.ArrowException, ValueError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise PayloadError("bad_parquet", f"damaged Parquet: {str(error).splitlines()[0]}") from error


def _read(content: bytes, columns: Mapping[str, pl.DataType], max_rows: int) -> pl.DataFrame:
    metadata = parquet.read_metadata(pa.BufferReader(content))
    _check_columns(metadata.schema.to_arrow_schema(), columns)
    rows = metadata.num_rows
    if rows > max_rows:
        raise PayloadError("too_many_rows", f"{rows} rows, more than {max_rows}")
    if rows == 0:
        raise PayloadError("no_rows", "the file holds no row")
    # A text that is repeated a million times is kept once.
    texts = [name for name, wanted in columns.items() if wanted == pl.String()]
    file = parquet.ParquetFile(pa.BufferReader(content), metadata=metadata, read_dictionary=texts)
    table = file.read(columns=list(columns), use_threads=False)
    # Neither text that is no UTF-8 nor an index beyond its dictionary is noticed while reading.
    table.validate(full=True)
    for name in texts:
        _check_text(table[name])
    frame = pl.DataFrame(table)
    return frame.select(_typed(name, frame.schema[name], wanted) for name, wanted in columns.items())


def _check_columns(found: pa.Schema, columns: Mapping[str, pl.DataType]) -> None:
    missing = [name for name in columns if found.names.count(name) != 1]
    if missing:
        raise PayloadError("missing_column", f"columns {missing} are missing, or there twice; found {found.names}")
    schema = pl.DataFrame(pa.schema([found.field(name) for name in columns]).empty_table()).schema
    wrong = [f"{name}: {schema[name]}" for name, wanted in columns.items() if not _fits(schema[name], wanted)]
    if wrong:
        raise PayloadError("bad_type", f"columns of another type than expected: {wrong}")


def _check_text(texts: pa.ChunkedArray) -> None:
    values = pl.concat(pl.Series("text", chunk.dictionary, pl.String()) for chunk in texts.chunks)
    longest = values.to_frame().select(pl.col("text").str.len_bytes().max().fill_null(0)).item()
    if longest * len(texts) > MAX_TEXT_BYTES:
        raise PayloadError("too_large", f"{len(texts)} rows of texts of up to {longest} bytes")


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
