"""What a cell of an ETF flow table says, by the date and the instant at which the table was seen.

Belongs here: the meaning of blanks, zeros and totals, for the tables of all vendors. Does not belong here: the
shape of any vendor's table (its own module) or the list of funds (`schemas/funds.py`). A blank is not zero, and
a printed zero is not always a reported one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from schemas.feed import Parsed, Payload, PayloadError, Reject
from schemas.funds import UNCOUNTED, funds_of
from schemas.rules import ETF_FINAL_HOUR_UTC, ETF_LATE_FILL_SESSIONS, ETF_TOTAL_TOLERANCE_USD
from transforms.core.sessions import is_session, sessions_after
from transforms.parse import read

TOTAL = "Total"
FLOWS, TOTALS = "core_etf__flows", "core_etf__totals"
CELLS = pl.Schema({"row": pl.UInt32(), "day": pl.String(), "column": pl.String(), "printed": pl.String()})
_NEW_YORK = ZoneInfo("America/New_York")
_BLANK = ("", "-", "–", "—")
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_date").is_null(), "the row's day is not a date"),
    "duplicate_grain": (pl.col("row") != pl.col("row").min().over("_date"), "the table gives this day twice"),
    "future_date": (pl.col("_date") > pl.col("_today"), "the day lies after the table was seen"),
    "not_a_session": (~pl.col("_is_session"), "the exchange does not trade on that day"),
    "not_a_number": (pl.col("_usd").is_nan() | pl.col("_usd").is_infinite(), "the cell is no number"),
}
_UNCOUNTED = {"uncounted_fund": (pl.col("column").is_in(list(UNCOUNTED)), "no total counts this fund")}


@dataclass(frozen=True)
class Habits:
    """How a vendor's table writes.

    `usd_per_printed`: dollars per printed unit. `writes_dash_as_zero`: the shape cannot say "not reported yet".
    `total_stands_alone`: the total is the vendor's own figure, and not the sum of the cells beside it.
    """

    usd_per_printed: float = 1.0
    writes_dash_as_zero: bool = False
    total_stands_alone: bool = False


def launches_of(payload: Payload) -> dict[str, date]:
    """Launch dates of the funds that a table may name: the asset's, and `extra_funds` of the inbox map.

    Raises `PayloadError`: missing_param, bad_param.
    """
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


def refuse_unknown(tickers: Mapping[str, object] | set[str], launches: Mapping[str, date]) -> None:
    """Raise `PayloadError` unknown_fund_column for tickers that are no fund: a new fund is a decision."""
    unknown = sorted(ticker for ticker in tickers if ticker not in launches and ticker not in UNCOUNTED)
    if unknown:
        raise PayloadError("unknown_fund_column", f"columns {unknown} are no fund that is known")


def cells_of(days: Iterable[tuple[object, Mapping[str, object]]]) -> pl.DataFrame:
    """Days as (day, {ticker or `TOTAL`: number, text or None}) to `CELLS`; a column that one day lacks is blank.

    Raises `PayloadError`: no_rows, and bad_shape where a value is neither.
    """
    listed = list(days)
    if not listed:
        raise PayloadError("no_rows", "the payload holds no day")
    columns = list(dict.fromkeys(column for _, flows in listed for column in flows))
    rows = [
        (row, str(day), column, _printed(flows.get(column)))
        for row, (day, flows) in enumerate(listed)
        for column in columns
    ]
    return pl.DataFrame(rows, schema=CELLS, orient="row")


def _printed(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise PayloadError("bad_shape", f"a flow is neither number nor text: {value!r}"[:200])
    return "" if value is None else str(value)


def parsed_cells(cells: pl.DataFrame, payload: Payload, launches: Mapping[str, date], habits: Habits) -> Parsed:
    """Cells as printed (`CELLS`; `column` is a ticker or `TOTAL`) to core_etf__flows and core_etf__totals.

    Each row of the table has a number; a blank cell is null or a dash. A fund that is launched and has no
    column is awaited. Cells of funds that no total counts are rejects. Source of the rules: METHOD §6.
    """
    kept, rejects = _refuse(typed(cells, payload.known_at, habits.usd_per_printed))
    judged = _judged(kept, launches, habits, payload.known_at)
    is_total = pl.col("column") == TOTAL
    keys = {"trade_date": pl.col("_date"), "asset": pl.lit(payload.params["asset"])}
    funds, uncounted = read.refuse(judged.filter(~is_total).select(*kept.columns, *_JUDGED), FLOWS, _UNCOUNTED)
    flows = funds.select(
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
    return Parsed({FLOWS: flows, TOTALS: totals}, [*rejects, *uncounted])


_JUDGED = ("_flow", "_status", "_finality")


def typed(cells: pl.DataFrame, known_at: datetime, usd_per_printed: float) -> pl.DataFrame:
    """Cells with `_date`, `_usd` (null where blank), `_today` in New York and `_is_session`."""
    text = pl.col("printed").str.strip_chars(" *\u00a0")
    plain = text.str.replace_all(",", "", literal=True).str.replace(r"^\((.*)\)$", "-$1")
    usd = read.number(pl.when(~text.is_in(_BLANK)).then(plain)) * usd_per_printed
    day = pl.coalesce(
        pl.col("day").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        pl.col("day").str.to_date("%d %b %Y", strict=False),
    )
    dated = cells.with_columns(_usd=usd.round(2), _date=day, _today=pl.lit(known_at.astimezone(_NEW_YORK).date()))
    sessions = [day for day in dated["_date"].unique().drop_nulls() if is_session(day)]
    return dated.with_columns(_is_session=pl.col("_date").is_in(pl.Series(sessions, dtype=pl.Date).implode()))


def final_from(day: date) -> datetime:
    """The instant from which what is printed of a trade date can be final: 06:00 UTC on the day after."""
    return datetime.combine(day + timedelta(days=1), time(ETF_FINAL_HOUR_UTC), UTC)


def closes_at(day: date) -> datetime:
    """The instant at which a trade date's window for late fills closes: five further sessions."""
    return final_from(sessions_after(day, ETF_LATE_FILL_SESSIONS))


