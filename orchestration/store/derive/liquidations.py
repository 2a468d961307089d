"""Liquidation events, rolling hours and collectors' shares, for the dates that changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import DAY, chunks, instrument_validity


def derive(core: CoreStore, after: int) -> None:
    """Events, rolling hours and collectors' shares of the dates marked later than `after`.

    A print of day D counts in the rolling hour of D + 1.
    """
    from transforms.core.notional import conform
    from transforms.facts.liquidation_coverage import collectors
    from transforms.facts.rolling_hour import max_1h

    prints, events = table_of("core_liquidations__prints"), table_of("core_liquidations__events")
    validity = instrument_validity(core)
    pending = core.pending_dates(prints.name, after) | _repriced(core, validity, after)
    for dates in chunks(pending):
        delivered = core.read_dates(prints, dates)
        conformed = conform(delivered, validity, _indexes(core, validity, dates))
        core.replace_dates(events, dates, conformed)
        core.replace_dates(table_of("core_liquidations__collectors"), dates, collectors(delivered, conformed))
    hours = {day + step for day in pending for step in (timedelta(0), DAY)}
    for dates in chunks(hours):
        window = {day - step for day in dates for step in (timedelta(0), DAY)}
        rolled = max_1h(core.read_dates(events, window), dates)
        core.replace_dates(table_of("core_liquidations__max_1h"), dates, rolled)


def _has_quanto(validity: pl.DataFrame) -> bool:
    return not validity.filter(pl.col("margin_type") == "quanto").is_empty()


def _repriced(core: CoreStore, validity: pl.DataFrame, after: int) -> set[date]:
    """Dates on which an index that became known may price a quanto contract."""
    if not _has_quanto(validity):
        return set()
    return core.pending_dates("core_futures__indexes", after) | core.pending_dates("core_futures__quotes", after)


def _indexes(core: CoreStore, validity: pl.DataFrame, dates: Iterable[date]) -> pl.DataFrame | None:
    """Dollar indexes of coins around these dates; none where no contract needs them."""
    from transforms.core.settle_indexes import usd_indexes

    if not _has_quanto(validity):
        return None
    beside = {day + step for day in dates for step in (-DAY, timedelta(0), DAY)}
    indexes, quotes = table_of("core_futures__indexes"), table_of("core_futures__quotes")
    return usd_indexes(core.read_dates(indexes, beside), core.read_dates(quotes, beside), validity)
