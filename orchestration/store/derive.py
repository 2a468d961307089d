"""Core tables that are computed from other core tables, for the dates that changed.

Belongs here: which dates to compute and where the result goes. Does not belong here: the
computation (`transforms/core/`, `transforms/facts/`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from orchestration.store.core_store import CoreStore, table_of

_DAY = timedelta(days=1)
_CHUNK_DAYS = 62


def _chunks(dates: Iterable[date]) -> Iterable[list[date]]:
    """Dates in order, some at a time, so that memory does not follow the length of the history."""
    ordered = sorted(set(dates))
    for start in range(0, len(ordered), _CHUNK_DAYS):
        yield ordered[start : start + _CHUNK_DAYS]


def _validity(core: CoreStore) -> pl.DataFrame:
    from transforms.core.instruments import validity

    return validity(core.read(table_of("core_instruments__contracts")))


def derive_liquidations(core: CoreStore) -> int:
    """Events and rolling hours of the pending dates; returns the number of dates that changed.

    A print of day D counts in the rolling hour of D + 1.
    """
    from transforms.core.notional import conform
    from transforms.core.prints import maximum_multiplicity
    from transforms.facts.rolling_hour import max_1h

    prints, events = table_of("core_liquidations__prints"), table_of("core_liquidations__events")
    validity = _validity(core)
    pending = core.pending_dates(prints.name)
    changed: set[date] = set()
    for dates in _chunks(pending):
        conformed = conform(maximum_multiplicity(core.read_dates(prints, dates)), validity)
        changed |= core.replace_dates(events, dates, conformed)
    hours = {day + step for day in pending for step in (timedelta(0), _DAY)}
    for dates in _chunks(hours):
        window = {day - step for day in dates for step in (timedelta(0), _DAY)}
        rolled = max_1h(core.read_dates(events, window), dates)
        changed |= core.replace_dates(table_of("core_liquidations__max_1h"), dates, rolled)
    return len(changed)


def derive_basis(core: CoreStore) -> int:
    """Contract basis and term structure of the pending dates; returns the number of dates that changed."""
    from transforms.facts.basis import contract_basis
    from transforms.facts.term_structure import constant_maturity

    quotes, indexes = table_of("core_futures__quotes"), table_of("core_futures__indexes")
    validity = _validity(core)
    changed: set[date] = set()
    for dates in _chunks(core.pending_dates(quotes.name) | core.pending_dates(indexes.name)):
        contracts = contract_basis(
            core.read_dates(quotes, dates), core.read_dates(indexes, dates), validity, dates
        )
        changed |= core.replace_dates(table_of("core_basis__contracts"), dates, contracts)
        structure = constant_maturity(contracts)
        changed |= core.replace_dates(table_of("core_basis__term_structure"), dates, structure)
    return len(changed)


DERIVATIONS = {"liquidations": derive_liquidations, "basis": derive_basis}
