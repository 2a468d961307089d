"""Deribit's volatility index: bars of a day, in points, as published."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse import FEEDS

FEED = FEEDS["deribit_volatility_index"]
DAY = datetime(2026, 2, 5, tzinfo=UTC)
KNOWN_AT = DAY + timedelta(days=1, hours=12)


def parsed(*bars: list, known_at: datetime = KNOWN_AT, params: dict[str, str] | None = None, body: object = None):
    content = {"jsonrpc": "2.0", "result": {"data": list(bars), "continuation": None}} if body is None else body
    told = {"asset": "BTC"} if params is None else params
    return FEED.parse(Payload(FEED.name, json.dumps(content).encode(), known_at, "a" * 64, "x", told))


def bar(day: datetime = DAY, *prices: float) -> list:
    return [int(day.timestamp() * 1000), *(prices or (61.2, 90.4, 60.9, 83.17))]


def test_a_bar_is_the_day_that_begins_with_its_stamp_in_points():
    """A bar booked on the day of its end would move the crash to the day after."""
    (frame,) = parsed(bar()).frames.values()
    row = frame.row(0, named=True)
    assert (row["fact_date"], row["venue"], row["asset"]) == (date(2026, 2, 5), "deribit", "BTC")
    assert [row[f"vol_{name}_points"] for name in ("open", "high", "low", "close")] == [61.2, 90.4, 60.9, 83.17]


def test_a_bar_is_final_when_its_day_is_over():
    """The live bar would otherwise be taken for the day's close."""
    (frame,) = parsed(bar(DAY), bar(DAY + timedelta(days=1))).frames.values()
    assert frame["finality"].to_list() == ["final", "preliminary"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (bar(DAY, 0.21, 0.22, 0.20, 0.21), "not_in_points"),
        (bar(DAY + timedelta(hours=1)), "not_a_day"),
        (bar(DAY + timedelta(days=9)), "future_date"),
        (bar(DAY, 61.2, 60.0, 60.9, 83.17), "bad_bar"),
        ([None, 61.2, 90.4, 60.9, 83.17], "bad_time"),
        (bar(DAY, 61.2, 90.4, 60.9, None), "bad_number"),
    ],
)
def test_a_bar_that_cannot_be_is_rejected_and_the_others_are_kept(wrong, rule):
    """The documentation's sample is in fractions: read as points, volatility would fall by a factor of a hundred."""
    found = parsed(wrong, bar())
    assert [reject.rule for reject in found.rejects] == [rule]
    assert sum(frame.height for frame in found.frames.values()) == 1


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"error": {"code": 10028, "message": "too_many_requests"}}, "error_envelope"),
        ({"result": {"data": {"BTC": 1}}}, "unexpected_shape"),
        ({"result": {"data": [[1, 2, 3]]}}, "unexpected_shape"),
    ],
)
def test_a_body_that_is_no_index_is_refused(body, rule):
    """An error inside a successful answer would otherwise count as a day without volatility."""
    with pytest.raises(PayloadError) as refused:
        parsed(body=body)
    assert refused.value.rule == rule


def test_the_coin_comes_from_a_parameter():
    """The body names none; bitcoin's volatility must not be booked as ether's by default."""
    with pytest.raises(PayloadError) as refused:
        parsed(bar(), params={})
    assert refused.value.rule == "missing_parameter"
