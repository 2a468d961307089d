"""What a release holds, as a database takes it: tables with their descriptions, and the parts their rows come in.

Belongs here: reading a release's own files (manifest, dictionary, catalogue, objects). Does not belong here: SQL.

Everything is read from the release and nothing from the code's own dictionary, so that a release of an earlier
version is served as it was published.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from orchestration.store.atomic import canonical_json
from orchestration.store.layout import Layout
from orchestration.store.objects import ObjectRef, file_name
from orchestration.store.releases import Release, ReleaseCorrupt

_VINTAGES = "_vintages"
_WHOLE = "all"


@dataclass(frozen=True)
class Described:
    """A table as readers know it: comments by column, in order; `key` is its grain.

    `is_fact`: there are vintages of it, so it can be read as of an instant.
    """

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    is_fact: bool = False


@dataclass(frozen=True)
class Part:
    """Rows of one table that are loaded and dropped together. `sha256` names its content."""

    table: str
    month: str
    sha256: str
    rows: int
    read: Callable[[], pl.DataFrame] = field(repr=False, compare=False)
    is_object: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a part the same part."""
        return self.table, self.month, self.sha256


@dataclass(frozen=True)
class Contents:
    """A whole release."""

    release: Release
    tables: tuple[Described, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Shape:
    """Columns with their PostgreSQL types, and the key: parts of one shape share a table of the store."""

    table: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its table; the hash keeps shapes of one table apart."""
        digest = hashlib.sha256(canonical_json([self.columns, self.key])).hexdigest()
        return f"{self.table[:53]}__{digest[:8]}"


def contents(layout: Layout, release: Release) -> Contents:
    """The release's tables and parts. Raises `ReleaseCorrupt` where its own files cannot be read."""
    try:
        dictionary = json.loads((release.folder / "dictionary.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ReleaseCorrupt(f"{release.release_id}: the dictionary cannot be read: {error}") from error
    names = {table["name"] for table in dictionary}
    tables = [
        Described(
            table["name"], table["description"], tuple(table["grain"]),
            tuple((c["name"], f"{c['description']} Unit: {c['unit_meaning']}.") for c in table["columns"]),
            table["name"] + _VINTAGES in names,
        )
        for table in dictionary
    ]  # fmt: skip
    columns = {table.name: [name for name, _ in table.columns] for table in tables}
    parts = [
        Part(ref.table, ref.month, ref.sha256, ref.rows, partial(_object, layout, ref, columns[ref.table]))
        for ref in sorted(release.manifest.objects)
        if ref.table in columns
    ]
    own = list(_catalogue(release))
    return Contents(release, (*tables, *(table for table, _ in own)), (*parts, *(part for _, part in own)))


def _object(layout: Layout, ref: ObjectRef, columns: list[str]) -> pl.DataFrame:
    """Rows of an object, its bytes checked against its name: readers of the database cannot check them."""
    try:
        content = (layout.objects / file_name(ref.sha256)).read_bytes()
    except FileNotFoundError as error:
        raise ReleaseCorrupt(f"object_missing: {ref.table} {ref.month}: {ref.sha256[:12]} is not there") from error
    if hashlib.sha256(content).hexdigest() != ref.sha256:
        raise ReleaseCorrupt(f"object_corrupt: {ref.table} {ref.month}: {ref.sha256[:12]} has another hash")
    frame = pl.read_parquet(io.BytesIO(content))
    return frame.select([name for name in columns if name in frame.columns])


def _catalogue(release: Release) -> Iterator[tuple[Described, Part]]:
    """The catalogue's own tables: which release this is, what its audit said."""
    import duckdb

    with duckdb.connect(str(release.catalogue), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        query = "select table_name, coalesce(comment, '') from duckdb_tables() where not internal order by all"
        for name, comment in connection.execute(query).fetchall():
            frame = connection.execute(f'from "{name}"').pl()
            told = connection.execute(
                "select column_name, coalesce(comment, '') from duckdb_columns() where table_name = ?"
                " order by column_index", [name],
            ).fetchall()  # fmt: skip
            part = Part(name, _WHOLE, release.release_id, frame.height, partial(_same, frame), is_object=False)
            yield Described(name, comment, (), tuple(told)), part


def _same(frame: pl.DataFrame) -> pl.DataFrame:
    return frame


_TYPES: dict[type[pl.DataType], str] = {
    pl.Float64: "double precision", pl.Float32: "real", pl.Int64: "bigint", pl.Int32: "integer", pl.Int16: "smallint",
    pl.Int8: "smallint", pl.UInt8: "smallint", pl.UInt16: "integer", pl.UInt32: "bigint", pl.UInt64: "numeric(20)",
    pl.Boolean: "boolean", pl.Date: "date", pl.String: "text", pl.Categorical: "text", pl.Enum: "text",
}  # fmt: skip


def pg_type(dtype: pl.DataType) -> str:
    """The PostgreSQL type that holds every value of a Polars type. Raises `TypeError` for one that has none."""
    if isinstance(dtype, pl.Datetime):
        return "timestamp with time zone" if dtype.time_zone else "timestamp without time zone"
    if isinstance(dtype, pl.Decimal):
        return f"numeric({dtype.precision or 38},{dtype.scale})"
    try:
        return _TYPES[type(dtype)]
    except KeyError:
        raise TypeError(f"PostgreSQL has no type for {dtype}") from None


def shape_of(frame: pl.DataFrame, table: Described) -> Shape:
    """The shape of a part's rows."""
    columns = tuple((name, pg_type(dtype)) for name, dtype in frame.schema.items())
    return Shape(table.name, columns, tuple(name for name in table.key if name in frame.columns))


def csv(frame: pl.DataFrame, object_id: int) -> bytes:
    """Rows as COPY reads them: nulls bare, every text in quotes, floats in the fewest digits that give them back."""
    tagged = frame.select(pl.lit(object_id).alias("object_id"), pl.all())
    return tagged.write_csv(include_header=False, quote_style="non_numeric", null_value="").encode()
