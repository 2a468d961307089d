"""The CME's days, minute of settlement and expiries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.cme import cme_expiry, is_settlement_day, settlement_window
from transforms.core.sessions import is_session


def _z(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_contracts_expire_on_the_last_friday_at_16_london(example):
    """Fails where the expiry is taken at 16:00 UTC in summer (worked example basis_15)."""
    for month, instant in example("basis_15")["expected"]["cme_btc_expiry_utc"].items():
        assert cme_expiry(int(month[:4]), int(month[5:])) == _z(instant)


@pytest.mark.parametrize(
    ("year", "month", "instant"),
    [(2024, 3, "2024-03-28T16:00:00Z"), (2026, 12, "2026-12-24T16:00:00Z")],
    ids=["Good Friday", "Christmas on a Friday"],
)
def test_an_expiry_on_a_holiday_moves_to_the_business_day_before(year, month, instant):
    """A day too long of 20 is half a per cent of the rate, and no price stands on that day."""
    assert cme_expiry(year, month) == _z(instant)


def test_settlement_follows_chicago_through_the_year(example):
    """Fails where an offset is hard-coded: 15:00 Chicago is 16:00 New York in every week (worked example basis_15)."""
    for row in example("basis_15")["expected"]["rows"]:
        start, end = settlement_window(date.fromisoformat(row["date"]))
        assert (end, end - start) == (_z(row["chicago_1500"]), timedelta(minutes=1))


def test_an_early_close_settles_before_it():
    """Fails where the half day after Thanksgiving is paired with a spot of three hours later."""
    assert settlement_window(date(2025, 11, 28))[1] == datetime(2025, 11, 28, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "day",
    [date(2026, 1, 19), date(2026, 4, 3), date(2025, 11, 27), date(2026, 2, 7), date(2026, 6, 6), date(2099, 1, 5)],
    ids=["holiday", "Good Friday", "Thanksgiving", "Saturday", "Saturday of 24/7 trade", "outside"],
)
def test_nothing_settles_on_holidays_and_weekends(day):
    """Weekend trades carry the next business date: one settlement per business day stays the grain."""
    assert not is_settlement_day(day)
    with pytest.raises(ValueError, match="not a settlement day"):
        settlement_window(day)


def test_a_day_of_mourning_still_settles():
    """Fails where the stock exchange's single closures throw away good settlements."""
    assert is_settlement_day(date(2025, 1, 9))
    assert not is_session(date(2025, 1, 9))


@given(st.integers(2010, 2035), st.integers(1, 12))
def test_every_expiry_is_a_business_day_of_the_last_week_at_16_london(year, month):
    """Fails where a holiday sends an expiry into another month, or daylight saving moves it by an hour."""
    at = cme_expiry(year, month)
    assert (at.year, at.month, at.hour in (15, 16)) == (year, month, True)
    assert is_session(at.date())
    assert (at.date() + timedelta(days=9)).month != month
