"""Coin Metrics' community API v4. From FEEDS_OTHER §3: pages by token, one forbidden name fails the whole request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from loopback.contract import Answer, Ask, Budget, World

_HOST, _PATH = "community-api.coinmetrics.io", "/v4/timeseries/asset-metrics"
_ASSETS = {"btc", "eth"}
_METRICS = {
    "PriceUSD", "ReferenceRateUSD", "CapMrktCurUSD", "SplyCur", "SplyExNtv", "SplyExUSD", "FlowInExNtv", "FlowInExUSD",
    "FlowOutExNtv", "FlowOutExUSD", "HashRate", "AdrActCnt", "TxCnt",
}  # fmt: skip
_KNOWN = {
    "assets", "metrics", "frequency", "start_time", "end_time", "page_size", "paging_from", "next_page_token", "format",
}  # fmt: skip
# The vendor's greatest page has 10,000 rows; with so few a month has several.
MOST_ROWS = 12


class Coinmetrics:
    """Rows by asset and time; numbers are text."""

    hosts = (_HOST,)
    budgets = (Budget("coinmetrics.six_seconds", 10, 6, lambda ask: True),)

    def answer(self, ask: Ask, world: World) -> Answer:
        if ask.path != _PATH:
            return _error(404, "not_found", "Not found")
        assets, metrics = (set(ask.params.get(name, "").split(",")) for name in ("assets", "metrics"))
        if unknown := set(ask.params) - _KNOWN:
            return _error(400, "bad_parameter", f"Bad parameters {sorted(unknown)}")
        if not assets <= _ASSETS or not metrics <= _METRICS:
            return _error(403, "forbidden", "Requested metrics or assets are not available with supplied credentials")
        rows = world.rows(
            "coinmetrics_exchange_flows", lambda body: body["data"], lambda row: (row["asset"], row["time"])
        )
        first, last = ask.params.get("start_time", ""), ask.params.get("end_time", "9999")
        found = [
            {key: value for key, value in row.items() if key in ("asset", "time") or key.split("-")[0] in metrics}
            for row in rows
            if row["asset"] in assets and first <= row["time"][:10] <= last
        ]
        return Answer(_page(ask, found))


def _page(ask: Ask, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A page from the end, unless it is asked for from the start."""
    size = min(int(ask.params.get("page_size", 100)), MOST_ROWS)
    if ask.params.get("paging_from", "end") == "end":
        rows = rows[::-1]
    at = int(ask.params.get("next_page_token", "0.0").partition(".")[2])
    body: dict[str, Any] = {"data": rows[at : at + size]}
    if at + size < len(rows):
        token = f"0.{at + size}"
        asked = urlencode({**ask.params, "next_page_token": token})
        body |= {"next_page_token": token, "next_page_url": f"https://{_HOST}{_PATH}?{asked}"}
    return body


def _error(status: int, kind: str, message: str) -> Answer:
    return Answer({"error": {"type": kind, "message": message}}, status)


VENUE = Coinmetrics()
