"""Keyless tables of ETF flows and shares: Farside, TFTC, The Block, iShares. From FEEDS_OTHER §1."""

from __future__ import annotations

import re
from urllib.parse import unquote

from loopback.contract import Answer, Ask, Budget, World

_HTML = "text/html; charset=UTF-8"
_FARSIDE = {
    "/bitcoin-etf-flow-all-data/": "BTC",
    "/btc/": "BTC",
    "/ethereum-etf-flow-all-data/": "ETH",
    "/eth/": "ETH",
    "/sol/": "SOL",
}
_NOT_FOUND = Answer("<!DOCTYPE html><html><head><title>Not found</title></head><body></body></html>", 404, _HTML)


class _Keyless:
    budgets: tuple[Budget, ...] = ()


class Farside(_Keyless):
    """WordPress pages. Copies of the sample in other shapes are served as they are."""

    hosts = ("farside.co.uk",)

    def answer(self, ask: Ask, world: World) -> Answer:
        asset = _FARSIDE.get(ask.path)
        page = world.newest("farside_etf_flows", asset=asset) if asset else None
        return Answer(page.content, content_type=_HTML) if page else _NOT_FOUND


class Tftc(_Keyless):
    """One file."""

    hosts = ("www.tftc.io",)

    def answer(self, ask: Ask, world: World) -> Answer:
        file = world.newest("tftc_etf_flows") if ask.path == "/bitcoin-etf-flows/data.json" else None
        return Answer(file.content) if file else _NOT_FOUND


class TheBlock(_Keyless):
    """Charts; ether's has not moved from the former path."""

    hosts = ("www.theblock.co",)
    _charts = {
        "/api/charts/chart/etfs/bitcoin-etf/spot-bitcoin-etf-flows": "BTC",
        "/api/charts/chart/crypto-markets/ethereum-etf/spot-ethereum-etf-flows": "ETH",
    }

    def answer(self, ask: Ask, world: World) -> Answer:
        asset = self._charts.get(ask.path)
        chart = world.newest("theblock_etf_flows", asset=asset) if asset else None
        return Answer(chart.content) if chart else Answer({"error": "not found"}, 404)


class Ishares(_Keyless):
    """Product pages, the holdings file, and the workbook behind the page's link."""

    hosts = ("www.ishares.com",)
    _funds = {"333011/ishares-bitcoin-trust-etf": "IBIT", "337614/ishares-ethereum-trust-etf": "ETHA"}

    def answer(self, ask: Ask, world: World) -> Answer:
        match = re.fullmatch(r"/us/products/(\d+/[a-z-]+)(/[\w.-]+)?", unquote(ask.path))
        fund = self._funds.get(match[1]) if match else None
        if not match or not fund:
            return _NOT_FOUND
        if match[2] is None:
            return Answer(self._page(ask.path), content_type=_HTML)
        is_workbook = match[2].endswith(".ajax") and ask.params.get("fileType") == "xls"
        feed = {"/latest-holdings.csv": "ishares_holdings"}.get(match[2], "ishares_workbook" if is_workbook else "")
        file = world.newest(feed, fund=fund)
        if file is None:
            return Answer(self._page(ask.path), content_type=_HTML)
        return Answer(file.content, content_type="application/vnd.ms-excel" if is_workbook else "text/csv")

    def _page(self, path: str) -> str:
        link = f"{path}/1521942788811.ajax?fileType=xls&amp;fileName=iShares-Trust-ETF_fund&amp;dataType=fund"
        csv = f"{path}/1467271812596.ajax?fileType=csv&amp;fileName=holdings&amp;dataType=fund"
        return (
            "<!DOCTYPE html>\n<html><head><title>iShares</title></head><body>"
            f'<a href="https://elsewhere.example/x.ajax?fileType=xls&amp;dataType=fund">Partner</a>'
            f'<a class="icon-csv" href="{csv}">Holdings</a><a class="icon-xls" href="{link}">Data Download</a>'
            "</body></html>\n"
        )


VENUES = (Farside(), Tftc(), TheBlock(), Ishares())
