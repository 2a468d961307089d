"""DefiLlama: stablecoin supply and prices.

Belongs here: the calls, and which coins and chains are asked for. Does not belong here: reading the answers
(`transforms/parse/defillama*.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote

from orchestration.sources.http.contract import Batch, Connector, Kind, Limit, Reply, Request, Series, one
from orchestration.sources.http.errors import Transient
from orchestration.sources.http.vendors import answer_of, needs, refuse_all_but_rows, whence, words_of
from orchestration.sources.http.venues.choices import several
from schemas.stablecoins import STABLECOINS

_API, _COINS = "defillama.stablecoins", "defillama.coins"
_STABLECOINS = "https://stablecoins.llama.fi"
_PRICES = "https://coins.llama.fi/prices"
_IDS = ("1", "2", "5")
_CHART_IDS = ("1",)
_CHAINS = ("Ethereum", "Tron", "Solana")
_ALL = "all"
_TRAILING_DAYS = 7
_NOTE = "none published: a request a second"

LIMITS: tuple[Limit, ...] = (
    Limit(_API, 60, 60, _NOTE, spread=True),
    Limit(_COINS, 60, 60, _NOTE, spread=True),
)


def stablecoins(batch: Batch) -> Iterable[Series]:
    """Every stablecoin as it is now."""
    return [one(Request(f"{_STABLECOINS}/stablecoins", _API, {"includePrices": "true"}))]


def charts(batch: Batch) -> Iterable[Series]:
    """The chart of all coins together and of each in option `chart_ids`, over all chains and on each in `chains`."""
    chains = (_ALL, *several(batch, "chains", _CHAINS))
    return [_chart(chain, coin) for coin in (None, *several(batch, "chart_ids", _CHART_IDS)) for chain in chains]


def _chart(chain: str, coin: str | None) -> Series:
    params = {"stablecoin": coin} if coin else {}
    told = {"chain": chain} | ({"stablecoin_id": coin} if coin else {})
    return one(Request(f"{_STABLECOINS}/stablecoincharts/{quote(chain)}", _API, params, told))


def coins(batch: Batch) -> Iterable[Series]:
    """One stablecoin with its chains, for each in option `ids`."""
    return [
        one(Request(f"{_STABLECOINS}/stablecoin/{coin}", _API, told={"stablecoin_id": coin}))
        for coin in several(batch, "ids", _IDS)
    ]


def daily_prices(batch: Batch) -> Iterable[Series]:
    """Price per stablecoin and day, all days."""
    return [one(Request(f"{_STABLECOINS}/stablecoinprices", _API))]


def coin_prices(batch: Batch) -> Iterable[Series]:
    """Quotes at the last second of each day of the window, and of now where a day is not over."""
    first, last = batch.first - timedelta(days=_TRAILING_DAYS), min(batch.last, batch.now.astimezone(UTC).date())
    return [_quotes(batch, first + timedelta(days=n)) for n in range((last - first).days + 1)]


def _quotes(batch: Batch, day: date) -> Series:
    known = tuple(coin.gecko_id for coin in STABLECOINS if coin.gecko_id)
    keys = ",".join(f"coingecko:{name}" for name in several(batch, "price_coins", known))
    end = datetime.combine(day, time(23, 59, 59), UTC)
    when = "current" if end > batch.now else f"historical/{int(end.timestamp())}"
    return one(Request(f"{_PRICES}/{when}/{keys}", _COINS))


def refuse_quotes(reply: Reply) -> None:
    """Raise Transient for another body. One without quotes is good: the vendor leaves out what it does not know."""
    if reply.status >= 400:
        return
    body = answer_of(reply)
    if not isinstance(body, dict) or not isinstance(body.get("coins"), dict):
        raise Transient(f"{whence(reply)}: the answer has no coins. {words_of(body)}".rstrip())


def _connector(
    feed: str,
    series: Callable[[Batch], Iterable[Series]],
    kind: Kind,
    reach: str,
    refuse: Callable[[Reply], None],
    trailing_days: int = 0,
) -> Connector:
    return Connector(feed, series, kind, ("01:15",), reach, _NOTE, trailing_days, refuse)


CONNECTORS: tuple[Connector, ...] = (
    _connector("defillama_stablecoins", stablecoins, "snapshot", "none: as it is now", needs("peggedAssets")),
    _connector("defillama_stablecoin_charts", charts, "document", "since 2017-11-29", refuse_all_but_rows),
    _connector("defillama_stablecoin", coins, "document", "since the coin's first day", needs("pegType", "tokens")),
    _connector("defillama_stablecoin_prices", daily_prices, "document", "all days", refuse_all_but_rows),
    _connector("defillama_coin_prices", coin_prices, "history", "all history", refuse_quotes, _TRAILING_DAYS),
)
