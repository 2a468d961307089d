"""iShares' files of a fund: the holdings file, and the workbook that the product page links to.

Belongs here: products, addresses, and what is not the file. Does not belong here: reading the files
(`transforms/parse/ishares.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series, one
from orchestration.sources.http.errors import Transient
from orchestration.sources.http.vendors import mapped, parted, refuse_challenge, whence
from schemas.funds import asset_of

_FILES = "ishares.files"
_BASE = "https://www.ishares.com/us/products/"
_PRODUCTS = {"IBIT": "333011/ishares-bitcoin-trust-etf", "ETHA": "337614/ishares-ethereum-trust-etf"}
_HTML = b"<!doctype html", b"<html"
_END = re.compile(rb"</(\w+:)?Workbook\s*>\s*$")

LIMITS: tuple[Limit, ...] = (Limit(_FILES, 6, 60, "none published: a request every ten seconds", spread=True),)


def holdings(batch: Batch) -> Iterable[Series]:
    """The holdings file of each product; option `products` adds ticker = "number/name" of the product page."""
    return [
        one(Request(f"{_BASE}{path}/latest-holdings.csv", _FILES, told=_told(fund), body="csv"))
        for fund, path in _products(batch).items()
    ]


def workbooks(batch: Batch) -> Iterable[Series]:
    """The workbook of each product: by its page's link, or by the address in option `workbook_urls`."""
    addresses = mapped(batch, "workbook_urls")
    return [_workbook(fund, path, addresses.get(fund)) for fund, path in _products(batch).items()]


def _products(batch: Batch) -> dict[str, str]:
    products = _PRODUCTS | mapped(batch, "products")
    return {fund: path for fund, path in products.items() if asset_of(fund) in (None, *batch.assets)}


def _told(fund: str) -> dict[str, str]:
    asset = asset_of(fund)
    return {"fund": fund} | ({"asset": asset} if asset else {})


def _workbook(fund: str, path: str, address: str | None) -> Series:
    if not address:
        page = yield Request(f"{_BASE}{path}", _FILES, body="html", lands=False)
        address = _link_of(page)
    url, params = parted(address)
    yield Request(url, _FILES, params, _told(fund), body="xml")


def _link_of(page: Reply) -> str:
    """The address of the page's fund download, on the page's own host. Raises Transient where it has none."""
    links = (
        urljoin(page.request.url, link.attributes.get("href") or "")
        for link in LexborHTMLParser(page.content.decode("utf-8", "replace")).css('a[href*="fileType=xls"]')
    )
    host = urlsplit(page.request.url)[:2]
    found = next((link for link in links if urlsplit(link)[:2] == host and "dataType=fund" in link), None)
    if found is None:
        raise Transient(
            f"{whence(page)}: the page links to no fund download (.xls): a challenge, cut short, or changed. Its "
            "address can be given in the option workbook_urls of source ishares"
        )
    return found


def refuse_holdings(reply: Reply) -> None:
    """Raise Transient for a page in the file's place, and where the head that tells the shares is not whole."""
    refuse_challenge(reply)
    if reply.status >= 400:
        return
    _refuse_page(reply)
    lines = reply.content.decode("utf-8-sig", "replace").splitlines()
    if not any(line.lstrip('"').startswith("Ticker") for line in lines):
        raise Transient(f"{whence(reply)}: the file ends before its table of holdings begins")


def refuse_workbook(reply: Reply) -> None:
    """Raise Transient for a product page without the link, a page in the workbook's place, a workbook cut short."""
    refuse_challenge(reply)
    if reply.status >= 400:
        return
    if not reply.request.lands:
        _link_of(reply)
        return
    _refuse_page(reply)
    if not _END.search(reply.content[-256:]):
        raise Transient(f"{whence(reply)}: the workbook is cut short, or another file")


def _refuse_page(reply: Reply) -> None:
    if reply.content.lstrip(b"\xef\xbb\xbf \r\n\t")[:14].lower().startswith(_HTML):
        raise Transient(f"{whence(reply)}: a web page in place of the file")


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="ishares_holdings",
        series=holdings,
        kind="document",
        due=("22:30",),
        reach="the newest as-of date only",
        limit_note="none published",
        refuse=refuse_holdings,
    ),
    Connector(
        feed="ishares_workbook",
        series=workbooks,
        kind="document",
        due=("13:00",),
        reach="every day since inception",
        limit_note="none published",
        refuse=refuse_workbook,
    ),
)
