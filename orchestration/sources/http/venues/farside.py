"""Farside's pages of ETF flows.

Belongs here: which page has an asset's table, and what is no such page. Does not belong here: reading the table
(`transforms/parse/farside_tables.py`). An address that Cloudflare challenges can be given a copy of the table
(option `pages`), as CSV or JSON, which the parser takes as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser

from orchestration.sources.http.contract import Batch, Body, Connector, Limit, Reply, Request, Series, one
from orchestration.sources.http.errors import Transient
from orchestration.sources.http.vendors import mapped, parted, refuse_challenge, told_of_etf, whence

_PAGES = "farside.pages"
_PAGE_OF = {
    "BTC": "https://farside.co.uk/bitcoin-etf-flow-all-data/",
    "ETH": "https://farside.co.uk/ethereum-etf-flow-all-data/",
    "SOL": "https://farside.co.uk/sol/",
}
_BODIES: dict[str, Body] = {"csv": "csv", "json": "json"}

LIMITS: tuple[Limit, ...] = (
    Limit(_PAGES, 6, 60, "none published, behind Cloudflare: a page every ten seconds", spread=True),
)


def etf_flows(batch: Batch) -> Iterable[Series]:
    """A page per asset; option `pages` puts another address in place of an asset's page."""
    pages = _PAGE_OF | mapped(batch, "pages")
    return [_page(batch, asset, url) for asset, url in pages.items() if asset in batch.assets]


def _page(batch: Batch, asset: str, address: str) -> Series:
    url, params = parted(address)
    body = _BODIES.get(url.rpartition(".")[2].lower(), "html")
    return one(Request(url, _PAGES, params, told_of_etf(batch, asset), body))


def refuse(reply: Reply) -> None:
    """Raise Transient for a challenge, for a page without a table of flows, and for one that is cut short."""
    refuse_challenge(reply)
    if reply.status >= 400:
        return
    body = reply.content.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if body.startswith("<"):
        why = _lack_of_page(body)
    elif body.startswith(("{", "[")):
        why = _lack_of_copy(body)
    else:
        why = None if "," in body.partition("\n")[0] and body.endswith("\n") else "is no table, or cut short"
    if why:
        raise Transient(f"{whence(reply)}: the answer {why}")


def _lack_of_page(body: str) -> str | None:
    if "</html>" not in body[-4096:].lower():
        return "is cut short: the page does not end"
    has_table = LexborHTMLParser(body).css_first("table.etf") is not None
    return None if has_table else "is a page without a table of flows (table.etf); perhaps a challenge"


def _lack_of_copy(body: str) -> str | None:
    try:
        copy = json.loads(body)
    except ValueError:
        return "is cut short: no whole JSON"
    return None if isinstance(copy, dict) and copy.get("daily_flows") else "holds no daily_flows"


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="farside_etf_flows",
        series=etf_flows,
        kind="document",
        due=("01:30", "06:05", "08:00", "12:00", "14:00"),
        reach="BTC since 2024-01-11, ETH since 2024-07-23; SOL the last sessions",
        limit_note="none published; Cloudflare challenges addresses of data centres (403)",
        trailing_days=7,
        refuse=refuse,
    ),
)
