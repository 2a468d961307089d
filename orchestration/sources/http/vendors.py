"""What connectors of data vendors share: options, URLs that others give, and bodies that are not what was asked for.

Belongs here: what at least two vendors need. Does not belong here: any one vendor (`venues/`), or checks that
hold for every body (`bodies.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from orchestration.sources.http.contract import Batch, Reply
from orchestration.sources.http.errors import Transient
from orchestration.sources.http.throttles import is_challenge

_WORDS = ("error", "message", "msg", "details")
Refuse = Callable[[Reply], None]


def mapped(batch: Batch, option: str) -> dict[str, str]:
    """An option that is a table of names; empty where it is not given."""
    given = batch.options.get(option, {})
    return {str(key): str(value) for key, value in given.items()} if isinstance(given, Mapping) else {}


def told_of_etf(batch: Batch, asset: str) -> dict[str, str]:
    """What the parser of an ETF table is told: the asset, and funds not known here (option `extra_funds`)."""
    extra = mapped(batch, "extra_funds").get(asset)
    return {"asset": asset} | ({"extra_funds": extra} if extra else {})


def parted(url: str) -> tuple[str, dict[str, str]]:
    """A whole URL as URL and parameters."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query, keep_blank_values=True))


def whence(reply: Reply) -> str:
    """Host and path of a reply, for messages."""
    parts = urlsplit(reply.request.url)
    return f"{parts.netloc}{parts.path}"


def words_of(body: Any) -> str:
    """What a vendor says of its error, at most 200 characters; empty where it says nothing."""
    if not isinstance(body, dict):
        return ""
    said = next((body[name] for name in _WORDS if body.get(name)), "")
    return str(said)[:200]


def answer_of(reply: Reply) -> Any:
    """The body as JSON; None where an answer that is no success has none: its status says enough.

    Raises Transient where a successful answer is no JSON.
    """
    try:
        return reply.json()
    except ValueError as error:
        if reply.status >= 400:
            return None
        raise Transient(f"{whence(reply)}: the answer is no JSON, or cut short") from error


def refuse_challenge(reply: Reply) -> None:
    """Raise Transient where Cloudflare answers in the vendor's place."""
    if is_challenge(reply.headers):
        raise Transient(
            f"{whence(reply)}: Cloudflare challenges this address (cf-mitigated: challenge). Addresses of data centres "
            "often are; another network, a proxy or a copy of the page helps"
        )


def needs(*keys: str) -> Refuse:
    """A refusal of everything but a JSON object that has these keys, each with something in it."""

    def refuse(reply: Reply) -> None:
        refuse_challenge(reply)
        if reply.status >= 400:
            return
        body = answer_of(reply)
        lacking = list(keys) if not isinstance(body, dict) else [key for key in keys if body.get(key) in (None, [], {})]
        if lacking:
            raise Transient(f"{whence(reply)}: the answer has no {', '.join(lacking)}. {words_of(body)}".rstrip())

    return refuse


def refuse_all_but_rows(reply: Reply) -> None:
    """Raise Transient for everything but a JSON list of objects that is not empty."""
    if reply.status >= 400:
        return
    body = answer_of(reply)
    if not isinstance(body, list) or not body or not isinstance(body[0], dict):
        raise Transient(f"{whence(reply)}: the answer is no list of rows. {words_of(body)}".rstrip())
