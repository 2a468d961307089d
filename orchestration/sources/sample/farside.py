"""ETF flow tables as Farside prints them: compact page, all-data page, CSV, and JSON for ETH.

Belongs here: markup and number formats. Does not belong here: the flows (`etf.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from orchestration.sources.sample.etf import FUNDS, Row, rows, total
from orchestration.sources.sample.market import SCENARIO_START, is_weekday, sessions
from orchestration.sources.sample.payload import CSV, HTML, NOTICE, SamplePayload, at, compact, payload

FEED = "farside_etf_flows"
_ROWS_SHOWN = 13
_BTC_READS = ((1, 30), (6, 5), (8, 0))
_ETH_READS = ((1, 30), (8, 0))
_CSV_DAY = date(2026, 2, 27)
_ISSUERS = ("Blackrock", "Fidelity", "Bitwise", "Ark", "Invesco", "Franklin", "Valkyrie", "VanEck", "WTree",
            "Grayscale", "Grayscale")  # fmt: skip
_FEES = ("0.25%", "0.25%", "0.20%", "0.21%", "0.25%", "0.19%", "0.25%", "0.20%", "0.25%", "1.50%", "0.15%")
_SHADED = ' style="background-color: #eaeffa !important;"'
_NEWEST = ' style="background-color: #99ff99 !important;"'


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The reads of a weekday's table on the next day; on Fridays the whole history as well."""
    if not is_weekday(day):
        return
    for hour, minute in _BTC_READS:
        known_at = at(day, hour, minute, plus_days=1)
        page = _compact_page(day, known_at, seed)
        yield payload(FEED, f"farside/btc#{known_at:%Y-%m-%dT%H%M}", page, known_at, day, HTML, asset="BTC")
    for hour, minute in _ETH_READS:
        known_at = at(day, hour, minute, plus_days=1)
        path = f"farside/eth_etf_flows.json#{known_at:%Y-%m-%dT%H%M}"
        yield payload(FEED, path, _eth_json(day, known_at, seed), known_at, day, asset="ETH")
    if day.weekday() == 4:
        known_at = at(day, 8, 10, plus_days=1)
        path = f"farside/bitcoin-etf-flow-all-data#{known_at:%Y-%m-%d}"
        yield payload(FEED, path, _all_data_page(day, known_at, seed), known_at, day, HTML, asset="BTC")
    if day == _CSV_DAY:
        known_at = at(day, 14, plus_days=1)
        path = f"farside/btc_etf_flows_all_{known_at:%Y-%m-%d}.csv"
        yield payload(FEED, path, _csv(day, known_at, seed), known_at, day, CSV, asset="BTC")


def _number(tenths: int, whole: bool = False) -> str:
    """For example 1,119.9 or, below zero, (95.1); footers of totals are whole millions."""
    text = f"{abs(tenths) / 10:,.0f}" if whole else f"{abs(tenths) / 10:,.1f}"
    return f'<span class="redFont">({text})</span>' if tenths < 0 else text


def _cell(value: int | None, marks_zero: bool = False, whole: bool = False) -> str:
    is_zero = marks_zero and not value
    opening = '<td class="zero-flow">' if is_zero else "<td>"
    text = "-" if value is None else _number(value, whole)
    return f'{opening}<div align="right"><span class="tabletext">{text}</span></div></td>'


def _line(label: str, cells: str, style: str = "") -> str:
    return f'<tr{style}>\n<td><span class="tabletext">{label}</span></td>\n{cells}</tr>\n'


def _date_line(day: date, row: Row, marks_zero: bool = False, style: str = "") -> str:
    values = [*row.values(), total(row)]
    return _line(f"{day:%d %b %Y}", "".join(_cell(value, marks_zero) for value in values), style)


