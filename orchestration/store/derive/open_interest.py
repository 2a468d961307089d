"""Open interest of hours and days, for the dates that changed."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import DAY, chunks, instrument_validity

_HERE = timedelta(0)


def derive(core: CoreStore, after: int) -> None:
    """Hours and days of the dates marked later than `after`. A day changes the change of the next."""
    from transforms.facts.open_interest_series import open_interest_by_day, open_interest_by_hour

    observations, quotes = table_of("core_open_interest__observations"), table_of("core_futures__quotes")
    hourly, daily = table_of("core_open_interest__hourly"), table_of("core_open_interest__daily")
    validity = instrument_validity(core)
    pending = core.pending_dates(observations.name, after) | core.pending_dates(quotes.name, after)
    pending |= _described(core, after)
    for dates in chunks(pending):
        sampled = open_interest_by_hour(
            core.read_dates(observations, dates), core.read_dates(quotes, dates), validity, dates
        )
        core.replace_dates(hourly, dates, sampled)
    for dates in chunks({day + step for day in pending for step in (_HERE, DAY)}):
        window = {day - step for day in dates for step in (_HERE, DAY)}
        core.replace_dates(daily, dates, open_interest_by_day(core.read_dates(hourly, window), dates))


def _described(core: CoreStore, after: int) -> set[date]:
    """Dates with sizes of unknown contracts, where an instrument became known."""
    instruments = core.pending().filter(table_name="core_instruments__contracts").filter(pl.col("mark") > after)
    if instruments.is_empty():
        return set()
    hours = core.scan(table_of("core_open_interest__hourly")).filter(pl.col("status") == "no_instrument")
    return set(hours.select(pl.col("fact_date").unique()).collect().to_series())
