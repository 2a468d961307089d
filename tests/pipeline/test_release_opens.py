"""A release opens with what an analyst has, from wherever he stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

QUERY = "select flow_usd from fct_etf_totals_daily where trade_date = date '2026-02-05' and asset = 'BTC'"
PRINTED = -434_100_000.0


def test_the_duckdb_command_line_opens_it_from_any_folder(sample_home, tmp_path):
    """Views on relative paths work only for the one who made them."""
    cli = Path(sys.executable).with_name("duckdb")
    done = subprocess.run(
        [cli, "-readonly", "-json", str(sample_home / "published" / "current.duckdb"), "-c", QUERY],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [{"flow_usd": PRINTED}]


@pytest.mark.parametrize("statement", ["create table mine (i int)", "drop view fct_etf_totals_daily"])
def test_the_duckdb_command_line_cannot_change_it(sample_home, statement):
    """Whoever explores must not be able to break what others read."""
    release = sample_home / "published" / "current.duckdb"
    before = release.read_bytes()
    cli = Path(sys.executable).with_name("duckdb")
    done = subprocess.run([cli, "-readonly", str(release), "-c", statement], capture_output=True, text=True)
    assert (done.returncode, "read-only" in done.stderr) == (1, True), done
    assert release.read_bytes() == before


def test_python_opens_it_from_any_folder(sample_home, tmp_path, monkeypatch):
    """A notebook lies in another folder than the warehouse."""
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(str(sample_home / "published" / "current.duckdb"), read_only=True) as connection:
        assert connection.sql(QUERY).fetchall() == [(PRINTED,)]


def test_polars_reads_the_objects_without_duckdb(sample_home):
    """Plain Parquet outlives every database."""
    manifest = json.loads(next(sample_home.glob("published/releases/*/manifest.json")).read_text())
    names = [entry["sha256"] for entry in manifest["objects"] if entry["table"] == "fct_etf_totals_daily"]
    rows = pl.concat([pl.read_parquet(sample_home / "published" / "objects" / f"{name}.parquet") for name in names])
    found = rows.filter(pl.col("trade_date") == pl.date(2026, 2, 5), pl.col("asset") == "BTC")
    assert found["flow_usd"].to_list() == [PRINTED]


def test_a_reader_sees_which_release_it_reads_and_that_it_is_a_simulation(sample_home):
    """A number without its release cannot be quoted; a simulated one must not be."""
    with duckdb.connect(str(sample_home / "published" / "current.duckdb"), read_only=True) as connection:
        release, simulated, note = connection.sql(
            "select release_id, is_simulated, note from sluice_release"
        ).fetchall()[0]
    assert release in {path.name for path in (sample_home / "published" / "releases").iterdir()}
    assert simulated
    assert "simulation" in note


def test_great_expectations_leaves_a_report_in_the_release(sample_home):
    """The report is what one shows to somebody who asks whether the data were checked."""
    pages = list(sample_home.glob("published/releases/*/gx/**/*.html"))
    assert any(page.name == "index.html" for page in pages)
    assert any("validations" in page.as_posix() for page in pages)
