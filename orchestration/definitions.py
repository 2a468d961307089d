"""What Dagster loads. One screen: no logic belongs here."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.assets.core import CORE_ASSETS
from orchestration.assets.marts import marts
from orchestration.assets.raw import RAW
from orchestration.assets.release import release, served
from orchestration.automation.jobs import daily_job
from orchestration.automation.schedules import daily_schedule, due_schedules
from orchestration.automation.sensors import ended_run, failed_run
from orchestration.checks.audit import audit
from orchestration.checks.fetched import fetched_check
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import from_environment
from orchestration.sources.http.venues import CONNECTORS
from transforms.parse import SOURCES


def build_defs(**overrides: Any) -> dg.Definitions:
    """The whole code location. `overrides` replace resources, for the command line and for tests.

    Schedules by publication time and the checks of freshness are there for live feeds only.
    """
    pipeline = overrides.get("pipeline") or Pipeline(from_environment())
    resources = {"pipeline": pipeline} | overrides
    live = CONNECTORS if pipeline.settings.feeds == "http" else {}
    fetched = [fetched_check(sorted({SOURCES[feed] for feed in live}))] if live else []
    return dg.Definitions(
        assets=[*RAW, *CORE_ASSETS, marts, release, served],
        asset_checks=[audit, *fetched],
        jobs=[daily_job],
        schedules=[daily_schedule(bool(live)), *due_schedules(live, SOURCES)],
        sensors=[failed_run, ended_run],
        executor=dg.in_process_executor,
        resources=resources,
    )


defs = build_defs()
