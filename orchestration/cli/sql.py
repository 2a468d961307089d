"""`sluice sql`: a query on a release, read-only, optionally as it was known at an earlier instant."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from orchestration.cli import WRONG_USE
from orchestration.cli.output import complain, say, table
from orchestration.resources.settings import from_environment

EXAMPLES = """
Examples:

  sluice sql "select * from fct_etf_totals_daily where trade_date = '2026-02-05'"

  sluice sql --as-of 2026-02-06T02:00Z "select * from fct_etf_totals_daily where trade_date = '2026-02-05'"

  sluice sql "from fct_basis_term_structure_daily" --format parquet --out curve.parquet

  sluice sql "show tables"
"""


class Format(StrEnum):
    """Output formats."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def instant(text: str) -> datetime:
    """A UTC instant from ISO text; no offset means UTC. Raises `BadParameter`."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not an instant like 2026-02-06T02:00:00Z", param_hint="--as-of"
        ) from error
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def query(text: str, release: str | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """Run one query on a release (the newest, if none is named) and return its rows.

    With `as_of`, every fact's name stands for what was known at that instant.
    """
    from orchestration.store import releases
    from orchestration.store.layout import Layout
    from schemas.tables import FACTS

    with releases.open_release(Layout(from_environment().home), release) as connection:
        if as_of is not None:
            stamp = as_of.isoformat()
            for fact in FACTS:
                connection.execute(
                    f"create temp view {fact.name} as select * from main.{fact.name}_as_of(timestamptz '{stamp}')"
                )
        return connection.sql(text).pl()


def sql(
    text: Annotated[str, typer.Argument(metavar="QUERY", help="One SQL query, DuckDB dialect.")],
    release: Annotated[
        str | None, typer.Option(metavar="ID", help="A release other than the newest.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="T", help="Facts as they were known at T (UTC).")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    out: Annotated[Path | None, typer.Option(help="Write to this file in place of the screen.")] = None,
    limit: Annotated[int, typer.Option(help="Rows shown by --format table.")] = 100,
) -> int:
    """Query a release. Readers never see a build in progress, and a query never blocks a run."""
    import duckdb

    when = instant(as_of) if as_of else None
    try:
        rows = query(text, release, when)
    except duckdb.Error as error:
        complain(f'the query failed: {error}\n`sluice sql "show tables"` lists the tables')
        return WRONG_USE
    _print(rows, output, out, limit)
    return 0


def _print(rows: pl.DataFrame, output: Format, out: Path | None, limit: int) -> None:
    if output is Format.table and out is None:
        table("", rows.columns, rows.head(limit).iter_rows())
        if rows.height > limit:
            say(f"{limit} of {rows.height} rows; --limit shows more")
        return
    if output is Format.parquet:
        rows.write_parquet(out or sys.stdout.buffer)
    elif output is Format.json:
        text = rows.write_json()
        _write_text(text + "\n", out)
    else:
        _write_text(rows.write_csv(), out)


def _write_text(text: str, out: Path | None) -> None:
    if out:
        out.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
