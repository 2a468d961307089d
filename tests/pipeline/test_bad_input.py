"""Whatever is wrong with a payload or with the marts is caught at its place and named; readers see nothing.

Two layers: faults in the inbox meet the quarantine, faults put into the build after dbt meet the gate,
which another process than the building one asks.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, Sluice
from published import objects, query
from small_inbox import (
    DAYS,
    LATER,
    NEXT,
    answer,
    book,
    etf_csv,
    flows_csv,
    liquidation,
    millis,
    put,
    reserves,
    tree,
)

FLOWS, BOOK = "cryptoquant_exchange_flows", "deribit_book_summary"
PAGE = "<!doctype html><title>Just a moment...</title>"


def _quote(**changes: object) -> str:
    """A book summary of one future, later than the published ones."""
    row = book(NEXT)[0] | {"creation_timestamp": millis(NEXT, 12)}
    return answer([row | changes])


def _prints(*lines: str) -> bytes:
    return gzip.compress("\n".join(lines).encode(), mtime=0)


# file, content, feed, rule, whether the whole payload is refused
BAD: dict[str, tuple[str, str | bytes, str, str, bool]] = {
    "negative price": ("deribit/book_negative.json", _quote(mark_price=-5.0), BOOK, "range", False),
    "negative amount": (
        "cryptoquant/negative.csv",
        flows_csv("Exchange Inflow (Total)", [-1.0], [NEXT]),
        FLOWS,
        "negative_value",
        False,
    ),
    "NaN in CSV": (
        "cryptoquant/nan.csv",
        flows_csv("Exchange Outflow (Total)", ["NaN"], [NEXT]),
        FLOWS,
        "not_a_number",
        False,
    ),
    "NaN in JSON": (
        "deribit/book_nan.json",
        _quote(mark_price=float("nan")),
        BOOK,
        "bad_json",
        True,
    ),
    "future date": (
        "bybit/liquidations_future.ndjson.gz",
        _prints(liquidation(date(2031, 1, 1))),
        "bybit_liquidations",
        "future_date",
        False,
    ),
    "duplicated grain": (
        "cryptoquant/twice.csv",
        flows_csv("Exchange Reserve", [5.0, 6.0], [NEXT, NEXT]),
        FLOWS,
        "duplicated_grain",
        False,
    ),
    "dropped column": (
        "cryptoquant/dropped.csv",
        "Exchange Inflow (Total)\n1.0\n",
        FLOWS,
        "missing_column",
        True,
    ),
    "empty payload": ("farside/empty.csv", "", "farside_etf_flows", "empty_payload", True),
    "truncated gzip": (
        "bybit/liquidations_cut.ndjson.gz",
        _prints(*(liquidation(day) for day in DAYS))[:-20],
        "bybit_liquidations",
        "bad_gzip",
        True,
    ),
    "HTML for JSON": ("deribit/book_page.json", PAGE, BOOK, "html_payload", True),
    "truncated JSON": ("deribit/book_cut.json", _quote()[:-9], BOOK, "bad_json", True),
}  # fmt: skip


@pytest.fixture(scope="module")
def fed_badly(tmp_path_factory: pytest.TempPathFactory, small_home: Path, small_inbox: Path):
    """One run over an inbox with every fault in it: the command line, the run, and `published/` before."""
    folder = tmp_path_factory.mktemp("bad")
    home, inbox = folder / "home", folder / "inbox"
    shutil.copytree(small_home, home, symlinks=True)
    shutil.copytree(small_inbox, inbox)
    for name, content, *_ in BAD.values():
        put(inbox, name, content, LATER)
    put(inbox, "cryptoquant/shrunken.csv", flows_csv("Exchange Reserve", reserves()[:1], DAYS[:1]), LATER)
    Sluice(home)("doctor", "--repair")
    before = tree(home / "published")
    return Sluice(home), Sluice(home)("run", "--inbox", str(inbox), code=3), before


def test_bad_payloads_leave_published_bit_identical(fed_badly):
    """A fault in one file must not reach readers, nor take sound files with it."""
    sluice, done, before = fed_badly
    assert "nothing new to publish" in done.stdout
    assert tree(sluice.home / "published") == before


@pytest.mark.parametrize("fault", BAD)
def test_each_fault_of_a_payload_is_named(fed_badly, fault):
    """A refusal without rule, record and file cannot be mended."""
    sluice, done, _ = fed_badly
    file, _, feed, rule, is_whole = BAD[fault]
    stem = file.partition(".")[0]
    rejects = pl.concat([pl.read_parquet(path) for path in (sluice.home / "quarantine" / feed).glob("*.parquet")])
    (row,) = rejects.filter(pl.col("locator").str.contains(stem, literal=True)).unique("rule").to_dicts()
    assert (row["rule"], row["table_name"] == "*") == (rule, is_whole)
    assert row["reason"]
    assert (f"{stem}_{LATER}" in done.stderr) == is_whole


def test_the_quarantine_shows_what_was_refused(fed_badly):
    """What a person sees must lead from the run to the record."""
    sluice, _, _ = fed_badly
    listed = sluice("quarantine", "list", "--feed", BOOK).stdout
    assert "html_payload" in listed
    assert "range" in listed
    assert FLOWS not in listed
    identity = next(
        pl.read_parquet(path)["fetch_id"][0]
        for path in (sluice.home / "quarantine" / BOOK).glob("*.parquet")
        if "negative" in pl.read_parquet(path)["locator"][0]
    )
    shown = sluice("quarantine", "show", str(identity)).stdout
    assert "book_negative" in shown
    assert "future_price breaks range" in shown


def test_an_export_of_fewer_days_unsays_nothing(fed_badly):
    """A vendor's export of its last days is no deletion of the days before."""
    sluice, _, _ = fed_badly
    shown = sluice("sql", "select count(reserve_coin) as n from fct_exchange_flows_daily", "--format", "json").stdout
    assert json.loads(shown) == [{"n": len(DAYS)}]


