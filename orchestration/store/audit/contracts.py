"""Checks of one table at a time: columns, types, nulls, values, key, dates.

Belongs here: pandera's findings and the calendar, per new partition. Does not belong here: anything
that compares tables (`reconcile.py`) or releases (`guards.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import polars as pl

from orchestration.store.audit.scope import MAX_KEYS, AuditRow, Key, Scope, row
from orchestration.store.objects import Manifest
from schemas import rules
from schemas.column import UTC_INSTANT
from schemas.render.pandera import CHECKS, validate
from schemas.table import Table
from schemas.tables import MARTS

FUTURE = "contract.no_future_date"
_INSTANTS = ("known_at", "recorded_at", "hour_at", "quoted_at", "index_at", "max_1h_at")

Part = tuple[str, pl.DataFrame]


def expected(manifest: Manifest) -> set[Key]:
    """Each check on each new object."""
    names = [*(f"contract.{check}" for check in CHECKS), FUTURE]
    return {Key(name, o.table, o.month) for o in manifest.new for name in names}


def checks(scope: Scope) -> Iterator[AuditRow]:
    """Pandera on each new partition, several at a time, and dates beyond the instant of the audit."""
    for table in MARTS:
        for batch in scope.batches(table):
            for group in _of_one_schema(batch):
                yield from _pandera(table, group)
            for month, frame in batch:
                yield _future(table, month, frame, scope.as_of)


def _of_one_schema(batch: list[Part]) -> list[list[Part]]:
    """Partitions that can be validated as one frame: all, unless one has other columns or types."""
    if len({tuple(frame.schema.items()) for _, frame in batch}) == 1:
        return [batch]
    return [[part] for part in batch]


def _pandera(table: Table, parts: list[Part]) -> Iterator[AuditRow]:
    """One answer per partition and check. The date is part of the key, so no key spans two partitions."""
    frame = pl.concat([rows for _, rows in parts])
    failures = validate(frame, table).failures
    found = _by_month_and_check(failures, parts)
    for month, rows in parts:
        for check, meaning in CHECKS.items():
            failed = found.get((month, check))
            yield row(
                Key(f"contract.{check}", table.name, month),
                failed is None,
                "0 failures" if failed is None else _observed(failed),
                f"0 failures in {rows.height} rows",
                meaning,
                failing=() if failed is None else _failing(failed, frame, table),
            )


def _by_month_and_check(failures: pl.DataFrame, parts: list[Part]) -> dict[tuple[str, str], pl.DataFrame]:
    """Failures by (month, check); one of the frame as a whole counts for each of its months."""
    if failures.is_empty():
        return {}
    months = pl.DataFrame({"month": [month for month, rows in parts for _ in range(rows.height)]})
    months = months.with_row_index("row_index").with_columns(pl.col("row_index").cast(pl.Int64))
    of_rows = failures.join(months, on="row_index", how="inner", maintain_order="left")
    of_frame = failures.filter(pl.col("row_index").is_null()).join(
        pl.DataFrame({"month": [month for month, _ in parts]}), how="cross"
    )
    grouped = pl.concat([of_frame, of_rows]).group_by("month", "check", maintain_order=True)
    return {(str(month), str(check)): rows for (month, check), rows in grouped}


def _observed(failed: pl.DataFrame) -> str:
    """Which columns fail, how often, with the first value."""
    counted = failed.group_by("column", maintain_order=True).agg(pl.len(), pl.col("value").first())
    return "; ".join(f"{column}: {n} failures, first {value}" for column, n, value in counted.iter_rows())


def _failing(failed: pl.DataFrame, frame: pl.DataFrame, table: Table) -> list[dict[str, object]]:
    """Key of each failing row (at most 20), or the column where the frame as a whole fails."""
    first = failed.unique("row_index", keep="first", maintain_order=True).head(MAX_KEYS)
    if first["row_index"].null_count():
        return [{"column": column} for column in failed["column"].unique(maintain_order=True)]
    key = [name for name in table.grain if name in frame.columns]
    return frame[first["row_index"].to_list()].select(key).to_dicts()


def _future(table: Table, month: str, frame: pl.DataFrame, as_of: datetime) -> AuditRow:
    """No date or instant of record beyond the day after the audit's; expiries may lie ahead."""
    last = as_of.astimezone(UTC).date() + timedelta(days=rules.FUTURE_DAYS_ALLOWED)
    end = datetime.combine(last + timedelta(days=1), time(), UTC)
    types = frame.schema
    beyond = [pl.col(name) >= end for name in _INSTANTS if types.get(name) == UTC_INSTANT]
    if table.date_column and types.get(table.date_column) == pl.Date:
        beyond.append(pl.col(table.date_column) > last)
    late = frame.filter(pl.any_horizontal(beyond)) if beyond else frame.clear()
    key = [name for name in table.grain if name in frame.columns]
    return row(
        Key(FUTURE, table.name, month),
        late.is_empty(),
        f"{late.height} rows beyond",
        f"nothing after {last}",
        "no date beyond the instant of the audit",
        failing=late.head(MAX_KEYS).select(key).to_dicts(),
    )
