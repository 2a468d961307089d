"""A fund's flows rebuilt from its issuer's share counts, as of every instant at which a count became known.

Belongs here: which two counts hold a session's orders, and what stands in their place where one is missing.
Does not belong here: the formulas (`etf.py`), lags and events of funds (`schemas/funds.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import polars as pl

from schemas.funds import FUND_EVENTS, FUNDS, SHARE_LAGS, FundEvent, ShareLag
from schemas.rules import ETF_LATE_FILL_SESSIONS
from schemas.tables import TABLES
from transforms.core.sessions import closes, next_session, previous_session, sessions_after, sessions_between
from transforms.facts.etf import detected_split, shares_created
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

SOURCE = "issuer_rebuild"
_TABLE = TABLES["core_etf__rebuilt_flows"]
_KEY = ("trade_date", "asset", "fund")
_COUNT = ("as_of_date", "asset", "fund")
_INSTANT = pl.Datetime("us", "UTC")
_LEGS = pl.Schema({"fund": pl.String, "trade_date": pl.Date, "role": pl.String, "as_of_date": pl.Date})
_REACH = timedelta(days=20)


def _defaults() -> dict[str, pl.Expr]:
    """What `rebuilt_flows` takes a column for that a frame does not have."""
    assets = {fund.ticker: fund.asset for fund in FUNDS}
    known = pl.col("as_of_date").replace_strict(closes("XNYS"), default=None, return_dtype=_INSTANT)
    return {
        "asset": pl.col("fund").replace_strict(assets, default="unknown", return_dtype=pl.String),
        "known_at": known,
        "source": pl.lit("issuer"),
        "raw_sha256": pl.lit(None, pl.String()),
        "is_simulated": pl.lit(False),
    }


def rebuilt_flows(
    shares: pl.DataFrame,
    lags: Sequence[ShareLag] = SHARE_LAGS,
    events: Sequence[FundEvent] = FUND_EVENTS,
    dates: Iterable[date] | None = None,
) -> pl.DataFrame:
    """Rows of `core_etf__rebuilt_flows`, one per recorded change: the flow of each trade date D and fund.

    flow(D) = (shares as of D + lag − shares as of the session before that) × NAV(D), with the fund's lag in
    sessions at D. Where one of the two counts is missing the flow is null: `pending` while no later count is
    known, then `no_share_count`; two days' orders are never put on one date. Without NAV(D) it is `no_nav`.
    `events` are taken out, and splits that they do not name are found by `detected_split`.

    `shares`: `core_etf__shares`, any number of deliveries, or a frame of `as_of_date`, `fund`,
    `shares_outstanding` and `nav_usd` alone: a count is then known at the close of the session that it is dated by.
    `dates` limits the trade dates. Funds without a lag are left out. Source: METHOD §6, FEEDS_OTHER §1.5.
    """
    shares = shares.with_columns(**{name: e for name, e in _defaults().items() if name not in shares.columns})
    legs = _legs(shares, lags, dates)
    observed = legs.join(_known(shares), on=["fund", "as_of_date"])
    instants = cuts(observed, _KEY)
    wide = _wide(instants, legs, shares)
    return _valued(wide, events).select(_TABLE.schema.names()).cast(_TABLE.schema).sort(_TABLE.grain)


def touched_dates(as_of_dates: Iterable[date]) -> set[date]:
    """Trade dates whose flow may change with the counts of these as-of dates: some sessions before, one after."""
    reach = ETF_LATE_FILL_SESSIONS + 3
    spans = (sessions_between(day - _REACH, next_session(day))[-reach:] for day in as_of_dates)
    return {session for span in spans for session in span}


def needed_counts(trade_dates: Iterable[date]) -> set[date]:
    """As-of dates whose counts the flows of these trade dates are made of."""
    return {day for trade_date in trade_dates for day in sessions_between(trade_date - _REACH, trade_date + _REACH)}


def _legs(shares: pl.DataFrame, lags: Sequence[ShareLag], dates: Iterable[date] | None) -> pl.DataFrame:
    """Per fund and trade date the as-of dates that matter, by role."""
    counted = {fund: set(days) for fund, days in shares.group_by("fund").agg("as_of_date").iter_rows()}
    wanted = None if dates is None else set(dates)
    rows = []
    for lag in lags:
        days = counted.get(lag.fund, set())
        first, last = min(days, default=date.max), max(days, default=date.min)
        for day in sessions_between(max(first, lag.valid_from), min(last, lag.valid_to or last)):
            if wanted is None or day in wanted:
                rows += [(lag.fund, day, role, as_of) for role, as_of in _roles(day, lag.so_lag_bd)]
    return pl.DataFrame(rows, schema=_LEGS, orient="row")


def _roles(day: date, so_lag_bd: int) -> list[tuple[str, date]]:
    if so_lag_bd not in (0, 1):
        raise ValueError(f"a share count lags by 0 or 1 session, not {so_lag_bd}")
    before, after = (day, next_session(day)) if so_lag_bd else (previous_session(day), day)
    later = [sessions_after(after, n) for n in range(1, ETF_LATE_FILL_SESSIONS + 1)]
    return [("before", before), ("after", after), ("own", day), *(("later", each) for each in later)]


def _known(shares: pl.DataFrame) -> pl.DataFrame:
    """Counts as known: of several files of the issuer the newest that gives a number."""
    order = shares.sort(*_COUNT, "known_at", "source")
    return order.with_columns(pl.col("shares_outstanding", "nav_usd").forward_fill().over(_COUNT)).select(
        *_COUNT, "shares_outstanding", "nav_usd", "raw_sha256", "known_at", "is_simulated"
    )


def _wide(instants: pl.DataFrame, legs: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Per trade date, fund and instant: counts and values of the roles, as then known."""
    states = state_at(instants.join(legs, on=["fund", "trade_date"]), _known(shares), _COUNT)
    key = [*_KEY, "recorded_at"]

    def of(role: str, column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("role") == role).first()

    return (
        states.sort(*key, "as_of_date")
        .group_by(key, maintain_order=True)
        .agg(
            shares_before=of("before", "shares_outstanding"),
            shares_after=of("after", "shares_outstanding"),
            nav_before=of("before", "nav_usd"),
            nav_after=of("after", "nav_usd"),
            nav_own=of("own", "nav_usd"),
            has_later=(pl.col("role") == "later").any(),
            raw_sha256=pl.coalesce(of("after", "raw_sha256"), pl.col("raw_sha256").last()),
            is_simulated=pl.col("is_simulated").any(),
        )
        .join(legs.filter(role="before").select("fund", "trade_date", before="as_of_date"), on=["fund", "trade_date"])
        .join(legs.filter(role="after").select("fund", "trade_date", after="as_of_date"), on=["fund", "trade_date"])
    )


