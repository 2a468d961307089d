"""CoinGecko's totals and rankings, of now.

Belongs here: which pages are asked for, how far apart, and what an error in a body means. Does not belong
here: reading them (`transforms/parse/coingecko.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Secret, Series, one
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.vendors import answer_of, whence
from orchestration.sources.http.venues.choices import several

_PUBLIC = "coingecko.public"
_BASE = "https://api.coingecko.com/api/v3"
_DEMO = Secret("COINGECKO_API_KEY", "header", "x-cg-demo-api-key")
_WAIT_SECONDS = 60.0
_THROTTLED = "429"
# The vendor's slugs; `all` stands for none. Sets to take out of a breadth come beside the whole market.
CATEGORIES: tuple[str, ...] = ("all", "stablecoins", "wrapped-tokens", "liquid-staking-tokens")
_RANKING = {
    "vs_currency": "usd",
    "order": "market_cap_desc",
    "per_page": "250",
    "page": "1",
    "sparkline": "false",
    "price_change_percentage": "24h,7d,30d",
}
_LIMIT_NOTE = "about 5 requests a minute without a key: 12.5 s apart; a 429 asks to wait for 60 s"

LIMITS: tuple[Limit, ...] = (Limit(_PUBLIC, 1, 12.5, _LIMIT_NOTE, spread=True),)


def totals(batch: Batch) -> Iterable[Series]:
    """The whole market of now."""
    return [one(Request(f"{_BASE}/global", _PUBLIC, secret=_key(batch)))]


def markets(batch: Batch) -> Iterable[Series]:
    """The 250 largest coins of each category; option `categories` names others."""
    return [one(_ranking(batch, category)) for category in several(batch, "categories", CATEGORIES)]


def _ranking(batch: Batch, category: str) -> Request:
    params = _RANKING if category == "all" else {**_RANKING, "category": category}
    return Request(f"{_BASE}/coins/markets", _PUBLIC, params, {"category": category}, secret=_key(batch))


def _key(batch: Batch) -> Secret | None:
    """A demo key is sent where there is one; everything here can be read without."""
    return _DEMO if batch.options.get("has_key") else None


def refuse(reply: Reply) -> None:
    """An error is an object with `status.error_code`, or `error`, whatever the HTTP status; no answer is empty."""
    body = answer_of(reply)
    status = body.get("status") if isinstance(body, dict) else None
    said = status if isinstance(status, dict) else body if isinstance(body, dict) else {}
    code, message = said.get("error_code"), said.get("error_message", said.get("error"))
    if code is not None or message is not None:
        text = f"{whence(reply)}: CoinGecko says {code}: {message}"[:300]
        raise Transient(text, _WAIT_SECONDS) if _THROTTLED in (str(code), str(reply.status)) else Permanent(text)
    if reply.status < 400 and not (body.get("data") if isinstance(body, dict) else body):
        raise Transient(f"{whence(reply)}: the answer is empty")


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="coingecko_global",
        series=totals,
        kind="snapshot",
        due=("00:20",),
        reach="none: the market of now",
        limit_note=_LIMIT_NOTE,
        refuse=refuse,
    ),
    Connector(
        feed="coingecko_markets",
        series=markets,
        kind="snapshot",
        due=("00:20",),
        reach="none: the ranking of now; who was in it is not told later",
        limit_note=_LIMIT_NOTE,
        refuse=refuse,
    ),
)
