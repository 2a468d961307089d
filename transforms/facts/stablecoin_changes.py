"""Changes of stablecoin supply: against zero bases, in value, and over months (METHOD §7).

Belongs here: the ratio of a change, its split into supply and price, the change of a month and of one
that is not over. Does not belong here: what supply is (`stablecoin_supply.py`).

Supply of a date is supply at 00:00 UTC at which that date begins, as its sources stamp it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.core.value_change import value_effects
from transforms.facts.stablecoin_supply import without_dust
from transforms.facts.vintage_cuts import cuts, drop_unchanged, record_setters, state_at

_MONTHS = TABLES["core_stablecoins__months"]
_SERIES = ("month_date", "stablecoin_id", "chain")
_OWN = (*_SERIES, "source")
_SUPPLY = ("circulating_peg", "circulating_usd", "finality", "is_simulated")
_LAST = 1_000_000


def change_ratio(before: pl.Expr, after: pl.Expr) -> pl.Expr:
    """(after − before) / before as a fraction; null where `before` is zero, which dust below 1e-6 is."""
    base, end = without_dust(before), without_dust(after)
    return pl.when(base != 0).then(divided(end - base, base))


def change_status(before: pl.Expr, after: pl.Expr) -> pl.Expr:
    """Why `change_ratio` is null: `zero_base`, or `missing` where one of the two is unknown; else null."""
    return (
        pl.when(before.is_null() | after.is_null())
        .then(pl.lit("missing"))
        .when(without_dust(before) == 0)
        .then(pl.lit("zero_base"))
    )


def supply_changes(days: pl.DataFrame) -> pl.DataFrame:
    """Add the four columns of a change to rows that hold both of its ends.

    `days`: supply_before_peg, supply_after_peg, price_before_usd, price_after_usd, gross_issued_peg,
    gross_redeemed_peg. Added: supply_change_peg, change_ratio, supply_effect_usd, price_effect_usd,
    market_value_change_usd (their sum, which is Q₁P₁ − Q₀P₀), and change_status: the first reason why one of
    them is null (`missing`, `zero_base`, `no_price`). What circulates can shrink while its market value
    grows: neither stands for the other.
    """
    before, after = without_dust(pl.col("supply_before_peg")), without_dust(pl.col("supply_after_peg"))
    supply_effect, price_effect = value_effects(before, after, pl.col("price_before_usd"), pl.col("price_after_usd"))
    return days.with_columns(
        supply_change_peg=after - before,
        change_ratio=change_ratio(before, after),
        change_status=pl.coalesce(
            change_status(before, after), pl.when(supply_effect.is_null()).then(pl.lit("no_price"))
        ),
        supply_effect_usd=supply_effect,
        price_effect_usd=price_effect,
        market_value_change_usd=supply_effect + price_effect,
    )


def month_change(supply: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Change of each month, from 00:00 UTC on its first to 00:00 UTC on the first of the next.

    `supply`: fact_date, circulating_peg, and the columns `by`. Columns: month_date (the first), end_date,
    start_peg, end_peg, supply_change_peg, change_ratio, change_status (why that is null), status. A month whose
    end is not known goes to its newest day, `to_date`; one without a value on its first has no change,
    `no_month_start`.
    """
    known = supply.drop_nulls("circulating_peg")
    ends = _in_months(known).sort("fact_date").group_by(*by, "month_date").agg(pl.all().last())
    starts = known.filter(pl.col("fact_date").dt.day() == 1).select(
        *by, month_date="fact_date", start_peg="circulating_peg"
    )
    # On its first a month has no day yet, and so no change.
    both = ends.filter(pl.col("fact_date") > pl.col("month_date")).join(starts, on=[*by, "month_date"], how="left")
    start, end = without_dust(pl.col("start_peg")), without_dust(pl.col("circulating_peg"))
    return both.select(
        *by,
        "month_date",
        end_date="fact_date",
        start_peg=start,
        end_peg=end,
        supply_change_peg=end - start,
        change_ratio=change_ratio(start, end),
        change_status=change_status(start, end),
        status=_month_status(pl.col("start_peg"), pl.col("fact_date")),
    ).sort(*by, "month_date")


def _in_months(supply: pl.DataFrame) -> pl.DataFrame:
    """Each row under the month that it lies in, and the first of a month also under the month before."""
    own = pl.col("fact_date").dt.month_start()
    before = pl.when(pl.col("fact_date") == own).then(own.dt.offset_by("-1mo"))
    months = pl.concat_list(own, before).list.drop_nulls()
    return supply.with_columns(month_date=months).explode("month_date")


def _month_status(start: pl.Expr, end_date: pl.Expr) -> pl.Expr:
    return (
        pl.when(start.is_null())
        .then(pl.lit("no_month_start"))
        .when(end_date < pl.col("month_date").dt.offset_by("1mo"))
        .then(pl.lit("to_date"))
    )


def months_of(dates: Sequence[date]) -> set[date]:
    """The months, by their first, whose change may differ when supply or price of these dates does."""
    return set(_in_months(pl.DataFrame({"fact_date": dates}, schema={"fact_date": pl.Date}))["month_date"])


