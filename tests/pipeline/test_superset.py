"""Superset beside a release: set up by one script, its dashboard shows what `sluice sql` says, and it reads no more.

It installs 0.7 GB, so it runs with SLUICE_BI=1 only (`make bi`); what needs no Superset is in test_superset_files.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from superset_dashboard import Shown, look, points
from superset_server import DEPLOY, ROOT, SECONDS, Superset, free_port, serving

from orchestration.store import catalogue, releases
from orchestration.store.layout import Layout
from orchestration.store.serve.postgres import publish
from orchestration.store.serve.target import Target

pytestmark = pytest.mark.skipif(os.environ.get("SLUICE_BI") != "1", reason="installs Superset (0.7 GB): SLUICE_BI=1")
# Each chart as an analyst would ask: day or tenor, what the colour stands for, value.
ASKED = {
    "ETF flows by day": "select trade_date, asset, flow_usd from fct_etf_totals_daily",
    "Liquidations by day and side (venues' prints)": (
        "select fact_date, liq_side, sum(notional_usd) from fct_liquidations_daily"
        " where series = 'venue_prints' group by all"
    ),
    "Basis term structure, newest day": (
        "select tenor_days, asset || ' ' || fact_date, basis_annualised_ratio from fct_basis_term_structure_daily"
        " where venue = 'all' and fact_date = (select max(fact_date) from fct_basis_term_structure_daily)"
    ),
    "Stablecoin supply (US dollar pegs)": (
        "select fact_date, asset, circulating_usd from fct_stablecoin_supply_daily"
        " where chain = 'all' and peg_currency = 'USD' and not starts_with(stablecoin_id, 'all.')"
    ),
}


def _sluice(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments], env=os.environ | {"SLUICE_HOME": str(home)},
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def superset(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Set up from nothing but, where SLUICE_BI_FOLDER names one, a folder that keeps the installed packages.

    The first set-up is killed in the middle.
    """
    base = tmp_path_factory.mktemp("superset")
    subprocess.run(["cp", "-a", sample_home, base / "home"], check=True)
    _sluice(base / "home", "doctor", "--repair")
    folder = Path(os.environ.get("SLUICE_BI_FOLDER") or base / "folder").absolute()
    for name in ("superset.db*", ".loaded", "secret_key", "admin_password"):
        for file in folder.glob(name):
            file.unlink()
    made = Superset(folder, base / "home")
    made.kill_set_up("superset db upgrade")
    made.set_up()
    made.password = (folder / "admin_password").read_text("ascii")
    with serving(made, base / "log"):
        yield made


def _shows_what_sql_says(shown: Shown, home: Path) -> None:
    assert shown.charts.keys() == {*ASKED, "Release"}
    for name, text in ASKED.items():
        rows = [tuple(row.values()) for row in json.loads(_sluice(home, "sql", "--format", "json", text))]
        expected = {(str(at), series): value for at, series, value in rows if value is not None}
        assert expected, name
        assert points(shown.charts[name]) == pytest.approx(expected, rel=1e-12), name
    (release,) = shown.charts["Release"]
    (current,) = json.loads(_sluice(home, "sql", "--format", "json", "from sluice_release"))
    assert release["release_id"] == current["release_id"]
    assert release["is_simulated"] is True
    assert "simulation" in release["note"]


def test_a_set_up_that_was_killed_is_made_whole_by_the_next(superset):
    """A half-made database cannot be upgraded: whoever pressed Ctrl-C once would be told so for ever."""
    with superset.client() as client:
        count = client.get("/api/v1/dataset/").json()["count"]
    # The release's own table, and the newest day's curves.
    assert count == len(catalogue.dictionary()) + 2


def test_the_dashboard_draws_the_numbers_of_sluice_sql(superset, tmp_path):
    """A sum that counts a total beside its parts, or a local day, makes a chart that no query confirms."""
    shown = look(superset, len(ASKED) + 1, tmp_path)
    _shows_what_sql_says(shown, superset.home)
    # Superset counts its users by a pixel on another host, unless the page is kept from it.
    assert shown.elsewhere == []


def test_secrets_are_the_owners_alone_and_never_printed(superset):
    """Whoever reads the key is any user; what is printed ends in a log that others read."""
    for name in ("secret_key", "superset.db", "admin_password"):
        assert (superset.folder / name).stat().st_mode & 0o077 == 0
    assert superset.password not in "".join(superset.said)
    superset.password = "another, of 22 letters"
    assert superset.password not in superset.set_up(SLUICE_BI_PASSWORD=superset.password)
    assert superset.ask("select 1 as one").json()["data"] == [{"one": 1}]
    assert not (superset.folder / "admin_password").exists(), "it says a password that no longer opens"


