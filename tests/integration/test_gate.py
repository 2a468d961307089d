"""The gate holds: whatever is wrong is named, and readers' files stay as they were, bit for bit."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from marts import AS_OF, DAYS, DBT, Frames, change, marts, vintages_from, write_build

from orchestration.store import atomic, catalogue, gate, releases
from orchestration.store.audit import Verdict, audit
from orchestration.store.candidate import Candidate, build_candidate
from orchestration.store.layout import Layout
from schemas.tables import MARTS, TABLES

FEBRUARY = {table.name: {"2026-02"} for table in MARTS}
LATER = AS_OF + timedelta(hours=1)
ROOT = Path(__file__).resolve().parents[2]


def tree(folder: Path) -> dict[str, str]:
    """Every path below a folder with the hash of its bytes or the target of its link."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[str(path)] = "folder"
    return found


def prepared(layout: Layout, frames: Frames, dirty: dict | None = FEBRUARY) -> tuple[Candidate, Verdict]:
    """Build and audit a candidate."""
    write_build(layout, frames)
    candidate = build_candidate(layout, dirty)
    return candidate, audit(layout, candidate, DBT, AS_OF)


def publish(layout: Layout, frames: Frames, now: datetime = AS_OF) -> releases.Release:
    """Build, audit and publish."""
    candidate, verdict = prepared(layout, frames)
    assert not verdict.failures
    release = gate.publish(layout, candidate.candidate_id, now)
    assert isinstance(release, releases.Release)
    return release


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one release, made once."""
    home = tmp_path_factory.mktemp("first") / "home"
    publish(Layout(home), marts())
    return home


@pytest.fixture
def layout(first_home: Path, tmp_path: Path) -> Layout:
    """A copy of the data directory with one release, its catalogue rewritten for where it lies."""
    shutil.copytree(first_home, tmp_path / "home", symlinks=True)
    copied = Layout(tmp_path / "home")
    catalogue.rewrite(copied)
    return copied


def more_etf() -> Frames:
    """The marts after a restatement of one ETF cell: a new vintage, and sums that follow."""
    cell = (pl.col("fund") == "IBIT") & (pl.col("trade_date") == DAYS[-1])
    frames = change(marts(), "fct_etf_flows_daily", cell, flow_usd=1.5e6)
    frames = change(frames, "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], flow_usd=3.5e6)
    part = (pl.col("entity") == "IBIT") & (pl.col("fact_date") == DAYS[-1])
    return change(frames, "fct_flows_daily", part, flow_usd=1.5e6)


# --- what must be caught ---------------------------------------------------------------------------


def negative_price() -> Frames:
    return change(marts(), "fct_futures_basis_daily", pl.col("fact_date") == DAYS[-1], future_price=-1.0)


def not_a_number() -> Frames:
    day = pl.col("fact_date") == DAYS[-1]
    return change(marts(), "fct_exchange_flows_daily", day, reserve_coin=float("nan"))


def future_date() -> Frames:
    later = [*DAYS, date(2026, 2, 20)]
    return marts(later)


def shrunken() -> Frames:
    return marts(DAYS[:-1])


def month_vanished() -> Frames:
    return marts([day for day in DAYS if day.month == 1])


def dropped_column() -> Frames:
    frames = marts()
    return frames | {"fct_liquidations_daily": frames["fct_liquidations_daily"].drop("max_1h_usd")}


def unexpected_column() -> Frames:
    frames = marts()
    return frames | {"dim_venues": frames["dim_venues"].with_columns(stranger=pl.lit(1))}


def dropped_key() -> Frames:
    frames = marts()
    return frames | {"fct_stablecoin_supply_daily": frames["fct_stablecoin_supply_daily"].drop("fact_date")}


def missing_table() -> Frames:
    return {name: frame for name, frame in marts().items() if name != "dim_assets"}


def another_type() -> Frames:
    frames = marts()
    text = frames["fct_etf_flows_daily"].with_columns(pl.lit("n/a").alias("flow_usd"))
    return frames | {"fct_etf_flows_daily": text}


def duplicated_grain() -> Frames:
    frames = marts()
    fact = frames["fct_etf_flows_daily"]
    return frames | {"fct_etf_flows_daily": pl.concat([fact, fact.tail(1)])}


def null_in_key() -> Frames:
    return change(marts(), "fct_etf_flows_daily", pl.col("trade_date") == DAYS[-1], fund=None)


def unknown_code() -> Frames:
    return change(marts(), "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], finality="certain")


def funds_off_total() -> Frames:
    return change(marts(), "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], flow_usd=3e6 + 0.02)


def printed_total_far_off() -> Frames:
    day = pl.col("trade_date") == DAYS[-1]
    return change(marts(), "fct_etf_totals_daily", day, printed_total_usd=5e6)


def etf_part_off() -> Frames:
    return change(marts(), "fct_flows_daily", pl.col("fact_date") == DAYS[-1], flow_usd=1.0)


def hours_off_day() -> Frames:
    return change(marts(), "fct_liquidations_daily", pl.col("fact_date") == DAYS[-1], n_prints=5)


def netflow_off() -> Frames:
    return change(marts(), "fct_exchange_flows_daily", pl.col("fact_date") == DAYS[-1], netflow_coin=2.0)


def fact_is_not_latest() -> Frames:
    frames = marts()
    table = frames["fct_etf_totals_daily"].with_columns(n_funds_expected=pl.lit(9, pl.Int32))
    return frames | {"fct_etf_totals_daily": table}


def two_latest() -> Frames:
    frames = marts()
    table = frames["fct_etf_totals_daily_vintages"]
    again = table.tail(1).with_columns(recorded_at=pl.col("recorded_at") + pl.duration(hours=1))
    return frames | {"fct_etf_totals_daily_vintages": pl.concat([table, again])}


def known_after_recorded() -> Frames:
    later = datetime(2026, 2, 10, tzinfo=UTC)
    day = pl.col("fact_date") == DAYS[-1]
    return change(marts(), "fct_exchange_flows_daily", day, known_at=later)


def vintage_lost() -> Frames:
    frames = marts()
    table = frames["fct_flows_daily_vintages"]
    return frames | {"fct_flows_daily_vintages": table.head(table.height - 1)}


BAD: dict[Callable[[], Frames], list[tuple[str, str]]] = {
    negative_price: [("contract.range", "fct_futures_basis_daily")],
    not_a_number: [("contract.finite", "fct_exchange_flows_daily")],
    future_date: [("contract.no_future_date", "fct_etf_flows_daily")],
    shrunken: [
        ("guard.no_shrinkage", "fct_etf_flows_daily"),
        ("guard.no_shrinkage", "fct_flows_daily_vintages"),
    ],
    month_vanished: [("guard.no_shrinkage", "fct_basis_term_structure_daily")],
    dropped_column: [
        ("guard.no_column_dropped", "fct_liquidations_daily"),
        ("contract.columns", "fct_liquidations_daily"),
    ],
    unexpected_column: [("contract.columns", "dim_venues")],
    dropped_key: [("contract.columns", "fct_stablecoin_supply_daily")],
    missing_table: [("guard.table_present", "dim_assets")],
    another_type: [("contract.type", "fct_etf_flows_daily")],
    duplicated_grain: [("contract.grain", "fct_etf_flows_daily")],
    null_in_key: [("contract.not_null", "fct_etf_flows_daily")],
    unknown_code: [("contract.one_of", "fct_etf_totals_daily")],
    funds_off_total: [("sums.etf_funds_to_total", "fct_etf_totals_daily")],
    printed_total_far_off: [("sums.etf_printed_total_far", "fct_etf_totals_daily")],
    etf_part_off: [("sums.flows_etf_part", "fct_flows_daily")],
    hours_off_day: [("sums.liquidations_hours_to_day", "fct_liquidations_daily")],
    netflow_off: [("sums.exchange_netflow", "fct_exchange_flows_daily")],
    fact_is_not_latest: [("vintages.latest_is_fact", "fct_etf_totals_daily")],
    two_latest: [
        ("vintages.one_latest", "fct_etf_totals_daily_vintages"),
        ("vintages.in_order", "fct_etf_totals_daily_vintages"),
    ],
    known_after_recorded: [("vintages.known_before_recorded", "fct_exchange_flows_daily_vintages")],
    vintage_lost: [("guard.no_shrinkage", "fct_flows_daily_vintages")],
}


@pytest.mark.parametrize("make", BAD, ids=[make.__name__ for make in BAD])
def test_a_fault_is_named_and_leaves_published_bit_identical(
    layout: Layout, make: Callable[[], Frames]
) -> None:
    """Guards against bad marts reaching readers, or a refusal that does not say why."""
    before = tree(layout.published)
    candidate, verdict = prepared(layout, make())
    assert {(row.check, row.table) for row in verdict.failures} >= set(BAD[make])
    with pytest.raises(gate.Refused, match="check_failed") as refusal:
        gate.publish(layout, candidate.candidate_id, LATER)
    for check, table in BAD[make]:
        assert any(f"check_failed: {check} on {table}" in reason for reason in refusal.value.reasons)
    assert tree(layout.published) == before


def test_a_failed_or_absent_dbt_result_refuses(layout: Layout) -> None:
    """Guards against a skipped test counting as a passed one."""
    write_build(layout, more_etf())
    candidate = build_candidate(layout, FEBRUARY)
    failed = [*DBT, type(DBT[0])(node="unique_x", kind="test", status="fail", failures=3, message="Got 3")]
    skipped = [type(DBT[0])(node="fct_x", kind="model", status="skipped", failures=0, message="")]
    for results in (failed, skipped, []):
        assert "dbt.build" in {row.check for row in audit(layout, candidate, results, AS_OF).failures}
        with pytest.raises(gate.Refused, match="dbt.build"):
            gate.publish(layout, candidate.candidate_id, LATER)


def test_failing_keys_are_at_most_twenty_and_name_the_rows(layout: Layout) -> None:
    """Guards against an audit that says that something is wrong and not where."""
    candidate, verdict = prepared(
        layout, change(marts(), "fct_etf_flows_daily", pl.lit(True), finality="x"), None
    )
    row = next(r for r in verdict.failures if (r.check, r.partition) == ("contract.one_of", "2026-02"))
    keys = json.loads(row.failing_keys)
    assert keys[0] == {"trade_date": "2026-02-01", "asset": "BTC", "fund": "FBTC"}
    assert len(keys) == 16
    assert "16 failures" in row.observed


def test_chains_that_do_not_sum_to_the_total_only_warn(layout: Layout) -> None:
    """Guards against refusing a release for a vendor's own rounding between endpoints."""
    day = (pl.col("fact_date") == DAYS[-1]) & (pl.col("chain") == "all")
    _, verdict = prepared(layout, change(marts(), "fct_stablecoin_supply_daily", day, circulating_peg=110.0))
    assert "sums.stablecoin_chains" in {row.check for row in verdict.warnings}
    assert verdict.passed


