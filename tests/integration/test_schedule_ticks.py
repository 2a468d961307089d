"""Every schedule of the real connectors, evaluated at its own reading: Dagster refuses none, and none is left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from orchestration.automation.due import run_of
from orchestration.definitions import build_defs
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from orchestration.sources.http.venues import CONNECTORS

DAY = date(2026, 2, 5)


@pytest.fixture(scope="module")
def requests(tmp_path_factory) -> dict[str, list[dg.RunRequest]]:
    """What each schedule asks for at its reading of `DAY`, by the reading."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), feeds="http")
    repository = build_defs(pipeline=Pipeline(settings)).get_repository_def()
    found = {}
    for schedule in repository.schedule_defs:
        minute, hour = schedule.cron_schedule.split()[:2]
        at = datetime(DAY.year, DAY.month, DAY.day, int(hour), int(minute), tzinfo=UTC)
        with dg.build_schedule_context(scheduled_execution_time=at, repository_def=repository) as tick:
            found[f"{at:%H:%M} {schedule.name}"] = list(schedule.evaluate_tick(tick).run_requests)
    return found


def test_every_feed_is_asked_for_at_each_of_its_readings(requests):
    """A batch of the day that has begun is a partition as well: else chains and open interest are never taken."""
    asked: dict[str, list[str]] = {}
    for name, runs in requests.items():
        for run in runs:
            due = run_of(run.tags, date.fromisoformat(run.partition_key), CONNECTORS.values())
            for feed in due.feeds if due else ():
                asked.setdefault(feed, []).append(name[:5])
    for feed, connector in CONNECTORS.items():
        by_schedule = {at for at in connector.due if at != "14:00" or connector.kind == "snapshot"}
        assert set(asked.get(feed, ())) == by_schedule, feed


def test_batches_are_of_the_day_that_they_tell_of(requests):
    """A snapshot late in the day is of that day, one after midnight of the day before, and so is all else."""
    days = {(name[:5], run.partition_key) for name, runs in requests.items() for run in runs if "daily" not in name}
    own = {at for at, day in days if day == DAY.isoformat()}
    assert own == {"08:20", "22:30", "23:50", "23:55"}
    assert {day for _, day in days} == {DAY.isoformat(), (DAY - timedelta(days=1)).isoformat()}


def test_the_full_run_is_of_the_day_before(requests):
    """The day that has begun has half its data."""
    (full,) = [runs for name, runs in requests.items() if "daily_at" in name]
    assert [run.partition_key for run in full] == [(DAY - timedelta(days=1)).isoformat()]
