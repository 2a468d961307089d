"""When the daily batch runs."""

from __future__ import annotations

import dagster as dg

from orchestration.automation.jobs import daily_job

# 14:00 UTC: 178 of 181 ETF rows were complete by then (FEEDS: publication times), and every UTC-day feed is.
daily_schedule = dg.build_schedule_from_partitioned_job(
    daily_job, name="daily_at_1400_utc", hour_of_day=14, minute_of_hour=0
)
