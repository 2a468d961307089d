"""What a release is to its readers: whole, cheap to make, dated, and easy to leave again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from marts import DAYS, Frames, change, marts, vintages_from, write_build
from steps import FEBRUARY, LATER, more_etf, prepared, publish, total, tree
from test_gate_faults import negative_price

from orchestration.store import catalogue, gate, releases
from orchestration.store.candidate import Candidate, build_candidate
from orchestration.store.layout import Layout
from schemas.tables import MARTS, TABLES


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
    assert {(name, month) for name, month, *_ in releases.diff(old.manifest, new.manifest).iter_rows()} == expected


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
        assert tables == {table.name for table in MARTS} | {"sluice_release", "sluice_finality", "sluice_audit"}
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
        "'2026-02-09 17:59:59'": 3e6,
        "'2026-02-09T18:00:00Z'": 3.2e6,
        "'2026-02-09 19:00:00+02:00'": 3e6,
        "timestamp '2026-02-09 18:00:00'": 3.2e6,
        "timestamptz '2026-02-09 17:00:00+00'": 3e6,
        "'2026-02-10'": 3.2e6,
        "date '2026-02-09'": 3e6,
        "'2026-02-09 13:00:00 America/New_York'": 3.2e6,
    }
    with duckdb.connect(str(releases.get(layout).catalogue), read_only=True) as connection:
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
    gone = {o.sha256 for o in first.manifest.objects} - {o.sha256 for o in releases.get(layout).manifest.objects}
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
