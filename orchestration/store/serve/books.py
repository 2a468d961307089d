"""The books of a target: which parts are loaded, which releases list them, and which release is served.

Belongs here: the schemas, the tables of the books and the questions asked of them. Does not belong here: the rows of
releases (`load.py`) or what readers see (`views.py`).

Which release is served is a row of `current`, and not the name of anything: a reader's snapshot holds rows, whereas
names mean what they mean now, inside a transaction too (docs/decisions).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from orchestration.store.serve.contents import Contents, Part, Shape
from orchestration.store.serve.target import ServingError, Target

_FORMAT = 1
_TABLES = """
create table {store}.format (version integer primary key);
insert into {store}.format values ({format});
create table {store}.shapes (
  name text primary key, table_name text not null, columns jsonb not null, key jsonb not null);
create table {store}.objects (
  object_id integer generated always as identity primary key, table_name text not null, month text not null,
  sha256 text not null, shape text not null references {store}.shapes, n_rows bigint not null,
  loaded_at timestamptz not null default now(), unique (table_name, month, sha256));
create table {store}.releases (
  release_id text primary key, published_at timestamptz not null, candidate_id text not null,
  is_simulated boolean not null, served_at timestamptz not null default clock_timestamp());
create table {store}.members (
  release_id text references {store}.releases on delete cascade, table_name text not null,
  object_id integer references {store}.objects, primary key (release_id, object_id));
create index on {store}.members (object_id);
create table {store}.current (
  only_one boolean primary key default true check (only_one), release_id text not null references {store}.releases);
create table {store}.views (
  name text primary key, columns jsonb not null, shapes jsonb not null, definition text not null);
comment on schema {store} is 'Rows and books of the releases in schema {name}, by `sluice publish`; not for readers.';
comment on schema {schema} is 'Releases of Sluice, read-only: sluice_release says which one is served.';
create function {schema}.utc_instant(t text) returns timestamptz language sql stable as
  $$ select case when t ~ ':[0-9][0-9][0-9:.]*\\s*[A-Za-z+-]' then t::timestamptz
     else t::timestamp at time zone 'UTC' end $$;
