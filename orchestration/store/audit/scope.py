"""What every check of the audit is given, and the row that it gives back.

Belongs here: the `AuditRow` and `Scope` value types. Does not belong here: any check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from orchestration.store.candidate import Candidate
from orchestration.store.layout import Layout
from orchestration.store.objects import Manifest, ObjectRef
from schemas.table import Table
from schemas.tables import TABLES

if TYPE_CHECKING:
    import duckdb

EVERY = "*"
ERROR = "error"
WARNING = "warning"
MAX_KEYS = 20


class Key(NamedTuple):
    """Identity of a check's row. `*` stands for all tables or all partitions looked at."""

    check: str
    table: str
    partition: str


@dataclass(frozen=True)
class AuditRow:
    """One check's answer. `failing_keys` is a JSON list of at most 20."""

    check: str
    table: str
    partition: str
    severity: str
    passed: bool
    observed: str
    expected: str
    failing_keys: str
    description: str

    @property
    def key(self) -> Key:
        """What this row is the answer to."""
        return Key(self.check, self.table, self.partition)

    @property
    def refuses(self) -> bool:
        """This row alone keeps the candidate from publication."""
        return self.severity == ERROR and not self.passed


ROWS = pl.Schema({name: pl.Boolean() if name == "passed" else pl.String() for name in AuditRow.__dataclass_fields__})


def row(
    key: Key,
    passed: bool,
    observed: str,
    expected: str,
    description: str,
    severity: str = ERROR,
    failing: Iterable[Any] = (),
) -> AuditRow:
    """An audit row, its failing keys cut at 20 and written as JSON."""
    keys = [k for _, k in zip(range(MAX_KEYS), failing, strict=False)]
    text = json.dumps(keys, default=str, ensure_ascii=False)
    return AuditRow(*key, severity, bool(passed), observed, expected, text, description)


@dataclass(frozen=True)
class Scope:
    """A candidate with what it is compared to: the release it is based on, and the instant of the audit."""

    layout: Layout
    candidate: Candidate
    base: Manifest | None
    as_of: datetime

    @property
    def manifest(self) -> Manifest:
        """The candidate's list of objects."""
        return self.candidate.manifest

    def read(self, ref: ObjectRef) -> pl.DataFrame:
        """An object's rows."""
        return pl.read_parquet(self.candidate.path(self.layout, ref), hive_partitioning=False)

    def batches(self, table: Table, most_rows: int = 500_000) -> Iterator[list[tuple[str, pl.DataFrame]]]:
        """New partitions of a table, some at a time: (month, rows)."""
        batch: list[tuple[str, pl.DataFrame]] = []
        for ref in self.manifest.of(table.name).values():
            if not ref.is_new:
                continue
            if batch and sum(frame.height for _, frame in batch) + ref.rows > most_rows:
                yield batch
                batch = []
            batch.append((ref.month, self.read(ref)))
        if batch:
            yield batch

    def new_months(self, *tables: str) -> list[str]:
        """Months in which any of the tables has a new object, in order."""
        return sorted({o.month for o in self.manifest.new if o.table in tables})

    def views(self, connection: duckdb.DuckDBPyConnection, tables: Iterable[str], months: list[str]) -> None:
        """Make each table a view on the candidate's objects of these months."""
        for name in tables:
            refs = self.manifest.of(name)
            paths = [str(self.candidate.path(self.layout, refs[m])) for m in months if m in refs]
            if paths:
                connection.from_parquet(paths).create_view(name)  # type: ignore[arg-type]
            else:
                connection.from_arrow(TABLES[name].empty().to_arrow()).create_view(name)
