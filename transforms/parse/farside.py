"""Farside's tables of spot ETF flows: what each cell says, and how final it is.

Belongs here: the meaning of dashes, zeros and totals, by the date and the instant at which the table was
seen. Does not belong here: the shapes of the tables (`farside_tables.py`) or the list of funds
(`schemas/funds.py`). A dash is not zero, and a printed zero is not always a reported one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError, Reject
from schemas.funds import funds_of
from schemas.rules import ETF_FINAL_HOUR_UTC, ETF_LATE_FILL_SESSIONS, ETF_TOTAL_TOLERANCE_USD
from transforms.core.sessions import is_session, sessions_after
from transforms.parse import read
from transforms.parse.farside_tables import TOTAL, Printed, printed_table

_NEW_YORK = ZoneInfo("America/New_York")
_USD_PER_PRINTED = 1e6
_BLANK = ("", "-", "–", "—")
_FLOWS, _TOTALS = "core_etf__flows", "core_etf__totals"
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_date").is_null(), "the row's day is not a date"),
    "duplicate_grain": (pl.col("row") != pl.col("row").min().over("_date"), "the table gives this day twice"),
    "future_date": (pl.col("_date") > pl.col("_today"), "the day lies after the table was seen"),
    "not_a_session": (~pl.col("_is_session"), "the exchange does not trade on that day"),
    "not_a_number": (pl.col("_usd").is_nan() | pl.col("_usd").is_infinite(), "the cell is no number"),
}


def parse_flows(payload: Payload) -> Parsed:
    """A table of flows in US$ m to core_etf__flows and core_etf__totals, in USD.

    `params`: asset; optionally extra_funds, `TICKER:launch date` with commas between. Raises
    `PayloadError`: missing_param, bad_param, dropped_fund_column, and those of `printed_table`. Source
    of the rules: METHOD.md and FEEDS_OTHER.md §1.1.
    """
    launches = _launches(payload)
    printed = printed_table(payload, launches)
    cells, rejects = _refuse(_typed(printed.cells, payload.known_at))
    _refuse_dropped_funds(printed, launches, set(cells["_date"]))
    judged = _judged(cells, launches, printed, payload.known_at)
    is_total = pl.col("column") == TOTAL
    keys = {"trade_date": pl.col("_date"), "asset": pl.lit(payload.params["asset"])}
    flows = judged.filter(~is_total).select(
        **keys,
        fund="column",
        flow_usd="_flow",
        printed_flow_usd="_usd",
        status="_status",
        finality="_finality",
    )
    totals = judged.filter(is_total).select(
        **keys, printed_total_usd="_usd", status="_total_status", finality="_finality"
    )
    return Parsed({_FLOWS: flows, _TOTALS: totals}, rejects)


def _launches(payload: Payload) -> dict[str, date]:
    """Launch dates of the funds that the table may name."""
    asset = payload.params.get("asset")
    if not asset:
        raise PayloadError("missing_param", "the inbox map must give the asset of a table of ETF flows")
    launches = {ticker: fund.launch_date for ticker, fund in funds_of(asset).items()}
    for extra in filter(None, payload.params.get("extra_funds", "").split(",")):
        ticker, _, launch = extra.strip().partition(":")
        try:
            launches[ticker] = date.fromisoformat(launch)
        except ValueError as error:
            raise PayloadError("bad_param", f"extra_funds: {extra!r} is not TICKER:YYYY-MM-DD") from error
    return launches


def _typed(cells: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """Cells with `_date`, `_usd` (null where blank), `_today` in New York and `_is_session`."""
    text = pl.col("printed").str.strip_chars(" *\u00a0")
    plain = text.str.replace_all(",", "", literal=True).str.replace(r"^\((.*)\)$", "-$1")
    usd = read.number(pl.when(~text.is_in(_BLANK)).then(plain)) * _USD_PER_PRINTED
    day = pl.coalesce(
        pl.col("day").str.to_date("%Y-%m-%d", strict=False),
        pl.col("day").str.to_date("%d %b %Y", strict=False),
    )
    typed = cells.with_columns(_usd=usd.round(2), _date=day, _today=pl.lit(known_at.astimezone(_NEW_YORK).date()))
    sessions = [day for day in typed["_date"].unique().drop_nulls() if is_session(day)]
    return typed.with_columns(_is_session=pl.col("_date").is_in(pl.Series(sessions, dtype=pl.Date).implode()))


def _refuse(cells: pl.DataFrame) -> tuple[pl.DataFrame, list[Reject]]:
    """Cells that can be judged, and the rejects, each under the table that it would have gone to."""
    kept, rejects = read.refuse(cells, _FLOWS, _RULES)
    return kept, [Reject(_TOTALS, r.rule, r.reason, r.record) if r.record["column"] == TOTAL else r for r in rejects]


def _refuse_dropped_funds(printed: Printed, launches: dict[str, date], days: set[date]) -> None:
    """A new fund's column may come some sessions late; later, its absence would pass for no flow."""
    last = max(days, default=date.min)
    dropped = [
        ticker
        for ticker, launch in launches.items()
        if ticker not in printed.tickers and last >= sessions_after(launch, ETF_LATE_FILL_SESSIONS)
    ]
    if dropped:
        raise PayloadError("dropped_fund_column", f"the columns of {dropped} are missing")


