"""Dagster's part of live feeds: schedules by publication times, what their runs select, checks that warn."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from orchestration.automation.due import run_of
from orchestration.automation.jobs import JOB_NAME
from orchestration.automation.schedules import due_schedules
from orchestration.checks.fetched import fetched_check, result_of
from orchestration.definitions import build_defs
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from orchestration.sources.http.contract import Connector, Kind
from orchestration.store.feed_health import FeedHealth
from orchestration.store.feed_log import Failing, Failure, Missed
from transforms.parse import SOURCES

NOW = datetime(2026, 2, 6, 0, 20, tzinfo=UTC)


def connector(feed: str, kind: Kind, *due: str) -> Connector:
    """A connector that asks for nothing."""
    return Connector(feed, lambda batch: (), kind, due, "all of it", "none")


CONNECTORS = {
    item.feed: item
    for item in (
        connector("tether_transparency", "snapshot", "00:20"),
        connector("deribit_funding_history", "history", "00:20"),
        connector("farside_etf_flows", "document", "06:05", "14:00"),
    )
}


@pytest.fixture(scope="module")
def schedules() -> dict[str, dg.ScheduleDefinition]:
    """By name."""
    return {item.name: item for item in due_schedules(CONNECTORS, SOURCES)}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory) -> dg.Definitions:
    """The code location with live feeds on."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), feeds="http")
    return build_defs(pipeline=Pipeline(settings))


def test_there_is_a_schedule_per_distinct_reading_and_it_runs_from_the_start(schedules):
    """A snapshot whose schedule waits for somebody to switch it on is lost."""
    assert set(schedules) == {"due_at_0020_utc", "due_at_0605_utc"}
    early = schedules["due_at_0020_utc"]
    assert (early.cron_schedule, early.execution_timezone, early.job_name) == ("20 0 * * *", "UTC", JOB_NAME)
    assert all(item.default_status == dg.DefaultScheduleStatus.RUNNING for item in schedules.values())
    assert "deribit_funding_history, tether_transparency" in early.description


def test_the_full_run_of_the_day_runs_from_the_start_too_and_has_its_reading_for_itself(definitions, schedules):
    """Two runs at 14:00 would fetch the same pages twice; without the full one, failures are not caught up with."""
    full = definitions.resolve_schedule_def("daily_at_1400_utc")
    assert full.default_status == dg.DefaultScheduleStatus.RUNNING
    assert "due_at_1400_utc" not in schedules


def test_a_tick_asks_for_runs_of_what_is_due_and_of_nothing_else(schedules, definitions):
    """A run that fetched every source at every reading would break every limit."""
    with dg.build_schedule_context(
        scheduled_execution_time=NOW, repository_def=definitions.get_repository_def()
    ) as tick:
        requests = schedules["due_at_0020_utc"].evaluate_tick(tick).run_requests
    raw = [{key.path[1] for key in request.asset_selection if key.path[0] == "raw"} for request in requests]
    assert raw == [{"tether"}, {"deribit"}]
    for request in requests:
        assert request.partition_key == "2026-02-05"
        assert dg.AssetKey(["release"]) in request.asset_selection
    runs = [run_of(request.tags, NOW.date().replace(day=5), CONNECTORS.values()) for request in requests]
    assert [run.feeds for run in runs] == [{"tether_transparency"}, {"deribit_funding_history"}]


def test_a_run_of_some_sources_still_goes_through_the_gate(schedules, definitions):
    """Checks that fall away with the selection would publish unaudited facts."""
    with dg.build_schedule_context(
        scheduled_execution_time=NOW, repository_def=definitions.get_repository_def()
    ) as tick:
        request = schedules["due_at_0020_utc"].evaluate_tick(tick).run_requests[0]
    job = definitions.resolve_job_def(JOB_NAME).get_subset(asset_selection=set(request.asset_selection))
    steps = {node.name for node in job.nodes}
    assert {"audit", "marts", "release"} <= steps
    assert {name for name in steps if name.startswith("raw__")} == {"raw__tether"}


def test_feeds_that_are_not_live_have_no_schedules_of_their_own(tmp_path):
    """A sample is not published at any time of the day."""
    plain = build_defs(pipeline=Pipeline(Settings(home=tmp_path)))
    assert [item.name for item in plain.schedules] == ["daily_at_1400_utc"]
    assert plain.schedules[0].default_status == dg.DefaultScheduleStatus.STOPPED
    assert len(list(plain.asset_checks)) == 1


def test_lateness_failures_and_missed_snapshots_warn_and_block_nothing():
    """One late feed does not stop the others' facts."""
    check = fetched_check(["tether", "deribit"])
    assert {spec.asset_key.path[1]: spec.blocking for spec in check.check_specs} == {"tether": False, "deribit": False}
    well = FeedHealth("a", None, NOW, NOW, None, None, ())
    failure = Failure("b", NOW, "503")
    failing = Failing("b", failure, failure, 2)
    missed = Missed("c", NOW.date(), NOW, NOW, "no run fetched it")
    assert result_of("tether", [well]).passed
    for found in (
        FeedHealth("b", None, NOW, NOW, NOW, None, ()),
        FeedHealth("b", None, NOW, NOW, None, failing, ()),
        FeedHealth("b", None, NOW, NOW, None, None, (missed,)),
    ):
        result = result_of("tether", [well, found])
        assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    shown = result.metadata["missed"].records
    assert [record.data["feed"] for record in shown] == ["c"]