def test_a_rewritten_past_is_reported(layout: Layout) -> None:
    """Guards against an earlier answer that changes without anybody being told."""
    _, verdict = prepared(layout, more_etf())
    rewritten = {(r.check, r.table) for r in verdict.warnings}
    assert ("guard.history_kept", "fct_etf_flows_daily_vintages") in rewritten


# --- the verdict -----------------------------------------------------------------------------------


def _no_verdict(candidate: Candidate) -> None:
    (candidate.folder / "verdict.json").unlink()


def _verdict_of_another(candidate: Candidate) -> None:
    path = candidate.folder / "verdict.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"candidate_id": "0" * 64}))


def _verdict_unreadable(candidate: Candidate) -> None:
    (candidate.folder / "verdict.json").write_text("{")


def _rows_tampered(candidate: Candidate) -> None:
    path = candidate.folder / "audit.parquet"
    pl.read_parquet(path).with_columns(passed=pl.lit(True)).write_parquet(path)


def _rewrite_rows(candidate: Candidate, rows: pl.DataFrame) -> None:
    rows.write_parquet(candidate.folder / "audit.parquet")
    path = candidate.folder / "verdict.json"
    said = json.loads(path.read_text()) | {
        "audit_sha256": hashlib.sha256((candidate.folder / "audit.parquet").read_bytes()).hexdigest(),
        "rows": rows.height,
    }
    path.write_text(json.dumps(said))


