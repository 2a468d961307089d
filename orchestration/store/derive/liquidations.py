"""Liquidation events and rolling hours, for the dates that changed."""

from __future__ import annotations

from datetime import timedelta

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import DAY, chunks, instrument_validity


def derive(core: CoreStore, after: int) -> None:
    """Events and rolling hours of the dates marked later than `after`.

    A print of day D counts in the rolling hour of D + 1.
    """
    from transforms.core.notional import conform
    from transforms.facts.rolling_hour import max_1h

    prints, events = table_of("core_liquidations__prints"), table_of("core_liquidations__events")
    validity = instrument_validity(core)
    pending = core.pending_dates(prints.name, after)
    for dates in chunks(pending):
        core.replace_dates(events, dates, conform(core.read_dates(prints, dates), validity))
    hours = {day + step for day in pending for step in (timedelta(0), DAY)}
    for dates in chunks(hours):
        window = {day - step for day in dates for step in (timedelta(0), DAY)}
        rolled = max_1h(core.read_dates(events, window), dates)
        core.replace_dates(table_of("core_liquidations__max_1h"), dates, rolled)
