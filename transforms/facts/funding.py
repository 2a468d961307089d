"""Funding of perpetuals: intervals from stamps, rates on one basis, who pays (METHOD section 4).

Belongs here: the rules as small functions of a frame or an expression. Does not belong here: rates as venues
print them (`transforms/parse/`), their days with vintages (`funding_daily.py`), the mean over venues hour by
hour (`funding_weighted.py`).

A rate is a fraction of the notional; positive: longs pay shorts.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.rules import LONGEST_FUNDING_INTERVAL_HOURS
from transforms.core.exact import divided

SERIES = ("source", "venue", "symbol")
_BASIS_HOURS = 8.0
_DAY_HOURS = 24.0
_DAYS_PER_YEAR = 365


def accrual_date(settled_at: pl.Expr) -> pl.Expr:
    """UTC date that a settlement belongs to: 00:00 < t <= 24:00, since stamp t pays for (t - h, t]."""
    return (settled_at - pl.duration(microseconds=1)).dt.date()


def eight_hour_equivalent(rate: pl.Expr, hours: pl.Expr) -> pl.Expr:
    """Rate per 8 hours of a rate per `hours`: r x 8/h, null unless h > 0. (Coin Metrics prints (P/8) r: inverted.)"""
    return pl.when(hours > 0).then(divided(rate * _BASIS_HOURS, hours))


def on_own_interval(rate: pl.Expr, basis_hours: pl.Expr, hours: pl.Expr) -> pl.Expr:
    """Rate per settlement: of a rate put on `basis_hours` its share for `hours`; null basis: as it is."""
    return pl.when(basis_hours.is_null()).then(rate).otherwise(divided(rate * hours, basis_hours))


def annualised_simple(daily: pl.Expr) -> pl.Expr:
    """Fraction per year: daily funding x 365. The headline rate."""
    return daily * _DAYS_PER_YEAR


def annualised_compound_8h(rate_8h: pl.Expr) -> pl.Expr:
    """Fraction per year: (1 + r8)^(3 x 365) - 1, a variant."""
    return (1 + rate_8h) ** (_DAY_HOURS / _BASIS_HOURS * _DAYS_PER_YEAR) - 1


def long_cash_flow(rate: pl.Expr, notional: pl.Expr) -> pl.Expr:
    """What a long of this notional at mark receives: -rate x notional, in the notional's unit."""
    return -rate * notional


def payer(rate: pl.Expr) -> pl.Expr:
    """`longs` where the rate is positive, `shorts` where it is negative, null at zero."""
    return pl.when(rate > 0).then(pl.lit("longs")).when(rate < 0).then(pl.lit("shorts"))


def at_cap(rate: pl.Expr, cap: pl.Expr, floor: pl.Expr) -> pl.Expr:
    """True where the rate stands at its venue's limit; an unknown limit is not reached."""
    return (rate >= cap).fill_null(False) | (rate <= floor).fill_null(False)


def interval_hours(settlements: pl.DataFrame, by: Sequence[str] | None = None) -> pl.DataFrame:
    """Settlements with the hours that each pays for, by the stamps and not by the venue's word.

    Needs `settled_at`; uses `stated_interval_hours` where it is there. One series is one `by` (default:
    what there is of source, venue and symbol). Adds, in the order of series and stamp,

    - `interval_hours`: the hours since the settlement before. The first stamp has the stated interval, else
      the next one's. Null where neither is known.
    - `is_after_gap`: settlements are missing before this one: the distance is a multiple of the interval
      usual among its neighbours, and neither theirs nor stated. Then `interval_hours` is the usual one. The first
      distance has none before it to be longer than: up to eight hours it is taken at its word.
    - `is_interval_mismatch`: the venue's field says otherwise.
    """
    keys = [name for name in (SERIES if by is None else by) if name in settlements.columns]
    if "stated_interval_hours" not in settlements.columns:
        settlements = settlements.with_columns(stated_interval_hours=pl.lit(None, pl.Float64))
    series = pl.struct(keys).rle_id() if keys else pl.lit(0)
    minutes = divided((pl.col("settled_at") - _near("settled_at", 1)).dt.total_seconds(), 60).round()
    gaps = settlements.sort(*keys, "settled_at").with_columns(__series=series).with_columns(__gap=divided(minutes, 60))
    common = gaps.group_by("__series").agg(__common=pl.col("__gap").drop_nulls().mode().min())
    judged = (
        gaps.join(common, on="__series", how="left", maintain_order="left")
        .with_columns(__before=_usual(1), __after=_usual(-1))
        .with_columns(is_after_gap=_is_after_gap())
    )
    stated, usual = pl.col("stated_interval_hours"), pl.min_horizontal("__before", "__after")
    own = pl.when("is_after_gap").then(pl.coalesce(usual, "__common", stated)).otherwise("__gap")
    return (
        judged.with_columns(interval_hours=own)
        .with_columns(interval_hours=pl.coalesce("interval_hours", stated, _near("interval_hours", -1)))
        .with_columns(is_interval_mismatch=(pl.col("interval_hours") != stated).fill_null(False))
        .drop("__series", "__gap", "__common", "__before", "__after")
    )


