"""CoinGlass's history of ETF flows, which repeats Farside's figures.

Belongs here: the shape of `flow-history`. Does not belong here: what a cell means (`etf_cells.py`), or other
endpoints of CoinGlass.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.funds import FORMER_TICKERS
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read
from transforms.parse.etf_cells import FLOWS, TOTAL, TOTALS, Habits, cells_of, launches_of, parsed_cells, refuse_unknown

_OK = ("0", 0, None)


def parse_flows(payload: Payload) -> Parsed:
    """`{"code": "0", "data": [{timestamp, flow_usd, etf_flows: [{etf_ticker, flow_usd?}]}]}` to flows and totals, USD.

    Stamps are milliseconds at 00:00 UTC of the trade date. A fund without the key `flow_usd` has no value.
    `params`: asset; optionally extra_funds. Raises `PayloadError`: vendor_error (an error code in an answer of
    status 200), no_table, unknown_fund_column, bad_shape, no_rows, those of `launches_of` and of `read`.
    """
    launches = launches_of(payload)
    body = read.json_body(payload)
    if isinstance(body, dict) and body.get("code") not in _OK:
        raise PayloadError("vendor_error", f"code {body['code']}: {body.get('msg') or body.get('message')}"[:200])
    try:
        days = [_day(day) for day in body["data"]]
    except (TypeError, KeyError, ValueError, OverflowError, OSError, AttributeError) as error:
        raise PayloadError("no_table", "no list of days with timestamp and etf_flows") from error
    refuse_unknown({ticker for _, flows in days for ticker in flows if ticker != TOTAL}, launches)
    return parsed_cells(cells_of(days), payload, launches, Habits())


def _day(day: dict[str, Any]) -> tuple[str, dict[str, object]]:
    trade_date = datetime.fromtimestamp(day["timestamp"] / 1000, UTC).date()
    funds = {FORMER_TICKERS.get(f["etf_ticker"], f["etf_ticker"]): f.get("flow_usd") for f in day["etf_flows"]}
    return trade_date.isoformat(), {**funds, TOTAL: day.get("flow_usd")}


_SHAPE = (
    Shape("data.*", {**numbers("timestamp", "flow_usd"), "etf_flows": "list"}),
    Shape("data.*.etf_flows.*", {**texts("etf_ticker"), **numbers("flow_usd")}, optional=one_of("flow_usd")),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coinglass_etf_flows",
        source="coinglass",
        title="CoinGlass: spot ETF flows per fund and trade date",
        tables=(FLOWS, TOTALS),
        parse=parse_flows,
        cadence="daily",
        finality_rule="from 06:00 UTC on the next day with every live fund reported and adding up to the total, or "
        "when five further sessions have passed",
        url="https://open-api-v4.coinglass.com/api/etf/bitcoin/flow-history",
        licence="the subscriber's terms: use internally, do not republish rows",
        params={
            "asset": "BTC, ETH or SOL",
            "extra_funds": "optional: funds not known here, TICKER:YYYY-MM-DD (launch) with commas between",
        },
        shape=_SHAPE,
    ),
)
