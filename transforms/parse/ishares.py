"""iShares' files of a fund: shares outstanding and net asset value, by the issuer's own as-of date.

Belongs here: the holdings file and the workbook as rows of core_etf__shares. Does not belong here: reading
SpreadsheetML (`ishares_sheets.py`) or flows made of the counts (`transforms/facts/etf.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.funds import asset_of
from transforms.parse import read
from transforms.parse.etf_cells import final_from, typed
from transforms.parse.ishares_sheets import sheet_rows

_SHARES = "core_etf__shares"
_SHEET = "Historical"
_AS_OF, _COUNT = "Fund Holdings as of", "Shares Outstanding"
_NAV_NAMES = ("NAV", "NAV per Share", "Net Asset Value", "NAV as of")
_COLUMNS = {"As Of": "day", "NAV per Share": "nav", "Shares Outstanding": "shares"}
_DAY_FORMATS = ("%Y-%m-%d", "%b %d, %Y", "%d-%b-%Y", "%m/%d/%Y")
_BLANK = ("", "-", "--", "—")
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_date").is_null(), "the as-of day is not a date"),
    "duplicate_grain": (pl.col("row") != pl.col("row").min().over("_date"), "the file gives this day twice"),
    "future_date": (pl.col("_date") > pl.col("_today"), "the day lies after the file was seen"),
    "not_a_session": (~pl.col("_is_session"), "the exchange does not trade on that day"),
    "no_share_count": (pl.col("_shares").is_null(), "the row has no count of shares"),
    "not_a_number": (~(pl.col("_shares").is_finite() & pl.col("_nav").is_finite().fill_null(True)), "no number"),
    "not_positive": ((pl.col("_shares") < 0) | (pl.col("_nav") <= 0).fill_null(False), "neither can be negative"),
}


def parse_holdings(payload: Payload) -> Parsed:
    """The holdings file's preamble (as-of date, shares outstanding, where given the net asset value): one row.

    `params`: fund; optionally asset. Raises `PayloadError`: missing_param, html_payload (the issuer sends a page
    in place of the file), no_table where the preamble lacks date or shares, and those of `read`.
    """
    found: dict[str, str] = {}
    for cells in csv.reader(read.text(payload).splitlines()):
        if cells[:1] == ["Ticker"]:
            break
        if len(cells) >= 2:
            found.setdefault(cells[0].strip(), cells[1])
    if _AS_OF not in found or _COUNT not in found:
        raise PayloadError("no_table", f"the preamble lacks {_AS_OF!r} or {_COUNT!r}")
    nav = next((found[name] for name in _NAV_NAMES if name in found), "")
    return _parsed([(found[_AS_OF], nav, found[_COUNT])], payload)


def parse_workbook(payload: Payload) -> Parsed:
    """The sheet `Historical` of the workbook: net asset value and shares of every day since inception.

    `params`: fund; optionally asset. Raises `PayloadError`: missing_param, no_table (no such sheet or header),
    no_rows, and those of `sheet_rows`.
    """
    rows = sheet_rows(payload, _SHEET)
    header = next((n for n, row in enumerate(rows) if set(_COLUMNS) <= {cell.strip() for cell in row}), None)
    if header is None:
        raise PayloadError("no_table", f"the sheet has no row with {list(_COLUMNS)}")
    place = {_COLUMNS[cell.strip()]: n for n, cell in enumerate(rows[header]) if cell.strip() in _COLUMNS}
    padded = ([*row, *[""] * (max(place.values()) + 1 - len(row))] for row in rows[header + 1 :] if any(row))
    return _parsed([(row[place["day"]], row[place["nav"]], row[place["shares"]]) for row in padded], payload)


def _parsed(rows: Iterable[tuple[str, str, str]], payload: Payload) -> Parsed:
    """(as-of day, net asset value, shares) as printed to core_etf__shares."""
    fund = payload.params.get("fund")
    asset = payload.params.get("asset") or asset_of(fund or "")
    if not fund or not asset:
        raise PayloadError("missing_param", "the inbox map must give the fund of an issuer's file, as it is known here")
    printed = pl.DataFrame(list(rows), {"day": pl.String, "nav": pl.String, "shares": pl.String}, orient="row")
    if printed.is_empty():
        raise PayloadError("no_rows", "the file holds no day")
    text = pl.col("day").str.strip_chars().str.replace(r"T.*$", "")
    iso = pl.coalesce(text.str.to_date(each, strict=False) for each in _DAY_FORMATS).dt.to_string("%Y-%m-%d")
    dated = printed.with_row_index("row").with_columns(iso.fill_null("").alias("__iso"))
    cells = dated.select("row", day="__iso", column=pl.lit(fund), printed=pl.lit(""))
    known = typed(cells, payload.known_at, 1.0).select("row", "_date", "_today", "_is_session")
    rows_typed = (
        dated.drop("__iso")
        .join(known, on="row", maintain_order="left")
        .with_columns(_shares=_number("shares"), _nav=_number("nav"))
    )
    kept, rejects = read.refuse(rows_typed, _SHARES, _RULES)
    is_settled = pl.Series([final_from(day) <= payload.known_at for day in kept["_date"]], dtype=pl.Boolean)
    counts = kept.select(
        as_of_date="_date",
        asset=pl.lit(asset),
        fund=pl.lit(fund),
        shares_outstanding="_shares",
        nav_usd="_nav",
        status=pl.when(pl.col("_nav").is_null()).then(pl.lit("no_nav")),
        finality=pl.when(is_settled).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
    )
    return Parsed({_SHARES: counts}, rejects)


def _number(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars(" $\u00a0").str.replace_all(",", "", literal=True)
    return read.number(pl.when(~text.is_in(_BLANK)).then(text))


_PARAMS = {"fund": "ticker of the fund", "asset": "optional: the asset of a fund that is not known here"}
_FINAL = "from 06:00 UTC on the day after the as-of date"
_LICENCE = "the issuer's terms: personal use, do not republish rows"
FEEDS: tuple[Feed, ...] = (
    Feed(
        name="ishares_holdings",
        source="ishares",
        title="iShares: shares outstanding of a fund, from its holdings file",
        tables=(_SHARES,),
        parse=parse_holdings,
        cadence="daily, in the evening of the as-of date or on the next day",
        finality_rule=_FINAL,
        url="https://www.ishares.com/us/products/333011/ishares-bitcoin-trust-etf/latest-holdings.csv",
        licence=_LICENCE,
        params=_PARAMS,
    ),
    Feed(
        name="ishares_workbook",
        source="ishares",
        title="iShares: shares outstanding and net asset value of a fund since inception, from its workbook",
        tables=(_SHARES,),
        parse=parse_workbook,
        cadence="daily",
        finality_rule=_FINAL,
        url="https://www.ishares.com/us/products/333011/ishares-bitcoin-trust-etf",
        licence=_LICENCE,
        params=_PARAMS,
    ),
)