def _verdict_incomplete(candidate: Candidate) -> None:
    rows = pl.read_parquet(candidate.folder / "audit.parquet")
    _rewrite_rows(candidate, rows.filter(pl.col("check") != "contract.range"))


def _manifest_swapped(candidate: Candidate) -> None:
    path = candidate.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["schemas"] = {}
    path.write_text(json.dumps(manifest))


def _manifest_of_other_objects(candidate: Candidate) -> None:
    path = candidate.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["objects"] = manifest["objects"][1:]
    path.write_text(json.dumps(manifest))


def _object_altered(candidate: Candidate) -> None:
    path = candidate.folder / "objects" / f"{candidate.manifest.new[0].sha256}.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _object_missing(candidate: Candidate) -> None:
    (candidate.folder / "objects" / f"{candidate.manifest.new[0].sha256}.parquet").unlink()


def _new_object_passed_off_as_carried(candidate: Candidate) -> None:
    path = candidate.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["objects"]:
        entry["release"] = entry["release"] or "20260101T000000Z-000000000000"
    path.write_text(json.dumps(manifest))


UNFIT = [
    (_no_verdict, "no_verdict"),
    (_verdict_of_another, "verdict_of_another"),
    (_verdict_unreadable, "verdict_unreadable"),
    (_rows_tampered, "verdict_tampered"),
    (_verdict_incomplete, "verdict_incomplete"),
    (_manifest_swapped, "verdict_of_another"),
    (_manifest_of_other_objects, "manifest_mismatch"),
    (_object_altered, "object_corrupt"),
    (_object_missing, "object_missing"),
    (_new_object_passed_off_as_carried, "object_unaudited"),
]


