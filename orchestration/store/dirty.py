"""Which months of which marts a change in core reaches.

Belongs here: dates changed in core to months written anew. Does not belong here: noting changes (`core_store.py`),
or writing months (`candidate.py`).
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from schemas.render.dbt import core_reads
from schemas.tables import MARTS, Table


def dirty_months(pending: pl.DataFrame) -> dict[str, set[str]]:
    """Months (YYYY-MM) per mart: those of the pending dates of its inputs and of the days after, as many as a
    change reaches (`lead_days`; a late print changes the rolling hour of the day after, always).

    `pending` has table_name and fact_date.
    """

    def months(table: Table) -> set[str]:
        # A derived table may have changed on other dates than its inputs: a share count, on the session before.
        read = [*table.inputs, *core_reads(table)]
        days = pending.filter(pl.col("table_name").is_in(read))["fact_date"].drop_nulls()
        reached = {day + timedelta(days=step) for day in days for step in range(max(table.lead_days, 1) + 1)}
        return {day.strftime("%Y-%m") for day in reached}

    return {table.name: months(table) for table in MARTS}
