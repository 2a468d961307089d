"""SoSoValue's ETF flows: histories of all funds together and of one fund, and the day's metrics.

Belongs here: the shapes of its two interfaces. Does not belong here: what a cell means (`etf_cells.py`).
"""

from __future__ import annotations

from typing import Any

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.funds import FORMER_TICKERS
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read
from transforms.parse.etf_cells import FLOWS, TOTAL, TOTALS, Habits, cells_of, launches_of, parsed_cells, refuse_unknown

_OK = (0, "0", None)
_TOTAL_KEYS = ("total_net_inflow", "totalNetInflow")
_FUND_KEYS = ("net_inflow", "netInflow", "dailyNetInflow")
_REPORTED = "1"

Days = list[tuple[str, dict[str, object]]]


def parse_flows(payload: Payload) -> Parsed:
    """A history (v1 summary-history, v2 historicalInflowChart: totals; v1 {ticker}/history: one fund) or
    currentEtfDataMetrics (v2: total and funds of the newest day) to flows and totals, USD.

    Numbers are strings or floats. A metric whose status is not "1" has not been reported. `params`: asset;
    `fund` for a fund's history; optionally extra_funds. Raises `PayloadError`: vendor_error (an error code in an
    answer of status 200), no_table, missing_param, unknown_fund_column, bad_shape, no_rows, those of
    `launches_of` and of `read`.
    """
    launches = launches_of(payload)
    data = _data(read.json_body(payload))
    try:
        days = _metrics(data) if "dailyNetInflow" in data else _history(data, payload)
    except (TypeError, KeyError, AttributeError) as error:
        raise PayloadError("no_table", "neither a history of flows nor metrics of a day") from error
    refuse_unknown({column for _, flows in days for column in flows if column != TOTAL}, launches)
    return parsed_cells(cells_of(days), payload, launches, Habits(total_stands_alone=True))


def _data(body: Any) -> Any:
    if not isinstance(body, dict):
        raise PayloadError("no_table", "not an answer of SoSoValue's")
    if body.get("code") not in _OK:
        reason = body.get("message") or body.get("msg") or body.get("details")
        raise PayloadError("vendor_error", f"code {body['code']}: {reason}"[:200])
    data = body.get("data")
    if isinstance(data, dict) and "dailyNetInflow" not in data:
        data = data.get("list")
    if not isinstance(data, dict | list):
        raise PayloadError("no_table", "the answer holds no data")
    return data


def _history(data: list[dict[str, Any]], payload: Payload) -> Days:
    """Newest first or oldest first; a row has a total, or the flow of the fund that the inbox map names."""
    days: Days = []
    for row in data:
        key = next((key for key in (*_TOTAL_KEYS, *_FUND_KEYS) if key in row), None)
        if key is None:
            raise PayloadError("no_table", f"a row without a flow: {sorted(row)}"[:200])
        column = TOTAL if key in _TOTAL_KEYS else row.get("ticker") or payload.params.get("fund")
        if not column:
            raise PayloadError("missing_param", "the inbox map must give the fund of a fund's history")
        days.append((str(row["date"]), {FORMER_TICKERS.get(column, column): row[key]}))
    return days


def _metrics(data: dict[str, Any]) -> Days:
    """The newest day's total, and the funds that give that day; one that still gives an older day is pending."""
    total = data["dailyNetInflow"]
    day = str(total["lastUpdateDate"])[:10]
    flows: dict[str, object] = {}
    for fund in data.get("list") or ():
        metric = fund["dailyNetInflow"]
        is_of_day = str(metric.get("lastUpdateDate") or day)[:10] == day
        ticker = FORMER_TICKERS.get(fund["ticker"], fund["ticker"])
        flows[ticker] = metric.get("value") if is_of_day and str(metric.get("status")) == _REPORTED else None
    flows[TOTAL] = total.get("value") if str(total.get("status")) == _REPORTED else None
    return [(day, flows)]


_METRIC = {**texts("lastUpdateDate", "status"), **numbers("value")}
_STATUSES = {"status": one_of(_REPORTED, "2", "3")}
# Histories in three forms of two interfaces, or the metrics of a day.
_SHAPE = (
    Shape(("data.list.*", "data.*"), numbers("|".join((*_TOTAL_KEYS, *_FUND_KEYS))), having="date"),
    Shape("data.dailyNetInflow", _METRIC, values=_STATUSES),
    Shape("data.list.*", texts("ticker"), having="dailyNetInflow"),
    Shape("data.list.*.dailyNetInflow", _METRIC, values=_STATUSES),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="sosovalue_etf_flows",
        source="sosovalue",
        title="SoSoValue: spot ETF flows, total and per fund, per trade date",
        tables=(FLOWS, TOTALS),
        parse=parse_flows,
        cadence="several times on trade dates; BlackRock's fund is the last",
        finality_rule="from 06:00 UTC on the next day where every live fund adds up to the total, or the total stands "
        "alone; else when five further sessions have passed",
        url="https://openapi.sosovalue.com/openapi/v1/etfs/summary-history?symbol=BTC&country_code=US&limit=300",
        licence="none found: use internally, do not republish rows",
        params={
            "asset": "BTC, ETH or SOL",
            "fund": "ticker, for the history of one fund",
            "extra_funds": "optional: funds not known here, TICKER:YYYY-MM-DD (launch) with commas between",
        },
        shape=_SHAPE,
    ),
)
