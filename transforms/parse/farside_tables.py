"""ETF flow tables as printed: CSV, HTML and JSON to one frame of cells.

Belongs here: finding the header and the data cells of a table, whatever its shape. Does not belong
here: what a cell means (`etf_cells.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl
from selectolax.lexbor import LexborHTMLParser

from schemas.feed import Payload, PayloadError
from schemas.funds import FORMER_TICKERS
from transforms.parse import read
from transforms.parse.etf_cells import TOTAL

_NOT_DATA = {"", "total", "average", "maximum", "minimum", "fee", "seed"}

Rows = list[list[str]]


@dataclass(frozen=True)
class Printed:
    """The data cells of a table.

    `cells` has the columns row (order in the table), day, column (a ticker or Total) and printed, all
    but `row` as text. `writes_dash_as_zero` is true of a shape that cannot say "not reported yet".
    """

    cells: pl.DataFrame
    tickers: tuple[str, ...]
    writes_dash_as_zero: bool


def printed_table(payload: Payload, known: Collection[str]) -> Printed:
    """Read a table of any shape; `known` are the tickers that its columns may have.

    Raises `PayloadError`: no_table, no_header, unknown_fund_column, duplicate_column, missing_column,
    row_width, no_rows, and those of `read`.
    """
    body = read.text(payload, allow_html=True)
    start = body.lstrip()[:1]
    if start == "<":
        rows = _html_rows(body)
    elif start in "{[":
        rows = _json_rows(read.json_body(payload))
    else:
        frame = read.csv_frame(payload)
        rows = [frame.columns, *([cell or "" for cell in row] for row in frame.iter_rows())]
    position = _header_position(rows, known)
    names = _column_names(rows[position], known)
    return Printed(
        cells=_cells(names, rows[position + 1 :]),
        tickers=tuple(name for name in names if name != TOTAL),
        writes_dash_as_zero=start in "{[",
    )


def _html_rows(body: str) -> Rows:
    table = LexborHTMLParser(body).css_first("table.etf")
    if table is None:
        raise PayloadError("no_table", "the page holds no table of ETF flows; perhaps a challenge page")
    return [[cell.text().strip() for cell in row.css("th, td")] for row in table.css("tr")]


def _json_rows(body: Any) -> Rows:
    """`{"daily_flows": [{"date", "flows": {ticker: number}, "total"}]}`, with a header made from its keys."""
    try:
        days = [(day["date"], dict(day["flows"]), day.get("total")) for day in body["daily_flows"]]
    except (TypeError, KeyError, ValueError) as error:
        raise PayloadError("no_table", "no daily_flows with date and flows per day") from error
    tickers = list(dict.fromkeys(ticker for _, flows, _ in days for ticker in flows))
    rows = [[str(date), *(_json_cell(flows.get(t)) for t in tickers), _json_cell(total)] for date, flows, total in days]
    return [["date", *tickers, TOTAL], *rows]


def _json_cell(value: Any) -> str:
    return "" if value is None else str(value)


def _header_position(rows: Rows, known: Collection[str]) -> int:
    """The header is the row with the most tickers, compared whole: `BTC` is no part of `FBTC`."""
    counts = [sum(FORMER_TICKERS.get(cell, cell) in known for cell in row) for row in rows]
    if not counts or max(counts) == 0:
        raise PayloadError("no_header", "no row of the table holds tickers of this asset's funds")
    return counts.index(max(counts))


def _column_names(header: list[str], known: Collection[str]) -> list[str]:
    """Names of the columns after the first; the last one without a name is the total."""
    names = [FORMER_TICKERS.get(cell, cell) for cell in header[1:]]
    names[-1] = names[-1] or TOTAL
    unknown = [name or "(no name)" for name in names if name != TOTAL and name not in known]
    if unknown:
        raise PayloadError("unknown_fund_column", f"columns {unknown} are no fund that is known")
    if TOTAL not in names:
        raise PayloadError("missing_column", "the table has no Total column")
    if len(set(names)) != len(names):
        raise PayloadError("duplicate_column", f"a column is given twice: {names}")
    return names


def _cells(names: list[str], rows: Rows) -> pl.DataFrame:
    data = [row for row in rows if any(row) and row[0].lower() not in _NOT_DATA]
    odd = next((row for row in data if len(row) != len(names) + 1), None)
    if odd is not None:
        raise PayloadError("row_width", f"row {odd[0]!r} has {len(odd)} cells, the header {len(names) + 1}")
    if not data:
        raise PayloadError("no_rows", "the table holds no day")
    return (
        pl.DataFrame(data, schema=dict.fromkeys(["day", *names], pl.String), orient="row")
        .with_row_index("row")
        .unpivot(index=["row", "day"], variable_name="column", value_name="printed")
    )
