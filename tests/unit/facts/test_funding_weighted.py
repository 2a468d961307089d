"""Funding over venues: the rate in force in each hour, weighted by the open interest of that hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.facts.funding_weighted import funding_over_venues, rates_in_force

SETTLEMENTS, HOURLY = TABLES["core_funding__settlements"], TABLES["core_open_interest__hourly"]
WEIGHTED = TABLES["core_funding__weighted"]
DAY = date(2026, 2, 5)
MIDNIGHT = datetime(2026, 2, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
KNOWN_AT = datetime(2026, 3, 1, tzinfo=UTC)
FEED = {"okx": "okx_funding_history", "hyperliquid": "hyperliquid_funding_history"}


def rates(venue: str, interval: int, rate: float, **changes) -> list[dict]:
    """Settlements of a venue from the evening before to the morning after."""
    rows = []
    for hour in range(-8, 41, interval):
        stamp = MIDNIGHT + hour * HOUR
        row = {"fact_date": (stamp - timedelta(microseconds=1)).date(), "settled_at": stamp, "venue": venue}
        told = {"symbol": f"{venue}-BTC", "asset": "BTC", "margin_type": "linear", "rate_ratio": rate}
        lineage = {"finality": "final", "source": FEED.get(venue, "x"), "raw_sha256": "a" * 64, "known_at": KNOWN_AT}
        rows.append(dict.fromkeys(SETTLEMENTS.schema) | row | told | lineage | {"is_simulated": False} | changes)
    return rows


def weights(venue: str, usd: float, hours: range = range(24), **changes) -> list[dict]:
    rows = []
    for hour in hours:
        at = MIDNIGHT + hour * HOUR
        row = {"fact_date": DAY, "hour_at": at, "venue": venue, "symbol": f"{venue}-BTC", "asset": "BTC"}
        told = {"margin_type": "linear", "series": "contract", "open_interest_usd": usd, "size_unit": "coin"}
        state = {"sampled_at": at, "finality": "final", "source": "okx_open_interest", "recorded_at": KNOWN_AT}
        rows.append(dict.fromkeys(HOURLY.schema) | row | told | state | {"is_simulated": False} | changes)
    return rows


def over_venues(settlements: list[dict], hours: list[dict]) -> pl.DataFrame:
    return funding_over_venues(
        pl.DataFrame(settlements, schema=SETTLEMENTS.schema), pl.DataFrame(hours, schema=HOURLY.schema), [DAY]
    )


def newest(settlements: list[dict], hours: list[dict]) -> dict:
    return over_venues(settlements, hours).row(-1, named=True)


BOTH = [*rates("okx", 8, 8e-4), *rates("hyperliquid", 1, 2e-4)]


def test_a_settlement_is_in_force_in_the_hours_that_it_pays_for():
    """Fails where a rate is applied to the hours after its stamp."""
    row = pl.DataFrame({"settled_at": [MIDNIGHT + 8 * HOUR], "interval_hours": [8.0]})
    assert rates_in_force(row)["hour_at"].to_list() == [MIDNIGHT + n * HOUR for n in range(8)]


def test_rates_of_any_interval_are_weighted_on_eight_hours():
    """Fails where an hourly rate is weighed against an eight-hour one as it is."""
    found = over_venues(BOTH, [*weights("okx", 3e9), *weights("hyperliquid", 1e9)])
    assert found.schema == WEIGHTED.schema
    row = found.row(-1, named=True)
    assert row["funding_8h_ratio"] == pytest.approx((3 * 8e-4 + 16e-4) / 4)
    assert row["funding_8h_unweighted_ratio"] == pytest.approx(12e-4)
    assert row["funding_ratio"] == pytest.approx(3 * (3 * 8e-4 + 16e-4) / 4)
    assert (row["venues"], row["n_venues"], row["hours_covered"]) == ("hyperliquid,okx", 2, 24.0)
    assert (row["status"], row["finality"], row["open_interest_usd"]) == (None, "final", 4e9)


def test_the_weight_is_of_the_same_hour():
    """Fails where the day's last open interest weighs all of its hours."""
    moved = [*weights("okx", 1e9), *weights("hyperliquid", 0.0, range(12)), *weights("hyperliquid", 1e9, range(12, 24))]
    assert newest(BOTH, moved)["funding_8h_ratio"] == pytest.approx((8e-4 + 12e-4) / 2)


