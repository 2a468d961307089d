"""Funding of days per contract and over venues, for the dates that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import chunks

_FEW_DAYS = 7


def derive(core: CoreStore, after: int) -> None:
    """Days of contracts and of assets marked later than `after`, and those beside them.

    The stamps of the days beside tell intervals. Runs after open interest, which gives the weights.
    """
    from transforms.facts.funding_daily import BESIDE, funding_by_day
    from transforms.facts.funding_weighted import funding_over_venues

    settlements, hourly = table_of("core_funding__settlements"), table_of("core_open_interest__hourly")
    own = {day + step for day in core.pending_dates(settlements.name, after) for step in BESIDE}
    for some in chunks(own | core.pending_dates(hourly.name, after)):
        rates = core.read_dates(settlements, {day + step for day in some for step in BESIDE})
        for dates in _spans(some, rates):
            near = rates.filter(pl.col("fact_date").is_in([day + step for day in dates for step in BESIDE]))
            changed = [day for day in dates if day in own]
            core.replace_dates(table_of("core_funding__daily"), changed, funding_by_day(near, changed))
            weighted = funding_over_venues(near, core.read_dates(hourly, dates), dates)
            core.replace_dates(table_of("core_funding__weighted"), dates, weighted)


def _spans(dates: Sequence[date], rates: pl.DataFrame) -> Iterable[Sequence[date]]:
    """All dates at once where they became known at few instants, else a few: each is computed at every instant."""
    step = len(dates) if rates["known_at"].n_unique() <= len(dates) else _FEW_DAYS
    return (dates[start : start + step] for start in range(0, len(dates), step))