@pytest.mark.parametrize(("spoil", "rule"), UNFIT, ids=[s.__name__.strip("_") for s, _ in UNFIT])
def test_an_unfit_verdict_or_candidate_is_refused(
    ready: tuple[Layout, Candidate], spoil: Callable[[Candidate], None], rule: str
) -> None:
    """Guards against publication on trust: everything is verified again from disk."""
    layout, candidate = ready
    before = tree(layout.published)
    spoil(candidate)
    with pytest.raises(gate.Refused, match=rule):
        gate.publish(layout, candidate.candidate_id, LATER)
    assert tree(layout.published) == before


def test_an_unknown_candidate_is_refused(layout: Layout) -> None:
    """Guards against an empty release out of a mistyped id."""
    with pytest.raises(gate.Refused, match="no_candidate"):
        gate.publish(layout, "0" * 64, LATER)


def test_a_refused_first_candidate_leaves_no_published_folder(tmp_path: Path) -> None:
    """Guards against a half-made published/ on a machine that has never published."""
    layout = Layout(tmp_path)
    candidate, verdict = prepared(layout, negative_price())
    assert not verdict.passed
    with pytest.raises(gate.Refused):
        gate.publish(layout, candidate.candidate_id, AS_OF)
    assert not layout.published.exists()


def test_a_candidate_made_on_an_older_release_is_refused(layout: Layout) -> None:
    """Guards against two runs of which the second undoes what the first published."""
    write_build(layout, more_etf())
    old = build_candidate(layout, FEBRUARY)
    audit(layout, old, DBT, AS_OF)
    publish(layout, marts([*DAYS, date(2026, 2, 9)]), LATER)
    with pytest.raises(gate.Refused, match="stale_base"):
        gate.publish(layout, old.candidate_id, LATER)


