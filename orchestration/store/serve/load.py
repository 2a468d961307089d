"""Rows into the store and out of it: parts that are missing, parts that no release lists.

Belongs here: COPY, the tables of shapes, retention. Does not belong here: which release is served (`books.py`).

Readers meet nothing of this: they see the rows of the parts that their release lists. A part is loaded whole, in one
transaction with its entry in the books; one that a killed publisher left is used by the next, or dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import groupby

import polars as pl
from psycopg import sql

from orchestration.store.serve.books import Books
from orchestration.store.serve.contents import Described, Part, Shape, csv, shape_of
from orchestration.store.serve.target import ServingError

# Rows of one transaction: enough to make its cost small, few enough to be told of and to be lost.
_BATCH_ROWS = 200_000
Step = Callable[[str], None]


def load(books: Books, tables: dict[str, Described], parts: list[Part], on_step: Step) -> set[str]:
    """Load parts; the names of the shapes that got rows. Calls `on_step("part TABLE MONTH")` after each."""
    touched: set[str] = set()
    for name, of_table in groupby(sorted(parts, key=lambda part: part.key), key=lambda part: part.table):
        for batch in _batches(of_table):
            with books.connection.transaction():
                touched |= {_load(books, tables[name], part) for part in batch}
            for part in batch:
                on_step(f"part {part.table} {part.month}")
    for shape in sorted(touched):
        # The server's own housekeeping may be at it: then it is done.
        books.run("analyze (skip_locked) {store}.{shape}", shape=sql.Identifier(shape))
    return touched


def _batches(parts: Iterator[Part]) -> Iterator[list[Part]]:
    batch: list[Part] = []
    for part in parts:
        batch.append(part)
        if sum(item.rows for item in batch) >= _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _load(books: Books, table: Described, part: Part) -> str:
    """Load one part in the transaction that is open; the name of its shape."""
    frame = part.read()
    try:
        shape = shape_of(frame, table)
    except TypeError as error:
        raise ServingError(f"{part.table} {part.month}: {error}") from error
    _make_table(books, shape)
    row = books.run(
        "insert into {store}.objects (table_name, month, sha256, shape, n_rows) values (%s, %s, %s, %s, %s)"
        " returning object_id", *part.key, shape.name, part.rows,
    ).fetchone()  # fmt: skip
    assert row is not None
    written = _copy(books, shape, frame, row[0])
    if written != part.rows:
        raise ServingError(f"{part.table} {part.month}: {written} rows arrived in place of {part.rows}")
    return shape.name


def _copy(books: Books, shape: Shape, frame: pl.DataFrame, object_id: int) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, ("object_id", *frame.columns)))
    query = sql.SQL("copy {}.{} ({}) from stdin (format csv)").format(
        sql.Identifier(books.target.store), sql.Identifier(shape.name), names
    )
    with books.connection.cursor() as cursor:
        with cursor.copy(query) as copy:
            for piece in frame.iter_slices(50_000):
                copy.write(csv(piece, object_id))
        return max(cursor.rowcount, 0)


def _make_table(books: Books, shape: Shape) -> None:
    """The table of a shape, with its key; text sorts by code point, as it does in the release's own files."""
    if books.run("select 1 from {store}.shapes where name = %s", shape.name).fetchone():
        return
    columns = [sql.SQL("object_id integer not null")]
    for name, kind in shape.columns:
        collation = ' collate "C"' if kind == "text" else ""
        columns.append(sql.SQL("{} " + kind + collation).format(sql.Identifier(name)))  # type: ignore[arg-type,operator]
    key = sql.SQL(", ").join(map(sql.Identifier, ("object_id", *shape.key)))
    unique = sql.SQL("primary key ({})") if shape.key else sql.SQL("")
    parts = [*columns, unique.format(key)] if shape.key else columns
    names = {"name": sql.Identifier(shape.name), "parts": sql.SQL(", ").join(parts)}
    books.run("create table {store}.{name} ({parts})", **names)
    if not shape.key:
        books.run("create index on {store}.{name} (object_id)", name=names["name"])
    said = json.dumps(shape.columns), json.dumps(shape.key)
    books.run("insert into {store}.shapes values (%s, %s, %s::jsonb, %s::jsonb)", shape.name, shape.table, *said)


def drop_releases(books: Books) -> list[str]:
    """Forget all but the last `keep` releases served; their ids. The one that is served always stays."""
    kept = books.kept()
    gone = [release.release_id for release in kept[books.target.keep :] if not release.is_current]
    if gone:
        books.run("delete from {store}.releases where release_id = any(%s)", gone)
    return gone


def drop_parts(books: Books) -> int:
    """Drop the rows of parts that no release lists; how many parts. Transactions of before still read them."""
    rows = books.run(
        "select shape, array_agg(object_id) from {store}.objects o"
        " where not exists (select from {store}.members m where m.object_id = o.object_id) group by 1"
    ).fetchall()
    for shape, ids in rows:
        with books.connection.transaction():
            books.run("delete from {store}.{shape} where object_id = any(%s)", ids, shape=sql.Identifier(shape))
            books.run("delete from {store}.objects where object_id = any(%s)", ids)
    return sum(len(ids) for _, ids in rows)