def test_a_postgresql_that_does_not_answer_is_said_before_anything_is_changed(superset):
    """A dashboard of errors says neither what is wrong nor what to do."""
    said = superset.set_up(code=2, SLUICE_BI_DSN=f"postgresql://bi:hidden-word@127.0.0.1:{free_port()}/markets")
    assert "Connection refused" in said
    assert "sluice publish --to postgres" in said.splitlines()[-1]
    assert "hidden-word" not in said
    assert superset.ask("select 1 as one").json()["data"] == [{"one": 1}]


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_text('{folder}/secret_key')", "select * from glob('/*')", "set lock_configuration = false",
        "copy (select 1) to '{objects}/x.parquet'", "/* */ copy (select 1) to '{objects}/x.parquet'",
        "explain analyze copy (select 1) to '{objects}/x.parquet'", "select * from '/etc/hosts'",
        "select 1; copy (select 1) to '{objects}/x.parquet'",
        "attach '{folder}/superset.db'", "create table t (a int)", "create temp table t as select 1", "load httpfs",
        "drop view fct_etf_flows_daily", "export database '{objects}/x'",
    ],
)  # fmt: skip
def test_whoever_may_write_sql_reads_the_release_and_nothing_else(superset, text):
    """DuckDB opens any file of the machine, and read-only does not keep COPY from writing one."""
    objects = superset.home / "published" / "objects"
    before = {path: path.stat().st_mtime_ns for path in objects.iterdir()}
    said = superset.ask(text.format(folder=superset.folder, objects=objects))
    assert said.status_code >= 400, said.text[:500]
    assert {path: path.stat().st_mtime_ns for path in objects.iterdir()} == before


@pytest.mark.parametrize(
    "text",
    [
        "select asset, flow_usd from fct_etf_totals_daily", "show tables", "describe fct_etf_flows_daily",
        "from fct_etf_totals_daily_as_of('2026-02-06 02:00')", "with a as (select 1 as x) select * from a",
        "explain select 1", "select current_setting('TimeZone') as zone where zone = 'UTC'",
    ],
)  # fmt: skip
def test_whatever_reads_the_release_is_allowed(superset, text):
    """Safety must not cost the analyst his tools; instants are UTC wherever the server stands."""
    said = superset.ask(text)
    assert said.status_code == 200, said.text[:500]
    assert said.json()["data"]


def test_the_zip_is_what_the_browser_imports(superset, tmp_path):
    """Somebody who runs a Superset already needs the files in the form that its own dialogue takes."""
    target = tmp_path / "sluice.zip"
    command = [sys.executable, DEPLOY / "bundle.py", superset.home / "published" / "current.duckdb", target]
    subprocess.run(command, check=True)
    with superset.client() as client:
        sent = {"formData": ("sluice.zip", target.read_bytes(), "application/zip")}
        said = client.post("/api/v1/dashboard/import/", files=sent, data={"overwrite": "true"})
    assert said.status_code == 200, said.text[:500]


def test_the_next_query_is_on_the_newest_release(superset):
    """A connection that is kept open reads yesterday's release until somebody restarts the server."""
    text = "select release_id from sluice_release"
    before = superset.ask(text).json()["data"]
    _sluice(superset.home, "run", "--from", "2026-02-08", "--to", "2026-02-08")
    after = superset.ask(text).json()["data"]
    assert after != before
    assert after == json.loads(_sluice(superset.home, "sql", "--format", "json", text))


def test_the_same_dashboard_stands_on_postgresql_and_writes_nothing(superset, postgres, database, tmp_path):
    """A chart that says one thing on DuckDB and another on PostgreSQL makes both useless."""
    layout = Layout(superset.home)
    publish(layout, releases.get(layout), Target(database))
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("drop role if exists superset_reader")
        owner.execute("create role superset_reader login password 'of the tests' in role sluice_reader")
    reader = postgres.dsn("of_a_test", "superset_reader", "of the tests")
    assert reader not in superset.set_up(SLUICE_BI_DSN=reader)
    # A function that DuckDB does not have.
    assert superset.ask("select pg_typeof(1)::text as type").json()["data"] == [{"type": "integer"}]
    _shows_what_sql_says(look(superset, len(ASKED) + 1, tmp_path), superset.home)
    writes = (
        "delete from sluice.fct_etf_totals_daily",
        "create table sluice.t (a int)",
        "copy (select 1) to program 'true'",
    )
    for text in writes:
        assert superset.ask(text).status_code >= 400, text
        # Not Superset alone: whoever finds a way past it is still this role.
        with psycopg.connect(reader) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(text)