def _refuse(cells: pl.DataFrame) -> tuple[pl.DataFrame, list[Reject]]:
    """Cells that can be judged, and the rejects, each under the table that it would have gone to."""
    kept, rejects = read.refuse(cells, FLOWS, _RULES)
    return kept, [Reject(TOTALS, r.rule, r.reason, r.record) if r.record["column"] == TOTAL else r for r in rejects]


def _judged(cells: pl.DataFrame, launches: Mapping[str, date], habits: Habits, known_at: datetime) -> pl.DataFrame:
    """Cells with `_status`, `_flow`, `_total_status` and `_finality`."""
    named = set(cells["column"])
    absent = [launch for ticker, launch in launches.items() if ticker not in named]
    is_fund = (pl.col("column") != TOTAL) & ~pl.col("column").is_in(list(UNCOUNTED))
    reported = (is_fund & pl.col("_flow").is_not_null()).any().over("row")
    lacks = is_fund & pl.col("_flow").is_null() & (pl.col("_status") != "not_launched")
    awaits_column = pl.col("_date") >= min(absent, default=date.max)
    waiting = (lacks & (pl.col("_status") != "missing")).any().over("row") | awaits_column
    total = pl.when(pl.col("column") == TOTAL).then(pl.col("_usd")).max().over("row")
    gap = (pl.when(pl.col("column") != TOTAL).then(pl.col("_flow")).sum().over("row") - total).abs()
    adds_up = (gap <= ETF_TOTAL_TOLERANCE_USD).fill_null(pl.lit(TOTAL not in named))
    is_due, is_open = pl.col("_final_from") <= known_at, pl.col("_closes_at") > known_at
    is_final = is_due & adds_up & (~waiting | ~is_open)
    in_part = pl.when(waiting | lacks.any().over("row")).then(pl.lit("partial"))
    total_status = (
        pl.when(~reported)
        .then(pl.when(is_open).then(pl.lit("pending")).otherwise(pl.lit("missing")))
        .otherwise(in_part.when(total.is_null()).then(pl.lit("missing")))
    )
    if habits.total_stands_alone:
        alone = ~reported & total.is_not_null()
        whole = pl.when(~is_due).then(pl.when(total == 0).then(pl.lit("pending_zero")).otherwise(pl.lit("partial")))
        total_status = pl.when(alone).then(whole).otherwise(total_status)
        is_final = pl.when(alone).then(is_due).otherwise(is_final)
    return (
        cells.join(_deadlines(cells["_date"]), on="_date", how="left")
        .with_columns(_status=_status(launches, habits.writes_dash_as_zero, known_at))
        .with_columns(_flow=pl.when(pl.col("_status").is_null()).then(pl.col("_usd")))
        .with_columns(
            _total_status=total_status,
            _finality=pl.when(is_final).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
        )
    )


def _status(launches: Mapping[str, date], writes_dash_as_zero: bool, known_at: datetime) -> pl.Expr:
    """Why a fund's cell is not a reported flow; null where it is one."""
    launch = pl.col("column").replace_strict(dict(launches), default=None, return_dtype=pl.Date)
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
    unique, instant = dates.unique(), pl.Datetime("us", "UTC")
    return pl.DataFrame(
        {
            "_date": unique,
            "_final_from": pl.Series([final_from(day) for day in unique], dtype=instant),
            "_closes_at": pl.Series([closes_at(day) for day in unique], dtype=instant),
        }
    )
