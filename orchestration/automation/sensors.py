"""Who hears of a run's end: the daemon's log, and whoever is on call.

Belongs here: Dagster's sensors, one for failed runs and one for the others. Does not belong here: what is told
(`orchestration/alerts/`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from orchestration.alerts.causes import RunEnd
from orchestration.alerts.tell import run_ended
from orchestration.pipeline import Pipeline

TOLD_TAG = "sluice/told_by"
# Either says that the gate held, which is no fault of the run.
_REFUSALS = ("DagsterAssetCheckFailedError", "Refused")
_RUNNING = dg.DefaultSensorStatus.RUNNING


@dg.run_failure_sensor(
    name="failed_run",
    default_status=_RUNNING,
    description="Logs which step of a run failed and what to look at, and tells whoever is on call.",
)
def failed_run(context: dg.RunFailureSensorContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    """One clear line per failed run, for whatever collects the daemon's log."""
    events = [event for event in context.get_step_failure_events() if event.step_key]
    steps = ", ".join(str(event.step_key) for event in events) or "start-up"
    context.log.error(
        f"run {context.dagster_run.run_id} failed in {steps}: "
        f"{context.failure_event.message}. Readers keep the last release; `sluice status` shows why."
    )
    if TOLD_TAG not in context.dagster_run.tags:
        names = [name for event in events for name in _errors(event.step_failure_data.error)]
        refused = any(name in _REFUSALS for name in names)
        what = next(iter(names), "Dagster")
        message = f"in {steps}: {context.failure_event.message}"
        run_ended(pipeline.settings, RunEnd(datetime.now(UTC), "refused" if refused else "failed", what, message))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="ended_run",
    default_status=_RUNNING,
    description="Tells whoever is on call what stands wrong at the end of a run, and what is over.",
)
def ended_run(context: dg.RunStatusSensorContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    """A run that went well may have found late feeds, or the end of what was wrong."""
    if TOLD_TAG not in context.dagster_run.tags:
        run_ended(pipeline.settings, RunEnd(datetime.now(UTC), "ok"))


def _errors(error: object) -> list[str]:
    """Class names of an error as Dagster keeps it, the innermost cause first."""
    names: list[str] = []
    while error is not None:
        names.insert(0, getattr(error, "cls_name", None) or "")
        error = getattr(error, "cause", None)
    return [name for name in names if name]
