"""What a poisoned name, a spreadsheet, and a reader with an account of his own can do: docs/threats.md."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from small_inbox import DAYS, LATER, NEXT, answer, book, liquidation, millis, put

from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from schemas.tables import CORE

ROOT = Path(__file__).resolve().parents[2]
WRITER, READER, READERS = 61001, 61003, 61002
DROP = "BTC'; drop table fct_etf_flows_daily; --"
LISTED = "币安人生USDT"
MARKUP = "[red]BTC[/red] <script>alert(1)</script>"


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(cli, small_home, tmp_path):
    """An analyst opens the CSV of a table with a name in it that calls a program; numbers must stay numbers."""
    query = (
        "select '=HYPERLINK(\"http://evil.test\")' as a, '@SUM(A1)' as b, '-2+3' as c, '-5' as d, -5 as e, 'a=b' as f,"
        " chr(9) || '=1' as g, null as h, ['=1'] as i"
    )
    said = cli("sql", query, "--format", "csv", home=small_home)
    (row,) = csv.DictReader(io.StringIO(said.out))
    assert {name: row[name] for name in "bcdefh"} == {
        "b": "'@SUM(A1)", "c": "'-2+3", "d": "-5", "e": "-5", "f": "a=b", "h": ""
    }  # fmt: skip
    assert row["a"].startswith("'=HYPERLINK(")
    assert row["g"].startswith("'\t")
    assert json.loads(row["i"]) == ["=1"]
    assert "4 texts begin like a formula" in said.err
    exact = cli("sql", query, "--format", "json", home=small_home)
    assert json.loads(exact.out)[0]["b"] == "@SUM(A1)"
    assert "formula" not in cli("sql", "from fct_etf_flows_daily", "--format", "csv", home=small_home).err


@pytest.fixture
def poisoned(small_inbox: Path, tmp_path: Path) -> Path:
    """An inbox with SQL and markup in names, and absurd numbers and days, beside a strange name that is right."""
    inbox = shutil.copytree(small_inbox, tmp_path / "inbox")
    quotes = [book(NEXT)[0] | {"instrument_name": name, "creation_timestamp": millis(NEXT)} for name in (DROP, MARKUP)]
    put(inbox, "deribit/book_names.json", answer([*quotes, book(NEXT)[1]]), LATER)
    prints = "\n".join(liquidation(NEXT).replace("BTCUSDT", name) for name in (DROP, MARKUP, LISTED))
    put(inbox, "bybit/liquidations_names.ndjson", prints, LATER)
    put(inbox, "bybit/liquidations_sizes.ndjson", liquidation(NEXT, price="1e200", size="1e200"), LATER)
    put(inbox, "bybit/liquidations_days.ndjson", liquidation(date(1970, 1, 21)), LATER)
    return inbox


def ingested(home: Path, inbox: Path) -> pl.DataFrame:
    """What is quarantined after everything of the inbox was landed and brought into core."""
    pipeline = Pipeline(Settings(home, feeds="files", inbox=inbox, everything=True))
    for source in ("farside", "cryptoquant", "deribit", "bybit"):
        pipeline.land(source)
    for domain in sorted({table.domain for table in CORE}):
        pipeline.core(domain)
    return quarantined(home)


def quarantined(home: Path) -> pl.DataFrame:
    """Everything that was refused."""
    return pl.concat([pl.read_parquet(path) for path in (home / "quarantine").rglob("*.parquet")])


def test_json_nested_beyond_reason_is_quarantined_and_the_run_goes_on(small_inbox, tmp_path):
    """A body that overflows the stack of the parser must take no other feed with it."""
    inbox, home = shutil.copytree(small_inbox, tmp_path / "inbox"), tmp_path / "home"
    put(inbox, "deribit/book_deep.json", '{"result":' + "[" * 200_000, LATER)
    rejects = ingested(home, inbox)
    assert rejects["table_name"].to_list() == ["*"]
    assert "book_deep" in rejects["locator"].item()
    flows = pl.read_parquet(next((home / "core" / "core_exchange__flows").rglob("month=2026-02/data.parquet")))
    assert flows["fact_date"].n_unique() == len(DAYS)


def test_sql_in_a_name_is_held_and_everything_else_is_published(poisoned, small_home, home_copy, cli):
    """A feed that sends one absurd row must write no statement of ours, and must not keep the rest from readers."""
    home = home_copy(small_home)
    done = cli("run", "--inbox", str(poisoned), home=home)
    assert done.code == 0, done
    held = quarantined(home).filter(pl.col("feed") == "bybit_liquidations").sort("rule")
    absurd = ["no readable event time", "size_native breaks finite; price breaks finite"]
    assert held["reason"].to_list() == [*absurd, *["symbol breaks pattern"] * 2]
    assert {json.loads(record)["symbol"] for record in held["record"][-2:]} == {DROP, MARKUP}
    query = f"select distinct asset from fct_liquidations_daily where fact_date = '{NEXT}' order by asset"
    assert cli("sql", query, "--format", "csv", home=home).out.split() == ["asset", LISTED.removesuffix("USDT")]
    quoted = f"select count(*) as n from fct_futures_basis_daily where fact_date = '{NEXT}'"
    assert cli("sql", quoted, "--format", "csv", home=home).out.split() == ["n", "1"]
    assert cli("trace", "fct_etf_flows_daily", f"fund={DROP}", home=home).code == 2


@pytest.fixture
def machine() -> Iterator[Path]:
    """A folder that every account of the machine may pass through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-machine-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_user(user: int, groups: list[int], command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as another account, as the units do."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "DAGSTER_"))}
    return subprocess.run(
        command, user=user, group=user, extra_groups=groups, umask=0o027, cwd="/", capture_output=True, text=True,
        timeout=900, check=False, env=own | {"PYTHONPATH": str(ROOT), "HOME": "/nonexistent", **variables},
    )  # fmt: skip


def can_run_python(user: int) -> bool:
    """Whether the interpreter lies where another account reaches it; it may be in somebody's home."""
    try:
        return as_user(user, [], [sys.executable, "-c", "import encodings"]).returncode == 0
    except PermissionError:
        return False


@pytest.fixture
def installed(machine: Path, small_inbox: Path) -> Path:
    """A data directory as `deploy/install` makes it, with a release in it that the services' user has published."""
    numbers = {"DESTDIR": str(machine), "SLUICE_UID": str(WRITER), "SLUICE_READERS_GID": str(READERS)}
    subprocess.run([ROOT / "deploy" / "install"], env=os.environ | numbers, check=True, capture_output=True)
    home = machine / "var" / "lib" / "sluice"
    (home / "dagster" / "dagster.yaml").unlink()  # there is no PostgreSQL here
    inbox = shutil.copytree(small_inbox, machine / "inbox")
    for path in [inbox, *inbox.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    # Its group is its own: set-group-id gives what it publishes to the readers, without its being one of them.
    writer = WRITER if can_run_python(WRITER) else 0
    command = [sys.executable, "-m", "orchestration.cli", "run", "--inbox", str(inbox)]
    made = as_user(writer, [], command, SLUICE_HOME=str(home))
    assert made.returncode == 0, made.stdout + made.stderr
    return home


@pytest.mark.skipif(os.geteuid() != 0, reason="other accounts are root's to take on")
def test_a_reader_reads_the_release_and_nothing_else(installed):
    """A BI login that reads raw bytes reads licensed data, and one that reads the build sees what was refused."""
    release = str(installed / "published" / "current.duckdb")
    query = "select count(*) > 0 as found from fct_etf_flows_daily"
    # The program itself: what stands in `bin` is started by an interpreter that he may not reach.
    program = Path(str(find_spec("duckdb_cli").origin)).with_name("duckdb")
    duckdb = [str(program), "-readonly", "-csv", "-noheader", release, query]
    read = as_user(READER, [READERS], duckdb)
    assert (read.returncode, read.stdout.strip()) == (0, "true"), read.stderr
    assert (
        as_user(READER, [READERS], ["find", str(installed / "published"), "-type", "f", "!", "-readable"]).stdout == ""
    )
    for name in ("", "raw", "core", "quarantine", "build", "dagster", "backup"):
        assert as_user(READER, [READERS], ["ls", str(installed / name)]).returncode != 0, name
    for name in ("raw/ledger.sqlite", "run.lock", "build/warehouse.duckdb"):
        assert (installed / name).exists()
        assert as_user(READER, [READERS], ["cat", str(installed / name)]).returncode != 0, name
    for secret in ("sluice.env", "dagster.env"):
        for user in (READER, WRITER):
            assert (
                as_user(user, [READERS], ["cat", str(installed.parents[2] / "etc" / "sluice" / secret)]).returncode != 0
            )
    for name in ("published/mine", "published/objects/mine", "published/releases/mine", "mine"):
        assert as_user(READER, [READERS], ["touch", str(installed / name)]).returncode != 0, name
    assert as_user(READER, [READERS], ["ln", "-sfn", "/etc/hosts", release]).returncode != 0
    assert as_user(READER + 1, [], duckdb).returncode != 0
