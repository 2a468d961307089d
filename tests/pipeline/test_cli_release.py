"""The command line on a release: queries read and cannot write, going back and forth, clearing up."""

from __future__ import annotations

import json
import os
import shutil
import stat

import polars as pl
import pytest
from small_inbox import DAYS, tree

ALL = "select trade_date, flow_usd from fct_etf_totals_daily order by trade_date"
WRONG_USE = 2


@pytest.fixture
def ask(cli, small_home):
    """A query on the small release."""
    return lambda text, *options: cli("sql", text, *options, home=small_home)


def test_a_query_prints_a_table_with_thousands_and_says_how_many_rows_it_left_out(ask):
    """A long answer must not pass for a whole one."""
    said = ask(ALL, "--limit", "2")
    assert said.code == 0
    assert "6,000,000.00" in said.out
    assert "2 of 5 rows; --limit shows more" in said.out


def test_csv_and_json_go_to_the_screen_unpadded(ask):
    """Other programs read this."""
    assert ask(ALL, "--format", "csv").out.splitlines()[:2] == ["trade_date,flow_usd", "2026-02-02,6000000.0"]
    rows = json.loads(ask(ALL, "--format", "json").out)
    assert rows[0] == {"trade_date": "2026-02-02", "flow_usd": 6e6}


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_the_files_name_says_its_format(ask, tmp_path, ending):
    """A CSV file called .parquet is of no use."""
    path = tmp_path / f"rows.{ending}"
    assert ask(ALL, "--out", str(path)).code == 0
    read = {"csv": pl.read_csv, "json": pl.read_json, "parquet": pl.read_parquet}[ending]
    assert read(path)["flow_usd"].to_list() == [6e6] * len(DAYS)
    assert ask(ALL, "--format", "csv", "--out", str(path)).code == 0
    assert path.read_text().startswith("trade_date,flow_usd")


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_lists_sums_and_instants_can_be_written_in_every_format(ask, tmp_path, form):
    """DuckDB has types that a writer may not know."""
    text = "select sum(n_prints) as n, list(venue) as venues, max(known_at) as at from fct_liquidations_daily"
    said = ask(text, "--format", form, "--out", str(tmp_path / "x"))
    assert said.code == 0, said
    assert (tmp_path / "x").stat().st_size > 0


@pytest.mark.parametrize(
    "text",
    [
        "show tables", "describe fct_etf_flows_daily", "summarize fct_etf_flows_daily", "from sluice_release",
        "explain select 1", "from fct_etf_totals_daily_as_of('2026-02-08')", "with a as (select 1 as x) from a",
        "pivot fct_etf_flows_daily on fund using sum(flow_usd) group by trade_date",
    ],
)  # fmt: skip
def test_whatever_reads_is_allowed(ask, text):
    """Safety must not cost the analyst his tools."""
    said = ask(text)
    assert said.code == 0, said


WRITES = [
    "create table t (a int)", "create or replace view fct_etf_flows_daily as select 1", "drop view fct_etf_flows_daily",
    "insert into sluice_release select * from sluice_release", "delete from sluice_release",
    "copy (select 1) to '{folder}/x.csv'", "copy (select 1) to '{objects}/x.parquet'", "export database '{objects}/x'",
    "explain analyze copy (select 1) to '{objects}/x.csv'", "EXPLAIN copy (select 1) to '{objects}/x.csv'",
    "attach '{folder}/x.db'", "install httpfs", "load httpfs", "set enable_external_access = true",
    "reset lock_configuration", "select * from read_text('/etc/hosts')", "select * from glob('/*')",
    "select 1; copy (select 1) to '{objects}/x.csv'", "", "-- nothing", "selec 1", "select * from nope",
    "select * from rows", "select * from text",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITES)
def test_a_query_can_neither_write_nor_leave_the_release(ask, small_home, tmp_path, text):
    """A pasted query must not be able to change a release or to read the machine it runs on."""
    published = small_home / "published"
    before = tree(published)
    said = ask(text.format(folder=tmp_path, objects=published / "objects"))
    assert said.code in (1, WRONG_USE), said
    assert "Traceback" not in said.err + said.out
    assert "fault in Sluice" not in said.err
    assert tree(published) == before
    assert not list(tmp_path.iterdir())


def test_as_of_answers_with_what_was_known(ask):
    """Before the file was known there is no row, whatever day it is about."""
    assert json.loads(ask(ALL, "--as-of", "2026-02-07T05:59Z", "--format", "json").out) == []
    assert len(json.loads(ask(ALL, "--as-of", "2026-02-07T06:00Z", "--format", "json").out)) == len(DAYS)


def test_objects_are_read_only(small_home):
    """An editor that opens one by mistake should not save over it."""
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (small_home / "published" / "objects").iterdir()}
    assert modes == {0o444}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("trade_date=2026-99-01", "no row of"),
        ("fund=it's", "no row of"),
        ("asset=SOL", "name more of its grain"),
    ],
)
def test_a_trace_that_finds_no_row_or_too_many_says_so(cli, small_home, pair, message):
    """A typing error in a value is not a fault of the program."""
    said = cli("trace", "fct_etf_flows_daily", pair, home=small_home)
    assert (said.code, message in said.err) == (WRONG_USE, True), said


def test_a_release_is_found_by_the_beginning_of_its_id(cli, small_home):
    """Ids are long."""
    (folder,) = (small_home / "published" / "releases").iterdir()
    assert folder.name in cli("release", "show", folder.name[:8], home=small_home).out
    asked = cli("sql", "select release_id from sluice_release", "--release", folder.name[:8], home=small_home)
    assert folder.name in asked.out
    assert f"→ │ {folder.name}" in cli("release", "list", home=small_home).out


def test_instants_are_shown_in_utc_to_the_second(cli, small_home):
    """Six zeros and an offset hide the time."""
    for command in (
        ("status",),
        ("feeds", "list"),
        ("sql", "select max(known_at) from fct_etf_totals_daily"),
    ):
        said = cli(*command, home=small_home).out
        assert "2026-02-07 06:00:00Z" in said
        assert "+00:00" not in said


def test_a_moved_data_directory_is_named_and_repaired(cli, small_home, tmp_path):
    """Views name absolute paths: after a move, queries must not fail without saying why."""
    moved = tmp_path / "moved"
    shutil.copytree(small_home, tmp_path / "first", symlinks=True)
    cli("doctor", "--repair", home=tmp_path / "first")
    os.rename(tmp_path / "first", moved)
    said = cli("sql", ALL, home=moved)
    assert (said.code, "`sluice doctor --repair`" in said.err) == (1, True), said
    found = cli("doctor", home=moved)
    assert (found.code, "data directory has moved" in found.out) == (1, True)
    assert cli("doctor", "--repair", home=moved).code == 0
    assert cli("sql", ALL, home=moved).code == 0
    assert cli("doctor", home=moved).code == 0


def test_a_damaged_blob_or_object_is_found_by_the_doctor(cli, small_home, tmp_path):
    """Disks fail; a repair must not call a damaged fact mended."""
    home = tmp_path / "home"
    shutil.copytree(small_home, home, symlinks=True)
    cli("doctor", "--repair", home=home)
    for pattern, check in (("raw/blobs/*/*.zst", "raw bytes"), ("published/objects/*.parquet", "objects")):
        file = sorted(home.glob(pattern))[0]
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:-1])
        said = cli("doctor", "--repair", home=home)
        assert said.code == 1
        assert any(check in line and "bad" in line for line in said.out.splitlines())
