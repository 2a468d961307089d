"""SoSoValue's ETF flows, with a key of one's own.

Belongs here: the calls of its two interfaces, and what its codes mean. Does not belong here: reading the answers
(`transforms/parse/sosovalue.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Secret, Series, one
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.vendors import (
    answer_of,
    mapped,
    refuse_challenge,
    told_of_etf,
    whence,
    words_of,
)
from orchestration.sources.http.venues.choices import several

_API = "sosovalue.api"
_V1 = "https://openapi.sosovalue.com/openapi/v1"
_V2 = "https://api.sosovalue.xyz/openapi/v2"
_TYPES = {"BTC": "us-btc-spot", "ETH": "us-eth-spot", "SOL": "us-sol-spot"}
_KEY = "SOSOVALUE_API_KEY"
_SECRET = Secret(_KEY, "header", "x-soso-api-key")
_HISTORY = "historicalInflowChart"
_OK = (0, "0", None)
_BAD_KEY = ("400101", "401", "403")
_MOST_ROWS = "300"

LIMITS: tuple[Limit, ...] = (Limit(_API, 10, 60, "10 requests a minute, 10,000 a month (20 a minute on trial keys)"),)


def etf_flows(batch: Batch) -> Iterable[Series]:
    """Per asset the history of totals.

    Option `calls` may add `currentEtfDataMetrics`, the newest day by fund, whose total is partial until the last
    fund has reported while the history's is not. Option `interface = "v1"` asks the newer interface, which gives
    about a month; there option `funds` is a table of fund = asset whose own histories are asked for.
    """
    assets = [asset for asset in _TYPES if asset in batch.assets]
    if batch.options.get("interface") != "v1":
        return [_v2(batch, asset, call) for asset in assets for call in several(batch, "calls", (_HISTORY,))]
    funds = [(fund, asset) for fund, asset in mapped(batch, "funds").items() if asset in assets]
    return [_v1_totals(batch, asset) for asset in assets] + [_v1_fund(batch, fund, asset) for fund, asset in funds]


def _v2(batch: Batch, asset: str, call: str) -> Series:
    told, body = told_of_etf(batch, asset), {"type": _TYPES[asset]}
    return one(Request(f"{_V2}/etf/{call}", _API, told=told, json_body=body, secret=_SECRET))


def _v1_totals(batch: Batch, asset: str) -> Series:
    params = {"symbol": asset, "country_code": "US", "limit": _MOST_ROWS}
    return one(Request(f"{_V1}/etfs/summary-history", _API, params, told_of_etf(batch, asset), secret=_SECRET))


def _v1_fund(batch: Batch, fund: str, asset: str) -> Series:
    told = {**told_of_etf(batch, asset), "fund": fund}
    return one(Request(f"{_V1}/etfs/{fund}/history", _API, {"limit": _MOST_ROWS}, told, secret=_SECRET))


def refuse(reply: Reply) -> None:
    """Raise Permanent for a bad key and other errors, Transient for a throttle, Unknown where there is nothing."""
    refuse_challenge(reply)
    body = answer_of(reply)
    if not isinstance(body, dict):
        if reply.status >= 400:
            return
        raise Transient(f"{whence(reply)}: not an answer of SoSoValue's")
    code = body.get("code")
    if code not in _OK:
        raise _error(reply, str(code), words_of(body))
    data = body.get("data")
    if reply.status < 400 and not (data.get("list", data) if isinstance(data, dict) else data):
        raise Unknown(f"{whence(reply)}: SoSoValue has no data for {dict(reply.request.told)}")


def _error(reply: Reply, code: str, said: str) -> Permanent | Transient:
    text = f"{whence(reply)}: SoSoValue says {code}: {said}"
    if code.startswith(_BAD_KEY):
        return Permanent(f"{text}. Check the key in {_KEY}")
    return Transient(text) if code.startswith(("429", "5")) else Permanent(text)


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="sosovalue_etf_flows",
        series=etf_flows,
        kind="document",
        due=("08:30",),
        reach="about 300 sessions (interface v1: a month)",
        limit_note="10 requests a minute",
        refuse=refuse,
        secrets=(_KEY,),
    ),
)
