"""Schema drift: how a body differs from what its feed declares, and from what came before.

Belongs here: the comparison, pure. Does not belong here: finding the records (`drift_records.py`), remembering what
came before (`orchestration/store/drift.py`) or reading values (each parser).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from schemas.feed import Parsed, Payload, PayloadError
from schemas.shape import Drift, DriftKind, Kind, Shape
from transforms.parse.drift_records import Record, bodies, records, sampled, way_of

_BLANK = (None, "")
_MAX_NEW_VALUES = 20
# What a parser says of a body that is no longer the feed's: the rule, the kind of drift and its field.
_UNKNOWN = "unknown_"
_REFUSALS: dict[str, tuple[DriftKind, str]] = {
    "missing_column": ("missing_field", "column"),
    "dropped_fund_column": ("missing_field", "fund"),
    "no_header": ("missing_field", "header"),
    "no_table": ("changed_type", "body"),
    "unexpected_shape": ("changed_type", "body"),
    "bad_shape": ("changed_type", "body"),
    "row_width": ("changed_type", "row"),
    "bad_type": ("changed_type", "column"),
    "unit": ("new_value", "units"),
}
# A value that no rule knows is named where the record has it under one of these.
_NAMES_OF = {"stablecoin": ("symbol", "coin"), "column": ("column",)}

__all__ = ["bodies", "compare", "fields", "found", "new_fields", "of_parsed", "of_refusal", "records"]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    try:
        float(value.replace(",", ""))
    except (AttributeError, ValueError):
        return False
    return True


_IS: dict[Kind, Callable[[Any], bool]] = {
    "number": _is_number,
    "text": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool) or str(value).lower() in ("true", "false"),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def found(payload: Payload, shapes: Sequence[Shape]) -> tuple[list[Drift], frozenset[str]]:
    """Differences of a body from the declared parts, and every field of its records.

    A part whose way is not in the body is left to the others; a body that has none of them has drifted.
    """
    if not shapes:
        return [], frozenset()
    parsed = bodies(payload, shapes[0])
    found_by_part = [(shape, records(parsed, shape)) for shape in shapes]
    if parsed and all(rows is None for _, rows in found_by_part):
        return compare(shapes[0], None), frozenset()
    drifts: list[Drift] = []
    names: set[str] = set()
    for shape, rows in found_by_part:
        part = way_of(shape) if len(shapes) > 1 else ""
        drifts += [Drift(d.kind, part + d.field, d.detail) for d in compare(shape, rows or [])]
        names |= {part + name for name in fields(rows)}
    return drifts, frozenset(names)


def compare(shape: Shape, rows: Sequence[Record] | None) -> list[Drift]:
    """Differences from the declaration: fields that no record has, kinds that no record keeps, values not declared.

    One odd record among good ones is a row for the parser to reject, not drift.
    """
    if rows is None:
        return [Drift("missing_field", " or ".join(shape.ways), "the way to the records is not in the body")]
    if not rows:
        return []
    drifts = [drift for name, kind in shape.reads.items() for drift in _of_field(shape, rows, name, kind)]
    for name, allowed in shape.values.items():
        told = {str(value) for value in _told(rows, name) if value not in _BLANK}
        drifts += [Drift("new_value", name, f"{value!r:.60}") for value in sorted(told - allowed)[:_MAX_NEW_VALUES]]
    return drifts


def _told(rows: Iterable[Record], either: str) -> Iterator[Any]:
    """The values of a field, by whichever of its names a record has it."""
    names = either.split("|")
    for record in rows:
        for name in names:
            if name in record:
                yield record[name]
                break


def _of_field(shape: Shape, rows: Sequence[Record], name: str, kind: Kind) -> list[Drift]:
    """At most one difference; the first good value ends the search."""
    is_there, odd = False, None
    for value in _told(rows, name):
        is_there = True
        if value in _BLANK:
            continue
        if _IS[kind](value):
            return []
        odd = value if odd is None else odd
    if not is_there and name not in shape.optional:
        return [Drift("missing_field", name, f"none of {len(rows)} records has it")]
    return [] if odd is None else [Drift("changed_type", name, f"a {kind} was declared, found {odd!r:.60}")]


def fields(rows: Sequence[Record] | None) -> frozenset[str]:
    """Every field of the records."""
    return frozenset(name for record in sampled(rows or ()) for name in record)


def new_fields(shapes: Shape | Sequence[Shape], now: frozenset[str], before: frozenset[str]) -> list[Drift]:
    """Fields that neither the declaration nor any earlier body has; none where nothing came before."""
    if not before:
        return []
    parts = (shapes,) if isinstance(shapes, Shape) else shapes
    declared = {(way_of(part) if len(parts) > 1 else "") + name for part in parts for name in part.names}
    return [Drift("new_field", name, "not in any body before") for name in sorted(now - before - declared)]


def of_refusal(error: PayloadError) -> Drift | None:
    """What a parser's refusal of a whole payload says of its shape; None where it is of another matter."""
    if error.rule.startswith(_UNKNOWN):
        return Drift("new_value", _subject(error.rule), str(error)[:200], refused=True)
    kind, name = _REFUSALS.get(error.rule, (None, ""))
    return None if kind is None else Drift(kind, name, str(error)[:200], refused=True)


def of_parsed(parsed: Parsed) -> list[Drift]:
    """Values that no rule knows (a coin, a kind, a side), by the rows that were refused for them: each once."""
    told = {
        (_subject(reject.rule), _value(reject.rule, reject.record) or reject.reason)
        for reject in parsed.rejects
        if reject.rule.startswith(_UNKNOWN)
    }
    return [Drift("new_value", name, detail[:200]) for name, detail in sorted(told)[:_MAX_NEW_VALUES]]


def _subject(rule: str) -> str:
    """`unknown_fund_column` is of a fund."""
    return rule.removeprefix(_UNKNOWN).removesuffix("_column")


def _value(rule: str, record: Mapping[str, Any]) -> str | None:
    return next((repr(record[name]) for name in _NAMES_OF.get(_subject(rule), ()) if name in record), None)