def test_a_verdict_falls_when_its_candidate_is_built_again(layout: Layout) -> None:
    """Guards against a verdict that outlives the objects that it was about."""
    candidate, _ = prepared(layout, more_etf())
    assert build_candidate(layout, FEBRUARY).candidate_id == candidate.candidate_id
    with pytest.raises(gate.Refused, match="no_verdict"):
        gate.publish(layout, candidate.candidate_id, LATER)


# --- from another process --------------------------------------------------------------------------

PUBLISH = """
import sys, os, signal
from datetime import datetime, UTC
from pathlib import Path
from orchestration.store import gate
from orchestration.store.layout import Layout
home, candidate, fatal = sys.argv[1:]
def on_step(name):
    if name == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
print(gate.publish(Layout(Path(home)), candidate, datetime(2026, 2, 10, 13, tzinfo=UTC), on_step))
"""


def publish_elsewhere(layout: Layout, candidate_id: str, fatal: str = "") -> subprocess.CompletedProcess[str]:
    """Publish from a process of its own, which kills itself after the step `fatal`."""
    return subprocess.run(
        [sys.executable, "-c", PUBLISH, str(layout.home), candidate_id, fatal],
        capture_output=True, text=True, cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip


def test_the_gate_holds_from_another_process(layout: Layout) -> None:
    """Guards against a gate that lives in the run that made the checks."""
    before = tree(layout.published)
    candidate, _ = prepared(layout, duplicated_grain())
    done = publish_elsewhere(layout, candidate.candidate_id)
    assert done.returncode == 1
    assert "check_failed: contract.grain on fct_etf_flows_daily 2026-02" in done.stderr
    assert tree(layout.published) == before


@pytest.fixture(scope="module")
def ready_home(first_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Candidate]:
    """A data directory with one release and an audited candidate for the next."""
    home = tmp_path_factory.mktemp("ready") / "home"
    shutil.copytree(first_home, home, symlinks=True)
    catalogue.rewrite(Layout(home))
    candidate, verdict = prepared(Layout(home), more_etf())
    assert verdict.passed
    return home, candidate


@pytest.fixture
def ready(ready_home: tuple[Path, Candidate], tmp_path: Path) -> tuple[Layout, Candidate]:
    """A copy of it."""
    home, candidate = ready_home
    layout = Layout(tmp_path / "ready")
    shutil.copytree(home, layout.home, symlinks=True)
    catalogue.rewrite(layout)
    copied = Candidate(candidate.candidate_id, layout.candidates / candidate.candidate_id, candidate.manifest)
    return layout, copied


def total(layout: Layout) -> float:
    """The restated total as a reader sees it."""
    with duckdb.connect(str(layout.current), read_only=True) as connection:
        query = "select flow_usd from fct_etf_totals_daily where trade_date = ?"
        return connection.execute(query, [DAYS[-1]]).fetchall()[0][0]


STEPS = ["verified", "cleared", "object", "objects", "release files", "catalogue", "release", "pointer"]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_old_release_or_the_new(
    ready: tuple[Layout, Candidate], step: str
) -> None:
    """Guards against a half-published release, and against one that can never be finished."""
    layout, candidate = ready
    fatal = f"object {candidate.manifest.new[0].sha256}" if step == "object" else step
    assert publish_elsewhere(layout, candidate.candidate_id, fatal).returncode == -signal.SIGKILL
    assert total(layout) == (3.5e6 if step == "pointer" else 3e6)
    gate.publish(layout, candidate.candidate_id, LATER)
    assert total(layout) == 3.5e6
    assert len(releases.list_releases(layout)) == 2
    assert not [path for path in layout.published.rglob("*") if path.name.endswith(".tmp")]


def test_a_second_publisher_waits_and_then_says_who_publishes(ready: tuple[Layout, Candidate]) -> None:
    """Guards against two processes that write into published/ at once."""
    layout, _ = ready
    with (
        releases.publication_lock(layout),
        pytest.raises(releases.Busy, match=f"process {os.getpid()}"),
        releases.publication_lock(layout, patience=0.2),
    ):
        pass


def test_two_publishers_of_one_candidate_make_one_release(ready: tuple[Layout, Candidate]) -> None:
    """Guards against a race in which both publish."""
    layout, candidate = ready
    command = [sys.executable, "-c", PUBLISH, str(layout.home), candidate.candidate_id, ""]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)]
    said = sorted(process.communicate()[0].split("(")[0] for process in both)
    assert said == ["NothingNew", "Release"]
    assert len(releases.list_releases(layout)) == 2


