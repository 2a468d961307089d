"""The one job: everything, in one process."""

from __future__ import annotations

import dagster as dg

from orchestration.automation.partitions import daily

JOB_NAME = "daily"

# A process per step costs more than the step: imports are most of a run's time.
daily_job = dg.define_asset_job(
    JOB_NAME,
    selection=dg.AssetSelection.all(),
    partitions_def=daily,
    executor_def=dg.in_process_executor,
    description="Land, parse, build, audit and publish the batch of a day, or of a range of days in one run.",
)
