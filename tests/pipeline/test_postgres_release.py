"""A release of real feeds' shapes in PostgreSQL, by the command line: equal to the files, and part of a run."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest
from conftest import Sluice
from postgres_server import PASSWORD, Postgres
from published import manifest

from schemas.tables import FACTS

NOT_SERVED, WRONG_USE = 4, 2
INSTANTS = ("2026-02-06 02:00", "2026-02-07T06:00:00Z", "2026-02-09 00:00")


def _rows(rows: list[tuple]) -> list[str]:
    return sorted(repr([v.astimezone(UTC) if isinstance(v, datetime) else v for v in row]) for row in rows)


def _differences(home: Path, dsn: str, queries: list[str]) -> list[str]:
    """Queries that the files and the database answer differently."""
    with (
        duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as files,
        psycopg.connect(dsn, options="-c search_path=sluice") as database,
    ):
        files.execute("set TimeZone = 'UTC'")
        return [
            query for query in queries
            if _rows(files.execute(query).fetchall()) != _rows(database.execute(query).fetchall())
        ]  # fmt: skip


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, small_home: Path, changed_inbox: Path
) -> tuple[Path, str, dict[str, subprocess.CompletedProcess[str]]]:
    """A release that is served by hand, then a run that serves the next, then servers that are not to be had."""
    folder = tmp_path_factory.mktemp("served")
    home, config, dsn = folder / "home", folder / "sluice.toml", postgres.database("by_hand")
    shutil.copytree(small_home, home, symlinks=True)
    config.write_text("[targets.postgres]\nenabled = true\nkeep_releases = 2\n")
    sluice, said = Sluice(home), {}
    with pytest.MonkeyPatch.context() as patch:
        sluice("doctor", "--repair")
        said["no variable"] = sluice("publish", "--to", "postgres", code=WRONG_USE)
        patch.setenv("SLUICE_POSTGRES_DSN", dsn)
        said["two questions"] = sluice("publish", "--status", "--dry-run", code=WRONG_USE)
        said["plan"] = sluice("publish", "--to", "postgres", "--dry-run")
        said["behind"] = sluice("publish", "--status", code=NOT_SERVED)
        said["first"] = sluice("publish", "--to", "postgres")
        said["status"] = sluice("publish", "--status")
        facts = [f"select * from {name}" for name in _tables(home)]
        said["first differences"] = _differences(home, dsn, facts)
        patch.setenv("SLUICE_CONFIG", str(config))
        patch.setenv("SLUICE_POSTGRES_DSN", postgres.dsn("by_hand", password="not the password"))
        said["refused"] = sluice("run", "--inbox", str(changed_inbox), code=NOT_SERVED)
        said["refused status"] = sluice("publish", "--status", code=NOT_SERVED)
        patch.setenv("SLUICE_POSTGRES_DSN", dsn)
        said["run"] = sluice("run", "--inbox", str(changed_inbox))
        patch.delenv("SLUICE_POSTGRES_DSN")
        said["forgotten"] = sluice("run", "--inbox", str(changed_inbox), code=WRONG_USE)
    return home, dsn, said


def _tables(home: Path) -> list[str]:
    return sorted({entry["table"] for entry in manifest(home)["objects"]} | {"sluice_release", "sluice_audit"})


def test_the_database_and_the_files_say_the_same(story):
    """Guards against dashboards that show other numbers than notebooks."""
    home, dsn, said = story
    assert said["first differences"] == []
    assert _differences(home, dsn, [f"select * from {name}" for name in _tables(home)]) == []


def test_the_database_and_the_files_remember_the_same(story):
    """Guards against a point in time that is another one in the other engine."""
    home, dsn, _ = story
    queries = [f"select * from {fact.name}_as_of('{instant}')" for fact in FACTS for instant in INSTANTS]
    assert _differences(home, dsn, queries) == []


def test_the_command_says_what_it_would_do_and_what_it_did(story):
    """Guards against a publication of which nobody knows what it cost."""
    _, _, said = story
    assert "serves nothing yet" in said["plan"].stdout
    objects = said["plan"].stdout.partition("would serve ")[2].partition(": ")[2].partition(" objects")[0]
    assert f"{objects} objects loaded" in said["first"].stdout
    assert "Its readers see the newest release." in said["status"].stdout
    assert "SLUICE_POSTGRES_DSN is not set" in said["no variable"].stderr
    assert "it says how the database stands" in said["two questions"].stderr


def test_a_run_serves_its_release_where_the_configuration_says_so(story):
    """Guards against a database that somebody must remember to fill."""
    home, dsn, said = story
    release = (home / "published" / "current.duckdb").resolve().parent.name
    assert f"served postgres: {release}: " in " ".join(said["run"].stdout.split())
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select release_id from sluice.sluice_release").fetchone() == (release,)


def test_a_database_that_is_not_to_be_had_does_not_hold_the_release_back(story):
    """Guards against files that wait for a server, and against a failure that nobody is told of."""
    _, _, said = story
    assert "check user, password" in said["refused"].stderr
    assert "the release is out" in said["refused"].stderr
    assert "nothing new to publish" in said["run"].stdout
    assert "SLUICE_POSTGRES_DSN is not set" in said["forgotten"].stderr


def test_no_password_is_printed_or_kept(story):
    """Guards against a password in a log, in Dagster's records or in a release."""
    home, _, said = story
    kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    for secret in (PASSWORD, "not the password", "not%20the%20password"):
        assert not [name for name, done in said.items() if secret in str(done)]
        assert not [content for content in kept if secret.encode() in content]
