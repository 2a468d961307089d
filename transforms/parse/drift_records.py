"""The records of a body, as a feed's declaration leads to them.

Belongs here: decoding no more of a body than is looked at, and following the ways of a `Shape`. Does not belong here:
what the records must have (`drift.py`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from schemas.feed import Payload, PayloadError
from schemas.shape import Shape
from transforms.parse import read

# Drift is of a whole body: some of its rows show it, and rows that break a rule are the parsers' business.
MAX_RECORDS = 200
_HEAD_BYTES = 512 * 1024
Record = Mapping[str, Any]


def bodies(payload: Payload, shape: Shape) -> list[Any]:
    """The decoded body, the first lines of NDJSON or the first rows of a CSV; none of what cannot be read.

    What cannot be read at all is the parser's to refuse, with its own words.
    """
    try:
        if shape.format == "json":
            return [read.json_body(payload)]
        text = read.head(payload, _HEAD_BYTES)
        if shape.format == "csv" and text.lstrip()[:1] not in ("{", "["):
            return _rows(text, shape)
        found = _messages(text) if shape.format == "ndjson" else []
        return found or [read.json_body(payload)]
    except (PayloadError, csv.Error):
        return []


def _rows(text: str, shape: Shape) -> list[Any]:
    """The first rows by the names in the header; a short one lacks its last cells."""
    rows = list(islice(filter(None, csv.reader(text.lstrip().split("\n"))), MAX_RECORDS + 1))
    if not rows:
        return []
    if shape.columns and rows[0][0][:1].isdigit():
        rows.insert(0, list(shape.columns))
    header = [name.strip() for name in rows[0]]
    return [dict(zip(header, row, strict=False)) for row in rows[1:]]


def _messages(text: str) -> list[Any]:
    """The objects of the lines, without a recorder's `{"received_at", "message"}` around them."""
    found: list[Any] = []
    for line in text.split("\n"):
        if len(found) >= MAX_RECORDS:
            break
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict):
            is_wrapped = "received_at" in message and isinstance(message.get("message"), dict)
            found.append(message["message"] if is_wrapped else message)
    return found


def records(body: Payload | Sequence[Any], shape: Shape) -> list[Record] | None:
    """The records of a payload, or of what `bodies` made of it; None where the way to them is not there."""
    found = bodies(body, shape) if isinstance(body, Payload) else body
    rows: list[Record] = []
    is_there = not found or shape.format == "ndjson"
    for decoded in found:
        ends = next((ends for way in shape.ways if (ends := _ends(decoded, way)) is not None), None)
        if ends is not None:
            is_there = True
            rows += [record for record in ends if not shape.having or shape.having in record]
    return rows if is_there else None


def _ends(body: Any, way: str) -> list[Record] | None:
    """The objects at the end of a way, and lists behind a `*` as objects by position; None where it is not there."""
    if not way:
        return [body] if isinstance(body, dict) else None
    found = [body]
    for name in way.split("."):
        reached = [step for value in found if (step := _step(value, name)) is not None]
        if found and not reached:
            return None
        found = [value for step in reached for value in step]
    ends: list[Record] = [value for value in found if isinstance(value, dict)]
    if way.endswith("*"):
        bars = [value for value in found if isinstance(value, list)]
        ends += [{str(at): value for at, value in enumerate(bar)} for bar in sampled(bars)]
    return ends if ends or not found else None


def _step(value: Any, name: str) -> Sequence[Any] | None:
    """Where one step leads; None where it leads nowhere."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, dict):
        return list(value.values()) if name == "*" else [value[name]] if name in value else None
    if isinstance(value, list):
        return value if name == "*" else [value[int(name)]] if name.isdigit() and int(name) < len(value) else None
    return None


def sampled(values: Sequence[Any]) -> Sequence[Any]:
    """Values from the whole length of a list, not more than `MAX_RECORDS`."""
    return values[:: -(-len(values) // MAX_RECORDS) or 1]


def way_of(shape: Shape) -> str:
    """What a part's fields are told by: the last name on its way, and a dot; nothing for the body itself."""
    names = [name for name in shape.ways[0].split(".") if name and name != "*" and not name.isdigit()]
    return f"{names[-1]}." if names else ""
