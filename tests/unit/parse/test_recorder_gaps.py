"""Gaps: what a recorder declares not to have heard."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl

from schemas.feed import Parsed, Payload
from transforms.parse import recorder

KNOWN = datetime(2026, 2, 6, 1, tzinfo=UTC)
START, END = "2026-02-05T23:59:50.123456+00:00", "2026-02-06T00:00:03+00:00"


def gap(**changes):
    told = {
        "instance": "main",
        "venue": "bybit",
        "channel": "bybit_linear",
        "started_at": START,
        "ended_at": END,
        "reason": "disconnected",
    }
    return told | changes


def parsed(*gaps) -> Parsed:
    lines = [json.dumps({"received_at": "2026-02-06T00:00:03.000000Z", "message": told}) for told in gaps]
    return recorder.parse_gaps(Payload("recorder_gaps", "\n".join(lines).encode(), KNOWN, "0" * 64, "x"))


def rows(*gaps) -> pl.DataFrame:
    found = parsed(*gaps)
    assert not found.rejects
    return found.frames[recorder.GAPS]


def test_a_gap_belongs_to_the_day_on_which_it_began():
    """Otherwise a gap over midnight changes its row when it closes."""
    (row,) = rows(gap()).to_dicts()
    assert row == {
        "fact_date": datetime(2026, 2, 5).date(),
        "venue": "bybit",
        "channel": "bybit_linear",
        "recorder_instance": "main",
        "gap_started_at": datetime(2026, 2, 5, 23, 59, 50, 123456, tzinfo=UTC),
        "gap_ended_at": datetime(2026, 2, 6, 0, 0, 3, tzinfo=UTC),
        "gap_reason": "disconnected",
    }


def test_an_opening_and_its_closing_are_one_gap_that_has_ended():
    """Two values of one key in a payload would be a contradiction, and the gap would be quarantined."""
    found = rows(gap(ended_at=None), gap(channel="okx_swap", ended_at=None), gap())
    ends = dict(zip(found["channel"], found["gap_ended_at"].is_null(), strict=True))
    assert ends == {"bybit_linear": False, "okx_swap": True}


def test_two_recorders_may_miss_the_same_instant():
    """A gap of one recorder is none where the other was listening: they must stay apart."""
    assert rows(gap(), gap(instance="second")).height == 2


def test_what_is_no_gap_is_refused():
    """A gap with a wrong end hides more than it tells."""
    wrong = (
        gap(started_at="yesterday"),
        gap(ended_at="soon", channel="okx_swap"),
        gap(ended_at="2026-02-05T23:00:00+00:00"),
        gap(reason="tired", instance="second"),
        gap(started_at="2026-02-07T00:00:00+00:00", ended_at=None),
        {"something": "else"},
    )
    found = parsed(*wrong)
    assert sorted(reject.rule for reject in found.rejects) == sorted(
        ["bad_time", "bad_time", "bad_time", "unknown_reason", "future_date", "unknown_message"]
    )
    assert found.rows_in == len(wrong)
