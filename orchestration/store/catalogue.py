"""The catalogue: a small DuckDB file through which readers see a release.

Belongs here: the views, comments, macros and tables of that file, and the data dictionary beside it.
Does not belong here: the data (objects), or which release is current (`releases.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.store.atomic import fsync_dir, fsync_file, temporary
from orchestration.store.layout import Layout
from orchestration.store.objects import file_name
from orchestration.store.releases import AUDIT, Release, get, publication_lock
from schemas.table import Table
from schemas.tables import FACTS, MARTS
from schemas.units import UNITS

if TYPE_CHECKING:
    import duckdb

SIMULATED = "Rows with is_simulated come from the sample feeds, which are a simulation, not market data."

# Text without an offset means UTC, whatever the reader's session says; text with one, and instants, keep it. DuckDB 1.0
# wants seconds in a text; later ones do without.
_TEXT = "regexp_replace(t::varchar, '([ T][0-9]{2}:[0-9]{2})($|[^0-9:])', '\\1:00\\2')"
_INSTANT = (
    f"case when regexp_matches({_TEXT}, ':[0-9][0-9][0-9:.]*\\s*[A-Za-z+-]')"
    f" then {_TEXT}::timestamptz else timezone('UTC', {_TEXT}::timestamp) end"
)

Told = tuple[tuple[str, str, str], ...]
# Name, type and meaning of the columns of the catalogue's own tables.
_RELEASE: Told = (
    ("release_id", "varchar", "Id of the release; quote it with every number."),
    ("published_at", "timestamptz", "When it was published."),
    ("candidate_id", "varchar", "Hash of its object list: two releases of the same id hold the same rows."),
    ("base_release_id", "varchar", "The release that readers saw before it; null for the first."),
    ("is_simulated", "boolean", "Whether any row comes from the sample feeds, which are no market data."),
    ("note", "varchar", "What a reader has to know before all else; null where that is nothing."),
    ("finality", "varchar", "preliminary where any row of a fact may still change, else final."),
    ("n_preliminary_rows", "bigint", "Rows of facts that may still change; sluice_finality says where they are."),
)
_FINALITY: Told = (
    ("table_name", "varchar", "The fact."),
    ("finality", "varchar", "How far these rows may still change."),
    ("n_rows", "bigint", "Rows of the fact with this finality."),
    ("first_date", "date", "First date of these rows."),
    ("last_date", "date", "Last date of these rows."),
)
_AUDIT: Told = (
    ("check", "varchar", "What was asked."),
    ("table", "varchar", "Of which table."),
    ("partition", "varchar", "Of which month of it; all for the whole table."),
    ("severity", "varchar", "error where a failure refuses the release, else warning."),
    ("passed", "boolean", "The answer."),
    ("observed", "varchar", "What was found."),
    ("expected", "varchar", "What should have been."),
    ("failing_keys", "varchar", "Keys of up to twenty failing rows, as JSON."),
    ("description", "varchar", "Why it is asked."),
)
_OWN = (
    ("sluice_release", _RELEASE, "Which release this is: one row."),
    ("sluice_finality", _FINALITY, "How many rows of each fact are final, and of which dates."),
    ("sluice_audit", _AUDIT, "The verdict that let the release out: a row per check."),
)


def build(path: Path, layout: Layout, release: Release) -> None:
    """Write the catalogue of a release to `path`, which must not exist, and put it on disk.

    The file holds: a view per table on the absolute paths of its objects, a macro `<fact>_as_of(t)` per fact,
    `sluice_release` (one row), `sluice_finality` and `sluice_audit` (the verdict's rows), all with comments.
    DuckDB 1.0 and later can read it, from any working folder.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {_text(path)} as catalogue (storage_version 'v1.0.0')")
        connection.execute("use catalogue")
        # One transaction: a thousand comments of their own would be a thousand.
        connection.execute(";".join(["begin", *_statements(layout, release)]))
        _fill(connection, release)
        connection.execute("commit")
        connection.execute("use memory")
        connection.execute("detach catalogue")
    fsync_file(path)


def rewrite(layout: Layout, release_id: str | None = None) -> Release:
    """Write a release's catalogue anew, after its data directory has moved: temporary name, rename.

    Raises `NoSuchRelease`, `Busy` or `Unwritable`.
    """
    with publication_lock(layout):
        release = get(layout, release_id)
        unfinished = temporary(release.catalogue)
        try:
            build(unfinished, layout, release)
            unfinished.replace(release.catalogue)
        finally:
            unfinished.unlink(missing_ok=True)
        fsync_dir(release.folder)
        return release


def is_current(layout: Layout, release_id: str) -> bool:
    """Whether the catalogue opens and names the objects where they are; false after the directory moved."""
    import duckdb

    try:
        with duckdb.connect(str(get(layout, release_id).catalogue), read_only=True) as connection:
            views = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    except duckdb.Error:
        return False
    return bool(views) and all(str(layout.objects.absolute()) in sql for (sql,) in views)


def dictionary() -> list[dict[str, Any]]:
    """Tables with their columns, units and checks, as plain values for `dictionary.json`."""
    return [
        {
            "name": table.name,
            "description": table.description,
            "grain": list(table.grain),
            "columns": [
                {
                    "name": column.name,
                    "type": str(column.dtype),
                    "unit": column.unit,
                    "unit_meaning": UNITS[column.unit],
                    "description": column.description,
                    "nullable": column.nullable,
                    "checks": [repr(check) for check in column.checks],
                }
                for column in table.columns
            ],
        }
        for table in MARTS
    ]


def _text(value: object) -> str:
    """A value as an SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def _statements(layout: Layout, release: Release) -> Iterator[str]:
    """Everything in the catalogue but the rows of its own tables."""
    for table in MARTS:
        yield from _view(layout, release, table)
    for fact in FACTS:
        yield _as_of(fact)
        comment = f"{fact.name} as it was known at the instant t; text without an offset is UTC."
        yield f"comment on macro table {fact.name}_as_of is {_text(comment)}"
    for name, columns, comment in _OWN:
        declared = ", ".join(f'"{column}" {dtype}' for column, dtype, _ in columns)
        yield f"create table {name} ({declared})"
        yield f"comment on table {name} is {_text(comment)}"
        for column, _, meaning in columns:
            yield f'comment on column {name}."{column}" is {_text(meaning)}'


def _view(layout: Layout, release: Release, table: Table) -> Iterator[str]:
    folder = layout.objects.absolute()
    paths = ", ".join(_text(folder / file_name(o.sha256)) for o in release.manifest.of(table.name).values())
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    yield f'create view "{table.name}" as select {columns} from read_parquet([{paths}])'
    yield f'comment on view "{table.name}" is {_text(table.description)}'
    for column in table.columns:
        comment = _text(f"{column.description} Unit: {UNITS[column.unit]}.")
        yield f'comment on column "{table.name}"."{column.name}" is {comment}'


def _as_of(fact: Table) -> str:
    """A fact as it was known at an instant: the newest vintage recorded until then, per key."""
    key, columns = ", ".join(fact.grain), ", ".join(fact.column_names)
    return f"""
        create macro {fact.name}_as_of(t) as table
        select {columns} from {fact.name}_vintages
        where recorded_at <= {_INSTANT}
        qualify row_number() over (partition by {key} order by recorded_at desc, revision desc) = 1
        order by {key}
    """


def _fill(connection: duckdb.DuckDBPyConnection, release: Release) -> None:
    """Write the rows of the catalogue's own tables. The objects must be where the views say."""
    names = ", ".join(f'"{name}"' for name, *_ in _AUDIT)
    connection.execute(f"insert into sluice_audit select {names} from read_parquet({_text(release.folder / AUDIT)})")
    for fact in FACTS:
        if fact.date_column and "finality" in fact.column_names:
            day = f'"{fact.date_column}"::date'
            connection.execute(
                f"insert into sluice_finality select '{fact.name}', finality, count(*), min({day}), max({day})"
                f" from {fact.name} group by finality order by finality"
            )
    connection.execute(
        "insert into sluice_release select ?, ?, ?, ?, ?, ?, case when n > 0 then 'preliminary' else 'final' end, n"
        " from (select coalesce(sum(n_rows) filter (where finality = 'preliminary'), 0) as n from sluice_finality)",
        [
            release.release_id,
            release.published_at,
            release.candidate_id,
            release.manifest.base,
            release.is_simulated,
            SIMULATED if release.is_simulated else None,
        ],
    )