comment on function {schema}.utc_instant(text) is 'An instant from text; without an offset it is UTC.'
"""


@dataclass(frozen=True)
class View:
    """A view as it stands in the database: columns with types, shapes it reads, hash of its definition."""

    columns: tuple[tuple[str, str], ...]
    shapes: frozenset[str]
    definition: str


@dataclass(frozen=True)
class Kept:
    """A release that the target holds."""

    release_id: str
    published_at: Any
    served_at: Any
    is_current: bool


class Books:
    """The books of one target, over one connection."""

    def __init__(self, connection: psycopg.Connection, target: Target) -> None:
        self.connection, self.target = connection, target

    def run(self, text: str, *arguments: object, **names: sql.Composable) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute SQL in which `{store}` and `{schema}` are the target's."""
        query = sql.SQL(text).format(  # type: ignore[arg-type]
            store=sql.Identifier(self.target.store), schema=sql.Identifier(self.target.schema), **names
        )
        return self.connection.execute(query, arguments or None)

    @property
    def exist(self) -> bool:
        """Whether anything was published here before. Raises `ServingError` for books of another version."""
        found = self.run("select to_regclass(%s)", f'"{self.target.store}".format').fetchone()
        if found is None or found[0] is None:
            return False
        version = self.run("select version from {store}.format").fetchone()
        if version != (_FORMAT,):
            raise ServingError(
                f"{self.target.where}: schema {self.target.store} was made by another version of Sluice: drop it and"
                f" {self.target.schema}, and publish again"
            )
        return True

    def prepare(self) -> None:
        """Make schemas, books and the reader's role where they are not there."""
        with self.connection.transaction():
            if not self.exist:
                for schema in (self.target.schema, self.target.store):
                    if not self.run("select 1 from pg_namespace where nspname = %s", schema).fetchone():
                        self.run("create schema {name}", name=sql.Identifier(schema))
                self.run(_TABLES, format=sql.Literal(_FORMAT), name=sql.SQL(self.target.schema))  # type: ignore[arg-type]
            self._prepare_role()

    def _prepare_role(self) -> None:
        name = self.target.reader_role
        if not name:
            return
        role = sql.Identifier(name)
        if not self.run("select 1 from pg_roles where rolname = %s", name).fetchone():
            self.run("create role {role} nologin", role=role)
        may = self.run("select has_schema_privilege(%s, %s, 'usage')", name, self.target.schema).fetchone()
        if may == (False,):
            self.run("grant usage on schema {schema} to {role}", role=role)

    def loaded(self) -> dict[tuple[str, str, str], int]:
        """Ids of the parts that are loaded, whole, by table, month and hash."""
        rows = self.run("select table_name, month, sha256, object_id from {store}.objects").fetchall()
        return {(table, month, sha256): object_id for table, month, sha256, object_id in rows}

    def shapes(self) -> dict[str, Shape]:
        """Shapes that have a table in the store, by its name."""
        rows = self.run("select name, table_name, columns, key from {store}.shapes").fetchall()
        return {
            name: Shape(table, tuple((column, kind) for column, kind in columns), tuple(key))
            for name, table, columns, key in rows
        }

    def used_shapes(self, release_id: str | None = None) -> dict[str, list[str]]:
        """Per table the shapes of what a release lists (without one: of what all kept ones list), newest last."""
        only = "where m.release_id = %s" if release_id else ""
        rows = self.run(
            "select o.table_name, o.shape from {store}.members m join {store}.objects o using (object_id) "
            + only + " group by 1, 2 order by max(o.object_id)", *([release_id] if release_id else []),
        ).fetchall()  # fmt: skip
        found: defaultdict[str, list[str]] = defaultdict(list)
        for table, shape in rows:
            found[table].append(shape)
        return dict(found)

    def views(self) -> dict[str, View]:
        """Views that readers have and may read, by name."""
        rows = self.run(
            "select v.name, v.columns, v.shapes, v.definition from {store}.views v"
            " join pg_class c on c.relname = v.name and c.relkind = 'v'"
            " join pg_namespace n on n.oid = c.relnamespace and n.nspname = %s"
            " where coalesce("
            "(select has_table_privilege(r.oid, c.oid, 'select') from pg_roles r where rolname = %s), true)",
            self.target.schema, self.target.reader_role,
        ).fetchall()  # fmt: skip
        return {
            name: View(tuple((column, kind) for column, kind in columns), frozenset(shapes), definition)
            for name, columns, shapes, definition in rows
        }

    def keep_view(self, name: str, view: View | None) -> None:
        """Note how a view stands; None that it is gone."""
        self.run("delete from {store}.views where name = %s", name)
        if view is not None:
            said = json.dumps(view.columns), json.dumps(sorted(view.shapes))
            self.run("insert into {store}.views values (%s, %s::jsonb, %s::jsonb, %s)", name, *said, view.definition)

    def enter(self, contents: Contents) -> None:
        """Write a release and its list of parts into the books; all of them are loaded."""
        release, ids = contents.release, self.loaded()
        self.run(
            "insert into {store}.releases (release_id, published_at, candidate_id, is_simulated)"
            " values (%s, %s, %s, %s) on conflict (release_id) do update set served_at = clock_timestamp()",
            release.release_id, release.published_at, release.candidate_id, release.is_simulated,
        )  # fmt: skip
        tables, listed = zip(*((part.table, ids[part.key]) for part in contents.parts), strict=True)
        self.run(
            "insert into {store}.members select %s, t, o from unnest(%s::text[], %s::integer[]) as p (t, o)"
            " on conflict do nothing", release.release_id, list(tables), list(listed),
        )  # fmt: skip

    def serve(self, release_id: str) -> None:
        """Say which release is served: the one change that readers notice."""
        self.run(
            "insert into {store}.current (release_id) values (%s)"
            " on conflict (only_one) do update set release_id = excluded.release_id", release_id,
        )  # fmt: skip

    def kept(self) -> list[Kept]:
        """Releases that the target holds, the last served first."""
        rows = self.run(
            "select r.release_id, r.published_at, r.served_at, c.release_id is not null from {store}.releases r"
            " left join {store}.current c using (release_id) order by r.served_at desc"
        ).fetchall()
        return [Kept(*row) for row in rows]

    def missing(self, parts: tuple[Part, ...]) -> list[Part]:
        """Parts that are not loaded."""
        there = self.loaded() if self.exist else {}
        return [part for part in parts if part.key not in there]
