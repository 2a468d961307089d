"""When batches run: once a day in full, and live feeds by their own publication times.

Belongs here: Dagster's schedules. Does not belong here: which feeds a run lands (`due.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

import dagster as dg

from orchestration.assets.columns import key_of
from orchestration.automation.due import SNAPSHOTS, DueRun, runs_at
from orchestration.automation.jobs import JOB_NAME
from orchestration.checks.fetched import source_key
from orchestration.sources.http.contract import Connector
from orchestration.sources.http.due import DAY, due_at, readings
from schemas.tables import CORE, MARTS

# 14:00 UTC: 178 of 181 ETF rows were complete by then (FEEDS: publication times), and every UTC-day feed is.
_FULL_RUN = "14:00"
_RUNNING = dg.DefaultScheduleStatus.RUNNING


def daily_schedule(is_live: bool) -> dg.ScheduleDefinition:
    """Everything that can be fetched at any time, once a day, as the batch of the day before: what a due run failed
    to get is caught up with.
    """
    hours, minutes = map(int, _FULL_RUN.split(":"))

    @dg.schedule(
        name=f"daily_at_{hours:02}{minutes:02}_utc",
        cron_schedule=f"{minutes} {hours} * * *",
        execution_timezone="UTC",
        job_name=JOB_NAME,
        default_status=_RUNNING if is_live else dg.DefaultScheduleStatus.STOPPED,
        description="Everything that can be fetched at any time, as the batch of the day before.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = context.scheduled_execution_time.astimezone(UTC).date() - DAY
        return dg.RunRequest(partition_key=day.isoformat())

    return schedule


def due_schedules(connectors: Mapping[str, Connector], sources: Mapping[str, str]) -> list[dg.ScheduleDefinition]:
    """A schedule per distinct due reading; they run from the start, as a snapshot that waits for a click is lost.

    `sources` maps feeds to their sources. What the full run fetches anyway has none at its reading.
    """
    every = connectors.values()
    return [
        _schedule(text, connectors, sources)
        for text in readings(every)
        if text != _FULL_RUN or any(item.kind == "snapshot" for item in due_at(every, text))
    ]


def _schedule(text: str, connectors: Mapping[str, Connector], sources: Mapping[str, str]) -> dg.ScheduleDefinition:
    hours, minutes = text.split(":")
    due = sorted(connector.feed for connector in connectors.values() if text in connector.due)

    @dg.schedule(
        name=f"due_at_{hours}{minutes}_utc",
        cron_schedule=f"{int(minutes)} {int(hours)} * * *",
        execution_timezone="UTC",
        job_name=JOB_NAME,
        default_status=_RUNNING,
        description=f"Fetches what is due at {text} UTC: {', '.join(due)}.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest]:
        runs = runs_at(connectors.values(), context.scheduled_execution_time)
        return [_request(run, sources) for run in runs if text != _FULL_RUN or run.sort == SNAPSHOTS]

    return schedule


def _request(run: DueRun, sources: Mapping[str, str]) -> dg.RunRequest:
    """The whole job, of the raw assets only those that are due: the others are not fetched by this run."""
    raw = {source_key(sources[feed]) for feed in run.feeds}
    made = [*(key_of(table) for table in (*CORE, *MARTS)), dg.AssetKey(["release"]), dg.AssetKey(["served"])]
    return dg.RunRequest(
        run_key=run.key, partition_key=run.day.isoformat(), tags=run.tags, asset_selection=[*sorted(raw), *made]
    )
