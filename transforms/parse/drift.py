"""Schema drift: how a body differs from what its feed declares, and from what came before.

Belongs here: the comparison, pure. Does not belong here: remembering what came before (`orchestration/store/drift.py`)
or reading values (each parser).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from schemas.feed import Payload, PayloadError
from schemas.shape import Drift, Kind, Shape
from transforms.parse import read

# Drift is of a whole body: its first records show it, and rows that break a rule are the parsers' business.
MAX_RECORDS = 200
_BLANK = (None, "")


def records(payload: Payload, shape: Shape) -> list[Mapping[str, Any]] | None:
    """The first records of a body; None where the way to them is not there. Bodies that cannot be read have none.

    What cannot be read at all is the parser's to refuse, with its own words.
    """
    try:
        if shape.format == "csv":
            return [*read.csv_frame(payload, allow_short_rows=True).head(MAX_RECORDS).iter_rows(named=True)]
        if shape.format == "ndjson":
            return list(_of_lines(read.text(payload), shape.records))
        body = read.json_body(payload)
    except PayloadError:
        return []
    if isinstance(body, dict) and shape.records and shape.records.split(".")[0] not in body:
        return None
    return [found for _, found in zip(range(MAX_RECORDS), _walk(body, shape.records), strict=False)]


def _of_lines(text: str, path: str) -> Iterator[Mapping[str, Any]]:
    taken = 0
    for line in text.split("\n"):
        if taken >= MAX_RECORDS:
            return
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and isinstance(message.get("message"), dict):
            message = message["message"]
        for found in _walk(message, path):
            taken += 1
            yield found


def _walk(value: Any, path: str) -> Iterator[Mapping[str, Any]]:
    """The objects (or lists, as objects by position) at the end of a path."""
    if not path:
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield {str(at): item for at, item in enumerate(value)}
        return
    name, _, rest = path.partition(".")
    if name == "*":
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for item in inner:
            yield from _walk(item, rest)
    elif isinstance(value, dict) and name in value:
        yield from _walk(value[name], rest)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


_IS: dict[Kind, Callable[[Any], bool]] = {
    "number": _is_number,
    "text": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool) or str(value).lower() in ("true", "false"),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def compare(shape: Shape, found: list[Mapping[str, Any]] | None) -> list[Drift]:
    """Differences from the declaration: fields that no record has, kinds that no record keeps, values not declared.

    One odd record among good ones is a row for the parser to reject, not drift.
    """
    if found is None:
        return [Drift("missing_field", shape.records, "the way to the records is not in the body")]
    if not found:
        return []
    drifts: list[Drift] = []
    for name, kind in shape.reads.items():
        values = [record[name] for record in found if name in record]
        told = [value for value in values if value not in _BLANK]
        if not values and name not in shape.optional:
            drifts.append(Drift("missing_field", name, f"none of {len(found)} records has it"))
        elif told and not any(_IS[kind](value) for value in told):
            drifts.append(Drift("changed_type", name, f"a {kind} was declared, found {told[0]!r:.60}"))
        drifts += _new_values(name, told, shape.values.get(name))
    return drifts


def _new_values(name: str, told: Iterable[Any], allowed: frozenset[str] | None) -> list[Drift]:
    if allowed is None:
        return []
    return [Drift("new_value", name, f"{value!r:.60}") for value in sorted({str(value) for value in told} - allowed)]


def fields(found: list[Mapping[str, Any]] | None) -> frozenset[str]:
    """Every field of the records."""
    return frozenset(name for record in found or () for name in record)


def new_fields(shape: Shape, now: frozenset[str], before: frozenset[str]) -> list[Drift]:
    """Fields that neither the declaration nor any earlier body has; none where nothing came before."""
    if not before:
        return []
    return [Drift("new_field", name, "not in any body before") for name in sorted(now - before - set(shape.reads))]
