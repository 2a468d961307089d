"""What a feed's body must look like: the declaration that schema drift is judged by.

Belongs here: the value types and what each kind of drift leads to. Does not belong here: particular shapes (beside
their parsers) or the comparison (`transforms/parse/drift.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["number", "text", "flag", "list", "object"]
DriftKind = Literal["missing_field", "changed_type", "new_field", "new_value"]

# Held: the payload waits in the quarantine, whole, until a person has looked. Tolerated: told, and taken.
HELD = ("missing_field", "changed_type")
TOLERATED = ("new_field", "new_value")


@dataclass(frozen=True)
class Shape:
    """Fields that a parser reads of each record.

    `records` leads to the records: names with dots between, a number for a place in a list, `*` for every key of
    an object or element of a list (`result.list.*`); "" is the body itself, if it is an object. Of several ways
    the first that is there counts. Text on the way is read as JSON. Records are objects, rows of a CSV, or lists
    behind a `*`, whose fields are "0", "1", …; of objects only those that have the field `having` count.

    `reads` are fields with their kind; a number may come as text. `a|b` is one field that bodies name either
    way. `optional` may be absent from every record. `values` closes the values of a field.

    Lines of NDJSON are bodies of their own; those that hold no record are left alone. A CSV without a header has
    `columns`; a feed whose CSV comes as JSON as well finds it by `records`.
    """

    records: str | tuple[str, ...]
    reads: Mapping[str, Kind]
    optional: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    format: Literal["json", "ndjson", "csv"] = "json"
    having: str = ""
    columns: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to the records, the first that is there counts."""
        return (self.records,) if isinstance(self.records, str) else self.records

    @property
    def names(self) -> frozenset[str]:
        """Every name by which a field may come."""
        return frozenset(name for either in self.reads for name in either.split("|"))


@dataclass(frozen=True)
class Drift:
    """One difference between a body and its declaration, or between it and earlier bodies.

    `refused`: the parser refused the payload for it, so it is held whatever its kind.
    """

    kind: DriftKind
    field: str
    detail: str
    refused: bool = False

    @property
    def is_held(self) -> bool:
        """Whether the payload waits for a person."""
        return self.refused or self.kind in HELD


def numbers(*names: str) -> dict[str, Kind]:
    """Fields that are numbers."""
    return dict.fromkeys(names, "number")


def texts(*names: str) -> dict[str, Kind]:
    """Fields that are text: names, codes, stamps in words."""
    return dict.fromkeys(names, "text")


def lists(*names: str) -> dict[str, Kind]:
    """Fields that are lists."""
    return dict.fromkeys(names, "list")


def objects(*names: str) -> dict[str, Kind]:
    """Fields that are objects."""
    return dict.fromkeys(names, "object")


def one_of(*values: str) -> frozenset[str]:
    """A closed set: the only values that are known of a field, or names of fields."""
    return frozenset(values)
