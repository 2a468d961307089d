"""A reader in a process of its own: asks the newest release the same question again and again, until a file appears.

Belongs here: what analysts' tools do, as they do it by default. Does not belong here: judging what they saw.

    python soak_reader.py KIND WHERE STOP OUT PAUSE

The question reads six tables of one release: each holds the marker of its release, in two months of it, so an answer
with two markers, or with the marker of another release, is a mixture. It is asked twice at one opening (a connection,
a repeatable-read transaction), with a pause between; where each statement is a transaction of its own, once.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

# Table, the rows of it that hold the marker, and what they come to without it.
PLANTED = tuple(
    (f"{table}{suffix}", where, base)
    for table, where, base in (
        ("fct_etf_flows_daily", "fund = 'IBIT'", 12e6),
        ("fct_etf_totals_daily", "asset = 'BTC'", 36e6),
        ("fct_flows_daily", "entity = 'IBIT'", 12e6),
    )
    for suffix in ("", "_vintages")
)
QUESTION = "select release_id, {} from sluice_release".format(
    ", ".join(f"(select (sum(flow_usd) - {base}) / 2 from {table} where {where})" for table, where, base in PLANTED)
)
HOLD_SECONDS = 0.05

Answer = tuple[str, list[float]]
Ask = Callable[[], Answer]


def _answer(row: tuple) -> Answer:
    return row[0], [float(value) for value in row[1:]]


@contextmanager
def duckdb_python(published: str) -> Iterator[Ask]:
    """DuckDB's own driver; the link is followed at each opening."""
    import duckdb

    with duckdb.connect(f"{published}/current.duckdb", read_only=True, config={"threads": 1}) as connection:
        yield lambda: _answer(connection.execute(QUESTION).fetchone())


@contextmanager
def duckdb_sqlalchemy(published: str) -> Iterator[Ask]:
    """SQLAlchemy as a BI tool uses it: with a pool that keeps nothing open."""
    from sqlalchemy import text

    with _engine(published).connect() as connection:
        yield lambda: _answer(tuple(connection.execute(text(QUESTION)).fetchone()))


def _engine(published: str, kept: dict = {}):  # noqa: B006
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    if not kept:
        url = f"duckdb:///{published}/current.duckdb"
        kept["engine"] = create_engine(url, connect_args={"read_only": True}, poolclass=NullPool)
    return kept["engine"]


@contextmanager
def polars(published: str) -> Iterator[Ask]:
    """Polars on the Parquet files that the manifest of the release names."""
    folder = (Path(published) / os.readlink(f"{published}/current.duckdb")).parent
    yield partial(_by_polars, Path(published) / "objects", folder)


def _by_polars(objects: Path, folder: Path) -> Answer:
    import polars as pl

    manifest = json.loads((folder / "manifest.json").read_text())
    markers = []
    for table, where, base in PLANTED:
        files = [objects / f"{o['sha256']}.parquet" for o in manifest["objects"] if o["table"] == table]
        column, value = where.replace("'", "").split(" = ")
        rows = pl.scan_parquet(files).filter(pl.col(column) == value)
        markers.append((rows.select(pl.col("flow_usd").sum()).collect().item() - base) / 2)
    return manifest["release_id"], markers


@contextmanager
def psycopg(dsn: str) -> Iterator[Ask]:
    """PostgreSQL: one connection for good, a repeatable-read transaction per opening."""
    connection = _connection(dsn)
    with connection.transaction():
        yield lambda: _answer(connection.execute(QUESTION).fetchone())


@contextmanager
def psycopg_autocommit(dsn: str) -> Iterator[Ask]:
    """PostgreSQL as most tools ask it: each statement by itself, on the release of its instant."""
    yield lambda: _answer(_connection(dsn).execute(QUESTION).fetchone())


def _connection(dsn: str, kept: dict = {}):  # noqa: B006
    import psycopg as driver

    if not kept or kept["connection"].closed:
        kept["connection"] = driver.connect(dsn, autocommit=True, options="-c search_path=sluice")
        kept["connection"].isolation_level = driver.IsolationLevel.REPEATABLE_READ
    return kept["connection"]


KINDS = {reader.__name__: reader for reader in (duckdb_python, duckdb_sqlalchemy, polars, psycopg, psycopg_autocommit)}


def look(kind: str, where: str) -> dict[str, object]:
    """One opening: when it began, when its release was fixed, what it saw."""
    began = time.monotonic()
    with KINDS[kind](where) as ask:
        release, markers = ask()
        fixed = time.monotonic()
        again, same = release, markers
        if kind != psycopg_autocommit.__name__:
            time.sleep(HOLD_SECONDS)
            again, same = ask()
    return {
        "began": began, "fixed": fixed, "release": release, "markers": sorted({*markers, *same}),
        "changed": again != release,
    }  # fmt: skip


def main(kind: str, where: str, stop: str, out: str, pause: str) -> None:
    """Read until the file `stop` is there; write what was seen to `out`."""
    seen, errors = [], []
    while not os.path.exists(stop):
        try:
            seen.append(look(kind, where))
        except Exception:
            errors.append(traceback.format_exc())
        Path(out).with_suffix(".alive").touch()
        time.sleep(float(pause))
    Path(out).write_text(json.dumps({"kind": kind, "seen": seen, "errors": errors}))


if __name__ == "__main__":
    main(*sys.argv[1:])