def monthly(
    supply: pl.DataFrame, pegs: pl.DataFrame, months: Sequence[date], priority: Mapping[str, int]
) -> pl.DataFrame:
    """Rows of `core_stablecoins__months` for `months`, one per recorded change.

    `supply` is core_stablecoins__supply and `pegs` core_stablecoins__pegs, of the days from the first of
    the earliest month to the first after the latest. Both ends are of one feed: of those that know both,
    the best by `priority`; a month that no feed knows the start of has no change. In units of the peg, or
    in dollars alone where the feed gives no units. What was known when decides which day is the newest.
    """
    wanted = pl.DataFrame({"month_date": months}, schema={"month_date": pl.Date})
    has_value = pl.any_horizontal(pl.col("circulating_peg", "circulating_usd").is_not_null())
    days = _in_months(supply.filter(has_value)).join(wanted, on="month_date", how="semi")
    priced = _in_months(pegs).with_columns(known_at="recorded_at")
    coins = days.select(_OWN).unique()
    instants = pl.concat([cuts(days, _SERIES), cuts(_of_coins(priced, days), _SERIES)]).unique()
    own = instants.join(coins, on=list(_SERIES))
    both = _ends(own, days)
    valued = _with_prices(both, pegs)
    rank = pl.col("source").replace_strict(priority, default=_LAST, return_dtype=pl.Int64)
    best = (
        valued.sort(*_SERIES, "recorded_at", pl.col("status").eq_missing("no_month_start"), rank, "source")
        .unique([*_SERIES, "recorded_at"], keep="first", maintain_order=True)
        .select(_MONTHS.schema.names())
        .cast(_MONTHS.schema)
    )
    tracked = [name for name in _MONTHS.column_names if name not in (*_SERIES, "recorded_at")]
    return drop_unchanged(best, _SERIES, tracked).sort(_MONTHS.grain)


def _of_coins(priced: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Prices under each chain on which the coin has supply in that month."""
    chains = days.select(_SERIES).unique()
    return priced.join(chains, on=["month_date", "stablecoin_id"])


def _ends(own: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Supply at both ends of each month as each feed knew it at each instant, after the month's first."""
    first = days.filter(pl.col("fact_date") == pl.col("month_date"))
    later = days.filter(pl.col("fact_date") > pl.col("month_date"))
    newest = record_setters(later, _OWN, ["fact_date", "known_at"], "known_at")
    ends = state_at(own, newest.select(*_OWN, "known_at", "fact_date", *_SUPPLY), _OWN)
    starts = state_at(own, first.select(*_OWN, "known_at", *_SUPPLY), _OWN).select(
        *_OWN, "recorded_at", start_peg="circulating_peg", start_usd="circulating_usd", starts_simulated="is_simulated"
    )
    joined = ends.join(starts, on=[*_OWN, "recorded_at"], how="left")
    status = _month_status(pl.coalesce(pl.col("start_peg"), pl.col("start_usd")), pl.col("fact_date"))
    # A series that has stopped, or has a gap there, leaves its month without an end for good.
    is_over = pl.col("recorded_at").dt.date() > pl.col("month_date").dt.offset_by("1mo")
    status = pl.when(is_over & (status == "to_date")).then(pl.lit("no_month_end")).otherwise(status)
    is_open = (pl.col("status") == "to_date").fill_null(False) | (pl.col("finality") == "preliminary")
    return joined.with_columns(status=status).with_columns(
        end_date="fact_date",
        end_peg="circulating_peg",
        end_usd="circulating_usd",
        finality=pl.when(is_open).then(pl.lit("preliminary")).otherwise(pl.lit("final")),
        is_simulated=pl.col("is_simulated") | pl.col("starts_simulated").fill_null(False),
    )


def _with_prices(both: pl.DataFrame, pegs: pl.DataFrame) -> pl.DataFrame:
    """The prices of both ends as they were known, and the four columns of the change."""
    states = pegs.select("stablecoin_id", "fact_date", "price_usd", known_at="recorded_at")
    key = ["stablecoin_id", "fact_date"]

    def price_of(day: str, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        at = frame.select("stablecoin_id", "recorded_at", fact_date=day).unique()
        found = state_at(at, states, key).drop("known_at").rename({"fact_date": day, "price_usd": name})
        return frame.join(found, on=["stablecoin_id", "recorded_at", day], how="left")

    priced = price_of("end_date", "end_price_usd", price_of("month_date", "start_price_usd", both.drop("fact_date")))
    changed = supply_changes(
        priced.with_columns(
            supply_before_peg="start_peg",
            supply_after_peg="end_peg",
            price_before_usd="start_price_usd",
            price_after_usd="end_price_usd",
        )
    )
    reason = (
        pl.when(pl.col("status") == "no_month_start")
        .then("status")
        .when(pl.col("supply_change_peg").is_null())
        .then(pl.lit("dollars_only"))
        .otherwise("change_status")
    )
    return changed.with_columns(change_status=reason)
