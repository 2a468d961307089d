"""Totals of ETF flows over an asset's funds: what each source's table amounts to, and flows since launch.

Belongs here: completeness, and sums over funds and days (METHOD §6). Does not belong here: which source is
taken (`confidence.py`), single funds (`etf.py`, `etf_rebuild.py`).
"""

from __future__ import annotations

import polars as pl

from schemas.funds import FUNDS
from schemas.tables import TABLES
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

_TABLE = TABLES["core_etf__source_totals"]
_DAY = ("trade_date", "asset", "source")
_TRACKED = ("flow_usd", "printed_total_usd", "n_funds_reported", "n_funds_expected", "status", "finality")


def fund_launches() -> pl.DataFrame:
    """Columns `asset`, `fund`, `launch_date` of all funds that a total counts."""
    rows = [(fund.asset, fund.ticker, fund.launch_date) for fund in FUNDS]
    return pl.DataFrame(rows, {"asset": pl.String, "fund": pl.String, "launch_date": pl.Date}, orient="row")


def source_totals(cells: pl.DataFrame, printed: pl.DataFrame, funds: pl.DataFrame | None = None) -> pl.DataFrame:
    """Rows of `core_etf__source_totals`: each source's total of a trade date, one row per recorded change.

    The total is the sum of the funds that have reported: `partial` while one that is launched has not, null and
    `pending` while none has. Where the source gives a total that is whole by its own rule and not all of the
    funds, or none, that total is taken, and `n_funds_reported` is null. `final` once every fund's cell is.

    `cells`: `core_etf__flows`; `printed`: `core_etf__totals`; `funds`: as `fund_launches`, the default.
    """
    launched = _launched(cells, printed, fund_launches() if funds is None else funds)
    known = [frame.select(*_DAY, "known_at") for frame in (cells, printed)]
    instants = cuts(pl.concat(known), _DAY)
    counted = _counted(instants, cells)
    totals = state_at(
        instants,
        printed.select(
            *_DAY,
            "printed_total_usd",
            "known_at",
            said="status",
            printed_finality="finality",
            printed_simulated="is_simulated",
        ),
        _DAY,
    )
    rows = (
        instants.join(counted, on=[*_DAY, "recorded_at"], how="left")
        .join(totals.drop("known_at"), on=[*_DAY, "recorded_at"], how="left")
        .join(launched, on=["trade_date", "asset"], how="left")
        .with_columns(pl.col("reported", "seen", "open").fill_null(0), pl.col("is_new_fund").fill_null(False))
        .with_columns(n_funds_expected=pl.max_horizontal("seen", pl.col("launched").fill_null(0)))
    )
    judged = _judged(rows).select(_TABLE.schema.names()).cast(_TABLE.schema)
    return drop_unchanged(judged, _DAY, _TRACKED).sort(_TABLE.grain)


def whole_from_first(totals: pl.DataFrame) -> pl.DataFrame:
    """Totals of a source from the first instant at which they were whole.

    For a source that has some of the funds only: the sum of those is no total that is still filling up.
    """
    by = [*_DAY]
    was_whole = pl.col("status").is_null().cast(pl.UInt8).cum_max().over(by, order_by="recorded_at") == 1
    return totals.filter(was_whole)


def cumulative_flow(totals: pl.DataFrame, launch_assets_usd: float = 0.0) -> pl.DataFrame:
    """Adds `cumulative_flow_usd` per asset: the sum of `flow_usd` up to each trade date, in the order of dates.

    `launch_assets_usd`, counted once, is what the funds started with; days without a value add nothing. Of a
    reader's as-of answer it is the cumulative flow as it was known then.
    """
    summed = pl.col("flow_usd").fill_null(0.0).cum_sum().over("asset", order_by="trade_date")
    return totals.sort("asset", "trade_date").with_columns(cumulative_flow_usd=summed.round(2) + launch_assets_usd)


def _launched(cells: pl.DataFrame, printed: pl.DataFrame, funds: pl.DataFrame) -> pl.DataFrame:
    """Funds launched on or before each trade date."""
    days = pl.concat([frame.select("trade_date", "asset") for frame in (cells, printed)]).unique()
    joined = days.join(funds, on="asset").filter(pl.col("launch_date") <= pl.col("trade_date"))
    return joined.group_by("trade_date", "asset").agg(launched=pl.len().cast(pl.Int64))


def _counted(instants: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Per day, source and instant: the sum of the reported cells, and how many there are of each kind."""
    firsts = cells.with_columns(
        __first=pl.col("known_at").min().over(*_DAY, "fund"), __start=pl.col("known_at").min().over(_DAY)
    )
    grid = instants.join(cells.select(*_DAY, "fund").unique(), on=_DAY)
    slim = firsts.select(
        *_DAY, "fund", "flow_usd", "status", "finality", "is_simulated", "known_at", "__first", "__start"
    )
    states = state_at(grid, slim, [*_DAY, "fund"])
    counts = pl.col("status").ne_missing("not_launched")
    joins = counts & (pl.col("__first") == pl.col("recorded_at")) & (pl.col("__first") > pl.col("__start"))
    # The order fixes the order of addition, and cents absorb what is left of it.
    return (
        states.sort(*_DAY, "recorded_at", "fund")
        .group_by(*_DAY, "recorded_at", maintain_order=True)
        .agg(
            total=pl.col("flow_usd").sum().round(2),
            reported=pl.col("flow_usd").is_not_null().sum().cast(pl.Int64),
            seen=counts.sum().cast(pl.Int64),
            open=(counts & ~pl.col("finality").is_in(["final", "restated"])).sum().cast(pl.Int64),
            is_new_fund=joins.any(),
            cells_simulated=pl.col("is_simulated").any(),
        )
    )


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Value, status and finality of each state."""
    expected, reported = pl.col("n_funds_expected"), pl.col("reported")
    is_whole = (reported > 0) & (reported >= expected)
    has_printed = pl.col("printed_total_usd").is_not_null()
    takes_printed = (
        ~is_whole & has_printed & (pl.col("said").is_null() | ((pl.col("seen") == 0) & (pl.col("said") == "partial")))
    )
    summed = pl.when(reported > 0).then("total")
    lacking = pl.when(reported == 0).then(pl.lit("pending")).when(~is_whole).then(pl.lit("partial"))
    closed = (pl.col("open") == 0) & (pl.col("seen") > 0) & (pl.col("seen") == expected)
    all_final = pl.when(closed).then(pl.lit("final")).otherwise(pl.lit("preliminary"))
    return rows.with_columns(
        flow_usd=pl.when(takes_printed).then("printed_total_usd").otherwise(summed),
        n_funds_reported=pl.when(~takes_printed).then(reported),
        status=pl.when(takes_printed).then("said").otherwise(lacking),
        finality=pl.when(takes_printed).then("printed_finality").otherwise(all_final),
        is_simulated=pl.col("cells_simulated").fill_null(False) | pl.col("printed_simulated").fill_null(False),
    )
