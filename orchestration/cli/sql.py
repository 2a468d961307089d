"""`sluice sql`: a query on a release, read-only, optionally as it was known at an earlier instant."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from orchestration.cli import OK, REFUSED, WRONG_USE
from orchestration.cli.output import complain, say, table, warn
from orchestration.resources.settings import from_environment

if TYPE_CHECKING:
    import duckdb

_MOVED = "A query reads only the release. Where the data directory has moved, `sluice doctor --repair` mends it."

# What makes a spreadsheet take a cell for a formula, in every width, also after blanks.
_FORMULA = r"^\s*[=+\-@＝＋－＠\t\r]"
_NUMBER = r"^\s*[+-]?[0-9][0-9.,]*([eE][+-]?[0-9]+)?%?\s*$"

EXAMPLES = """
Examples:

  sluice sql "select * from fct_etf_totals_daily where trade_date = '2026-02-05'"

  sluice sql --as-of 2026-02-06T02:00Z "select * from fct_etf_totals_daily where trade_date = '2026-02-05'"

  sluice sql "from fct_basis_term_structure_daily" --out curve.parquet

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

    With `as_of`, every fact's name stands for what was known at that instant. Raises `BadParameter` for
    a statement that is no query, `duckdb.Error`, `NoSuchRelease`.
    """
    from orchestration.store import releases
    from orchestration.store.layout import Layout
    from schemas.tables import FACTS

    with releases.open_release(Layout(from_environment().home), release) as connection:
        _check_query(connection, text)
        if as_of is not None:
            stamp = as_of.isoformat()
            for fact in FACTS:
                connection.execute(
                    f"create temp view {fact.name} as select * from main.{fact.name}_as_of(timestamptz '{stamp}')"
                )
        return connection.execute(text).pl()


def _check_query(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Raise `BadParameter` unless the text is one query; DuckDB takes a pivot apart into two statements."""
    import duckdb

    explained = re.sub(r"^\s*explain\s+(analyze\s+)?", "", text, flags=re.IGNORECASE)
    types = [statement.type for statement in connection.extract_statements(explained)]
    is_pivot = types == [duckdb.StatementType.CREATE, duckdb.StatementType.SELECT] and ";" not in text
    if types != [duckdb.StatementType.SELECT] and not is_pivot:
        raise typer.BadParameter(
            "one query that reads, for example a select; releases cannot be written to", param_hint="QUERY"
        )


def sql(
    text: Annotated[str, typer.Argument(metavar="QUERY", help="One SQL query, DuckDB dialect.")],
    release: Annotated[str | None, typer.Option(metavar="ID", help="A release other than the newest.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="T", help="Facts as they were known at T (UTC).")] = None,
    output: Annotated[
        Format | None, typer.Option("--format", help="Default is the ending of --out, else table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file in place of the screen.")] = None,
    limit: Annotated[int, typer.Option(help="Rows shown by --format table.", min=1)] = 100,
) -> int:
    """Query a release. Readers never see a build in progress, and a query never blocks a run."""
    import duckdb

    when = instant(as_of) if as_of else None
    form = output or _form_of(out)
    _check_target(form, out)
    try:
        rows = query(text, release, when)
    except (duckdb.IOException, duckdb.PermissionException) as error:
        complain(f"a file cannot be read: {error}\n{_MOVED}")
        return REFUSED
    except duckdb.Error as error:
        complain(f'the query failed: {error}\n`sluice sql "show tables"` lists the tables')
        return WRONG_USE
    _print(rows, form, out, limit)
    return OK


def _form_of(out: Path | None) -> Format:
    """The format that a file's name asks for. Raises `BadParameter` for one that asks for none."""
    if out is None:
        return Format.table
    ending = out.suffix.removeprefix(".")
    if ending not in (Format.csv, Format.json, Format.parquet):
        raise typer.BadParameter(f"{out}: end the name in .csv, .json or .parquet", param_hint="--out")
    return Format(ending)


def _check_target(form: Format, out: Path | None) -> None:
    """Raise `BadParameter` where the rows cannot go there, before the query runs."""
    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.absolute().parent}", param_hint="--out")
    if out is not None and form is Format.table:
        raise typer.BadParameter("a table is for the screen: use csv, json or parquet", param_hint="--format")
    if out is None and form is Format.parquet and sys.stdout.isatty():
        raise typer.BadParameter("parquet is not for the screen: name a file with --out", param_hint="--format")


def _print(rows: pl.DataFrame, form: Format, out: Path | None, limit: int) -> None:
    if form is Format.table:
        table("", rows.columns, rows.head(limit).iter_rows())
        if rows.height > limit:
            say(f"{limit} of {rows.height} rows; --limit shows more")
    elif form is Format.parquet:
        rows.write_parquet(out or sys.stdout.buffer)
    elif form is Format.json:
        _write_text(rows.write_json() + "\n", out)
    else:
        nested = pl.selectors.nested()
        flat = rows.with_columns(nested.map_elements(_json_text, pl.String))
        safe, count = inert(flat)
        if count:
            warn(f"{count} texts begin like a formula and were given an apostrophe; json and parquet leave them")
        _write_text(safe.write_csv(), out)


def _json_text(value: Any) -> str:
    """A list or a structure in one cell."""
    return json.dumps(value.to_list() if isinstance(value, pl.Series) else value, default=str)


def inert(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows with an apostrophe before text that a spreadsheet would run as a formula, and how many cells that is.

    Texts come from feeds. Numbers, and text that is one, stay as they are: a sign before a number runs nothing.
    """
    found: dict[str, pl.Expr] = {}
    for name, dtype in rows.schema.items():
        if dtype in (pl.String, pl.Categorical, pl.Enum):
            text = pl.col(name).cast(pl.String)
            found[name] = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    count = sum(rows.select(is_formula.sum().alias(name) for name, is_formula in found.items()).row(0)) if found else 0
    changed = (
        pl.when(is_formula).then(pl.concat_str(pl.lit("'"), pl.col(name).cast(pl.String))).otherwise(pl.col(name))
        for name, is_formula in found.items()
    )
    return rows.with_columns(expr.alias(name) for name, expr in zip(found, changed, strict=True)), count


def _write_text(text: str, out: Path | None) -> None:
    if out:
        out.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
