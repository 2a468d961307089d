"""ETF flows from share counts: the formulas, the calendar, and a fund's flows rebuilt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.funds import FundEvent, ShareLag
from schemas.tables import TABLES
from transforms.core.sessions import next_session, previous_session, session_close, sessions_between
from transforms.facts import etf
from transforms.facts.etf_rebuild import needed_counts, rebuilt_flows, touched_dates

THURSDAY, FRIDAY, TUESDAY = date(2026, 2, 12), date(2026, 2, 13), date(2026, 2, 17)
WEDNESDAY = date(2026, 2, 18)
LAG = (ShareLag("IBIT", 1, date(2024, 1, 11)),)
SHARES = st.integers(1_000_000, 2_000_000_000).map(float)
NAVS = st.floats(1, 500)


def value(frame: dict[str, float], expr: pl.Expr):
    return pl.DataFrame({name: [number] for name, number in frame.items()}).select(expr).item()


def known(day: date, hour: int = 23) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def counts(*rows: tuple) -> pl.DataFrame:
    """(as-of date, shares, net asset value, known at)."""
    return pl.DataFrame(
        [
            {"as_of_date": day, "asset": "BTC", "fund": "IBIT", "shares_outstanding": shares, "nav_usd": nav,
             "status": None, "finality": "final", "source": "ishares_holdings", "raw_sha256": "a" * 64,
             "known_at": at, "is_simulated": False}
            for day, shares, nav, at in rows
        ],
        schema=TABLES["core_etf__shares"].schema,
    )  # fmt: skip


def daily(*rows: tuple[date, float | None, float | None]) -> pl.DataFrame:
    """Counts that are known in the evening of their as-of date."""
    return counts(*((day, shares, nav, known(day)) for day, shares, nav in rows))


def newest(flows: pl.DataFrame) -> dict[date, tuple]:
    last = flows.sort("recorded_at").unique("trade_date", keep="last")
    return {row["trade_date"]: (row["flow_usd"], row["status"]) for row in last.iter_rows(named=True)}


def test_worked_example_of_flow_by_shares_assets_and_coins(example):
    """Raw change of assets is -7.3bn beside a flow of -175m; the coin balance books the fee as an outflow."""
    case = example("etf_22")
    given_ = case["inputs"] | {
        "aum_prev": case["inputs"]["shares_prev"] * case["inputs"]["nav_prev"],
        "aum": case["inputs"]["shares"] * case["inputs"]["nav"],
    }
    coins = etf.coins_per_share("coin_per_share_prev", "annual_fee")
    balance = etf.coin_balance_change("shares_prev", "shares", "coin_per_share_prev", coins)
    flow = etf.flow_from_shares("shares_prev", "shares", "nav")
    by_coins = etf.flow_by_coin_balance(balance, "reference_price")
    found = {
        "flow_usd": flow,
        "flow_via_aum": etf.flow_via_aum("aum_prev", "aum", "nav_prev", "nav"),
        "raw_aum_change": etf.raw_aum_change("aum_prev", "aum"),
        "coin_per_share": coins,
        "coin_balance_change": balance,
        "flow_coin_method_usd": by_coins,
        "fee_bias_usd": by_coins - flow,
        "flow_in_coin": etf.flow_in_coins(flow, "reference_price"),
    }
    row = {name: value(given_, expr) for name, expr in found.items()}
    assert row == pytest.approx(case["expected"], abs=case["tolerance"]["abs"], rel=case["tolerance"]["rel"])


def test_worked_example_of_an_implied_nav_that_does_not_fit_the_session(example):
    """Six million shares for 230m: the pair is of another day, or one of the numbers of another unit."""
    case = example("etf_25")
    inputs = case["inputs"] | {
        "usd": case["inputs"]["claimed_usd_m"] * 1e6,
        "n": case["inputs"]["claimed_shares_m"] * 1e6,
    }
    implied = etf.implied_nav("usd", "n")
    found = {
        "implied_nav": value(inputs, implied),
        "relative_gap_to_close": value(inputs, etf.nav_gap(implied, "close_2026_02_05")),
        "shares_implied_by_usd_at_close_m": value(inputs, etf.implied_shares("usd", "close_2026_02_05")) / 1e6,
    }
    flag = case["expected"].pop("flag")
    assert found == pytest.approx(case["expected"], rel=1e-12)
    assert value(inputs, etf.nav_flag("usd", "n", "close_2026_02_05", inputs["tolerance_rel"])) == flag
    assert value(inputs, etf.nav_flag("usd", "n", pl.lit(38.0), inputs["tolerance_rel"])) is None


def test_rounding_in_print_is_no_doubt():
    """A tenth of a million for 2,000 shares reads as 50 a share where the fund stands at 36."""
    small = {"usd": 1e5, "n": 2_000.0, "close": 36.1}
    assert value(small, etf.nav_flag("usd", "n", "close")) == "implied_nav_out_of_tolerance"
    assert value(small, etf.nav_flag("usd", "n", "close", resolution_usd=1e5)) is None


@settings(deadline=None)
@given(SHARES, SHARES, NAVS, NAVS)
def test_the_share_method_and_the_asset_method_are_one(before, after, nav_before, nav_after):
    """They are the same number by algebra; where they differ, dates or shares are mixed up."""
    row = {
        "s0": before,
        "s1": after,
        "n0": nav_before,
        "n1": nav_after,
        "a0": before * nav_before,
        "a1": after * nav_after,
    }
    by_shares = value(row, etf.flow_from_shares("s0", "s1", "n1"))
    by_assets = value(row, etf.flow_via_aum("a0", "a1", "n0", "n1"))
    assert by_shares == pytest.approx(by_assets, abs=1e-9 * max(before, after) * nav_after)


@pytest.mark.parametrize(
    ("counts_", "navs", "ratio"),
    [
        ((100.0, 300.0), (90.0, 30.0), 3.0),
        ((100.0, 301.0), (90.0, 28.0), 3.0),
        ((1000.0, 100.0), (3.0, 31.0), 0.1),
        ((100.0, 101.0), (90.0, 30.0), 1.0),
        ((100.0, 200.0), (90.0, 91.0), 1.0),
        ((100.0, 250.0), (90.0, 36.0), 1.0),
        ((0.0, 100.0), (90.0, 36.0), 1.0),
        ((100.0, 300.0), (90.0, None), None),
        ((100.0, 101.0), (90.0, None), 1.0),
    ],
)
def test_a_split_is_an_integer_factor_with_the_value_moving_inversely(counts_, navs, ratio):
    """Doubled shares at an unchanged value are orders; without the value the two cannot be told apart."""
    row = {"s0": counts_[0], "s1": counts_[1], "n0": navs[0], "n1": navs[1]}
    frame = pl.DataFrame({name: [number] for name, number in row.items()}, schema=dict.fromkeys(row, pl.Float64))
    assert frame.select(etf.detected_split("s0", "s1", "n0", "n1")).item() == ratio


class TestCalendar:
    def test_friday_is_first_known_on_tuesday_after_presidents_day(self):
        """A calendar of weekdays would look for the count on the holiday."""
        assert etf.first_known_session(FRIDAY, 1) == TUESDAY
        assert etf.first_known_session(FRIDAY, 0) == FRIDAY
        assert sessions_between(date(2026, 2, 12), date(2026, 2, 18)) == (THURSDAY, FRIDAY, TUESDAY, WEDNESDAY)

    def test_next_and_previous_skip_what_is_no_session(self):
        """The neighbours of a session are sessions."""
        assert (next_session(FRIDAY), previous_session(TUESDAY)) == (TUESDAY, FRIDAY)
        assert previous_session(date(2026, 2, 16)) == FRIDAY

    def test_an_early_close_is_at_eighteen_hundred(self):
        """The day after Thanksgiving the net asset value is struck three hours sooner."""
        assert session_close(date(2026, 11, 27)) == datetime(2026, 11, 27, 18, tzinfo=UTC)
        assert session_close(FRIDAY) == datetime(2026, 2, 13, 21, tzinfo=UTC)

    def test_a_holiday_has_no_first_known_session(self):
        """No order has a trade date on which nobody trades."""
        with pytest.raises(ValueError, match="not an XNYS session"):
            etf.first_known_session(date(2026, 2, 16), 1)


class TestRebuild:
    def test_a_days_orders_are_in_the_count_of_the_next_session(self):
        """US fund accounting lags one session: dated by the count, every flow is one session late."""
        flows = rebuilt_flows(daily((THURSDAY, 100.0, 40.0), (FRIDAY, 110.0, 41.0), (TUESDAY, 105.0, 42.0)), LAG)
        assert newest(flows) == {THURSDAY: (400.0, None), FRIDAY: (-205.0, None), TUESDAY: (None, "pending")}
        friday = flows.filter(trade_date=FRIDAY).drop_nulls("flow_usd")
        assert friday["recorded_at"].to_list() == [known(TUESDAY)]

    def test_without_a_lag_the_days_orders_are_in_its_own_count(self):
        """A fund that counts in the evening, read with a lag, shifts by one session: enough to flip a sign."""
        lag = (ShareLag("IBIT", 0, date(2024, 1, 11)),)
        flows = rebuilt_flows(daily((THURSDAY, 100.0, 40.0), (FRIDAY, 110.0, 41.0)), lag)
        assert newest(flows)[FRIDAY] == (410.0, None)
        assert newest(flows)[THURSDAY] == (None, "no_share_count")

    def test_a_lag_holds_between_its_dates(self):
        """Issuers change their habits; history keeps the old one."""
        lags = (
            ShareLag("IBIT", 0, date(2024, 1, 11), FRIDAY - timedelta(days=1)),
            ShareLag("IBIT", 1, FRIDAY),
        )
        shares = daily(
            (date(2026, 2, 11), 90.0, 40.0), (THURSDAY, 100.0, 40.0), (FRIDAY, 110.0, 41.0), (TUESDAY, 105.0, 42.0)
        )
        flows = rebuilt_flows(shares, lags)
        assert (newest(flows)[THURSDAY], newest(flows)[FRIDAY]) == ((400.0, None), (-205.0, None))

    def test_a_missing_count_gives_no_flow_and_never_two_days_on_one(self):
        """A flow of two days on one date is wrong on both."""
        shares = daily((THURSDAY, 100.0, 40.0), (TUESDAY, 130.0, 42.0), (WEDNESDAY, 131.0, 43.0))
        flows = newest(rebuilt_flows(shares, LAG))
        assert flows[THURSDAY] == flows[FRIDAY] == (None, "no_share_count")
        assert flows[TUESDAY] == (42.0, None)

    def test_without_the_days_net_asset_value_there_is_no_flow(self):
        """Another day's value would put that day's price into the flow."""
        flows = newest(rebuilt_flows(daily((THURSDAY, 100.0, None), (FRIDAY, 110.0, 41.0)), LAG))
        assert flows[THURSDAY] == (None, "no_nav")

    def test_a_value_that_comes_from_the_workbook_later_completes_the_count(self):
        """The holdings file has the count in the evening, the workbook the value the next day."""
        shares = counts(
            (THURSDAY, 100.0, None, known(THURSDAY)),
            (FRIDAY, 110.0, None, known(FRIDAY)),
            (THURSDAY, 100.0, 40.0, known(TUESDAY)),
        )
        states = rebuilt_flows(shares, LAG).filter(trade_date=THURSDAY).select("recorded_at", "flow_usd", "status")
        assert states.rows() == [
            (known(THURSDAY), None, "pending"),
            (known(FRIDAY), None, "no_nav"),
            (known(TUESDAY), 400.0, None),
        ]

    @pytest.mark.parametrize("events", [(), (FundEvent("IBIT", FRIDAY, "split", split_ratio=3.0),)])
    @pytest.mark.parametrize(("lag", "day"), [(1, THURSDAY), (0, FRIDAY)])
    def test_a_split_is_found_or_known_and_only_the_orders_are_left(self, events, lag, day):
        """ARKB's three for one of June 2025 would have been an inflow of twice its assets."""
        shares = daily((THURSDAY, 100.0, 90.0), (FRIDAY, 303.0, 30.0), (TUESDAY, 303.0, 30.0))
        flows = newest(rebuilt_flows(shares, (ShareLag("IBIT", lag, date(2024, 1, 11)),), events))
        assert flows[day] == (90.0, None)

    def test_shares_of_a_seed_are_taken_out_and_unknown_ones_give_no_flow(self):
        """A seed without its count cannot be told from orders."""
        shares = daily((THURSDAY, 100.0, 40.0), (FRIDAY, 160.0, 40.0))
        known_seed = (FundEvent("IBIT", FRIDAY, "seed", shares=50.0),)
        assert newest(rebuilt_flows(shares, LAG, known_seed))[THURSDAY] == (400.0, None)
        unknown = (FundEvent("IBIT", FRIDAY, "conversion"),)
        assert newest(rebuilt_flows(shares, LAG, unknown))[THURSDAY][0] is None

    @settings(deadline=None)
    @given(st.permutations(range(4)), st.lists(st.integers(1, 50), min_size=4, max_size=4))
    def test_order_of_arrival_and_delivery_again_change_nothing(self, order, hours):
        """A rebuild reads the payloads in another order, and some twice."""
        days = (THURSDAY, FRIDAY, TUESDAY, WEDNESDAY)
        rows = [
            (day, 100.0 + n, 40.0 + n, known(day, 0) + timedelta(hours=h))
            for n, (day, h) in enumerate(zip(days, hours, strict=True))
        ]
        once = rebuilt_flows(counts(*rows), LAG)
        again = [(day, shares, nav, at + timedelta(days=9)) for day, shares, nav, at in rows]
        assert rebuilt_flows(counts(*(rows[n] for n in order), *again), LAG).equals(once)

    @settings(deadline=None)
    @given(st.integers(0, 3))
    def test_what_is_known_later_does_not_change_what_was_known(self, n):
        """An as-of answer is the same whenever it is asked for."""
        rows = [(day, 100.0 + i, 40.0, known(day)) for i, day in enumerate((THURSDAY, FRIDAY, TUESDAY, WEDNESDAY))]
        instant = rows[n][3]
        then = rebuilt_flows(counts(*rows[: n + 1]), LAG)
        now = rebuilt_flows(counts(*rows), LAG).filter(pl.col("recorded_at") <= instant)
        # A later file may add trade dates, of which nothing was known then.
        assert now.join(then, on=["trade_date", "recorded_at"], how="semi").equals(then)

    def test_changed_counts_reach_the_dates_whose_flows_they_make(self):
        """A flow that is not made again keeps the old count for good."""
        rows = daily((THURSDAY, 100.0, 40.0), (FRIDAY, 110.0, 41.0), (TUESDAY, 105.0, 42.0), (WEDNESDAY, 106.0, 43.0))
        before = rebuilt_flows(rows.filter(pl.col("as_of_date") != FRIDAY), LAG)
        after = rebuilt_flows(rows, LAG)
        differing = set(after.join(before, on=after.columns, how="anti", nulls_equal=True)["trade_date"])
        assert differing
        assert differing <= touched_dates([FRIDAY])
        some = rebuilt_flows(
            rows.filter(pl.col("as_of_date").is_in(list(needed_counts(differing)))), LAG, dates=differing
        )
        assert some.equals(after.filter(pl.col("trade_date").is_in(list(differing))))

    def test_a_fund_without_a_lag_is_not_rebuilt(self):
        """A wrong lag is worse than no second opinion."""
        assert rebuilt_flows(daily((THURSDAY, 100.0, 40.0), (FRIDAY, 110.0, 41.0)), ()).is_empty()
        with pytest.raises(ValueError, match="0 or 1 session"):
            rebuilt_flows(daily((THURSDAY, 100.0, 40.0)), (ShareLag("IBIT", 2, date(2024, 1, 11)),))
