"""Wall clocks become UTC instants by the tz database, never by a fixed offset."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from transforms.core.clocks import (
    CME_EXPIRY,
    CME_SETTLEMENT,
    OFFSHORE_EXPIRY,
    last_weekday,
    wall_clock,
)


def _z(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_fixings_follow_daylight_saving_of_their_own_city(example):
    """Fails where an offset is hard-coded: in the gap weeks New York and London are 4 hours apart."""
    new_york = wall_clock("16:00 America/New_York")
    for row in example("basis_15")["expected"]["rows"]:
        day = date.fromisoformat(row["date"])
        assert new_york.on(day) == _z(row["ny_1600"])
        assert CME_SETTLEMENT.on(day) == _z(row["chicago_1500"])
        assert CME_EXPIRY.on(day) == _z(row["london_1600"])
        assert OFFSHORE_EXPIRY.on(day) == _z(row["deribit_expiry_0800"])


def test_last_weekday_of_december_stays_in_its_year():
    """The month after December is January of the next year."""
    assert last_weekday(2026, 12, 4) == date(2026, 12, 25)
    assert last_weekday(2026, 2, 4) == date(2026, 2, 27)


@pytest.mark.parametrize("text", ["16:00", "4pm America/New_York", "16:00 America/Nowhere", "25:00 UTC", ""])
def test_a_clock_that_cannot_be_read_is_named(text):
    """A misspelt zone must not fall back to UTC."""
    with pytest.raises(ValueError, match="not a clock"):
        wall_clock(text)


def test_a_skipped_time_is_refused():
    """02:30 does not exist in New York on the day the clocks go forward."""
    with pytest.raises(ValueError, match="does not exist"):
        wall_clock("02:30 America/New_York").on(date(2026, 3, 8))


def test_a_repeated_time_means_the_first():
    """01:30 comes twice on the day the clocks go back; the choice is fixed."""
    assert wall_clock("01:30 America/New_York").on(date(2026, 11, 1)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
