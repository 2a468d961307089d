"""What every feed declares of its bodies is true of all that its parser takes, and is missed where it is gone."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from loopback.registry import extras
from made_bodies import beside

from orchestration.sources.sample import generate
from schemas.feed import Payload, PayloadError
from schemas.shape import Shape
from transforms.parse import FEEDS, drift, read, undeclared
from transforms.parse.drift_records import Record, bodies, records

FIRST, LAST = date(2026, 1, 26), date(2026, 2, 8)
DECLARED = sorted(name for name, feed in FEEDS.items() if feed.shapes)
Change = Callable[[Any], Any]
# Each kind of field as something that it is not.
ODD = {"number": {"n": 1}, "text": [{"t": "x"}], "flag": "perhaps", "list": "none", "object": "none"}


@cache
def taken() -> dict[str, list[Payload]]:
    """Payloads of two weeks, by feed, of which the parser keeps rows."""
    found: defaultdict[str, list[Payload]] = defaultdict(list)
    simulated = [*generate(FIRST, LAST), *extras(date(2026, 2, 4)), *extras(date(2026, 2, 5))]
    for payload in beside(simulated):
        try:
            parsed = FEEDS[payload.feed].parse(payload)
        except PayloadError:
            continue
        if any(frame.height for frame in parsed.frames.values()):
            found[payload.feed].append(payload)
    return found


def held(payload: Payload) -> list[tuple[str, str]]:
    found, _ = drift.found(payload, FEEDS[payload.feed].shapes)
    return [(d.kind, d.field) for d in found if d.is_held]


def test_a_feed_has_a_shape_or_a_reason():
    """A feed that was forgotten is a feed whose renamed field becomes a null."""
    assert sorted(set(FEEDS) - set(DECLARED)) == sorted(undeclared.REASONS)


@pytest.mark.parametrize("feed", DECLARED)
def test_no_body_that_the_parser_takes_is_held(feed):
    """A good day in the quarantine is a day of facts that is not there."""
    assert taken()[feed]
    for payload in taken()[feed]:
        assert held(payload) == [], payload.locator


@pytest.mark.parametrize("feed", DECLARED)
def test_a_field_that_is_gone_or_of_another_type_is_held(feed):
    """A declaration that nothing breaks declares nothing."""
    for shape in FEEDS[feed].shapes:
        for name, kind in shape.reads.items():
            names = name.split("|")
            payload = next((p for p in taken()[feed] if has(p, shape, names)), None)
            if payload is None and name in shape.optional:
                continue
            assert payload is not None, f"no body has {name}"
            if name not in shape.optional:
                assert ends(held(mutated(payload, shape, dropped(names))), "missing_field", name)
            if shape.format != "csv" or kind == "number":
                odd = "odd" if shape.format == "csv" else ODD[kind]
                assert ends(held(mutated(payload, shape, replaced(names, odd))), "changed_type", name)


def has(payload: Payload, shape: Shape, names: list[str]) -> bool:
    rows: list[Record] = records(bodies(payload, shape), shape) or []
    return any(name in row for row in rows for name in names)


def ends(found: list[tuple[str, str]], kind: str, name: str) -> bool:
    return any(k == kind and (field == name or field.endswith(f".{name}")) for k, field in found)


def dropped(names: list[str]) -> Change:
    def change(record: Any) -> Any:
        if isinstance(record, list):
            return record[: min(int(name) for name in names if name.isdigit())]
        return {name: value for name, value in record.items() if name not in names}

    return change


def replaced(names: list[str], odd: Any) -> Change:
    def change(record: Any) -> Any:
        if isinstance(record, list):
            return [odd if str(at) in names else value for at, value in enumerate(record)]
        return {name: odd if name in names else value for name, value in record.items()}

    return change


def mutated(payload: Payload, shape: Shape, change: Change) -> Payload:
    """The payload with every record of a part changed."""
    text = read.text(payload)
    if shape.format == "csv" and not text.startswith("{"):
        changed = _csv(text, shape, change)
    elif shape.format == "ndjson":
        changed = "\n".join(json.dumps(_message(json.loads(line), shape, change)) for line in text.splitlines() if line)
    else:
        changed = json.dumps(_along(json.loads(text), shape, change))
    return replace(payload, content=changed.encode())


def _message(message: Any, shape: Shape, change: Change) -> Any:
    if "received_at" in message:
        return {**message, "message": _along(message["message"], shape, change)}
    return _along(message, shape, change)


def _csv(text: str, shape: Shape, change: Change) -> str:
    names = list(shape.columns) if shape.columns and text[:1].isdigit() else None
    rows = [change(row) for row in csv.DictReader(io.StringIO(text), names)]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _along(body: Any, shape: Shape, change: Change) -> Any:
    """The body changed on the first way that leads to records."""
    for way in shape.ways:
        if records([body], replace(shape, records=way, format="json")):
            return _stepped(body, way.split(".") if way else [], shape, change, way.endswith("*"))
    return body


def _stepped(value: Any, names: list[str], shape: Shape, change: Change, lists: bool) -> Any:
    if not names:
        counts = (isinstance(value, dict) and (not shape.having or shape.having in value)) or (
            isinstance(value, list) and lists
        )
        return change(value) if counts else value
    name, rest = names[0], names[1:]
    if isinstance(value, str):
        try:
            return json.dumps(_stepped(json.loads(value), names, shape, change, lists))
        except ValueError:
            return value
    if isinstance(value, dict):
        chosen = value if name == "*" else {name} & value.keys()
        return {k: _stepped(v, rest, shape, change, lists) if k in chosen else v for k, v in value.items()}
    if isinstance(value, list):
        return [_stepped(v, rest, shape, change, lists) if name in ("*", str(at)) else v for at, v in enumerate(value)]
    return value
