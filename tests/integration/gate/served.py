"""Steps that the tests of serving share: serve releases, look at them as readers do, make releases of other columns.

Belongs here: doing. Does not belong here: asserting.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import protocol
import psycopg
from psycopg import sql

from orchestration.store import releases
from orchestration.store.layout import Layout
from orchestration.store.objects import parquet_bytes
from orchestration.store.releases import Release
from orchestration.store.serve import postgres
from orchestration.store.serve.postgres import Served
from orchestration.store.serve.target import Target

QUICK = 1.0
TOTAL = "select release_id, max(flow_usd) from sluice.sluice_release, sluice.fct_etf_totals_daily group by 1"


def serve(layout: Layout, dsn: str, release: str | None = None, keep: int = 7) -> Served:
    """Serve a release, the newest if none is named, with little patience."""
    target = Target(dsn, keep=keep, wait_seconds=QUICK)
    return postgres.publish(layout, releases.get(layout, release), target)


def read(dsn: str, query: str, role: str = "") -> list[tuple]:
    """The rows of a query, as the owner or in a role, with the schema on the path."""
    with psycopg.connect(dsn, options="-c search_path=sluice") as connection:
        if role:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


def wait_for(dsn: str) -> None:
    """Wait until the server takes connections: one that lost a process takes none while it mends itself."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def seen(dsn: str) -> str | None:
    """The release that readers see; None where there is none."""
    try:
        return read(dsn, "select release_id from sluice_release")[0][0]
    except psycopg.errors.UndefinedTable:
        return None


@contextmanager
def transaction(dsn: str) -> Iterator[psycopg.Connection]:
    """A reader's repeatable-read transaction that lasts."""
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def both(layout: Layout, dsn: str, duck: str, pg: str = "") -> tuple[list[tuple], list[tuple]]:
    """The rows of a query on the release's files and on the database, in UTC."""
    with duckdb.connect(str(layout.current), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        ours = connection.execute(duck).fetchall()
    with psycopg.connect(dsn, options="-c search_path=sluice -c TimeZone=UTC") as connection:
        return ours, connection.execute(pg or duck).fetchall()  # type: ignore[call-overload]


def tables(layout: Layout) -> list[str]:
    """Everything in the release's catalogue."""
    with duckdb.connect(str(layout.current), read_only=True) as connection:
        return [name for (name,) in connection.execute("show tables").fetchall()]


PUBLISH = """
import sys
from functools import partial
from pathlib import Path
from orchestration.store import releases
from orchestration.store.layout import Layout
from orchestration.store.serve import postgres
from orchestration.store.serve.target import Target
from protocol import die_after
home, dsn, fatal, wait = sys.argv[1:]
layout = Layout(Path(home))
print(postgres.publish(layout, releases.get(layout), Target(dsn, wait_seconds=float(wait)),
    on_step=partial(die_after, fatal)))
"""


def serve_elsewhere(layout: Layout, dsn: str, fatal: str = "", wait: float = 30) -> subprocess.Popen[str]:
    """Serve the newest release from a process of its own, which kills itself after the (first) step `fatal`."""
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(layout.home), dsn, fatal, str(wait)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        env={**os.environ, "PYTHONPATH": protocol.PYTHONPATH},
    )  # fmt: skip


def reshaped(layout: Layout, table: str, change: Callable[[pl.DataFrame], pl.DataFrame], stamp: str) -> Release:
    """The newest release once more, as another version of the project would have made it: a table has other columns.

    It becomes the newest. New columns have no description but their name.
    """
    old = releases.get(layout)
    folder = layout.releases / f"{stamp}-{old.candidate_id[:12]}"
    shutil.copytree(old.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    columns: list[str] = []
    for entry in manifest["objects"]:
        if entry["table"] == table:
            frame = change(pl.read_parquet(layout.objects / f"{entry['sha256']}.parquet"))
            content, columns = parquet_bytes(frame), frame.columns
            entry.update(sha256=hashlib.sha256(content).hexdigest(), size=len(content), rows=frame.height)
            (layout.objects / f"{entry['sha256']}.parquet").write_bytes(content)
    manifest["release_id"] = folder.name
    (folder / "manifest.json").write_text(json.dumps(manifest))
    _describe(folder / "dictionary.json", table, columns)
    _name(folder, old.release_id)
    releases.point_at(layout, folder.name)
    return releases.get(layout)


def _describe(path: Path, table: str, columns: list[str]) -> None:
    dictionary = json.loads(path.read_bytes())
    for told in dictionary:
        if told["name"] == table:
            known = {column["name"]: column for column in told["columns"]}
            told["columns"] = [
                known.get(name, {"name": name, "description": name, "unit_meaning": "none"}) for name in columns
            ]
    path.write_text(json.dumps(dictionary))


def _name(folder: Path, old: str) -> None:
    """Write the release's name into its catalogue, a file of its own by then."""
    path = folder / releases.CATALOGUE
    with duckdb.connect(str(path)) as connection:
        connection.execute("update sluice_release set release_id = ? where release_id = ?", [folder.name, old])