def test_a_venue_without_open_interest_is_in_neither_sum():
    """Fails where a missing weight counts as zero or as one."""
    assert newest(BOTH, weights("okx", 1e9))["funding_8h_ratio"] == pytest.approx(8e-4)


def test_linear_and_inverse_contracts_have_rows_of_their_own():
    """Fails where dollar-margined and coin-margined rates are mixed."""
    inverse = rates("deribit", 1, -1e-4, margin_type="inverse")
    hours = [*weights("okx", 1e9), *weights("deribit", 1e9, margin_type="inverse")]
    found = over_venues([*BOTH, *inverse], hours).unique("margin_type", keep="last", maintain_order=True)
    by_kind = dict(zip(found["margin_type"], found["funding_8h_ratio"], strict=True))
    assert by_kind == pytest.approx({"linear": 8e-4, "inverse": -8e-4})


@pytest.mark.parametrize(
    ("hours", "status"),
    [
        ([], "no_open_interest"),
        (weights("bybit", 1e9), "no_common_hour"),
        (weights("okx", 1e9, range(5)), "incomplete"),
        (weights("okx", 0.0), "no_common_hour"),
    ],
)
def test_a_mean_that_cannot_be_made_says_why(hours, status):
    """Fails where a mean over no weight, or over five hours, passes for the day's."""
    row = newest(BOTH, hours)
    assert (row["status"], row["funding_ratio"], row["finality"]) == (status, None, "preliminary")


def test_a_vendors_total_serves_the_only_series_of_the_same_vendor():
    """Fails where an archive's rates have no weight, or its total weighs another feed's contracts, too."""
    archive = rates("bybit", 8, 3e-4, source="oxarchive_funding", symbol="BTC")
    total = weights(
        "bybit", 1e9, symbol="all", margin_type=None, series="vendor_total", source="oxarchive_open_interest"
    )
    foreign = weights("okx", 9e9, symbol="all", margin_type=None, series="vendor_total", source="artemis_open_interest")
    assert newest([*BOTH, *archive], [*total, *foreign])["venues"] == "bybit"
    own = weights("bybit", 2e9)
    beside = newest([*archive, *rates("bybit", 8, 1e-4, source="bybit_funding_history")], [*total, *own])
    assert (beside["funding_8h_ratio"], beside["open_interest_usd"]) == (pytest.approx(1e-4), 2e9)


def test_of_two_feeds_of_one_contract_the_first_in_priority_gives_the_rate():
    """Fails where a contract is in the mean twice."""
    copy = rates("okx", 8, 5e-4, source="oxarchive_funding")
    assert newest([*rates("okx", 8, 8e-4), *copy], weights("okx", 1e9))["funding_8h_ratio"] == pytest.approx(8e-4)


def test_the_day_is_final_once_every_venue_can_have_settled():
    """Fails where a day is final at midnight, and the venue that settles at 04:00 restates it."""
    live = [row | {"known_at": row["settled_at"] + timedelta(minutes=1)} for row in rates("hyperliquid", 1, 2e-4)]
    hours = [row | {"recorded_at": row["hour_at"] + HOUR} for row in weights("hyperliquid", 1e9)]
    found = over_venues(live, hours)
    whole = found.filter(pl.col("status").is_null())
    assert whole["finality"].to_list() == ["preliminary", "final"]
    assert whole["recorded_at"].to_list() == [MIDNIGHT + n * HOUR + timedelta(minutes=1) for n in (24, 32)]


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e-3, 1e-3), st.floats(-1e-4, 1e-4), st.floats(1.0, 1e10), st.floats(1.0, 1e10), st.randoms())
def test_the_mean_lies_between_its_venues_in_any_order_of_rows(slow, fast, first, second, random):
    """Fails where a weight stands on one side of the fraction only, or the order of rows decides."""
    settlements = [*rates("okx", 8, slow), *rates("hyperliquid", 1, fast)]
    hours = [*weights("okx", first), *weights("hyperliquid", second)]
    row = newest(settlements, hours)
    assert min(slow, 8 * fast) - 1e-12 <= row["funding_8h_ratio"] <= max(slow, 8 * fast) + 1e-12
    random.shuffle(settlements)
    random.shuffle(hours)
    assert newest(settlements, hours) == row
