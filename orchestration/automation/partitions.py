"""The one partitioning of the warehouse: UTC days, each the batch that was run for it."""

from __future__ import annotations

import dagster as dg

# The day that has begun is one of them: a snapshot's batch is of its own day, which Dagster by default does not know.
daily = dg.DailyPartitionsDefinition(start_date="2024-01-01", timezone="UTC", end_offset=1)

# A range is one run: a run per day would pay for Dagster's and dbt's start-up every time.
one_run_for_a_range = dg.BackfillPolicy.single_run()
