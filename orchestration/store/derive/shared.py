"""What the derivations of all domains need.

Belongs here: dates in chunks, the validity of instruments. Does not belong here: any domain's derivation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from orchestration.store.core_store import CoreStore, table_of

DAY = timedelta(days=1)
_CHUNK_DAYS = 62


def chunks(dates: Iterable[date]) -> Iterable[list[date]]:
    """Dates in order, some at a time, so that memory does not follow the length of the history."""
    ordered = sorted(set(dates))
    for start in range(0, len(ordered), _CHUNK_DAYS):
        yield ordered[start : start + _CHUNK_DAYS]


def instrument_validity(core: CoreStore) -> pl.DataFrame:
    """The descriptions of all instruments with their dates."""
    from transforms.core.instruments import validity

    return validity(core.read(table_of("core_instruments__contracts")))
