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


def derive(core: CoreStore) -> None:
    """Compute what is derived from dates marked since it was last computed, in all domains.

    Remembered apart from publication: what was published underived would otherwise stay so.
    """
    for domain, compute in DERIVATIONS.items():
        after = core.remembered(domain)
        if core.last_mark() > after:
            compute(core, after)
            core.remember(domain, core.last_mark())


def _liquidations(core: CoreStore, after: int) -> None:
    """Events and rolling hours of the dates marked later than `after`.

    A print of day D counts in the rolling hour of D + 1.
    """
    from transforms.core.notional import conform
    from transforms.facts.rolling_hour import max_1h

    prints, events = table_of("core_liquidations__prints"), table_of("core_liquidations__events")
    validity = _validity(core)
    pending = core.pending_dates(prints.name, after)
    for dates in _chunks(pending):
        core.replace_dates(events, dates, conform(core.read_dates(prints, dates), validity))
    hours = {day + step for day in pending for step in (timedelta(0), _DAY)}
    for dates in _chunks(hours):
        window = {day - step for day in dates for step in (timedelta(0), _DAY)}
        rolled = max_1h(core.read_dates(events, window), dates)
        core.replace_dates(table_of("core_liquidations__max_1h"), dates, rolled)


def _basis(core: CoreStore, after: int) -> None:
    """Contract basis and term structure of the dates marked later than `after`."""
    from transforms.facts.basis import contract_basis
    from transforms.facts.term_structure import constant_maturity

    quotes, indexes = table_of("core_futures__quotes"), table_of("core_futures__indexes")
    validity = _validity(core)
    for dates in _chunks(core.pending_dates(quotes.name, after) | core.pending_dates(indexes.name, after)):
        beside = {day + step for day in dates for step in (-_DAY, timedelta(0), _DAY)}
        contracts = contract_basis(core.read_dates(quotes, dates), core.read_dates(indexes, beside), validity, dates)
        core.replace_dates(table_of("core_basis__contracts"), dates, contracts)
        core.replace_dates(table_of("core_basis__term_structure"), dates, constant_maturity(contracts))


DERIVATIONS = {"liquidations": _liquidations, "basis": _basis}
