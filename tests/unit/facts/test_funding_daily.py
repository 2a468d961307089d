"""Funding of days as of every instant: what was known when, and when a day is final."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.core.collapse import collapse
from transforms.facts.funding_daily import funding_by_day

SETTLEMENTS, DAILY = TABLES["core_funding__settlements"], TABLES["core_funding__daily"]
DAY = date(2026, 2, 5)
MIDNIGHT = datetime(2026, 2, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = datetime(2026, 3, 1, tzinfo=UTC)


def settlement(hour: float, rate: float | None = 1e-4, known_at: datetime = LATER, **changes) -> dict:
    stamp = MIDNIGHT + hour * HOUR
    return {
        "fact_date": (stamp - timedelta(microseconds=1)).date(),
        "settled_at": stamp,
        "venue": "okx",
        "symbol": "BTC-USDT-SWAP",
        "asset": "BTC",
        "margin_type": "linear",
        "rate_ratio": rate,
        "rate_basis_hours": None,
        "stated_interval_hours": None,
        "rate_cap_ratio": None,
        "rate_floor_ratio": None,
        "status": None,
        "finality": "final",
        "source": "okx_funding_history",
        "raw_sha256": "a" * 64,
        "known_at": known_at,
        "is_simulated": False,
    } | changes


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SETTLEMENTS.schema)


def day_of(*rows: dict) -> pl.DataFrame:
    return funding_by_day(frame(*rows), [DAY])


WEEK = [settlement(8 * n) for n in range(-3, 7)]


def test_a_whole_day_that_is_over_is_final():
    """Fails where a day never becomes final, or its columns drift from the table's."""
    found = day_of(*WEEK)
    assert found.schema == DAILY.schema
    row = found.row(0, named=True)
    assert (found.height, row["n_settlements"], row["hours_covered"]) == (1, 3, 24.0)
    assert (row["status"], row["finality"], row["recorded_at"]) == (None, "final", LATER)
    assert row["funding_ratio"] == pytest.approx(3e-4)
    assert row["last_settled_at"] == MIDNIGHT + 24 * HOUR


def test_settlements_arrive_one_by_one_and_each_makes_a_vintage():
    """Fails where a sum is known before its settlements, or a part of a day has an annual rate."""
    live = [settlement(8 * n, known_at=MIDNIGHT + (8 * n + 0.02) * HOUR) for n in range(-3, 5)]
    found = day_of(*live)
    assert found["n_settlements"].to_list() == [1, 2, 3]
    assert found["hours_covered"].to_list() == [8.0, 16.0, 24.0]
    assert found["status"].to_list() == ["incomplete", "incomplete", None]
    assert found["finality"].to_list() == ["preliminary", "preliminary", "final"]
    assert found["funding_annualised_ratio"].is_null().to_list() == [True, True, False]


def test_a_missing_settlement_leaves_the_day_incomplete_until_it_comes():
    """Fails where the gap becomes an interval of 16 hours and the day looks whole."""
    late = LATER + HOUR
    found = day_of(*[row for row in WEEK if row["settled_at"] != MIDNIGHT + 16 * HOUR], settlement(16, known_at=late))
    assert found["status"].to_list() == ["incomplete", None]
    assert found["interval_max_hours"].to_list() == [8.0, 8.0]
    assert found["recorded_at"].to_list() == [LATER, late]


def test_a_restated_rate_changes_the_day_from_its_own_instant():
    """Fails where a restatement rewrites what was answered before."""
    found = day_of(*WEEK, settlement(8, 4e-4, LATER + HOUR))
    assert found["funding_ratio"].to_list() == pytest.approx([3e-4, 6e-4])


def test_feeds_of_one_contract_are_days_apart():
    """Fails where two feeds' settlements add up to twice the funding."""
    found = day_of(*WEEK, *[row | {"source": "oxarchive_funding"} for row in WEEK])
    assert found["n_settlements"].to_list() == [3, 3]
    assert found["source"].to_list() == ["okx_funding_history", "oxarchive_funding"]


def test_a_mismatch_and_a_cap_are_flagged():
    """Fails where the venue's field or its limit is forgotten on the way to the day."""
    found = day_of(*[row | {"stated_interval_hours": 4.0, "rate_cap_ratio": 1e-4} for row in WEEK]).row(0, named=True)
    assert (found["has_interval_mismatch"], found["has_capped_rate"], found["interval_min_hours"]) == (True, True, 8.0)


def test_a_settlement_without_a_rate_is_no_zero():
    """Fails where an unreadable rate counts as none paid."""
    found = day_of(*[row | {"rate_ratio": None, "status": "missing"} for row in WEEK]).row(0, named=True)
    assert (found["funding_ratio"], found["n_settlements"], found["status"]) == (None, 0, "missing")


def test_a_contract_that_has_ended_has_no_more_days():
    """Fails where a delisted contract goes on at zero."""
    assert funding_by_day(frame(*WEEK), [date(2026, 2, 9)]).is_empty()


known = st.integers(0, 3)
histories = st.lists(st.tuples(st.integers(-12, 36), st.sampled_from([1e-4, -2e-4]), known), min_size=1, max_size=25)


def delivered(history: list[tuple]) -> pl.DataFrame:
    rows = {(hour, when): settlement(hour, rate, LATER + when * HOUR) for hour, rate, when in history}
    return collapse(SETTLEMENTS.empty(), frame(*rows.values()), SETTLEMENTS).kept


@settings(max_examples=40, deadline=None)
@given(histories, st.randoms())
def test_the_order_of_the_rows_does_not_matter_and_a_repeat_changes_nothing(history, random):
    """Fails where a rebuild, or the same file once more, publishes another number."""
    rows = delivered(history)
    once = funding_by_day(rows, [DAY])
    assert funding_by_day(rows.sample(fraction=1.0, shuffle=True, seed=random.randint(0, 10**6)), [DAY]).equals(once)
    newest = rows.sort("known_at").unique(["settled_at"], keep="last", maintain_order=True)
    repeated = newest.with_columns(pl.col("known_at") + timedelta(days=1))
    assert funding_by_day(collapse(rows, repeated, SETTLEMENTS).kept.vstack(rows), [DAY]).equals(once)


@settings(max_examples=40, deadline=None)
@given(histories, known)
def test_what_was_known_then_does_not_change_with_what_comes_later(history, until):
    """Fails where an as-of answer depends on the future: the rows up to an instant are all that it sees."""
    rows = delivered(history)
    cut = LATER + until * HOUR
    past = funding_by_day(rows.filter(pl.col("known_at") <= cut), [DAY])
    assert funding_by_day(rows, [DAY]).filter(pl.col("recorded_at") <= cut).equals(past)
