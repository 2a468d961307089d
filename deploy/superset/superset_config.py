"""Superset's configuration beside Sluice: a key of its own, nothing from other hosts, and DuckDB held to the release.

Superset reads it from SUPERSET_CONFIG_PATH; SUPERSET_HOME is the folder in which its own database and key are.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
from sqlalchemy import event
from sqlalchemy.engine import Engine

SECRET_KEY = (Path(os.environ["SUPERSET_HOME"]) / "secret_key").read_text("ascii")

# An answer that is kept may be of an older release than the one beside it.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

# Superset shortens answers without a word; this is above every chart here and below what harms a browser.
ROW_LIMIT = SQL_MAX_ROW = 100_000

# The default allows maps, fonts and counting pixels of other hosts.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}

_opening = Lock()


@event.listens_for(Engine, "connect")
def hold_to_the_release(connection: Any, _record: Any) -> None:
    """Let a DuckDB connection read the objects beside its catalogue and no other file, and show instants in UTC.

    Read-only guards the catalogue alone: without this, whoever may write SQL reads every file that Superset can,
    its key among them. Connections to one file share their settings, so only the first one finds them unlocked.
    """
    if type(connection).__module__ != "duckdb_engine":
        return
    cursor = connection.cursor()
    with _opening:
        cursor.execute("select current_setting('lock_configuration'), path from duckdb_databases() where not internal")
        is_locked, path = cursor.fetchone()
        if is_locked:
            return
        # published/releases/<id>/catalogue.duckdb, found through the link
        objects = str(Path(path or os.devnull).resolve().parent.parent.parent / "objects").replace("'", "''")
        for setting in (
            "global TimeZone = 'UTC'",
            f"allowed_directories = ['{objects}']",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            cursor.execute(f"set {setting}")


def SQL_QUERY_MUTATOR(sql: str, database: Any = None, **_: Any) -> str:
    """Superset's hook on every query before it runs: on DuckDB, let only queries pass.

    Superset takes `copy (...) to` for a query, and the objects' folder is open to DuckDB. Raises `PermissionError`.
    """
    if database is not None and database.backend == "duckdb":
        explained = re.sub(r"^\s*explain\s+(analyze\s+)?", "", sql, flags=re.IGNORECASE)
        with duckdb.connect() as parser:
            types = [statement.type for statement in parser.extract_statements(explained)]
        # DuckDB takes one pivot apart into two statements.
        is_pivot = types == [duckdb.StatementType.CREATE, duckdb.StatementType.SELECT] and ";" not in sql
        if set(types) != {duckdb.StatementType.SELECT} and not is_pivot:
            raise PermissionError("a release can only be read: one query, for example a select")
    return sql