def _near(name: str, step: int) -> pl.Expr:
    """The value `step` rows before in the same series; rows are in the order of series and stamp."""
    series = pl.col("__series")
    return pl.when(series.shift(step) == series).then(pl.col(name).shift(step))


def _usual(step: int) -> pl.Expr:
    """The commonest of the three nearest gaps on one side, the shortest of equals; null where none can be one."""
    a, b, c = (_interval(_near("__gap", step * n)) for n in (1, 2, 3))
    return pl.when((a == b) | (a == c)).then(a).when(b == c).then(b).otherwise(pl.min_horizontal(a, b, c))


def _interval(gap: pl.Expr) -> pl.Expr:
    """The gap where it can be an interval: no venue pays less often than that, unless the whole series does."""
    return pl.when((gap <= LONGEST_FUNDING_INTERVAL_HOURS) | (gap == pl.col("__common"))).then(gap)


def _is_after_gap() -> pl.Expr:
    """Longer than what is usual before and after, and a multiple of both; intervals themselves may go up or down."""
    gap, before = pl.col("__gap"), pl.col("__before")
    # Of the newest stamp nothing comes after: then the gap before speaks, too.
    after = pl.coalesce("__after", _interval(_near("__gap", 1)))
    nothing = before.is_null() & after.is_null()
    is_first = _near("__gap", 1).is_null()

    def skips(usual: pl.Expr) -> pl.Expr:
        return usual.is_null() | ((gap >= 2 * usual) & ((gap / usual).round() * usual == gap))

    is_missing = ~is_first & skips(before) & skips(after) & (~nothing | skips(pl.col("__common")))
    is_stated = (gap == pl.col("stated_interval_hours")).fill_null(False)
    return (~is_stated & (is_missing | _interval(gap).is_null())).fill_null(False) & gap.is_not_null()


def settled_rates(settlements: pl.DataFrame, by: Sequence[str] | None = None) -> pl.DataFrame:
    """Settlements with `interval_hours` and each rate on two bases.

    Needs `settled_at` and `rate_ratio`; uses `rate_basis_hours`, `rate_cap_ratio` and `rate_floor_ratio` where
    they are there. Adds what `interval_hours` does, `rate_own_ratio` (per its own interval), `rate_8h_ratio`
    and `is_at_cap`.
    """
    optional = ("rate_basis_hours", "rate_cap_ratio", "rate_floor_ratio")
    absent = [pl.lit(None, pl.Float64).alias(name) for name in optional if name not in settlements.columns]
    hours = pl.col("interval_hours")
    return (
        interval_hours(settlements.with_columns(absent), by)
        .with_columns(
            rate_own_ratio=on_own_interval(pl.col("rate_ratio"), pl.col("rate_basis_hours"), hours),
            is_at_cap=at_cap(pl.col("rate_ratio"), pl.col("rate_cap_ratio"), pl.col("rate_floor_ratio")),
        )
        .with_columns(rate_8h_ratio=eight_hour_equivalent(pl.col("rate_own_ratio"), hours))
    )


