"""The Block's charts of ETF flows, which repeat Farside's figures.

Belongs here: the shape of the chart's JSON. Does not belong here: what a cell means (`etf_cells.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.funds import FORMER_TICKERS
from schemas.shape import Shape, numbers
from transforms.parse import read
from transforms.parse.etf_cells import FLOWS, Habits, cells_of, launches_of, parsed_cells, refuse_unknown


def parse_flows(payload: Payload) -> Parsed:
    """`{"jsonFile": {"data": "<JSON>"}}`, therein `{Series: {ticker: {Data: [{Timestamp, Result}]}}}`, to flows, USD.

    Stamps are seconds. The chart has no total; it cannot say that a fund has not reported, so a zero proves
    nothing until the window for late fills has closed. `params`: asset; optionally extra_funds. Raises
    `PayloadError`: no_table, bad_json, unknown_fund_column, bad_shape, no_rows, those of `launches_of` and `read`.
    """
    launches = launches_of(payload)
    series = _series(payload)
    named = {FORMER_TICKERS.get(ticker, ticker): points for ticker, points in series.items()}
    refuse_unknown(named, launches)
    days: dict[str, dict[str, object]] = {}
    try:
        for ticker, points in named.items():
            for point in points["Data"]:
                day = datetime.fromtimestamp(point["Timestamp"], UTC).date().isoformat()
                days.setdefault(day, {})[ticker] = point["Result"]
    except (TypeError, KeyError, ValueError, OverflowError, OSError) as error:
        raise PayloadError("no_table", "a series is no list of points with Timestamp and Result") from error
    return parsed_cells(cells_of(sorted(days.items())), payload, launches, Habits(writes_dash_as_zero=True))


def _series(payload: Payload) -> dict[str, Any]:
    """The chart is printed as text, which is JSON again: it is read like any other body."""
    try:
        inner = read.json_body(payload)["jsonFile"]["data"]
        chart = read.json_body(replace(payload, content=inner.encode())) if isinstance(inner, str) else inner
        return dict(chart["Series"])
    except (TypeError, KeyError) as error:
        raise PayloadError("no_table", "no chart with series in jsonFile.data") from error


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="theblock_etf_flows",
        source="theblock",
        title="The Block: spot ETF flows per fund and trade date",
        tables=(FLOWS,),
        parse=parse_flows,
        cadence="daily; late fills may never be picked up",
        finality_rule="from 06:00 UTC on the next day where every live fund has a number other than zero, else when "
        "five further sessions have passed",
        url="https://www.theblock.co/api/charts/chart/etfs/bitcoin-etf/spot-bitcoin-etf-flows",
        licence="none found: use internally, do not republish rows",
        params={
            "asset": "BTC or ETH",
            "extra_funds": "optional: funds not known here, TICKER:YYYY-MM-DD (launch) with commas between",
        },
        shape=Shape("jsonFile.data.Series.*.Data.*", numbers("Timestamp", "Result")),
    ),
)
