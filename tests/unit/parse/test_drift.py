"""Schema drift: what differs from a feed's declaration is told, and what a parser reads is never guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.feed import Payload
from schemas.shape import Shape
from transforms.parse import drift

SHAPE = Shape(
    "result.list.*",
    reads={"symbol": "text", "rate": "number", "limit": "number"},
    optional=frozenset({"limit"}),
    values={"symbol": frozenset({"BTCUSDT", "ETHUSDT"})},
)
GOOD = {"symbol": "BTCUSDT", "rate": "0.0001"}


def _payload(content: str | bytes) -> Payload:
    raw = content.encode() if isinstance(content, str) else content
    return Payload("f", raw, datetime(2026, 2, 5, tzinfo=UTC), "0" * 64, "here")


def _found(*rows: object, shape: Shape = SHAPE) -> list[tuple[str, str]]:
    body = json.dumps({"result": {"list": list(rows)}})
    return [(d.kind, d.field) for d in drift.compare(shape, drift.records(_payload(body), shape))]


def test_a_body_as_declared_has_no_drift() -> None:
    """Alarms about nothing would be switched off."""
    assert _found(GOOD, {**GOOD, "symbol": "ETHUSDT", "limit": ""}) == []


def test_a_declared_field_that_no_record_has_is_missing() -> None:
    """A renamed field would else be read as null in every row."""
    assert _found({"symbol": "BTCUSDT", "fundingRate": "0.0001"}) == [("missing_field", "rate")]


def test_one_record_without_a_field_is_not_drift() -> None:
    """One bad row is quarantined alone; the body is not held for it."""
    assert _found(GOOD, {"symbol": "ETHUSDT"}) == []


@pytest.mark.parametrize("value", ["n/a", {"v": 1}, [1], True])
def test_a_number_that_no_record_gives_as_a_number_has_changed_its_type(value: object) -> None:
    """Half a number must not become a guess."""
    assert _found({**GOOD, "rate": value}) == [("changed_type", "rate")]


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_may_come_as_text(value: float) -> None:
    """Venues change between 1 and "1" without notice, and mean the same."""
    assert _found({**GOOD, "rate": value}) == _found({**GOOD, "rate": str(value)}) == []


def test_a_value_that_is_not_declared_is_new() -> None:
    """A new kind of contract, state or fund must be seen by a person."""
    assert _found({**GOOD, "symbol": "XAUUSDT"}) == [("new_value", "symbol")]


def test_the_way_to_the_records_is_declared_too() -> None:
    """A new envelope would else look like an empty day."""
    moved = _payload('{"data": [{"symbol": "BTCUSDT"}]}')
    found = drift.compare(SHAPE, drift.records(moved, SHAPE))
    assert [(d.kind, d.is_held) for d in found] == [("missing_field", True)]


def test_an_empty_list_of_records_is_no_drift() -> None:
    """A day without an event is a day."""
    assert _found() == []


def test_a_field_is_new_only_where_bodies_came_before() -> None:
    """The first body of a feed has nothing to differ from but its declaration."""
    now = drift.fields([{**GOOD, "extra": 1}])
    assert drift.new_fields(SHAPE, now, frozenset()) == []
    assert [d.field for d in drift.new_fields(SHAPE, now, drift.fields([GOOD]))] == ["extra"]


def test_rows_of_lists_are_read_by_position() -> None:
    """Candles and index bars are lists: a column more or less moves the others."""
    shape = Shape("data.*", reads={"0": "number", "4": "number"})
    good = drift.records(_payload('{"data": [[1, 2, 3, 4, "5"]]}'), shape)
    short = drift.records(_payload('{"data": [[1, 2, 3]]}'), shape)
    assert drift.compare(shape, good) == []
    assert [(d.kind, d.field) for d in drift.compare(shape, short)] == [("missing_field", "4")]


def test_a_csv_is_judged_by_its_header() -> None:
    """A vendor's renamed column is seen before its cells are read."""
    shape = Shape("", reads={"date": "text", "close": "number"}, format="csv")
    assert drift.compare(shape, drift.records(_payload("date,close\n2026-02-05,1.5\n"), shape)) == []
    renamed = drift.compare(shape, drift.records(_payload("date,price\n2026-02-05,1.5\n"), shape))
    assert [(d.kind, d.field) for d in renamed] == [("missing_field", "close")]


def test_lines_without_a_record_are_left_alone() -> None:
    """Acknowledgements and pongs stand between the messages of a recording."""
    shape = Shape("data.*", reads={"p": "number"}, format="ndjson")
    lines = '{"op":"subscribe","success":true}\n{"received_at":"t","message":{"data":[{"p":"1"}]}}\npong\n'
    assert drift.records(_payload(lines), shape) == [{"p": "1"}]


@given(st.binary(max_size=200))
def test_rubbish_is_left_to_the_parser_to_refuse(content: bytes) -> None:
    """What cannot be read has no shape; its parser says so in its own words."""
    found = drift.records(_payload(content), SHAPE)
    assert found is None or isinstance(drift.compare(SHAPE, found), list)