def _judged(cells: pl.DataFrame, launches: dict[str, date], printed: Printed, known_at: datetime) -> pl.DataFrame:
    """Cells with `_status`, `_flow`, `_total_status` and `_finality`."""
    absent = [launch for ticker, launch in launches.items() if ticker not in printed.tickers]
    is_fund = pl.col("column") != TOTAL
    reported = is_fund & pl.col("_flow").is_not_null()
    waiting = (is_fund & pl.col("_status").is_in(["pending", "pending_zero"])).any().over("row") | (
        pl.col("_date") >= min(absent, default=date.max)
    )
    total = pl.when(~is_fund).then(pl.col("_usd")).max().over("row")
    gap = (pl.when(is_fund).then(pl.col("_flow")).sum().over("row") - total).abs()
    is_final = (
        (pl.col("_final_from") <= known_at)
        & (gap <= ETF_TOTAL_TOLERANCE_USD).fill_null(False)
        & (~waiting | (pl.col("_closes_at") <= known_at))
    )
    is_open = pl.col("_closes_at") > known_at
    total_status = (
        pl.when(~reported.any().over("row"))
        .then(pl.when(is_open).then(pl.lit("pending")).otherwise(pl.lit("missing")))
        .when(waiting)
        .then(pl.lit("partial"))
        .when(total.is_null())
        .then(pl.lit("missing"))
    )
    return (
        cells.join(_deadlines(cells["_date"]), on="_date", how="left")
        .with_columns(_status=_status(launches, printed.writes_dash_as_zero, known_at))
        .with_columns(_flow=pl.when(pl.col("_status").is_null()).then(pl.col("_usd")))
        .with_columns(
            _total_status=total_status,
            _finality=pl.when(is_final).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
        )
    )


def _status(launches: dict[str, date], writes_dash_as_zero: bool, known_at: datetime) -> pl.Expr:
    """Why a fund's cell is not a reported flow; null where it is one."""
    launch = pl.col("column").replace_strict(launches, default=None, return_dtype=pl.Date)
    blank, zero = pl.col("_usd").is_null(), pl.col("_usd") == 0
    is_open = pl.col("_closes_at") > known_at
    is_early = pl.col("_final_from") > known_at
    all_zero = (blank | zero).all().over("row")
    return (
        pl.when((pl.col("_date") < launch) & (blank | zero))
        .then(pl.lit("not_launched"))
        .when(blank & is_open)
        .then(pl.lit("pending"))
        .when(blank)
        .then(pl.lit("missing"))
        .when(zero & (is_early | (is_open & (all_zero | writes_dash_as_zero))))
        .then(pl.lit("pending_zero"))
    )


def _deadlines(dates: pl.Series) -> pl.DataFrame:
    """Per trade date: from when a row can be final, and when the window for late fills closes."""

    def morning_after(day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(ETF_FINAL_HOUR_UTC), UTC)

    unique = dates.unique()
    instant = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        {
            "_date": unique,
            "_final_from": pl.Series([morning_after(day) for day in unique], dtype=instant),
            "_closes_at": pl.Series(
                [morning_after(sessions_after(day, ETF_LATE_FILL_SESSIONS)) for day in unique], dtype=instant
            ),
        }
    )


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="farside_etf_flows",
        source="farside",
        title="Farside: spot ETF net flows per fund and trade date",
        tables=(_FLOWS, _TOTALS),
        parse=parse_flows,
        cadence="several times on trade dates, complete by about 06:00 UTC on the next day",
        finality_rule="from 06:00 UTC on the next day with every live fund reported and adding up to the "
        "total, or when five further sessions have passed",
        url="https://farside.co.uk/bitcoin-etf-flow-all-data/",
        licence="none found: use internally, do not republish rows",
        params={
            "asset": "BTC, ETH or SOL",
            "extra_funds": "optional: funds not known here, TICKER:YYYY-MM-DD (launch) with commas between",
        },
    ),
)
