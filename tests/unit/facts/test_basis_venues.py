"""The row over all venues of the constant-maturity basis."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.facts.basis_venues import across_venues
from transforms.facts.term_structure import constant_maturity

CONTRACTS, TENORS = TABLES["core_basis__contracts"], TABLES["core_basis__term_structure"]
DAY = date(2026, 2, 5)
QUOTED_AT = datetime(2026, 2, 5, 23, 55, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def point(venue: str, rate: float | None, coins: float | None, **more) -> dict:
    return {"venue": venue, "tenor_days": 30, "basis_annualised_ratio": rate, "open_interest_coin": coins} | more


def mean_of(*points: dict) -> dict:
    schema = {"basis_annualised_ratio": pl.Float64, "open_interest_coin": pl.Float64}
    return across_venues(pl.DataFrame(points, schema_overrides=schema)).row(0, named=True)


def test_venues_count_by_the_coins_in_their_brackets():
    """Fails where a small venue weighs as much as a large one."""
    found = mean_of(point("deribit", 0.08, 3000.0), point("okx", 0.04, 1000.0))
    assert found["basis_annualised_ratio"] == pytest.approx((0.08 * 3000 + 0.04 * 1000) / 4000)
    assert (found["open_interest_coin"], found["n_venues"], found["status"]) == (4000.0, 2, None)


@pytest.mark.parametrize(
    "other",
    [
        point("okx", None, 1e6),
        point("okx", 0.5, None),
        point("okx", 0.5, 0.0),
        point("cme", 0.5, 1e6),
        point("all", 0.5, 1e6),
    ],
    ids=["no rate", "no open interest", "nothing open", "sessions", "itself"],
)
def test_who_lacks_one_of_the_two_is_in_neither_sum(other):
    """Fails where a weight without a rate pulls to zero, or rates of two instants are mixed."""
    found = mean_of(point("deribit", 0.08, 3000.0), other)
    assert (found["basis_annualised_ratio"], found["open_interest_coin"], found["n_venues"]) == (0.08, 3000.0, 1)


def test_without_any_venue_there_is_a_reason():
    """Fails where an empty sum is published as zero or as not a number."""
    found = mean_of(point("deribit", None, 1.0), point("cme", 0.1, 1.0))
    assert (found["basis_annualised_ratio"], found["open_interest_coin"], found["n_venues"]) == (None, None, 0)
    assert found["status"] == "no_venues"


def node(venue: str, days: float, ratio: float, after: timedelta = SECOND, **changes) -> dict:
    """A row of `core_basis__contracts` that is a node, known that much after its quote."""
    row = {
        "fact_date": DAY,
        "venue": venue,
        "symbol": f"BTC{days}",
        "asset": "BTC",
        "expires_at": QUOTED_AT + timedelta(days=days),
        "quoted_at": QUOTED_AT,
        "days_to_expiry": float(days),
        "future_price": 63100.0 * (1 + ratio),
        "price_kind": "mark",
        "index_price": 63100.0,
        "basis_ratio": ratio,
        "open_interest_coin": 100.0,
        "is_node": True,
        "is_front": False,
        "roll_flag": False,
        "finality": "final",
        "source": f"{venue}_feed",
        "raw_sha256": "a" * 64,
        "recorded_at": QUOTED_AT + after,
        "is_simulated": False,
    }
    return row | changes


def contracts(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CONTRACTS.schema)


def all_rows(*rows: dict, before: pl.DataFrame | None = None) -> pl.DataFrame:
    found = constant_maturity(contracts(*rows), [30], before)
    assert found.schema == TENORS.schema
    return found.filter(venue="all")


CURVES = [
    node("deribit", 20, 0.004),
    node("deribit", 40, 0.008),
    node("okx", 20, 0.002, 2 * SECOND, open_interest_coin=300.0),
    node("okx", 40, 0.004, 2 * SECOND, open_interest_coin=300.0),
]


def test_the_row_over_all_venues_follows_what_was_known():
    """Fails where the mean of all venues answers for the second in which only one was known."""
    found = all_rows(*CURVES)
    assert found["n_venues"].to_list() == [1, 2]
    rates = [0.006 * 365 / 30, (0.006 * 200 + 0.003 * 600) / 800 * 365 / 30]
    assert found["basis_annualised_ratio"].to_list() == pytest.approx(rates)
    assert found["source"].to_list() == ["deribit_feed", "okx_feed"]
    assert found["left_symbol"].null_count() == 2
    assert found["basis_spot_node_ratio"].to_list() == found["basis_annualised_ratio"].to_list()


def test_a_venue_that_was_there_yesterday_is_waited_for():
    """Fails where each day's last venue makes a restatement of the mean: the first was not final."""
    yesterday = contracts(
        *(
            node(venue, 20, 0.004, fact_date=DAY - timedelta(days=1), recorded_at=QUOTED_AT - timedelta(days=1))
            for venue in ("deribit", "okx", "cme")
        )
    )
    assert all_rows(*CURVES, before=yesterday)["finality"].to_list() == ["preliminary", "final"]
    assert all_rows(*CURVES[:2], before=yesterday)["finality"].to_list() == ["preliminary"]
    assert all_rows(*CURVES)["finality"].to_list() == ["final", "final"]
    long_ago = yesterday.with_columns(fact_date=pl.lit(DAY - timedelta(days=5)))
    assert all_rows(*CURVES, before=long_ago)["finality"].to_list() == ["final", "final"]


def test_a_late_venue_stops_no_other_and_leaves_only_what_depends_on_it_preliminary():
    """Fails where one feed that did not come holds up the curves of the others, or where its absence shows nowhere."""
    yesterday = contracts(
        *(
            node(venue, 20, 0.004, fact_date=DAY - timedelta(days=1), recorded_at=QUOTED_AT - timedelta(days=1))
            for venue in ("deribit", "okx")
        )
    )
    found = constant_maturity(contracts(*CURVES[:2]), [30], yesterday)
    own, total = found.filter(venue="deribit"), found.filter(venue="all")
    assert (own["finality"].item(), own["basis_annualised_ratio"].null_count()) == ("final", 0)
    assert (total["finality"].item(), total["n_venues"].item()) == ("preliminary", 1)
    assert found.filter(venue="okx").is_empty()


def test_the_mean_is_as_tentative_as_the_most_tentative_venue():
    """Fails where a part day of one venue is called final because the others are."""
    tentative = [row | {"finality": "preliminary"} if row["venue"] == "okx" else row for row in CURVES]
    assert all_rows(*tentative)["finality"].to_list() == ["final", "preliminary"]


def test_only_sessions_make_no_row_over_all_venues():
    """Fails where the CME's own curve is published a second time under another name."""
    assert all_rows(node("cme", 20, 0.004), node("cme", 40, 0.008)).is_empty()
    with_cme = all_rows(*CURVES, node("cme", 20, 0.1), node("cme", 40, 0.2))
    assert with_cme["basis_annualised_ratio"].to_list() == all_rows(*CURVES)["basis_annualised_ratio"].to_list()


rates_of_venues = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.001, 1e6)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(rates_of_venues, st.randoms(use_true_random=False))
def test_the_mean_lies_between_the_venues_whatever_their_order(venues, random):
    """Fails where weights do not add up to one, or where the order of arrival matters."""
    points = [point(f"venue{n}", rate, coins) for n, (rate, coins) in enumerate(venues)]
    found = mean_of(*points)
    rates = [rate for rate, _ in venues]
    assert min(rates) - 1e-12 <= found["basis_annualised_ratio"] <= max(rates) + 1e-12
    random.shuffle(points)
    assert mean_of(*points) == found
