"""No figure of a row depends on the rows that are computed with it (METHOD section 0: a rebuild repeats the days).

Belongs here: every public rule that divides. What each of them says is tested with its own module.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.facts import etf, funding, open_interest
from transforms.facts.basis_rates import CONVENTIONS, annualise, measured
from transforms.facts.liquidation_coverage import coverage_ratio
from transforms.facts.stablecoin_changes import change_ratio, supply_changes
from transforms.facts.term_structure import forward_yield, rate_between

A, B, C, D = (pl.col(name) for name in "abcd")
NOW = datetime(2026, 2, 5, tzinfo=UTC)
# As minutes, half and a third of a year: the power of a compound rate is a small whole number.
numbers = st.floats(0.1, 1e6) | st.sampled_from((262_800.0, 175_200.0))

FORMULAS: dict[str, pl.Expr] = {
    "eight_hour_equivalent": funding.eight_hour_equivalent(A, B),
    "on_own_interval": funding.on_own_interval(A, B, C),
    "sides_ratio": open_interest.sides_ratio(A, B),
    "single_sided": open_interest.single_sided(A, B),
    "coverage_ratio": coverage_ratio(A, B),
    "change_ratio": change_ratio(B, A),
    "flow_from_shares": etf.flow_from_shares(A, B, C, D),
    "flow_via_aum": etf.flow_via_aum(A, B, C, D),
    "coins_per_share": etf.coins_per_share(A, 0.0025, B),
    "flow_in_coins": etf.flow_in_coins(A, B),
    "implied_nav": etf.implied_nav(A, B),
    "nav_gap": etf.nav_gap(A, B),
    "implied_shares": etf.implied_shares(A, B),
    "forward_yield": forward_yield(B, A, B + C, D),
    **{
        f"rate_between {scheme}": rate_between(B, A, B + C, D, 30, scheme)
        for scheme in ("rate_time", "log_price", "rate")
    },
    **{
        f"annualise {name}": annualise(A, B, pl.lit(NOW), pl.lit(NOW) + pl.duration(minutes=C), name)
        for name in CONVENTIONS
    },
}


def contracts(rows: pl.DataFrame) -> pl.DataFrame:
    """Dated futures at these prices."""
    return measured(
        rows.select(
            symbol=pl.lit("BTC-27MAR26"), quoted_at=pl.lit(NOW), expires_at=pl.lit(NOW) + timedelta(days=50, seconds=7),
            future_price="a", index_price="b", open_interest_native="c", contract_value="d",
            margin_type=pl.lit("inverse"),
        )
    )  # fmt: skip


def observations(rows: pl.DataFrame) -> pl.DataFrame:
    """Open interest of an inverse contract."""
    nothing = pl.lit(None, pl.Float64)
    return open_interest.conform(
        rows.select(
            open_interest_native="a", mark_price="b", contract_value="c", size_unit=pl.lit("contracts"), n_sides=1,
            margin_type=pl.lit("inverse"), contract_value_currency=pl.lit("USD"), quote_currency=pl.lit("USD"),
            open_interest_coin=nothing, open_interest_usd=nothing,
        )
    )  # fmt: skip


def changes(rows: pl.DataFrame) -> pl.DataFrame:
    """Open interest before and after."""
    return open_interest.decompose(
        rows.select(
            margin_type=pl.lit("inverse"), open_interest_coin_before="a", open_interest_coin="b",
            open_interest_usd_before="a", open_interest_usd="b", mark_price_before="c", mark_price="d",
        )
    )  # fmt: skip


def supplies(rows: pl.DataFrame) -> pl.DataFrame:
    """Supply before and after."""
    return supply_changes(
        rows.select(
            supply_before_peg="b", supply_after_peg="a", price_before_usd="c", price_after_usd="d",
            gross_issued_peg="a", gross_redeemed_peg="b",
        )
    )  # fmt: skip


TABLES: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    **{name: lambda rows, formula=formula: rows.select(value=formula) for name, formula in FORMULAS.items()},
    "measured": contracts,
    "conform": observations,
    "decompose": changes,
    "supply_changes": supplies,
}


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=30)
@given(st.lists(st.floats(0.1, 1e6), min_size=2, max_size=40), st.tuples(*[numbers] * 3), st.data())
def test_a_row_alone_is_the_row_among_others(name, values, held, data):
    """A daily run computes few rows and a rebuild many: a last digit apart would be a revision of nothing."""
    rows = pl.DataFrame({"a": values}).with_columns(
        **{name: pl.lit(value) for name, value in zip("bcd", held, strict=True)}
    )
    if data.draw(st.booleans(), label="columns as a file gives them"):
        rows = pl.DataFrame(rows.to_dict(as_series=False))
    whole = TABLES[name](rows)
    alone = pl.concat([TABLES[name](rows[n : n + 1]) for n in range(rows.height)])
    assert whole.to_dicts() == alone.to_dicts()