def daily_funding(settlements: pl.DataFrame, by: Sequence[str] | None = None) -> pl.DataFrame:
    """Funding of each UTC day by accrual, from the columns of `settled_rates`.

    One row per series and `fact_date`: `funding_ratio` is the sum of the day's settlements (the mean times
    three is another number whenever the interval changes), `funding_8h_ratio` its share for eight of the
    hours it pays for, `funding_annualised_ratio` the day times 365, `n_settlements`, `hours_covered` (of the
    day's 24, those that known settlements pay for, the one after midnight included), the shortest and longest
    interval, flags, and `last_settled_at`. Days without a settlement have no row: a delisted contract ends.
    """
    keys = [name for name in (SERIES if by is None else by) if name in settlements.columns]
    rates = settled_rates(settlements, keys).filter(pl.col("rate_own_ratio").is_not_null())
    # By stamp, so that binary addition gives the same last digit on every rebuild.
    days = rates.with_columns(fact_date=accrual_date(pl.col("settled_at"))).sort(*keys, "settled_at")
    sums = days.group_by(*keys, "fact_date", maintain_order=True).agg(
        funding_ratio=pl.col("rate_own_ratio").sum(),
        __hours=pl.when(pl.col("interval_hours").is_not_null().all()).then(pl.col("interval_hours").sum()),
        n_settlements=pl.len().cast(pl.Int32),
        interval_min_hours=pl.col("interval_hours").min(),
        interval_max_hours=pl.col("interval_hours").max(),
        has_interval_mismatch=pl.col("is_interval_mismatch").any(),
        has_capped_rate=pl.col("is_at_cap").any(),
        last_settled_at=pl.col("settled_at").max(),
    )
    return (
        sums.join(_hours_covered(days, keys), on=[*keys, "fact_date"], how="left", nulls_equal=True)
        .with_columns(
            hours_covered=pl.col("hours_covered").fill_null(0.0),
            funding_8h_ratio=eight_hour_equivalent(pl.col("funding_ratio"), pl.col("__hours")),
            funding_annualised_ratio=annualised_simple(pl.col("funding_ratio")),
        )
        .drop("__hours")
    )


def _hours_covered(rates: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Hours of each day that lie in (t - h, t] of a known settlement."""
    start = pl.col("settled_at") - pl.duration(minutes=pl.col("interval_hours") * 60)
    midnight = pl.col("fact_date").cast(pl.Datetime("us", "UTC"))
    inside = pl.min_horizontal("settled_at", midnight + pl.duration(days=1)) - pl.max_horizontal("__start", midnight)
    return (
        rates.filter(pl.col("interval_hours").is_not_null())
        .with_columns(__start=start)
        .with_columns(fact_date=pl.date_ranges(pl.col("__start").dt.date(), pl.col("fact_date")))
        .explode("fact_date")
        .group_by(*keys, "fact_date")
        .agg(hours_covered=divided(inside.dt.total_minutes().sum(), 60))
    )


def weighted_funding(rates: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Mean over venues by open interest: the sum of OI x r8 over the sum of OI, for simultaneous rows.

    Needs `venue`, `rate_ratio` (per `interval_hours`), `interval_hours` and `open_interest_usd` (one side).
    Rows without rate or open interest leave numerator and denominator. One row per `by`, for example
    `margin_type`: linear and inverse contracts are two aggregates. Gives `funding_8h_ratio`, null without
    weight, and then the `status` `missing` (no rate) or `no_open_interest`; `funding_ratio` (a day: three times
    that), `funding_annualised_ratio`, `funding_annualised_compound_ratio`, `funding_8h_unweighted_ratio` over the
    same rows, `venues`, `n_venues`, `open_interest_usd`.
    """
    both = pl.col("__r8").is_not_null() & pl.col("open_interest_usd").is_not_null()
    r8 = pl.col("__r8").filter(both)
    weight = pl.col("open_interest_usd").filter(both)
    mean = pl.when(weight.sum() > 0).then(divided((r8 * weight).sum(), weight.sum()))
    venues = pl.col("venue").filter(both).unique(maintain_order=True)
    rows = rates.with_columns(__r8=eight_hour_equivalent(pl.col("rate_ratio"), pl.col("interval_hours")))
    shape = (
        mean.alias("funding_8h_ratio"),
        r8.mean().alias("funding_8h_unweighted_ratio"),
        venues.implode().alias("venues") if not by else venues.alias("venues"),
        weight.sum().alias("open_interest_usd"),
        pl.when(pl.col("__r8").count() == 0)
        .then(pl.lit("missing"))
        .when((weight.sum() > 0).fill_null(False).not_())
        .then(pl.lit("no_open_interest"))
        .alias("status"),
    )
    found = rows.group_by(by, maintain_order=True).agg(shape) if by else rows.select(shape)
    daily = pl.col("funding_8h_ratio") * _DAY_HOURS / _BASIS_HOURS
    return found.with_columns(
        funding_ratio=daily,
        funding_annualised_ratio=annualised_simple(daily),
        funding_annualised_compound_ratio=annualised_compound_8h(pl.col("funding_8h_ratio")),
        n_venues=pl.col("venues").list.len().cast(pl.Int32),
    )