# statement on the warehouse after dbt, and where the audit must find it
MARTS: dict[str, tuple[str, str]] = {
    "negative price": (
        "update fct_futures_basis_daily set future_price = -1 where fact_date = '2026-02-03'",
        "contract.range on fct_futures_basis_daily 2026-02",
    ),
    "shrunken table": (
        "delete from fct_etf_flows_daily where trade_date = '2026-02-03'",
        "guard.no_shrinkage on fct_etf_flows_daily 2026-02",
    ),
    "empty table": (
        "delete from fct_liquidations_daily",
        "guard.no_shrinkage on fct_liquidations_daily 2026-02",
    ),
    "dropped column": (
        "alter table fct_futures_basis_daily drop column index_price",
        "contract.columns on fct_futures_basis_daily 2026-02",
    ),
    "dropped table": ("drop table dim_venues", "guard.table_present on dim_venues *"),
    "duplicated grain": (
        "insert into fct_exchange_flows_daily from fct_exchange_flows_daily where fact_date = '2026-02-04'",
        "contract.grain on fct_exchange_flows_daily 2026-02",
    ),
    "NaN": (
        "update fct_exchange_flows_daily set reserve_coin = 'nan' where fact_date = '2026-02-03'",
        "contract.finite on fct_exchange_flows_daily 2026-02",
    ),
    "future date": (
        "update fct_exchange_flows_daily set fact_date = '2031-01-01' where fact_date = '2026-02-03'",
        "contract.no_future_date on fct_exchange_flows_daily 2031-01",
    ),
    "another number": (
        "update fct_etf_totals_daily set flow_usd = flow_usd + 1 where trade_date = '2026-02-03'",
        "sums.etf_funds_to_total on fct_etf_totals_daily *",
    ),
}  # fmt: skip

