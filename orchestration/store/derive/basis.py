"""Contract basis and term structures, for the dates that changed."""

from __future__ import annotations

from datetime import timedelta

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import DAY, chunks, instrument_validity


def derive(core: CoreStore, after: int) -> None:
    """Contract basis and term structure of the dates marked later than `after`."""
    from transforms.facts.basis import contract_basis
    from transforms.facts.term_structure import constant_maturity

    quotes, indexes = table_of("core_futures__quotes"), table_of("core_futures__indexes")
    validity = instrument_validity(core)
    for dates in chunks(core.pending_dates(quotes.name, after) | core.pending_dates(indexes.name, after)):
        beside = {day + step for day in dates for step in (-DAY, timedelta(0), DAY)}
        contracts = contract_basis(core.read_dates(quotes, dates), core.read_dates(indexes, beside), validity, dates)
        core.replace_dates(table_of("core_basis__contracts"), dates, contracts)
        core.replace_dates(table_of("core_basis__term_structure"), dates, constant_maturity(contracts))
