"""Contract basis and term structures, for the dates that changed."""

from __future__ import annotations

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import DAY, chunks, instrument_validity
from schemas.rules import ROLL_LOOKBACK_DAYS


def derive(core: CoreStore, after: int) -> None:
    """Contract basis and term structure of the dates marked later than `after`, and of those after them.

    A day looks back for the former front and for the venues to expect.
    """
    from transforms.facts.basis import contract_basis
    from transforms.facts.term_structure import constant_maturity

    quotes, indexes = table_of("core_futures__quotes"), table_of("core_futures__indexes")
    contracts, tenors = table_of("core_basis__contracts"), table_of("core_basis__term_structure")
    validity = instrument_validity(core)
    pending = core.pending_dates(quotes.name, after) | core.pending_dates(indexes.name, after)
    for dates in chunks({day + step * DAY for day in pending for step in range(ROLL_LOOKBACK_DAYS + 1)}):
        beside = {day + step * DAY for day in dates for step in (-1, 0, 1)}
        earlier = {day - step * DAY for day in dates for step in range(1, ROLL_LOOKBACK_DAYS + 1)} - set(dates)
        before = core.read_dates(contracts, earlier)
        rows = contract_basis(core.read_dates(quotes, dates), core.read_dates(indexes, beside), validity, dates, before)
        core.replace_dates(contracts, dates, rows)
        core.replace_dates(tenors, dates, constant_maturity(rows, before=before))
