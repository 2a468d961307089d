"""What readers see: a view per table, functions for reading as of an instant, comments, the reader's rights.

Belongs here: their SQL, and when it changes. Does not belong here: which release they show, which no definition says:
views read the parts that the served release lists, so publishing changes rows and leaves them alone. They are
made anew only where a table's columns change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

from psycopg import sql
from psycopg.errors import DependentObjectsStillExist, LockNotAvailable

from orchestration.store.serve.books import Books, View
from orchestration.store.serve.contents import Described, Shape
from orchestration.store.serve.session import briefly

Columns = tuple[tuple[str, str], ...]
# To be raised when the SQL below changes, so that views of before are made anew.
_VERSION = 1
_IN_THE_WAY = (LockNotAvailable, DependentObjectsStillExist)
_LISTED = (
    " from {store}.{shape} where object_id in (select m.object_id from {store}.members m"
    " join {store}.current c using (release_id) where m.table_name = {table})"
)
# How an argument of each type becomes an instant: what has no offset is UTC, whatever the reader's session says.
_INSTANTS = {
    "text": "{schema}.utc_instant(t)",
    "timestamp with time zone": "t",
    "timestamp without time zone": "t at time zone 'UTC'",
    "date": "t::timestamp at time zone 'UTC'",
}


def bring_up(books: Books, tables: Iterable[Described], release_id: str) -> list[str]:
    """Make the views that a release asks for, in the transaction that is open; the names of those that changed.

    A view that is right but reads shapes that only earlier releases had is left: changing it needs a lock.
    """
    changed = []
    for name, has, view, script in _wanted(books, tables, release_id, narrow=False):
        if has is None or view is None or not _covers(has, view):
            books.connection.execute(script)
            books.keep_view(name, view)
            changed.append(name)
    return changed


def slim(books: Books, tables: Iterable[Described], release_id: str) -> None:
    """Make views anew that have more columns or shapes than kept releases, and drop those shapes' tables.

    What a reader's lock or view stands in the way of is left as it is.
    """
    for name, has, view, script in _wanted(books, tables, release_id, narrow=True):
        if view != has:
            with suppress(*_IN_THE_WAY), briefly(books.connection):
                books.connection.execute(script)
                books.keep_view(name, view)
    read = {shape for view in books.views().values() for shape in view.shapes}
    used = {row[0] for row in books.run("select distinct shape from {store}.objects").fetchall()}
    for shape in sorted(books.shapes().keys() - read - used):
        with suppress(*_IN_THE_WAY), briefly(books.connection):
            books.run("drop table {store}.{shape}", shape=sql.Identifier(shape))
            books.run("delete from {store}.shapes where name = %s", shape)


def _covers(has: View, wanted: View) -> bool:
    """Whether readers get what they should from the view as it is."""
    return (has.definition, has.columns) == (wanted.definition, wanted.columns) and has.shapes >= wanted.shapes


def _wanted(
    books: Books, tables: Iterable[Described], release_id: str, narrow: bool
) -> Iterator[tuple[str, View | None, View | None, sql.Composed]]:
    """Every view: its name, how it stands, how it should (None: not at all), and the script in between.

    Facts come last: their functions read the views of their vintages. Columns that only other releases have stay, null;
    with `narrow`, those that no kept release has do not.
    """
    shapes, used, own = books.shapes(), books.used_shapes(), books.used_shapes(release_id)
    standing, names = books.views(), set()
    for table in sorted(tables, key=lambda table: table.is_fact):
        names.add(table.name)
        types = dict(shapes[own[table.name][-1]].columns)
        plain = tuple((name, types[name]) for name, _ in table.columns if name in types)
        has = standing.get(table.name)
        read = [shapes[name] for name in used[table.name]]
        before = has.columns if has else ()
        kept = {column for shape in read for column in shape.columns} if narrow else set(before)
        columns, replace = arranged(before, tuple(column for column in before if column in kept), plain)
        said = repr((_VERSION, table, books.target.reader_role))
        view = View(columns, frozenset(shape.name for shape in read), hashlib.sha256(said.encode()).hexdigest()[:16])
        yield table.name, has, view, _script(books, table, columns, read, replace)
    for name in sorted(standing.keys() - names):
        yield name, standing[name], None, _dropped(books, name)


def arranged(before: Columns, kept: Columns, wanted: Columns) -> tuple[Columns, bool]:
    """Columns in the order in which the view can have them, and whether it can be replaced in place.

    A view that is replaced keeps what readers built upon it, but its columns must stay with their types, and new ones
    come last.
    """
    types = dict(wanted)
    if any(types.get(name, kind) != kind for name, kind in kept):
        return wanted, False
    return (*kept, *(column for column in wanted if column not in kept)), kept == before


def _dropped(books: Books, name: str) -> sql.Composed:
    parts = [sql.SQL("drop view if exists {}").format(_at(books, name)), *_no_functions(books, name)]
    return sql.SQL(";\n").join(parts)


def _at(books: Books, name: str) -> sql.Identifier:
    return sql.Identifier(books.target.schema, name)


def _script(books: Books, table: Described, columns: Columns, read: list[Shape], replace: bool) -> sql.Composed:
    """Everything that makes one table readable, as one text of many statements."""
    view = _at(books, table.name)
    parts: list[sql.Composable] = [] if replace else [sql.SQL("drop view if exists {}").format(view)]
    rows = sql.SQL(" union all ").join(_branch(books, table.name, columns, shape) for shape in read)
    parts.append(sql.SQL("create or replace view {} as {}").format(view, rows))
    parts.append(sql.SQL("comment on view {} is {}").format(view, sql.Literal(table.comment)))
    known = {name for name, _ in columns}
    for name, comment in table.columns:
        if name in known:
            column = sql.Identifier(books.target.schema, table.name, name)
            parts.append(sql.SQL("comment on column {} is {}").format(column, sql.Literal(comment)))
    if books.target.reader_role:
        role = sql.Identifier(books.target.reader_role)
        parts.append(sql.SQL("grant select on {} to {}").format(view, role))
    if table.is_fact:
        parts += [*_no_functions(books, table.name), *_as_of(books, table, columns)]
    return sql.SQL(";\n").join(parts)


def _branch(books: Books, table: str, columns: Columns, shape: Shape) -> sql.Composed:
    """Rows of one shape that the served release lists, in the view's columns; what the shape lacks is null."""
    has, chosen = dict(shape.columns), []
    for name, kind in columns:
        of_type = f"::{kind}" + (' collate "C"' if kind == "text" else "")
        if name not in has:
            chosen.append(sql.SQL("null" + of_type + " as {}").format(sql.Identifier(name)))  # type: ignore[arg-type]
        elif has[name] != kind:
            chosen.append(sql.SQL("{0}" + of_type + " as {0}").format(sql.Identifier(name)))  # type: ignore[arg-type]
        else:
            chosen.append(sql.SQL("{}").format(sql.Identifier(name)))
    names = {"store": sql.Identifier(books.target.store), "shape": sql.Identifier(shape.name)}
    listed = sql.SQL(_LISTED).format(**names, table=sql.Literal(table))
    return sql.SQL("select ") + sql.SQL(", ").join(chosen) + listed


