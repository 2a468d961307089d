"""Prices, issuance and months of stablecoins, for the dates that changed."""

from __future__ import annotations

from datetime import date

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.shared import DAY, chunks
from schemas import confidence


def derive(core: CoreStore, after: int) -> None:
    """Pegs and gross issuance of the dates marked later than `after`, and the months that they reach.

    A supply of the first of a month ends the month before.
    """
    from transforms.facts.stablecoin_changes import monthly, months_of
    from transforms.facts.stablecoin_pegs import peg_daily
    from transforms.facts.stablecoin_supply import issued_daily

    prices, pegs = table_of("core_stablecoins__prices"), table_of("core_stablecoins__pegs")
    events, supply = table_of("core_stablecoins__issuance"), table_of("core_stablecoins__supply")
    priority = dict(confidence.sources().select("source", "priority").iter_rows())
    priced: set[date] = set()
    for dates in chunks(core.pending_dates(prices.name, after)):
        priced |= core.replace_dates(pegs, dates, peg_daily(core.read_dates(prices, dates), priority))
    for dates in chunks(core.pending_dates(events.name, after)):
        core.replace_dates(table_of("core_stablecoins__issued"), dates, issued_daily(core.read_dates(events, dates)))
    for months in chunks(months_of(sorted(core.pending_dates(supply.name, after) | priced))):
        # To the first of the next month, and a few days more, which are of months that were not asked for.
        days = {month + step * DAY for month in months for step in range(32)}
        rows = monthly(core.read_dates(supply, days), core.read_dates(pegs, days), months, priority)
        core.replace_dates(table_of("core_stablecoins__months"), months, rows)
