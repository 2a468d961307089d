"""docs/postgres.md is true: a newcomer does what stands there, from top to bottom, with a server of his own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import psycopg
import pytest
from postgres_server import Postgres, running

from orchestration.resources.config import Config

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "postgres.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
OWNER_PASSWORD, READER_PASSWORD = "of sluice", "of grafana"


class Newcomer(NamedTuple):
    """The server after the page, the release that it serves, and what the commands printed."""

    server: Postgres
    home: Path
    printed: str

    @contextmanager
    def reader(self) -> Iterator[psycopg.Connection]:
        """A session of the login that the page makes for Grafana, with nothing set but what the page sets."""
        with psycopg.connect(self.server.dsn("markets", "grafana", READER_PASSWORD), autocommit=True) as connection:
            yield connection


def _of(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def _sh(server: Postgres, script: str, home: Path, folder: Path, **environment: str) -> str:
    """Run lines as one pastes them, with the test server in the place of the page's."""
    address = f"{OWNER_PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.port}/markets"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "PG"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
    done = subprocess.run(
        ["sh", "-eu", "-c", script.replace("…@db.example:5432/markets?sslmode=verify-full", address)],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env=own | {"SLUICE_HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def newcomer(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    with running() as server:
        administrator, commands = _of("sql")[0], _of("sh")[0]
        for password in (OWNER_PASSWORD, READER_PASSWORD):
            administrator = administrator.replace("…", password, 1)
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            for statement in filter(str.strip, administrator.split(";\n")):
                connection.execute(statement.encode())
        printed = _sh(server, commands, sample_home, tmp_path_factory.mktemp("newcomer"))
        yield Newcomer(server, sample_home, printed)


def test_the_page_has_the_blocks_that_are_run_here():
    """A block that is added, and that nobody runs, is a block that nobody checks."""
    assert [kind for kind, _ in BLOCKS] == ["sql", "sh", "toml", "sql"]


def test_the_commands_say_what_will_be_done_what_was_and_how_it_stands(newcomer):
    """The first command that fails is where a newcomer stops."""
    said = [newcomer.printed.find(text) for text in ("would serve ", " carried over", "Its readers see the newest")]
    assert -1 not in said
    assert said == sorted(said)


def test_the_configuration_is_understood_and_serves_nothing_unless_it_says_so():
    """A key that is misspelt on the page serves nothing, and nobody is told."""
    (text,) = _of("toml")
    assert not Config().targets.postgres.enabled
    assert Config.model_validate(tomllib.loads(text)).targets.postgres.enabled


def test_the_query_answers_the_new_login_as_the_files_answer(newcomer):
    """A login that the page makes must find the tables by their names, and rows in them."""
    query = _of("sql")[1]
    with newcomer.reader() as connection:
        served = connection.execute(query.encode()).fetchall()
    with duckdb.connect(str(newcomer.home / "published" / "current.duckdb"), read_only=True) as files:
        assert sorted(served) == sorted(files.execute(query).fetchall()) != []


@pytest.mark.parametrize("setting", ["on", "off"])
def test_the_new_login_reads_and_does_nothing_else(newcomer, setting):
    """What the page promises of readers must not hang on a default that a reader can change."""
    with newcomer.reader() as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("1min",)
        assert connection.execute("show default_transaction_read_only").fetchone() == ("on",)
        connection.execute(f"set default_transaction_read_only = {setting}".encode())
        for attempt in (
            "select * from sluice_objects.members", "delete from fct_flows_daily", "create table sluice.mine (i int)",
            "create table public.mine (i int)", "create temporary table mine (i int)",
            "update sluice_objects.current set release_id = 'x'",
        ):  # fmt: skip
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                connection.execute(attempt.encode())


def test_a_password_may_come_from_a_file(newcomer, tmp_path):
    """The page says so; a variable is seen by whoever may look at the process."""
    secrets = tmp_path / "pgpass"
    secrets.write_text(f"127.0.0.1:{newcomer.server.port}:markets:sluice:{OWNER_PASSWORD}\n")
    secrets.chmod(0o600)
    dsn = f"postgresql://sluice@127.0.0.1:{newcomer.server.port}/markets"
    said = _sh(
        newcomer.server, "sluice publish --status", newcomer.home, tmp_path,
        SLUICE_POSTGRES_DSN=dsn, PGPASSFILE=str(secrets),
    )  # fmt: skip
    assert "Its readers see the newest release." in said


def test_everything_can_be_removed_and_served_again(newcomer, tmp_path):
    """The last line of the page, and what a person does who wants it back. This test is the last."""
    (removal,) = re.findall(r"^To remove everything: `(.+)`\.$", PAGE, re.MULTILINE)
    with psycopg.connect(newcomer.server.dsn("markets", "sluice", OWNER_PASSWORD), autocommit=True) as connection:
        connection.execute(removal.encode())
        left = "select count(*) from pg_namespace where nspname like 'sluice%'"
        assert connection.execute(left.encode()).fetchone() == (0,)
    _sh(newcomer.server, _of("sh")[0], newcomer.home, tmp_path)
    with newcomer.reader() as connection:
        assert connection.execute("select count(*) from sluice_release").fetchone() == (1,)