def _no_functions(books: Books, table: str) -> Iterator[sql.Composed]:
    function = _at(books, f"{table}_as_of")
    for kind in _INSTANTS:
        yield sql.SQL("drop function if exists {}(" + kind + ")").format(function)  # type: ignore[arg-type,operator]


def _as_of(books: Books, table: Described, columns: Columns) -> Iterator[sql.Composed]:
    """A fact as it was known at an instant: the newest vintage recorded until then, per key.

    One function per type of argument, each plain enough for the planner to see through.
    """
    function, vintages = _at(books, f"{table.name}_as_of"), _at(books, f"{table.name}_vintages")
    returned = sql.SQL(", ").join(sql.SQL("{} " + kind).format(sql.Identifier(name)) for name, kind in columns)  # type: ignore[arg-type,operator]
    chosen = sql.SQL(", ").join(sql.SQL("v.{}").format(sql.Identifier(name)) for name, _ in columns)
    key = sql.SQL(", ").join(sql.SQL("v.{}").format(sql.Identifier(name)) for name in table.key)
    for kind, instant in _INSTANTS.items():
        limit = sql.SQL(instant).format(schema=sql.Identifier(books.target.schema))  # type: ignore[arg-type]
        yield sql.SQL(
            "create function {function}(t " + kind + ") returns table ({returned}) language sql stable as $of$"  # type: ignore[arg-type,operator]
            " select distinct on ({key}) {chosen} from {vintages} v where v.recorded_at <= {limit}"
            " order by {key}, v.recorded_at desc, v.revision desc $of$;\n"
            "comment on function {function}(" + kind + ") is {comment}"
        ).format(
            function=function, returned=returned, key=key, chosen=chosen, vintages=vintages, limit=limit,
            comment=sql.Literal(f"{table.name} as it was known at an instant; without an offset it is UTC."),
        )  # fmt: skip
