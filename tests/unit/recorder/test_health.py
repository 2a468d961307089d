"""When a clock is called wrong."""

from __future__ import annotations

from orchestration.recorder.health import Skew


def test_a_snapshot_of_long_ago_is_no_skew():
    """OKX begins with what happened hours ago: a note at every start would be read by nobody."""
    skew = Skew()
    assert not skew.stamped(7200.0, 0.0)
    assert not skew.stamped(0.2, 30.0)
    assert not skew.stamped(3.0, 61.0)
    assert (skew.is_noted, skew.seconds) == (False, 0.2)


def test_stamps_that_stay_behind_are_noted_after_a_minute_and_the_note_ends():
    """Either this clock is wrong, or the connection lags: the instants of receipt are not those of the market."""
    skew = Skew()
    assert not skew.stamped(20.0, 0.0)
    assert skew.stamped(21.0, 60.0)
    assert (skew.is_noted, skew.seconds) == (True, 20.0)
    assert not skew.stamped(0.1, 70.0)
    assert skew.stamped(0.1, 121.0)
    assert not skew.is_noted


def test_a_stamp_from_the_future_is_noted_at_once():
    """Nothing arrives before it is sent, and prints from the future are refused."""
    skew = Skew()
    assert skew.stamped(-6.0, 0.0)
    assert skew.is_noted
    assert not skew.stamped(-7.0, 1.0)