# --- what a release is -----------------------------------------------------------------------------


def test_the_same_marts_publish_nothing_new(layout: Layout) -> None:
    """Guards against a release per run when nothing changed."""
    before = tree(layout.published)
    write_build(layout, marts())
    for dirty in (None, FEBRUARY, {}):
        candidate = build_candidate(layout, dirty)
        assert not candidate.manifest.new
        assert isinstance(gate.publish(layout, candidate.candidate_id, LATER), gate.NothingNew)
    assert tree(layout.published) == before


def test_a_change_costs_what_changed(ready: tuple[Layout, Candidate]) -> None:
    """Guards against publication whose cost grows with the history."""
    layout, candidate = ready
    changed = {"fct_etf_flows_daily", "fct_etf_totals_daily", "fct_flows_daily"}
    expected = {(f"{name}{suffix}", "2026-02") for name in changed for suffix in ("", "_vintages")}
    assert {(o.table, o.month) for o in candidate.manifest.new} == expected
    old = releases.get(layout)
    new = gate.publish(layout, candidate.candidate_id, LATER)
    assert isinstance(new, releases.Release)
    kept = {o.sha256 for o in old.manifest.objects} & {o.sha256 for o in new.manifest.objects}
    assert len(kept) == len(old.manifest.objects) - len(expected)
    assert len(list(layout.objects.iterdir())) == len(old.manifest.objects) + len(expected)
    assert {
        (name, month) for name, month, *_ in releases.diff(old.manifest, new.manifest).iter_rows()
    } == expected


def test_months_that_are_not_dirty_are_carried_over_unread(layout: Layout) -> None:
    """Guards against the build's other months leaking into a run that did not ask for them."""
    january = pl.col("trade_date") == DAYS[0]
    write_build(layout, change(marts(), "fct_etf_totals_daily", january, flow_usd=1.0))
    assert not build_candidate(layout, FEBRUARY).manifest.new
    assert build_candidate(layout, None).manifest.new


