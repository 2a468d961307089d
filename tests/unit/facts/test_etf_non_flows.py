"""What changes an ETF's shares or coins and is no flow: splits, seeds, conversions, fees."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.funds import FundEvent, ShareLag
from transforms.facts import etf
from transforms.facts.etf_rebuild import rebuilt_flows

THURSDAY, FRIDAY, TUESDAY = date(2026, 2, 12), date(2026, 2, 13), date(2026, 2, 17)
SHARES = st.integers(1_000_000, 2_000_000_000).map(float)
NAVS = st.floats(1, 500)


def value(expr: pl.Expr):
    return pl.select(expr).item()


def test_after_a_split_both_counts_are_in_new_shares_at_the_new_value():
    """Three for one, five million new shares created at 12: an inflow of 60m, neither 2.5bn nor 20m."""
    assert value(etf.flow_from_shares(100e6, 305e6, 12.0, split_ratio=3.0)) == 60e6
    assert value(etf.flow_via_aum(100e6 * 36.3, 305e6 * 12.0, 36.3, 12.0, 3.0)) == pytest.approx(60e6, abs=1e-3)
    assert value(etf.flow_from_shares(50e6, 5e6, 41.0, split_ratio=0.1)) == 0.0


@settings(deadline=None)
@given(SHARES, SHARES, NAVS, st.sampled_from([2.0, 3.0, 10.0, 0.5, 0.1]))
def test_a_split_is_no_flow(before, after, nav, ratio):
    """A share that becomes three would be the largest inflow in history."""
    plain = value(etf.flow_from_shares(before, after, nav))
    split = value(etf.flow_from_shares(before, after * ratio, nav / ratio, ratio))
    assert split == pytest.approx(plain, rel=1e-9, abs=1.0)


def test_seed_conversion_and_fee_are_no_flows():
    """Shares that came with a seed or a converted trust were ordered by nobody; a fee takes coins and no shares."""
    assert value(etf.flow_from_shares(0.0, 619e6, 40.0, non_flow_shares=619e6)) == 0
    assert value(etf.flow_from_shares(0.0, 617e6, 40.0, non_flow_shares=619e6)) == -80e6, "sold on the first day"
    assert value(etf.flow_from_shares(619e6, 619e6, 40.0)) == 0
    day_of_fee = etf.coins_per_share(0.000567, 0.0025)
    fee = etf.coin_balance_change(1e8, 1e8, 0.000567, day_of_fee)
    assert value(fee) == pytest.approx(-56_700 * 0.0025 / 365), "the coin balance shows the fee as an outflow"


def test_nothing_is_divided_by_a_price_of_zero():
    """A page without its closing price has a zero there, and infinity passes every comparison."""
    nothing = (
        etf.flow_in_coins(1e6, 0.0),
        etf.implied_shares(1e6, 0.0),
        etf.nav_gap(36.1, 0.0),
        etf.implied_nav(1e6, 0.0),
        etf.flow_via_aum(1e9, 1e9, 0.0, 36.1),
    )
    assert [value(expr) for expr in nothing] == [None] * len(nothing)


def counts(*shares: float) -> pl.DataFrame:
    """Nothing but what an issuer's page says, over a holiday weekend."""
    days = [THURSDAY, FRIDAY, TUESDAY][: len(shares)]
    return pl.DataFrame({"as_of_date": days, "fund": "ARKB", "shares_outstanding": shares, "nav_usd": 40.0})


def rebuilt(shares: pl.DataFrame, *events: FundEvent) -> dict[date, tuple]:
    flows = rebuilt_flows(shares, (ShareLag("ARKB", 1, date(2024, 1, 11)),), events).sort("recorded_at")
    last = flows.unique("trade_date", keep="last").iter_rows(named=True)
    return {row["trade_date"]: (row["flow_usd"], row["status"], row["recorded_at"]) for row in last}


def test_bare_counts_give_the_flows_from_the_close_of_the_session_that_dates_them():
    """Friday's orders are first known on Tuesday, after Presidents' Day."""
    flows = rebuilt(counts(10e6, 11e6, 10.5e6))
    assert flows[THURSDAY] == (40e6, None, datetime(2026, 2, 13, 21, tzinfo=UTC))
    assert flows[FRIDAY] == (-20e6, None, datetime(2026, 2, 17, 21, tzinfo=UTC))
    assert flows[TUESDAY][:2] == (None, "pending")


def test_shares_that_a_conversion_brought_and_nobody_counted_leave_no_flow():
    """The value of the day is there; what lacks is a count."""
    converted = FundEvent("ARKB", FRIDAY, "conversion")
    assert rebuilt(counts(10e6, 11e6), converted)[THURSDAY][:2] == (None, "no_share_count")
