"""Where releases are served from, and what its refusals mean.

Belongs here: the target as a value, its errors in words. Does not belong here: connections (`session.py`) or
what is done there (`postgres.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict


class ServingError(RuntimeError):
    """The target did not take the release; its readers see what they saw before."""


class TargetBusy(ServingError):
    """Another publisher, or a reader's lock, held the target for too long."""


@dataclass(frozen=True)
class Target:
    """A PostgreSQL database. `variable` is the environment variable that `dsn` comes from.

    Readers see `schema`; the rows lie in `store`, which they have no way to. `keep` releases are kept.
    `reader_role` may read everything and write nothing; "" is none.
    """

    dsn: str = field(repr=False)
    variable: str = "SLUICE_POSTGRES_DSN"
    schema: str = "sluice"
    keep: int = 7
    reader_role: str = "sluice_reader"
    wait_seconds: float = 60.0

    @property
    def store(self) -> str:
        """Schema of the rows and of the books."""
        return f"{self.schema}_objects"

    @property
    def where(self) -> str:
        """The database as a person knows it, without a password."""
        try:
            told = conninfo_to_dict(self.dsn)
        except psycopg.Error:
            return "PostgreSQL"
        host, port = told.get("host") or told.get("hostaddr") or "the local socket", told.get("port") or 5432
        return f"PostgreSQL {told.get('dbname') or told.get('user') or ''} on {host}:{port}"

    @property
    def password(self) -> str:
        """The password in the connection string, if there is one.

        Raises `ServingError` for a text that is no connection string; the text is not repeated.
        """
        try:
            return str(conninfo_to_dict(self.dsn).get("password") or "")
        except psycopg.Error:
            raise ServingError(
                f"{self.variable} is not a connection string like postgresql://sluice@db.example:5432/markets"
            ) from None

    def check(self) -> None:
        """Raises `ServingError` for a text that is no connection string."""
        _ = self.password


_TLS = "the server and the connection string do not agree on TLS: see sslmode and sslrootcert"
_MEANING = {
    "28": "the server does not let this user in: check user, password and pg_hba.conf",
    "3D": "there is no such database: `create database`, or correct the name",
    "42501": "the user lacks a right: it needs CREATE on the database, or to own both schemas, and CREATEROLE where the"
    " reader's role is not there yet (docs/postgres.md)",
    "53100": "the server's disk is full: make room and publish again, what was loaded is kept",
    "53300": "the server has no connection left",
    "53": "the server lacks a resource",
    "25006": "this server is read-only, a standby perhaps: publish to the primary",
    "2BP01": "something that readers made depends on a view whose columns change: drop it, publish, make it again",
    "08": "the connection was lost: publish again, what was loaded is kept",
    "57": "the server ended the session: publish again, what was loaded is kept",
}
# A refused connection has no code, only words. The first that is found counts.
_REFUSALS = {
    "password authentication": _MEANING["28"],
    "pg_hba.conf": _MEANING["28"],
    "role": _MEANING["28"],
    "SSL": _TLS,
    "certificate": _TLS,
    "does not exist": _MEANING["3D"],
    "too many": _MEANING["53300"],
    "invalid": "the connection string has a value that is none: correct it",
    "": "nobody answers: check host and port, and that the server runs",
}


def _meaning(error: psycopg.Error, text: str, is_connecting: bool) -> str:
    code = error.sqlstate or ""
    if not code and isinstance(error, psycopg.OperationalError):
        return next(said for words, said in _REFUSALS.items() if words in text) if is_connecting else _MEANING["08"]
    return next((_MEANING[code[:length]] for length in (5, 2) if code[:length] in _MEANING), "")


@contextmanager
def explained(where: str, is_connecting: bool = False) -> Iterator[None]:
    """Turns the driver's errors into `ServingError`: in the server's words, and what to do about it."""
    try:
        yield
    except psycopg.Error as error:
        text = error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
        detail = f" ({' '.join(error.diag.message_detail.split())})" if error.diag.message_detail else ""
        meaning = _meaning(error, text, is_connecting)
        raise ServingError(f"{where}: {text}{detail}" + (f"\n{meaning}" if meaning else "")) from error