def test_a_release_opens_from_any_folder_with_comments_audit_and_note(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against a catalogue that works only where it was made."""
    monkeypatch.chdir(tmp_path)
    with releases.open_release(layout) as connection:
        tables = {row[0] for row in connection.execute("show tables").fetchall()}
        assert tables == {table.name for table in MARTS} | {"sluice_release", "sluice_audit"}
        for table in MARTS:
            assert connection.table(table.name).pl().schema == table.schema
        query = "select comment from duckdb_columns() where table_name = ? and column_name = ?"
        (comment,) = connection.execute(query, ["fct_etf_flows_daily", "flow_usd"]).fetchone() or ("",)
        assert "US dollars" in comment
        assert connection.execute("select is_simulated from sluice_release").fetchall() == [(False,)]
        assert connection.execute(
            "select bool_and(passed) from sluice_audit where severity = $1", ["error"]
        ).fetchall() == [(True,)]
    assert (releases.get(layout).folder / "gx" / "index.html").is_file()
    assert (releases.get(layout).folder / "dictionary.json").is_file()


def test_a_simulated_row_marks_the_release(layout: Layout) -> None:
    """Guards against the sample feeds passing for market data."""
    day = pl.col("trade_date") == DAYS[-1]
    release = publish(layout, change(marts(), "fct_etf_totals_daily", day, is_simulated=True), LATER)
    assert release.is_simulated
    with releases.open_release(layout) as connection:
        note = connection.execute("select note from sluice_release").fetchall()[0][0]
    assert "simulation" in note


def _two_vintages() -> Frames:
    frames = marts()
    fact = TABLES["fct_etf_totals_daily"]
    recorded = datetime(2026, 2, 9, 18, tzinfo=UTC)
    last = pl.col("trade_date") == DAYS[-1]
    new = frames[fact.name].with_columns(
        pl.when(last).then(3.2e6).otherwise("printed_total_usd").alias("printed_total_usd"),
        pl.when(last)
        .then(pl.lit(recorded))
        .otherwise("recorded_at")
        .cast(pl.Datetime("us", "UTC"))
        .alias("recorded_at"),
        pl.when(last).then(1).otherwise("revision").cast(pl.Int32).alias("revision"),
    )
    old = vintages_from(fact, frames[fact.name].filter(last)).with_columns(
        is_latest=pl.lit(False), superseded_at=pl.lit(recorded).cast(pl.Datetime("us", "UTC"))
    )
    return frames | {fact.name: new, f"{fact.name}_vintages": pl.concat([vintages_from(fact, new), old])}


def test_an_as_of_query_gives_what_was_known_then(layout: Layout) -> None:
    """Guards against a back-test that sees the future, whatever the session's time zone and the spelling."""
    publish(layout, _two_vintages(), LATER)
    query = f"select printed_total_usd from fct_etf_totals_daily_as_of({{}}) where trade_date = '{DAYS[-1]}'"
    spellings = {
        "'2026-02-09 17:59:59'": 3e6, "'2026-02-09T18:00:00Z'": 3.2e6, "'2026-02-09 19:00:00+02:00'": 3e6,
        "timestamp '2026-02-09 18:00:00'": 3.2e6, "timestamptz '2026-02-09 17:00:00+00'": 3e6, "'2026-02-10'": 3.2e6,
        "date '2026-02-09'": 3e6, "'2026-02-09 13:00:00 America/New_York'": 3.2e6,
    }  # fmt: skip
    with releases.open_release(layout) as connection:
        for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
            connection.execute(f"set TimeZone = '{zone}'")
            answers = {text: connection.execute(query.format(text)).fetchall()[0][0] for text in spellings}
            assert answers == spellings
        whole = connection.sql("from fct_etf_totals_daily_as_of('2026-02-10')").pl()
        assert whole.equals(connection.sql("from fct_etf_totals_daily_as_of('2026-02-10')").pl())
        assert whole.columns == list(TABLES["fct_etf_totals_daily"].column_names)
        assert not connection.sql("from fct_etf_totals_daily_as_of('2026-02-08')").fetchall()


def test_rollback_points_readers_back_and_leaves_both_releases(ready: tuple[Layout, Candidate]) -> None:
    """Guards against a roll-back that loses the release it leaves."""
    layout, candidate = ready
    first = releases.get(layout)
    second = gate.publish(layout, candidate.candidate_id, LATER)
    assert releases.rollback(layout, first.release_id[:18]).release_id == first.release_id
    assert total(layout) == 3e6
    releases.rollback(layout, second.release_id)
    assert total(layout) == 3.5e6


def test_rollback_refuses_a_release_whose_objects_are_damaged(ready: tuple[Layout, Candidate]) -> None:
    """Guards against pointing readers at bytes that are not those that were audited."""
    layout, candidate = ready
    first = releases.get(layout)
    gate.publish(layout, candidate.candidate_id, LATER)
    gone = {o.sha256 for o in first.manifest.objects} - {
        o.sha256 for o in releases.get(layout).manifest.objects
    }
    (layout.objects / f"{gone.pop()}.parquet").unlink()
    with pytest.raises(releases.ReleaseCorrupt, match="object_missing"):
        releases.rollback(layout, first.release_id)
    assert total(layout) == 3.5e6


def test_gc_keeps_the_current_release_and_every_object_that_a_kept_one_lists(
    ready: tuple[Layout, Candidate],
) -> None:
    """Guards against clearing away what readers see."""
    layout, candidate = ready
    first = releases.get(layout)
    second = gate.publish(layout, candidate.candidate_id, LATER)
    releases.rollback(layout, first.release_id)
    assert releases.gc(layout, keep=1).releases == ()
    releases.rollback(layout, second.release_id)
    before = tree(layout.published)
    planned = releases.gc(layout, keep=1, dry_run=True)
    assert planned.releases == (first.release_id,)
    assert tree(layout.published) == before
    assert releases.gc(layout, keep=1) == planned
    assert len(planned.objects) == len(candidate.manifest.new)
    assert total(layout) == 3.5e6
    assert not releases.faults(layout, releases.get(layout).manifest)


def test_a_moved_data_directory_is_repaired(layout: Layout, tmp_path: Path) -> None:
    """Guards against a release that is lost when its folder is renamed."""
    assert catalogue.is_current(layout, releases.get(layout).release_id)
    layout.home.rename(tmp_path / "moved")
    moved = Layout(tmp_path / "moved")
    release = releases.get(moved)
    assert not catalogue.is_current(moved, release.release_id)
    catalogue.rewrite(moved, release.release_id)
    assert catalogue.is_current(moved, release.release_id)
    assert total(moved) == 3e6


def test_a_reader_who_holds_a_release_open_keeps_it_through_a_publication(
    ready: tuple[Layout, Candidate],
) -> None:
    """Guards against torn reads: a connection sees one release from beginning to end."""
    layout, candidate = ready
    with releases.open_release(layout) as connection:
        gate.publish(layout, candidate.candidate_id, LATER)
        query = f"select flow_usd from fct_etf_totals_daily where trade_date = '{DAYS[-1]}'"
        assert connection.execute(query).fetchall() == [(3e6,)]
    assert total(layout) == 3.5e6


def test_a_refused_candidate_is_shown_until_the_next_one_passes(layout: Layout) -> None:
    """Guards against a refusal that nobody can look up."""
    prepared(layout, negative_price())
    refused = releases.refused(layout)
    assert refused is not None
    assert "contract.range" in set(refused["check"])
    prepared(layout, more_etf())
    assert releases.refused(layout) is None


def test_objects_are_the_same_bytes_whoever_writes_them(layout: Layout, tmp_path: Path) -> None:
    """Guards against hashes that depend on the order in which the build holds its rows."""
    other = Layout(tmp_path / "other")
    write_build(other, {name: frame.reverse() for name, frame in marts().items()})
    again = build_candidate(other, None)
    assert again.candidate_id == releases.get(layout).candidate_id


def test_atomic_writes_leave_no_temporary_name(tmp_path: Path) -> None:
    """Guards against leftovers that a reader's pattern could find."""
    atomic.write_bytes(tmp_path / "a" / "b.bin", b"1")
    atomic.write_json(tmp_path / "a" / "c.json", {"é": 1})
    atomic.replace_symlink(tmp_path / "a" / "link", "b.bin")
    atomic.replace_symlink(tmp_path / "a" / "link", "c.json")
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b.bin", "c.json", "link"}
    assert json.loads((tmp_path / "a" / "link").read_text()) == {"é": 1}
