"""From raw bytes to core: nothing lost, nothing double, whatever the order and however often."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.sources.base import Received, SourceError, land
from orchestration.store.accounts import Accounts
from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.ingest import ingest
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.quarantine import Quarantine
from schemas.feed import Feed, Parsed, Payload, PayloadError

TABLE = table_of("core_exchange__flows")
START = datetime(2026, 2, 6, tzinfo=UTC)


def parse(payload: Payload) -> Parsed:
    """{"2026-02-05": 1.5} -> one inflow a day."""
    try:
        days = json.loads(payload.content, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        raise PayloadError("not_json", str(error)) from error
    frame = pl.DataFrame(
        {
            "fact_date": [date.fromisoformat(day) for day, _ in days],
            "value": [float(value) for _, value in days],
        },
        schema={"fact_date": pl.Date, "value": pl.Float64},
    ).with_columns(
        asset=pl.lit("BTC"),
        entity=pl.lit("all"),
        metric=pl.lit("inflow"),
        unit=pl.lit("coin"),
        finality=pl.lit("final"),
        status=pl.lit(None, pl.String),
        label_version=pl.lit(None, pl.String),
    )
    return Parsed({TABLE.name: frame})


FEED = Feed("toy_flows", "toy", "Toy", (TABLE.name,), parse, "daily", "always final", "none", "none")


def give(layout: Layout, *bodies: tuple[int, str]) -> None:
    """Land bodies as known so many hours after the start."""
    received = [
        Received(FEED.name, "files", f"file:{hour}.json", body.encode(), START + timedelta(hours=hour))
        for hour, body in bodies
    ]
    land(layout, received, {FEED.name: FEED.source}, START)


def core(layout: Layout) -> list[tuple]:
    """Day, value and hour known of every core row."""
    rows = CoreStore(layout).read(TABLE).sort("fact_date", "known_at").select("fact_date", "value", "known_at")
    hour = timedelta(hours=1)
    return [(str(day), value, (known - START) // hour) for day, value, known in rows.iter_rows()]


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


def test_only_what_is_new_becomes_an_observation(layout):
    """A cumulative table fetched hourly must not grow core by its whole length every hour."""
    give(layout, (1, '{"2026-02-04": 1, "2026-02-05": 2}'), (2, '{"2026-02-04": 1, "2026-02-05": 3}'))
    report = ingest(layout, FEED)
    assert core(layout) == [("2026-02-04", 1.0, 1), ("2026-02-05", 2.0, 1), ("2026-02-05", 3.0, 2)]
    assert (report.rows_in, report.published, report.quarantined, report.duplicates) == (4, 3, 0, 1)


def test_a_value_that_comes_back_is_a_state_of_its_own(layout):
    """A, B, A: dropping the second A would leave B as the best known value for ever."""
    give(layout, (1, '{"2026-02-05": 2}'), (2, '{"2026-02-05": 3}'), (3, '{"2026-02-05": 2}'))
    ingest(layout, FEED)
    assert [value for _, value, _ in core(layout)] == [2.0, 3.0, 2.0]


@settings(max_examples=25, deadline=None)
@given(order=st.permutations([1, 2, 3, 4]), cuts=st.sets(st.integers(1, 3)))
def test_the_order_of_arrival_does_not_matter(tmp_path_factory, order, cuts):
    """Files dropped into an inbox late must give the same history as files dropped in time."""
    bodies = {hour: f'{{"2026-02-05": {value}}}' for hour, value in ((1, 2), (2, 3), (3, 2), (4, 2))}
    layout = Layout(tmp_path_factory.mktemp("home"))
    for position, hour in enumerate(order):
        give(layout, (hour, bodies[hour]))
        if position in cuts:
            ingest(layout, FEED)
    ingest(layout, FEED)
    assert core(layout) == [("2026-02-05", 2.0, 1), ("2026-02-05", 3.0, 2), ("2026-02-05", 2.0, 3)]


def test_a_second_run_changes_nothing(layout):
    """Running twice is the most common thing that happens to a pipeline."""
    give(layout, (1, '{"2026-02-05": 2}'))
    ingest(layout, FEED)
    give(layout, (1, '{"2026-02-05": 2}'))
    assert ingest(layout, FEED).fetches == 0


def test_a_payload_that_cannot_be_read_is_quarantined_whole_and_the_others_go_on(layout):
    """One HTML error page must neither stop the feed nor vanish."""
    give(layout, (1, "<html>"), (2, '{"2026-02-05": 2}'))
    report = ingest(layout, FEED)
    assert len(report.failed) == 1
    assert "not_json" in report.failed[0]
    assert Quarantine(layout.quarantine).read()["table_name"].to_list() == ["*"]
    assert len(core(layout)) == 1


@pytest.mark.parametrize("fault", [KeyError("day"), RecursionError("deep"), pl.exceptions.PanicException("index")])
def test_a_parser_that_fails_in_a_way_of_its_own_takes_no_other_payload_with_it(layout, fault):
    """A panic of Polars is no `Exception`: it would end the run, and every later one that meets the same bytes."""

    def failing(payload: Payload) -> Parsed:
        if payload.content == b"odd":
            raise fault
        return parse(payload)

    give(layout, (1, "odd"), (2, '{"2026-02-05": 2}'))
    report = ingest(layout, replace(FEED, parse=failing))
    assert (report.published, report.quarantined, core(layout)) == (1, 1, [("2026-02-05", 2.0, 2)])
    assert Quarantine(layout.quarantine).read()["rule"].to_list() == ["parser_failed"]


@pytest.mark.parametrize(("value", "rule"), [("NaN", "finite"), ("Infinity", "finite")])
def test_a_value_that_is_no_number_is_quarantined_with_its_record(layout, value, rule):
    """A NaN in core turns every sum over it into NaN."""
    give(layout, (1, f'{{"2026-02-04": {value}, "2026-02-05": 2}}'))
    report = ingest(layout, FEED)
    rejected = Quarantine(layout.quarantine).read().row(0, named=True)
    assert (report.published, report.quarantined) == (1, 1)
    assert rejected["rule"] == rule
    assert '"2026-02-04"' in rejected["record"]


def test_a_key_given_twice_in_one_payload_is_a_conflict(layout):
    """Taking the first of two values would be a guess."""
    give(layout, (1, '{"2026-02-05": 2, "2026-02-05": 3, "2026-02-04": 1}'))
    report = ingest(layout, FEED)
    assert (report.published, report.quarantined) == (1, 2)
    assert set(Quarantine(layout.quarantine).read()["rule"]) == {"duplicated_grain"}


def test_processing_cut_off_before_the_accounts_is_made_good(layout):
    """A kill between core and the accounts must not turn published rows into duplicates."""
    give(layout, (1, '{"2026-02-05": 2}'), (2, '{"2026-02-05": 3}'))
    first = ingest(layout, FEED)
    before = core(layout)
    Accounts(layout.accounts).forget(FEED.name)
    again = ingest(layout, FEED)
    assert core(layout) == before
    assert (again.published, again.duplicates) == (first.published, first.duplicates)


def test_core_deleted_is_made_again_from_raw(layout):
    """The raw bytes are the only thing that must never be lost."""
    import shutil

    give(layout, (2, '{"2026-02-05": 3}'), (1, '{"2026-02-05": 2, "2026-03-01": 9}'))
    ingest(layout, FEED)
    files = {p.relative_to(layout.core): p.read_bytes() for p in layout.core.rglob("data.parquet")}
    shutil.rmtree(layout.core)
    ingest(layout, FEED)
    assert {p.relative_to(layout.core): p.read_bytes() for p in layout.core.rglob("data.parquet")} == files


def test_changed_dates_wait_for_publication(layout):
    """A date that changes and is not marked is never built again."""
    give(layout, (1, '{"2026-02-05": 2, "2026-01-05": 2}'))
    ingest(layout, FEED)
    assert CoreStore(layout).pending_dates(TABLE.name) == {date(2026, 2, 5), date(2026, 1, 5)}


def test_payloads_of_one_instant_stay_together_however_many_there_are(layout, monkeypatch):
    """A chunk that ended between two of them would take the second for an unfinished first."""
    monkeypatch.setattr("orchestration.store.ingest._CHUNK", 1)
    body = b'{"2026-02-05": 2}'
    received = [
        Received(FEED.name, "files", f"file:{name}.json", body, START, params={"entity": name}) for name in "ab"
    ]
    land(layout, received, {FEED.name: FEED.source}, START)
    report = ingest(layout, FEED)
    assert (report.rows_in, report.published, report.duplicates) == (2, 1, 1)


def test_a_mended_map_makes_the_same_bytes_count_anew(layout):
    """Parameters that are corrected in the inbox map would otherwise never be used."""
    for params in ({"asset": "ETH"}, {"asset": "BTC"}):
        land(layout, [Received(FEED.name, "files", "file:a", b"{}", START, params=params)], {FEED.name: "toy"}, START)
    assert [fetch.params for fetch in Ledger(layout.ledger).fetches()] == [{"asset": "BTC"}]


def test_simulated_and_real_payloads_are_never_mixed(layout):
    """Simulated values would supersede real ones in a history that nobody can take apart again."""
    land(layout, [Received(FEED.name, "sample", "sample://a", b"{}", START)], {FEED.name: "toy"}, START)
    with pytest.raises(SourceError, match="never mixed"):
        land(layout, [Received(FEED.name, "files", "file:a", b"{}", START)], {FEED.name: "toy"}, START)
    assert len(Ledger(layout.ledger).fetches()) == 1


def test_publication_settles_no_more_than_was_built(layout):
    """What is marked between build and publication would otherwise never be published."""
    core = CoreStore(layout)
    core.mark(TABLE.name, [date(2026, 2, 4)])
    built = core.last_mark()
    core.mark(TABLE.name, [date(2026, 2, 5)])
    core.mark("dimensions", [None])
    core.settle(built)
    assert core.pending_dates(TABLE.name) == {date(2026, 2, 5)}
    core.settle(core.last_mark())
    assert core.pending().is_empty()
    core.mark(TABLE.name, [date(2026, 2, 4)])
    assert core.last_mark() == 4
