"""Cuts: the instants at which a derived value is computed again."""

from __future__ import annotations

import polars as pl

from transforms.facts.vintage_cuts import cuts, drop_unchanged, record_setters, state_at

SEEN = pl.DataFrame({"g": ["a", "a", "a", "b"], "known_at": [2, 1, 2, 5], "v": [20.0, 10.0, 21.0, 50.0]})


def test_a_cut_is_each_distinct_instant_of_its_group():
    """Fails where another group's deliveries make cuts."""
    assert cuts(SEEN, ["g"]).rows() == [("a", 1), ("a", 2), ("b", 5)]


def test_the_state_at_a_cut_is_the_newest_known_then():
    """Fails where the future leaks into an earlier cut."""
    wanted = pl.DataFrame({"g": ["a", "a", "b"], "recorded_at": [1, 9, 4]})
    assert state_at(wanted, SEEN, ["g"]).select("g", "recorded_at", "v").rows() == [
        ("a", 1, 10.0),
        ("a", 9, 21.0),
    ]


def test_record_setters_are_the_rows_that_were_best_when_known():
    """Fails where a late but worse row takes over."""
    seen = pl.DataFrame({"g": ["a"] * 4, "known_at": [1, 2, 3, 3], "rank": [5, 4, None, 6]})
    assert record_setters(seen, ["g"], ["rank"], "known_at")["known_at"].to_list() == [1, 3]


def test_rows_that_change_nothing_are_dropped_null_safe():
    """Fails where null after null is a change, or null after a value is none."""
    rows = pl.DataFrame({"g": ["a"] * 5, "recorded_at": [1, 2, 3, 4, 5], "v": [None, None, 1.0, 1.0, None]})
    assert drop_unchanged(rows, ["g"], ["v"])["recorded_at"].to_list() == [1, 3, 5]