# The later half of a run, in a process that did not build: audit and publish, once per tampering.
LATER_HALF = """
import json, shutil, sys
from pathlib import Path
import duckdb
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from orchestration.store.gate import Refused
home, marts = Path(sys.argv[1]), json.loads(sys.argv[2])
warehouse = home / "build" / "warehouse.duckdb"
sound, found = warehouse.read_bytes(), {}
for fault, statement in marts.items():
    warehouse.write_bytes(sound)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("begin; " + statement + "; commit")
    Pipeline(Settings(home)).audit()
    try:
        found[fault] = [Pipeline(Settings(home)).publish().release_id]
    except Refused as refusal:
        found[fault] = refusal.reasons
print(json.dumps(found))
"""


def _python(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


BUILD = """
import sys
from pathlib import Path
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from schemas.tables import CORE
home, inbox = map(Path, sys.argv[1:])
pipeline = Pipeline(Settings(home, feeds="files", inbox=inbox, everything=True))
for source in ("farside", "cryptoquant", "deribit", "bybit"):
    pipeline.land(source)
for domain in sorted({table.domain for table in CORE}):
    pipeline.core(domain)
print(len(pipeline.build()))
"""


@pytest.fixture(scope="module")
def tampered(tmp_path_factory: pytest.TempPathFactory, small_home: Path, changed_inbox: Path):
    """A home built but not published, then each tampering audited and offered elsewhere: home, before, reasons."""
    home = tmp_path_factory.mktemp("tampered") / "home"
    shutil.copytree(small_home, home, symlinks=True)
    before = tree(home / "published")
    assert int(_python(BUILD, str(home), str(changed_inbox))) > 0
    statements = {fault: statement for fault, (statement, _) in MARTS.items()}
    return home, before, json.loads(_python(LATER_HALF, str(home), json.dumps(statements)))


@pytest.mark.parametrize("fault", MARTS)
def test_the_gate_names_what_was_tampered_with_after_the_build(tampered, fault):
    """The checks must hold for a later half that runs alone, in another process."""
    _, _, reasons = tampered
    assert any(reason.startswith(f"check_failed: {MARTS[fault][1]}: ") for reason in reasons[fault]), reasons[fault]


def test_refused_candidates_leave_published_bit_identical(tampered):
    """Nine refusals, and not a byte of what readers see has changed."""
    home, before, _ = tampered
    assert tree(home / "published") == before


def test_what_was_damaged_in_the_build_is_gone_with_the_next_run(tampered, changed_inbox, changed_home):
    """The build is private and can be made again: a damaged one must not refuse for ever."""
    home, _, _ = tampered
    assert "nothing new" not in Sluice(home)("run", "--inbox", str(changed_inbox)).stdout
    assert objects(home) == objects(changed_home)


def test_a_refused_run_says_so_and_publishes_once_the_input_is_mended(small_home, small_inbox, home_copy, tmp_path):
    """A table whose printed total contradicts its funds is refused as a whole, until the vendor mends it."""
    home = home_copy(small_home)
    inbox = shutil.copytree(small_inbox, tmp_path / "inbox")
    sluice, before = Sluice(home), tree(home / "published")
    put(inbox, "farside/sol.csv", etf_csv(DAYS[-1:]).replace("6.0\n", "66.0\n"), LATER)
    refused = sluice("run", "--inbox", str(inbox), code=1)
    assert "sums.etf_printed_total_far on fct_etf_totals_daily" in refused.stderr
    assert "readers keep the release they had" in refused.stderr
    assert tree(home / "published") == before
    assert "sums.etf_printed_total_far" in sluice("status", code=1).stdout
    put(inbox, "farside/sol_mended.csv", etf_csv(DAYS[-1:], first=2.5), "2026-02-08T070000+0000")
    assert "nothing new" not in sluice("run", "--inbox", str(inbox)).stdout
    total = query(home, f"select flow_usd from fct_etf_totals_daily where trade_date = '{DAYS[-1]}'")
    assert total.item() == 7e6
