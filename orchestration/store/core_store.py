"""Core on disk: one Parquet file per table and month, and the list of dates that changed.

Belongs here: reading and atomically replacing partitions. Does not belong here: what the rows are
(`ingest.py`, `derive.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from orchestration.store.atomic import write_bytes, write_json
from orchestration.store.layout import Layout
from schemas.tables import CORE, TABLES, Table

WHOLE = "all"
NONE = "none"
_PENDING_SCHEMA = pl.Schema({"table_name": pl.String(), "fact_date": pl.Date(), "mark": pl.Int64()})


def month_of(table: Table) -> pl.Expr:
    """Partition of a row: its month as `YYYY-MM`, or `all` for a table without a date."""
    return pl.col(table.date_column).dt.strftime("%Y-%m") if table.date_column else pl.lit(WHOLE)


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


class CoreStore:
    """Partitions of the core tables: `core/<table>/month=<month>/data.parquet`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def _file(self, table: Table, month: str) -> Path:
        return self.layout.core / table.name / f"month={month}" / "data.parquet"

    def ensure(self) -> None:
        """Give every core table an empty file, so that SQL can read tables that no feed has filled."""
        for table in CORE:
            file = self._file(table, NONE)
            if not file.exists():
                write_bytes(file, _parquet(table.empty()))
        if not self.layout.pending.exists():
            self._write_pending(pl.DataFrame(schema=_PENDING_SCHEMA))

    def read(self, table: Table, months: Iterable[str] | None = None) -> pl.DataFrame:
        """Rows of a table, of some months or of all."""
        if months is None:
            files = sorted((self.layout.core / table.name).glob("month=*/data.parquet"))
        else:
            files = [file for month in sorted(set(months)) if (file := self._file(table, month)).exists()]
        frames = [pl.read_parquet(file, hive_partitioning=False) for file in files]
        return pl.concat(frames).select(table.schema.names()) if frames else table.empty()

    def scan(self, table: Table) -> pl.LazyFrame:
        """All rows of a table, lazily: only the columns asked for are read."""
        files = sorted((self.layout.core / table.name).glob("month=*/data.parquet"))
        return pl.scan_parquet(files, hive_partitioning=False) if files else table.empty().lazy()

    def read_dates(self, table: Table, dates: Iterable[date]) -> pl.DataFrame:
        """Rows of a dated table on these dates."""
        wanted = sorted(set(dates))
        months = {day.strftime("%Y-%m") for day in wanted}
        column = table.date_column or ""
        return self.read(table, months).filter(pl.col(column).is_in(wanted))

    def replace_month(self, table: Table, month: str, rows: pl.DataFrame) -> None:
        """Put `rows` in place of a partition, in the order of the grain, atomically."""
        file = self._file(table, month)
        if rows.is_empty() and month != NONE:
            file.unlink(missing_ok=True)
            return
        order = [*table.grain, *(c for c in ("raw_sha256",) if c in table.schema and c not in table.grain)]
        write_bytes(file, _parquet(rows.select(table.schema.names()).sort(order)))

    def replace_dates(self, table: Table, dates: Iterable[date], rows: pl.DataFrame) -> set[date]:
        """Put `rows` in place of all rows of these dates; return the dates whose rows differ."""
        wanted = sorted(set(dates))
        column = table.date_column or ""
        changed: set[date] = set()
        for month in sorted({day.strftime("%Y-%m") for day in wanted}):
            before = self.read(table, [month])
            after = rows.filter(month_of(table) == month)
            old = before.filter(pl.col(column).is_in(wanted))
            differing = _differing_dates(old, after.select(table.schema.names()), column)
            if differing:
                self.mark(table.name, differing)
                self.replace_month(table, month, pl.concat([before.filter(~pl.col(column).is_in(wanted)), after]))
            changed |= differing
        return changed

    def pending(self) -> pl.DataFrame:
        """Dates changed since the last publication: `table_name`, `fact_date`, and `mark`, which counts up.

        A table without dates has a null date.
        """
        if not self.layout.pending.exists():
            return pl.DataFrame(schema=_PENDING_SCHEMA)
        return pl.read_parquet(self.layout.pending)

    def last_mark(self) -> int:
        """The newest mark ever given. What is marked later was not there for who asks now."""
        return max([*self.pending()["mark"], self.remembered("last")])

    def pending_dates(self, table_name: str, after: int = 0) -> set[date]:
        """Dates of one table changed since the last publication, marked later than `after`."""
        return set(
            self.pending().filter(table_name=table_name).filter(pl.col("mark") > after)["fact_date"].drop_nulls()
        )

    def mark(self, table_name: str, dates: Iterable[date | None]) -> None:
        """Note that a table's rows of these dates are about to change. Call before changing them."""
        days = pl.Series("fact_date", sorted(set(dates), key=str), dtype=pl.Date)
        added = pl.DataFrame([days]).select(
            table_name=pl.lit(table_name), fact_date="fact_date", mark=pl.lit(self.last_mark() + 1, pl.Int64)
        )
        both = pl.concat([self.pending(), added])
        self._write_pending(both.group_by("table_name", "fact_date").agg(pl.col("mark").max()))

    def settle(self, up_to: int) -> None:
        """What was marked up to this mark has been published."""
        self.remember("last", self.last_mark())
        self._write_pending(self.pending().filter(pl.col("mark") > up_to))

    def remembered(self, name: str) -> int:
        """A mark remembered under a name; 0 where there is none."""
        return self._numbers().get(name, 0)

    def remember(self, name: str, mark: int) -> None:
        """Remember a mark, for example up to which a domain's derived tables are computed."""
        write_json(self._numbers_file, self._numbers() | {name: mark})

    @property
    def _numbers_file(self) -> Path:
        return self.layout.core / "marks.json"

    def _numbers(self) -> dict[str, int]:
        return json.loads(self._numbers_file.read_bytes()) if self._numbers_file.exists() else {}

    def _write_pending(self, frame: pl.DataFrame) -> None:
        write_bytes(self.layout.pending, _parquet(frame.select(list(_PENDING_SCHEMA)).sort("table_name", "fact_date")))


def _differing_dates(old: pl.DataFrame, new: pl.DataFrame, column: str) -> set[date]:
    """Dates on which two frames of one schema do not hold the same rows."""
    names = old.columns
    gone = old.join(new, on=names, how="anti", nulls_equal=True)
    come = new.join(old, on=names, how="anti", nulls_equal=True)
    return set(gone[column]) | set(come[column])


def table_of(name: str) -> Table:
    """The table of this name; raises `KeyError` with the known names."""
    if name not in TABLES:
        raise KeyError(f"no table {name!r}; known: {', '.join(sorted(TABLES))}")
    return TABLES[name]
