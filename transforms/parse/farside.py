"""Farside's tables of spot ETF flows.

Belongs here: Farside's unit, and the columns that its tables must have. Does not belong here: the shapes of the
tables (`farside_tables.py`), what a cell means (`etf_cells.py`) or the list of funds (`schemas/funds.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.rules import ETF_LATE_FILL_SESSIONS
from transforms.core.sessions import sessions_after
from transforms.parse.etf_cells import FLOWS, TOTALS, Habits, launches_of, parsed_cells
from transforms.parse.farside_tables import Printed, printed_table

_USD_PER_PRINTED = 1e6


def parse_flows(payload: Payload) -> Parsed:
    """A table of flows in US$ m to core_etf__flows and core_etf__totals, in USD.

    `params`: asset; optionally extra_funds, `TICKER:launch date` with commas between. Raises
    `PayloadError`: missing_param, bad_param, dropped_fund_column, and those of `printed_table`. Source
    of the rules: METHOD.md and FEEDS_OTHER.md §1.1.
    """
    launches = launches_of(payload)
    printed = printed_table(payload, launches)
    habits = Habits(_USD_PER_PRINTED, printed.writes_dash_as_zero)
    parsed = parsed_cells(printed.cells, payload, launches, habits)
    _refuse_dropped_funds(printed, launches, parsed.frames[FLOWS]["trade_date"].to_list())
    return parsed


def _refuse_dropped_funds(printed: Printed, launches: dict[str, date], days: Collection[date]) -> None:
    """A new fund's column may come some sessions late; later, its absence would pass for no flow."""
    last = max(days, default=date.min)
    dropped = [
        ticker
        for ticker, launch in launches.items()
        if ticker not in printed.tickers and last >= sessions_after(launch, ETF_LATE_FILL_SESSIONS)
    ]
    if dropped:
        raise PayloadError("dropped_fund_column", f"the columns of {dropped} are missing")


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="farside_etf_flows",
        source="farside",
        title="Farside: spot ETF net flows per fund and trade date",
        tables=(FLOWS, TOTALS),
        parse=parse_flows,
        cadence="several times on trade dates, complete by about 06:00 UTC on the next day",
        finality_rule="from 06:00 UTC on the next day with every live fund reported and adding up to the "
        "total, or when five further sessions have passed",
        url="https://farside.co.uk/bitcoin-etf-flow-all-data/",
        licence="none found: use internally, do not republish rows",
        params={
            "asset": "BTC, ETH or SOL",
            "extra_funds": "optional: funds not known here, TICKER:YYYY-MM-DD (launch) with commas between",
        },
    ),
)