def _footer(known: dict[date, Row], with_whole_total: bool = True) -> str:
    """Total, Average, Maximum and Minimum over the scenario so far."""
    columns = [[row[fund] or 0 for row in known.values()] for fund in FUNDS["BTC"]]
    columns.append([total(row) for row in known.values()])
    kinds = {
        "Total": [sum(column) for column in columns],
        "Average": [round(sum(column) / max(len(column), 1)) for column in columns],
        "Maximum": [max(column, default=0) for column in columns],
        "Minimum": [min(column, default=0) for column in columns],
    }
    lines = []
    for label, values in kinds.items():
        whole = label == "Total" and with_whole_total
        lines.append(_line(label, "".join(_cell(value, whole=whole) for value in values), _SHADED))
    return "".join(lines)


def _page(title: str, head: str, body: str) -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body>\n"
        f"<!-- {NOTICE} -->\n<h1>{title}</h1>\n"
        f'<table class="etf">\n<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n</table>\n</body></html>\n'
    )


def _head_cell(text: str) -> str:
    return f'<th><div align="right"><span class="tabletext">{text}</span></div></th>\n'


def _head_line(first: str, cells: str) -> str:
    return f'<tr bgcolor="#eaeffa">\n<th><span class="tabletext">{first}</span></th>\n{cells}</tr>\n'


def _compact_page(day: date, known_at: datetime, seed: int) -> str:
    """The recent rows: logos, tickers and fees in the head, zero cells marked."""
    table = rows("BTC", known_at, seed, SCENARIO_START, day)
    logos = "".join(
        f'<th><div align="center"><a href="" class="grow"><img src="/images/etf/{name.lower()}.jpg" '
        f'alt="{name}"></a></div></th>\n'
        for name in _ISSUERS
    )
    head = _head_line("&nbsp;", logos + _head_cell("&nbsp;&nbsp;Total"))
    head += _head_line("", "".join(_head_cell(f"&nbsp;{fund}") for fund in FUNDS["BTC"]) + _head_cell(""))
    head += _head_line("Fee", "".join(_head_cell(fee) for fee in _FEES) + _head_cell(""))
    shown = list(table.items())[-_ROWS_SHOWN:]
    body = "".join(_date_line(date_, row, marks_zero=True) for date_, row in shown)
    return _page("Bitcoin ETF Flow (US$m)", head, body + _footer(table))


def _all_data_page(day: date, known_at: datetime, seed: int) -> str:
    """Every row: one head line, a stray opening row, the newest row coloured."""
    table = rows("BTC", known_at, seed, SCENARIO_START, day)
    head = _head_line("Date", "".join(_head_cell(name) for name in (*FUNDS["BTC"], "Total")))
    newest = max(table, default=None)
    body = "".join(_date_line(d, row, style=_NEWEST if d == newest else "") for d, row in table.items())
    return _page("Bitcoin ETF Flow &#8211; All Data (US$m)", head, "<tr>\n" + body + _footer(table))


def _csv(day: date, known_at: datetime, seed: int) -> str:
    """A scraped copy: ISO dates, a blank for a dash, minus for brackets."""
    lines = [",".join(("Date", *FUNDS["BTC"], "Total"))]
    for date_, row in rows("BTC", known_at, seed, SCENARIO_START, day).items():
        values = ["" if value is None else f"{value / 10:.1f}" for value in row.values()]
        lines.append(",".join((date_.isoformat(), *values, f"{total(row) / 10:.1f}")))
    return "\n".join(lines) + "\n"


def _eth_json(day: date, known_at: datetime, seed: int) -> str:
    """A scraped copy that writes 0.0 where the page has a dash."""
    table = rows("ETH", known_at, seed, SCENARIO_START, day)
    daily = [
        {
            "date": date_.isoformat(),
            "flows": {fund: (value or 0) / 10 for fund, value in row.items()},
            "total": total(row) / 10,
        }
        for date_, row in list(table.items())[-_ROWS_SHOWN:]
        if date_ in sessions()
    ]
    funds = FUNDS["ETH"]
    metadata = {
        "description": f"Ethereum Spot ETF Daily Net Flows (US$M). {NOTICE}",
        "source": "farside.co.uk",
        "etf_info": {fund: {"name": fund, "issuer": ""} for fund in funds},
        "tickers": list(funds),
        "last_updated": (known_at - timedelta(seconds=20)).isoformat(),
    }
    return compact({"metadata": metadata, "daily_flows": daily})
