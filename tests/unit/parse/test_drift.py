"""Schema drift: what differs from a feed's declaration is told, and what a parser reads is never guessed."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.feed import Payload, PayloadError
from schemas.shape import Shape
from transforms.parse import FEEDS, drift, drift_records

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
    """Acknowledgements and pongs stand between the messages of a recording, and a line of no end of brackets."""
    shape = Shape("data.*", reads={"p": "number"}, format="ndjson")
    lines = '{"op":"subscribe","success":true}\n{"received_at":"t","message":{"data":[{"p":"1"}]}}\npong\n'
    lines += "[" * 100_000 + "\n"
    assert drift.records(_payload(lines), shape) == [{"p": "1"}]


def _rows(shape: Shape, content: str | bytes) -> list:
    return list(drift.records(_payload(content), shape) or [])


def test_of_several_ways_the_first_that_is_there_counts() -> None:
    """One feed comes as an answer, as a message of a stream, and as one object."""
    shape = Shape(("data.list.*", "data", "data.*"), reads={"p": "number"})
    for body in ('{"data": {"list": [{"p": 1}]}}', '{"data": {"p": 1}}', '{"data": [{"p": 1}]}'):
        assert _rows(shape, body) == [{"p": 1}]
    assert drift.records(_payload('{"rows": [{"p": 1}]}'), shape) is None


def test_a_field_may_come_by_either_of_its_names() -> None:
    """A websocket and an answer of one venue name the same figure differently."""
    shape = Shape("", reads={"markIv|markPriceIv": "number"})
    for name in ("markIv", "markPriceIv"):
        assert drift.compare(shape, [{name: "0.5"}]) == []
    assert [d.field for d in drift.compare(shape, [{"iv": "0.5"}])] == ["markIv|markPriceIv"]


def test_only_objects_with_the_named_field_are_records() -> None:
    """An order and an acknowledgement stand in the same place."""
    shape = Shape("", reads={"instId": "text"}, format="ndjson", having="details")
    assert _rows(shape, '{"event":"subscribe"}\n{"instId":"X","details":[]}\n') == [{"instId": "X", "details": []}]


def test_a_chart_that_is_printed_as_text_is_read_as_json() -> None:
    """The Block sends JSON within JSON."""
    inner = json.dumps({"Series": {"IBIT": {"Data": [{"Result": 1.0}]}}})
    assert _rows(Shape("data.Series.*.Data.*", {}), json.dumps({"data": inner})) == [{"Result": 1.0}]


def test_two_lists_of_one_body_are_two_parts() -> None:
    """Names and contexts are joined by position: a field may go from either of them."""
    parts = (Shape("0.universe.*", {"name": "text"}), Shape("1.*", {"markPx": "number"}))
    body = '[{"universe": [{"name": "BTC"}]}, [{"mark": "1"}]]'
    found, names = drift.found(_payload(body), parts)
    assert [(d.kind, d.field) for d in found] == [("missing_field", "markPx")]
    assert names == {"universe.name", "mark"}


def test_a_part_that_is_not_there_is_left_to_the_others() -> None:
    """A vendor's history and its day have different fields; a body with neither has drifted."""
    parts = (Shape("history.*", {"p": "number"}), Shape("day", {"v": "number"}))
    assert drift.found(_payload('{"day": {"v": 1}}'), parts)[0] == []
    assert [d.kind for d in drift.found(_payload('{"week": {"v": 1}}'), parts)[0]] == ["missing_field"]


def test_old_files_without_a_header_have_the_declared_columns() -> None:
    """Binance's dumps begin with a header only since 2022."""
    shape = Shape("", {"time": "number", "close": "number"}, format="csv", columns=("time", "close"))
    for text in ("1769760000000,1.5\n", "time,close\n1769760000000,1.5\n"):
        assert _rows(shape, text) == [{"time": "1769760000000", "close": "1.5"}]


def test_no_more_than_the_beginning_of_a_packed_file_is_unpacked(monkeypatch) -> None:
    """A day of option chains unpacks to gigabytes."""
    text = "p\n" + "1\n" * 1_000_000
    shape = Shape("", {"p": "number"}, format="csv")
    monkeypatch.setattr(gzip, "decompress", lambda _: pytest.fail("the whole file was unpacked"))
    assert len(_rows(shape, gzip.compress(text.encode()))) == drift_records.MAX_RECORDS


def test_a_message_over_several_lines_is_one_message() -> None:
    """So captured bodies are kept."""
    shape = Shape("o", {"p": "number"}, format="ndjson")
    assert _rows(shape, json.dumps({"o": {"p": "1"}}, indent=2)) == [{"p": "1"}]


def test_every_value_of_a_long_list_is_looked_at() -> None:
    """The one new kind of contract among a thousand is the one to see."""
    rows = [GOOD] * 999 + [{**GOOD, "symbol": "XAUUSDT"}]
    assert _found(*rows) == [("new_value", "symbol")]


@pytest.mark.parametrize(
    ("rule", "kind", "field"),
    [
        ("unknown_fund_column", "new_value", "fund"),
        ("unknown_series", "new_value", "series"),
        ("dropped_fund_column", "missing_field", "fund"),
        ("missing_column", "missing_field", "column"),
        ("unexpected_shape", "changed_type", "body"),
    ],
)
def test_a_refusal_for_the_shape_is_drift_that_is_held(rule, kind, field) -> None:
    """The header of a page is judged by its parser; a new fund is seen there first."""
    found = drift.of_refusal(PayloadError(rule, "columns ['NEWB']"))
    assert found is not None
    assert (found.kind, found.field, found.is_held) == (kind, field, True)


@pytest.mark.parametrize("feed", ["farside_etf_flows", "tftc_etf_flows", "theblock_etf_flows", "coinglass_etf_flows"])
def test_a_new_fund_of_every_table_is_told(feed) -> None:
    """Each vendor's table is a way to hear of a new fund."""
    bodies = {
        "farside_etf_flows": "Date,IBIT,NEWB,Total\n2026-02-05,1.0,2.0,3.0\n",
        "tftc_etf_flows": {"days": [{"date": "2026-02-05", "netFlowUsd": 3, "perEtfUsd": {"NEWB": 3}}]},
        "theblock_etf_flows": {"jsonFile": {"data": {"Series": {"NEWB": {"Data": []}}}}},
        "coinglass_etf_flows": {"code": "0", "data": [
            {"timestamp": 1770249600000, "flow_usd": 3, "etf_flows": [{"etf_ticker": "NEWB", "flow_usd": 3}]}]},
    }  # fmt: skip
    body = bodies[feed]
    payload = replace(_payload(body if isinstance(body, str) else json.dumps(body)), params={"asset": "BTC"})
    with pytest.raises(PayloadError) as caught:
        FEEDS[feed].parse(payload)
    found = drift.of_refusal(caught.value)
    assert found is not None
    assert (found.kind, found.field, "NEWB" in found.detail) == ("new_value", "fund", True)


@given(st.binary(max_size=200))
def test_rubbish_is_left_to_the_parser_to_refuse(content: bytes) -> None:
    """What cannot be read has no shape; its parser says so in its own words."""
    for form in ("json", "ndjson", "csv"):
        shape = replace(SHAPE, format=form)
        assert isinstance(drift.found(_payload(content), (shape,))[0], list)
