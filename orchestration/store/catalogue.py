"""The catalogue: a small DuckDB file through which readers see a release.

Belongs here: the views, comments, macros and tables of that file, and the data dictionary beside it.
Does not belong here: the data (objects), or which release is current (`releases.py`).
"""

from __future__ import annotations

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

# Text without an offset means UTC, whatever the reader's session says; text with one, and instants, keep it.
_INSTANT = (
    "case when regexp_matches(t::varchar, ':[0-9][0-9][0-9:.]*\\s*[A-Za-z+-]')"
    " then t::timestamptz else timezone('UTC', t::timestamp) end"
)


def build(path: Path, layout: Layout, release: Release) -> None:
    """Write the catalogue of a release to `path`, which must not exist, and put it on disk.

    The file holds: a view per table on the absolute paths of its objects, with comments; a macro
    `<fact>_as_of(t)` per fact; `sluice_release` (one row) and `sluice_audit` (the verdict's rows).
    DuckDB 1.0 and later can read it, from any working folder.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {_text(path)} as catalogue (storage_version 'v1.0.0')")
        connection.execute("use catalogue")
        for table in MARTS:
            _view(connection, layout, release, table)
        for fact in FACTS:
            connection.execute(_as_of(fact))
        _tables(connection, release)
        connection.execute("use memory")
        connection.execute("detach catalogue")
    fsync_file(path)


def rewrite(layout: Layout, release_id: str | None = None) -> Release:
    """Write a release's catalogue anew, after its data directory has moved: temporary name, rename.

    Raises `NoSuchRelease` or `Busy`.
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


def _view(connection: duckdb.DuckDBPyConnection, layout: Layout, release: Release, table: Table) -> None:
    folder = layout.objects.absolute()
    paths = ", ".join(_text(folder / file_name(o.sha256)) for o in release.manifest.of(table.name).values())
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    connection.execute(f'create view "{table.name}" as select {columns} from read_parquet([{paths}])')
    connection.execute(f'comment on view "{table.name}" is {_text(table.description)}')
    for column in table.columns:
        comment = _text(f"{column.description} Unit: {UNITS[column.unit]}.")
        connection.execute(f'comment on column "{table.name}"."{column.name}" is {comment}')


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


def _tables(connection: duckdb.DuckDBPyConnection, release: Release) -> None:
    connection.execute(
        "create table sluice_release (release_id varchar, published_at timestamptz, candidate_id varchar,"
        " base_release_id varchar, is_simulated boolean, note varchar)"
    )
    connection.execute(
        "insert into sluice_release values (?, ?, ?, ?, ?, ?)",
        [
            release.release_id,
            release.published_at,
            release.candidate_id,
            release.manifest.base,
            release.is_simulated,
            SIMULATED if release.is_simulated else None,
        ],
    )
    connection.execute(f"create table sluice_audit as from read_parquet({_text(release.folder / AUDIT)})")
