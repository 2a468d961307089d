"""TFTC's file of bitcoin ETF flows, which it compiles from SoSoValue and Farside.

Belongs here: the shape of its `data.json`. Does not belong here: what a cell means (`etf_cells.py`).
"""

from __future__ import annotations

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.funds import FORMER_TICKERS
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read
from transforms.parse.etf_cells import FLOWS, TOTAL, TOTALS, Habits, cells_of, launches_of, parsed_cells, refuse_unknown


def parse_flows(payload: Payload) -> Parsed:
    """`{"units": "USD", "days": [{date, netFlowUsd, perEtfUsd: {ticker: usd} | null}]}` to flows and totals, USD.

    `perEtfUsd` may be null or lack funds while the total is there: the total is the vendor's own figure.
    `params`: asset (BTC); optionally extra_funds. Raises `PayloadError`: no_table, unit, unknown_fund_column,
    bad_shape, no_rows, those of `launches_of` and of `read`.
    """
    launches = launches_of(payload)
    body = read.json_body(payload)
    days: list[tuple[object, dict[str, object], object]]
    try:
        days = [(day["date"], dict(day.get("perEtfUsd") or {}), day.get("netFlowUsd")) for day in body["days"]]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise PayloadError("no_table", "no list of days with a date each") from error
    if body.get("units", "USD") != "USD":
        raise PayloadError("unit", f"units are {body['units']!r}, USD was expected")
    named = [(day, {FORMER_TICKERS.get(t, t): usd for t, usd in flows.items()}, total) for day, flows, total in days]
    refuse_unknown({ticker for _, flows, _ in named for ticker in flows}, launches)
    cells = cells_of((day, {**flows, TOTAL: total}) for day, flows, total in named)
    return parsed_cells(cells, payload, launches, Habits(total_stands_alone=True))


_SHAPE = (
    Shape("days.*", {**texts("date"), **numbers("netFlowUsd"), "perEtfUsd": "object"}),
    Shape("", texts("units"), optional=one_of("units"), values={"units": one_of("USD")}),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="tftc_etf_flows",
        source="tftc",
        title="TFTC: US spot bitcoin ETF flows per fund and trade date",
        tables=(FLOWS, TOTALS),
        parse=parse_flows,
        cadence="daily, one or two sessions behind",
        finality_rule="from 06:00 UTC on the next day where every live fund adds up to the total, or the total stands "
        "alone; else when five further sessions have passed",
        url="https://www.tftc.io/bitcoin-etf-flows/data.json",
        licence="CC BY 4.0 with attribution to TFTC; a compilation of other vendors' tables",
        params={
            "asset": "BTC",
            "extra_funds": "optional: funds not known here, TICKER:YYYY-MM-DD (launch) with commas between",
        },
        shape=_SHAPE,
    ),
)
