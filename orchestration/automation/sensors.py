"""Who hears of a failed run."""

import dagster as dg


@dg.run_failure_sensor(name="failed_run", description="Logs which step of a run failed and what to look at.")
def failed_run(context: dg.RunFailureSensorContext) -> None:
    """One clear line per failed run, for whatever collects the daemon's log."""
    steps = [event.step_key for event in context.get_step_failure_events() if event.step_key]
    context.log.error(
        f"run {context.dagster_run.run_id} failed in {', '.join(steps) or 'start-up'}: "
        f"{context.failure_event.message}. Readers keep the last release; `sluice status` shows why."
    )
