"""The front contract of a venue and its rolls.

Belongs here: which contracts are the front, and when another took its place (METHOD §3). Does not
belong here: rates (`basis_rates.py`), or constant maturities, which have no roll (`term_structure.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from schemas import rules
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

_CURVE = ("venue", "asset")
_DAY = ("fact_date", *_CURVE)
_NEEDED = (*_DAY, "symbol", "expires_at", "quoted_at", "status", "recorded_at")
_MIN_LEFT = timedelta(days=rules.MIN_ANNUALISED_DAYS)


def front_expiry() -> pl.Expr:
    """The nearest expiry seven or more days off, of `expires_at`, `quoted_at` and `status`; null if none.

    A missing price or index does not pass the front on: the row then has no rate, with its reason.
    """
    is_dated = pl.col("status").ne_missing(pl.lit("perpetual"))
    has_time = pl.col("expires_at") - pl.col("quoted_at") >= _MIN_LEFT
    return pl.col("expires_at").filter(is_dated & has_time).min()


def is_front(by: Sequence[str] = ("quoted_at",)) -> pl.Expr:
    """Whether a contract expires with the front of its group `by`; all contracts of that expiry do."""
    return (pl.col("expires_at") == front_expiry().over(by)).fill_null(False)


def is_roll(former_expires_at: pl.Expr) -> pl.Expr:
    """Whether a front at `quoted_at` follows one that fell under seven days; false where none is known."""
    is_other = pl.col("expires_at") != former_expires_at
    return (is_other & (former_expires_at - pl.col("quoted_at") < _MIN_LEFT)).fill_null(False)


def with_front(contracts: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Vintages of contract rows with `is_front` and `roll_flag`, also as the days before became known.

    `contracts` has the columns of `core_basis__contracts` but these two, `before` is rows of that table
    of earlier days. The former front is that of the newest earlier day that has one, at most
    `ROLL_LOOKBACK_DAYS` back: sessions leave out days, and a feed may end before its contract does.
    """
    fronts = _fronts(pl.concat([before.select(_NEEDED), contracts.select(_NEEDED)]))
    days = cuts(contracts, _DAY, "recorded_at")
    earlier = _earlier(days, fronts)
    first = days.group_by(_DAY).agg(first_at=pl.col("recorded_at").min())
    later = earlier.join(first, on=_DAY).filter(pl.col("known_at") > pl.col("first_at"))
    instants = pl.concat([days, later.select(*_DAY, recorded_at="known_at")]).unique()
    former = (
        state_at(instants.join(earlier.select(*_DAY, "former_date").unique(), on=_DAY), earlier, [*_DAY, "former_date"])
        .filter(pl.col("former_expires_at").is_not_null())
        .sort("former_date")
        .unique([*_DAY, "recorded_at"], keep="last", maintain_order=True)
        .select(*_DAY, "recorded_at", "former_expires_at")
    )
    return (
        _visible(instants, contracts)
        .join(former, on=[*_DAY, "recorded_at"], how="left")
        .with_columns(is_front=is_front([*_DAY, "recorded_at"]))
        .with_columns(roll_flag=pl.col("is_front") & is_roll(pl.col("former_expires_at")))
        .drop("former_expires_at")
    )


def _visible(instants: pl.DataFrame, contracts: pl.DataFrame) -> pl.DataFrame:
    """The newest state of every contract of a day at each of its instants."""
    symbols = contracts.select(*_DAY, "symbol").unique()
    states = contracts.rename({"recorded_at": "stated_at"})
    return state_at(instants.join(symbols, on=_DAY), states, [*_DAY, "symbol"], "stated_at").drop("stated_at")


def _fronts(contracts: pl.DataFrame) -> pl.DataFrame:
    """The front's expiry of each day and curve, one row per change: `former_expires_at`, `known_at`."""
    states = _visible(cuts(contracts, _DAY, "recorded_at"), contracts)
    found = states.group_by(*_DAY, "recorded_at").agg(former_expires_at=front_expiry())
    return drop_unchanged(found, _DAY, ["former_expires_at"]).rename({"recorded_at": "known_at"})


def _earlier(days: pl.DataFrame, fronts: pl.DataFrame) -> pl.DataFrame:
    """The fronts of the days before each day of a curve."""
    gap = (pl.col("fact_date") - pl.col("former_date")).dt.total_days()
    former = fronts.rename({"fact_date": "former_date"})
    pairs = days.select(_DAY).unique().join(former, on=_CURVE)
    return pairs.filter(gap.is_between(1, rules.ROLL_LOOKBACK_DAYS))
