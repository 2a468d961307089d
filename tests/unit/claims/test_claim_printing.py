"""How `sluice claims` writes a claim and what the facts say to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestration.cli.claims import amount, claimed, measured, off_by, when, why

ROW: dict[str, Any] = {
    "claim_operator": "eq",
    "claimed_low": -434.1e6,
    "claimed_high": -434.1e6,
    "claimed_text": None,
    "claim_unit": "usd",
    "claim_starts_at": datetime(2026, 2, 5, 14, 30, tzinfo=UTC),
    "claim_ends_at": datetime(2026, 2, 5, 21, tzinfo=UTC),
    "duplicate_of": None,
    "verdict": "reproduced",
    "measured_value": -434.1e6,
    "measured_unit": "usd",
    "measured_how": "the value of its day or window",
    "difference": 0.0,
    "likely_reason": None,
    "reason_text": None,
    "missing": None,
}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-434.1e6, "usd", "-434.1m"),
        (2e5, "usd", "0.2m"),
        (187.3e9, "usd", "187.30bn"),
        (4.4e12, "usd", "4.40tn"),
        (-0.0008, "ratio_per_interval", "-0.08 %"),
        (0.33, "ratio_per_year", "33 %"),
        (6e6, "shares", "6,000,000"),
        (5.802791, "times", "5.803"),
        (1.42, "ratio", "142 %"),
    ],
)
def test_an_amount_is_written_in_its_unit(value, unit, text):
    """Nine digits in a table are read by nobody."""
    assert amount(value, unit) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "-434.1m"),
        ({"claim_operator": "gt", "claimed_low": 230e6, "claimed_high": None}, "> 230.0m"),
        ({"claim_operator": "le", "claimed_low": None, "claimed_high": -280e6}, "≤ -280.0m"),
        ({"claim_operator": "between", "claimed_low": -300e6, "claimed_high": -280e6}, "-300.0m … -280.0m"),
        ({"claim_operator": "gt", "claimed_low": 0.0, "claimed_high": None, "claim_unit": "sign"}, "positive"),
        ({"claim_operator": "lt", "claimed_low": None, "claimed_high": 0.0, "claim_unit": "sign"}, "negative"),
        ({"claim_operator": "text", "claimed_text": "near zero"}, "near zero"),
    ],
)
def test_a_claim_is_written_as_it_was_meant(change, text):
    """A bound that is printed as a figure reads as if it were refuted."""
    assert claimed({**ROW, **change}) == text


def test_a_difference_has_its_sign_and_a_claim_that_fits_has_none():
    """Off by how much, and to which side, is the point of a refutation."""
    assert off_by({**ROW, "difference": -134.1e6}) == "-134.1m"
    assert off_by({**ROW, "difference": 0.2e6}) == "+0.2m"
    assert off_by(ROW) == off_by({**ROW, "difference": None}) == ""
    assert measured({**ROW, "measured_value": None, "measured_unit": None}) == ""


def test_the_last_column_says_why_what_is_missing_or_how_it_was_measured():
    """A verdict alone teaches nothing."""
    refuted = {**ROW, "verdict": "refuted", "likely_reason": "window", "reason_text": "the next value fits: +231.6m"}
    assert why(refuted) == "window: the next value fits: +231.6m"
    assert why({**refuted, "likely_reason": "unknown", "reason_text": "an error"}) == "an error"
    assert why({**ROW, "verdict": "not_computable", "missing": "a feed"}) == "a feed"
    assert why({**ROW, "duplicate_of": "ETFF-002-018"}) == "copy of ETFF-002-018; the value of its day or window"


def test_a_window_within_a_day_is_that_day():
    """A session's hours are of no use in a table."""
    assert when(ROW) == "2026-02-05"
    assert when({**ROW, "claim_ends_at": datetime(2026, 2, 28, tzinfo=UTC)}) == "2026-02-05 … 2026-02-28"
    assert when({**ROW, "claim_starts_at": None, "claim_ends_at": None}) == ""
