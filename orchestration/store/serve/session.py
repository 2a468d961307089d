"""A publisher's session: connected, alone, and patient about locks in a way that holds no reader up.

Belongs here: connecting, the one publisher at a time, retries of what waits for a lock. Does not belong here: what
is written.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from orchestration.store.serve.target import ServingError, Target, TargetBusy, explained

_NAME = "sluice publish"
# Below PostgreSQL's deadlock_timeout (1 s): the publisher gives way first, never a reader. Whoever reads meanwhile
# queues behind it for no longer than this.
_LOCK_MS = 200
_PAUSE_SECONDS = 0.5
_KEY = "hashtext('sluice publish'), hashtext(%s)"
# Older servers are not tried by any test.
_OLDEST = 15
T = TypeVar("T")


@contextmanager
def session(target: Target) -> Iterator[psycopg.Connection]:
    """A connection of our own, each statement a transaction unless one is opened. Raises `ServingError`."""
    target.check()
    who = f"{_NAME} {socket.gethostname()}:{os.getpid()}"[:63]
    with explained(target.where, is_connecting=True):
        # A pooler that shares sessions would lose the advisory lock; prepared statements are of no use here.
        connection = psycopg.connect(
            target.dsn, autocommit=True, application_name=who, connect_timeout=10, prepare_threshold=None,
            keepalives_idle=30, client_encoding="utf8",
        )  # fmt: skip
    with explained(target.where), connection:
        if connection.info.server_version < _OLDEST * 10_000:
            raise ServingError(f"{target.where}: PostgreSQL {version(connection)} is too old: {_OLDEST} is needed")
        for setting in (
            "search_path = pg_catalog", "TimeZone = 'UTC'", "DateStyle = 'ISO'", "statement_timeout = 0",
            "idle_in_transaction_session_timeout = 0", f"lock_timeout = {target.wait_seconds * 1000:.0f}",
            "default_transaction_isolation = 'read committed'", "client_min_messages = warning",
        ):  # fmt: skip
            connection.execute(f"set {setting}".encode())
        yield connection


def version(connection: psycopg.Connection) -> str:
    """The server's version as a person writes it."""
    return "{}.{}".format(*divmod(connection.info.server_version, 10_000))


@contextmanager
def alone(connection: psycopg.Connection, target: Target) -> Iterator[None]:
    """Be the only publisher into the target's schema. Raises `TargetBusy` that says who is.

    The lock ends with its session, so a killed publisher leaves none behind.
    """
    deadline = time.monotonic() + target.wait_seconds
    taken = f"select pg_try_advisory_lock({_KEY})".encode()
    while not _one(connection, taken, target.schema):
        if time.monotonic() >= deadline:
            raise TargetBusy(f"{target.where}: {publisher(connection, target) or 'another session'} is publishing")
        time.sleep(_PAUSE_SECONDS)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(f"select pg_advisory_unlock({_KEY})".encode(), (target.schema,))


def publisher(connection: psycopg.Connection, target: Target) -> str | None:
    """Who is publishing now, by its session."""
    row = connection.execute(
        "select coalesce(a.application_name, ''), l.pid, a.backend_start from pg_locks l left join pg_stat_activity a"
        " using (pid) where l.locktype = 'advisory' and l.granted and l.objsubid = 2"
        " and l.database = (select oid from pg_database where datname = current_database())"
        " and l.classid::bigint = (hashtext('sluice publish')::bigint & 4294967295)"
        " and l.objid::bigint = (hashtext(%s)::bigint & 4294967295)",
        (target.schema,),
    ).fetchone()
    if row is None:
        return None
    name, pid, since = row
    return f"{name or 'another session'} (server process {pid}" + (f", since {since:%H:%M:%S}Z)" if since else ")")


@contextmanager
def briefly(connection: psycopg.Connection) -> Iterator[None]:
    """A transaction that changes what readers hold: it gives way where a lock is not to be had at once."""
    with connection.transaction():
        connection.execute(f"set local lock_timeout = {_LOCK_MS}".encode())
        yield


def patiently(connection: psycopg.Connection, target: Target, change: Callable[[], T]) -> T:
    """Carry out `change` in one transaction, again and again while a reader's lock stands in its way.

    Raises `TargetBusy` that says whose.
    """
    deadline = time.monotonic() + target.wait_seconds
    while True:
        try:
            with briefly(connection):
                return change()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if time.monotonic() >= deadline:
                raise TargetBusy(f"{target.where}: {_in_the_way(connection, target)}") from error
            time.sleep(_PAUSE_SECONDS)


def _in_the_way(connection: psycopg.Connection, target: Target) -> str:
    """Sessions that hold locks on what readers see, in words."""
    rows = connection.execute(
        "select distinct a.pid, a.usename, a.application_name, a.xact_start from pg_locks l"
        " join pg_stat_activity a using (pid) join pg_class c on c.oid = l.relation"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in (%s, %s) and l.granted and l.pid <> pg_backend_pid() order by a.xact_start limit 5",
        (target.schema, target.store),
    ).fetchall()
    who = [f"process {pid} ({user}{', ' + name if name else ''}) since {since}" for pid, user, name, since in rows]
    return "columns change, and a reader's transaction holds the views: " + ("; ".join(who) or "it has just ended")


def _one(connection: psycopg.Connection, query: bytes, *arguments: object) -> object:
    row = connection.execute(query, arguments).fetchone()
    return row[0] if row else None
