"""The exchange's calendar, on whose days ETFs report."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from transforms.core.sessions import business_days, is_session, session_close, sessions_after


@pytest.mark.parametrize("day", [date(2026, 2, 14), date(2026, 2, 16), date(2025, 1, 9), date(2099, 1, 5)])
def test_weekends_holidays_and_days_of_mourning_are_no_sessions(day):
    """A row on such a day is a vendor's artefact, not a day without flows."""
    assert not is_session(day)


def test_sessions_are_counted_over_weekends_and_holidays():
    """Five days after a Thursday are not five sessions."""
    assert sessions_after(date(2026, 2, 12), 1) == date(2026, 2, 13)
    assert sessions_after(date(2026, 2, 12), 2) == date(2026, 2, 17)
    assert sessions_after(date(2026, 2, 14), 1) == date(2026, 2, 17)


def test_sessions_beyond_the_calendar_are_an_error():
    """A calendar that ends must not be mistaken for one without sessions."""
    with pytest.raises(ValueError, match="no XNYS session"):
        sessions_after(date(2035, 12, 31), 1)


def test_close_follows_daylight_saving_and_half_days():
    """A fixed offset from UTC is wrong for eight months of the year."""
    assert session_close(date(2026, 1, 5)) == datetime(2026, 1, 5, 21, tzinfo=UTC)
    assert session_close(date(2026, 7, 6)) == datetime(2026, 7, 6, 20, tzinfo=UTC)
    assert session_close(date(2025, 11, 28)) == datetime(2025, 11, 28, 18, tzinfo=UTC)


def test_business_days_are_those_of_every_exchange_asked():
    """A holiday of one of them is one of all; a day of mourning is a closure and no holiday."""
    both = business_days("XNYS", "XLON")
    assert date(2026, 5, 25) not in both  # Memorial Day and the spring bank holiday
    assert date(2026, 7, 3) not in both
    assert date(2026, 8, 31) not in both
    assert date(2025, 1, 9) in both
    assert date(2026, 2, 7) not in both
    assert date(2036, 1, 2) not in both
