"""Flows rebuilt from issuers' share counts, and each source's totals, for the dates that changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import chunks


def derive(core: CoreStore, after: int) -> None:
    """Rebuilt flows and source totals of the dates marked later than `after`."""
    from transforms.facts.etf_rebuild import needed_counts, rebuilt_flows, touched_dates

    shares, rebuilt = table_of("core_etf__shares"), table_of("core_etf__rebuilt_flows")
    for dates in chunks(touched_dates(core.pending_dates(shares.name, after))):
        counts = core.read_dates(shares, needed_counts(dates))
        core.replace_dates(rebuilt, dates, rebuilt_flows(counts, dates=dates))
    inputs = ("core_etf__flows", "core_etf__totals", rebuilt.name)
    for dates in chunks(set().union(*(core.pending_dates(name, after) for name in inputs))):
        core.replace_dates(table_of("core_etf__source_totals"), dates, _totals(core, dates))


def _totals(core: CoreStore, dates: Iterable[date]) -> pl.DataFrame:
    """Totals of the tables, and those of the rebuild where it has all funds."""
    from transforms.facts.etf_totals import source_totals, whole_from_first

    wanted = list(dates)
    printed = core.read_dates(table_of("core_etf__totals"), wanted)
    tables = source_totals(core.read_dates(table_of("core_etf__flows"), wanted), printed)
    rebuilt = core.read_dates(table_of("core_etf__rebuilt_flows"), wanted).rename({"recorded_at": "known_at"})
    return pl.concat([tables, whole_from_first(source_totals(rebuilt, printed.clear()))])
