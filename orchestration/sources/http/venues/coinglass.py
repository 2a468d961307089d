"""CoinGlass v4, with a key of one's own: ETF flows, liquidations and open interest.

Belongs here: the calls, windows, and what the codes in its answers mean. Does not belong here: reading the answers
(`transforms/parse/coinglass*.py`). An error comes with HTTP status 200 and a `code` other than "0".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Secret, Series, millis, one
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.vendors import answer_of, refuse_challenge, told_of_etf, whence, words_of
from orchestration.sources.http.venues.choices import several

_API = "coinglass.api"
_BASE = "https://open-api-v4.coinglass.com/api"
_KEY = "COINGLASS_API_KEY"
_SECRET = Secret(_KEY, "header", "CG-API-KEY")
_ETF_NAMES = {"BTC": "bitcoin", "ETH": "ethereum", "SOL": "solana"}
_EXCHANGES = ("Binance", "OKX", "Bybit")
_TRAILING_DAYS = 7
_MOST_BARS = 1000

LIMITS: tuple[Limit, ...] = (
    Limit(_API, 30, 60, "requests a minute by plan: 30, 80, 300, 1,200; set limits for a greater plan"),
)


def etf_flows(batch: Batch) -> Iterable[Series]:
    """Per asset all trade dates."""
    return [
        one(Request(f"{_BASE}/etf/{name}/flow-history", _API, told=told_of_etf(batch, asset), secret=_SECRET))
        for asset, name in _ETF_NAMES.items()
        if asset in batch.assets
    ]


def liquidations(batch: Batch) -> Iterable[Series]:
    """Per asset daily bars, summed over the exchanges of option `exchanges`."""
    exchanges = several(batch, "exchanges", _EXCHANGES)
    venue = {"venue": exchanges[0].lower()} if len(exchanges) == 1 else {}
    path, params = "futures/liquidation/aggregated-history", {"exchange_list": ",".join(exchanges)}
    return [_bars(batch, asset, path, params, {"asset": asset, **venue}) for asset in batch.assets]


def open_interest(batch: Batch) -> Iterable[Series]:
    """Per asset daily bars in USD over all exchanges."""
    path = "futures/open-interest/aggregated-history"
    return [_bars(batch, asset, path, {}, {"asset": asset, "interval": "1d"}) for asset in batch.assets]


def _bars(batch: Batch, asset: str, path: str, params: Mapping[str, str], told: Mapping[str, str]) -> Series:
    """Daily bars of the window, as many requests as it takes at the most bars that one answer holds."""
    at, end = batch.window(_TRAILING_DAYS)
    while at < end:
        until = min(at + timedelta(days=_MOST_BARS), end)
        window = {"start_time": millis(at), "end_time": str(int(millis(until)) - 1), "limit": str(_MOST_BARS)}
        asked = {**params, "symbol": asset, "interval": "1d", **window}
        yield Request(f"{_BASE}/{path}", _API, asked, told, secret=_SECRET)
        at = until


def refuse(reply: Reply) -> None:
    """Raise Permanent for a bad key and other errors, Transient for a throttle, Unknown where there is nothing."""
    refuse_challenge(reply)
    body = answer_of(reply)
    if not isinstance(body, dict) or "code" not in body:
        if reply.status >= 400:
            return
        raise Transient(f"{whence(reply)}: not an answer of CoinGlass's")
    code = str(body["code"])
    if code != "0":
        raise _error(reply, code, words_of(body))
    if reply.status < 400 and not body.get("data"):
        raise Unknown(f"{whence(reply)}: CoinGlass has no data for {dict(reply.request.told)}")


def _error(reply: Reply, code: str, said: str) -> Permanent | Transient:
    text = f"{whence(reply)}: CoinGlass says {code}: {said}"
    if code in ("401", "403") or "api key" in said.lower():
        return Permanent(f"{text}. Check the key in {_KEY}, and whether its plan has this endpoint")
    return Transient(text) if code in ("408", "429") or code.startswith("5") else Permanent(text)


def _connector(feed: str, series: Callable[[Batch], Iterable[Series]], due: str, reach: str) -> Connector:
    return Connector(
        feed=feed,
        series=series,
        kind="history",
        due=(due,),
        reach=reach,
        limit_note="30 requests a minute on the least plan",
        trailing_days=_TRAILING_DAYS,
        refuse=refuse,
        secrets=(_KEY,),
    )


_daily = partial(_connector, due="00:40", reach="daily bars: all history on every plan")
CONNECTORS: tuple[Connector, ...] = (
    _connector("coinglass_etf_flows", etf_flows, "09:00", "since the funds' launch, in one body"),
    _daily("coinglass_liquidations", liquidations),
    _daily("coinglass_open_interest", open_interest),
)