def _valued(wide: pl.DataFrame, events: Sequence[FundEvent]) -> pl.DataFrame:
    """Flow, status and lineage of each state; states that say nothing new are left out."""
    split = pl.coalesce("event_ratio", detected_split("shares_before", "shares_after", "nav_before", "nav_after"))
    has_counts = pl.col("shares_before").is_not_null() & pl.col("shares_after").is_not_null()
    # The value of D is per share of D; the change is in the shares of the count before a split.
    nav = (
        pl.when(pl.col("trade_date") == pl.col("after")).then(pl.col("nav_own") * pl.col("split")).otherwise("nav_own")
    )
    lacking = pl.when("has_later").then(pl.lit("no_share_count")).otherwise(pl.lit("pending"))
    rows = (
        _with_events(wide, events)
        .with_columns(split=split)
        .with_columns(
            nav_usd=nav,
            shares_change=shares_created("shares_before", "shares_after", "split", "event_shares"),
        )
        .with_columns(flow_usd=(pl.col("shares_change") * pl.col("nav_usd")).round(2))
        .with_columns(
            status=pl.when(~has_counts)
            .then(lacking)
            .when(pl.col("event_shares").is_null())
            .then(pl.lit("no_share_count"))
            .when(pl.col("flow_usd").is_null())
            .then(pl.lit("no_nav")),
            finality=pl.when(pl.col("flow_usd").is_null()).then(pl.lit("preliminary")).otherwise(pl.lit("final")),
            source=pl.lit(SOURCE),
        )
    )
    return drop_unchanged(rows, _KEY, ["flow_usd", "shares_change", "nav_usd", "status", "finality"])


def _with_events(wide: pl.DataFrame, events: Sequence[FundEvent]) -> pl.DataFrame:
    """Adds `event_ratio` (null where none) and `event_shares` (0 where none) of what fell between the two counts.

    A split's ratio is the product; a seed or a conversion without its shares cannot be told from orders, so that
    its flow is null.
    """
    listed = pl.DataFrame(
        [(e.fund, e.effective_date, e.split_ratio, None if e.kind == "split" else e.shares, e.kind) for e in events],
        {"fund": pl.String, "effective": pl.Date, "ratio": pl.Float64, "came": pl.Float64, "kind": pl.String},
        orient="row",
    )
    between = (
        wide.select("fund", "before", "after")
        .unique()
        .join(listed, on="fund")
        .filter((pl.col("effective") > pl.col("before")) & (pl.col("effective") <= pl.col("after")))
        .group_by("fund", "before", "after")
        .agg(
            event_ratio=pl.when(pl.col("ratio").is_not_null().any()).then(pl.col("ratio").product()),
            event_shares=pl.when((pl.col("kind") != "split").any() & pl.col("came").is_null().all())
            .then(None)
            .otherwise(pl.col("came").sum()),
            is_event=pl.lit(True),
        )
    )
    joined = wide.join(between, on=["fund", "before", "after"], how="left")
    return joined.with_columns(event_shares=pl.when(pl.col("is_event").is_null()).then(0.0).otherwise("event_shares"))
