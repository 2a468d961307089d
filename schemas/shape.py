"""What a feed's body must look like: the declaration that schema drift is judged by.

Belongs here: the value type and what each kind of drift leads to. Does not belong here: particular shapes (beside
their parsers) or the comparison (`transforms/parse/drift.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["number", "text", "flag", "list", "object"]

# Held: the payload waits in the quarantine, whole, until a person has looked. Tolerated: told, and taken.
HELD = ("missing_field", "changed_type")
TOLERATED = ("new_field", "new_value")


@dataclass(frozen=True)
class Shape:
    """Fields that a parser reads of each record.

    `records` leads to the records: names with dots between, `*` for every key of an object or element of a
    list (`result.list.*`); "" is the body itself. Records are objects, rows of a CSV, or lists, whose
    fields are "0", "1", … `reads` are fields with their kind; a number may come as text. `optional` may be
    absent from every record. `values` closes the values of a field. Lines of NDJSON are bodies of their
    own; those that hold no record are left alone.
    """

    records: str
    reads: Mapping[str, Kind]
    optional: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    format: Literal["json", "ndjson", "csv"] = "json"


@dataclass(frozen=True)
class Drift:
    """One difference between a body and its declaration, or between it and earlier bodies."""

    kind: Literal["missing_field", "changed_type", "new_field", "new_value"]
    field: str
    detail: str

    @property
    def is_held(self) -> bool:
        """Whether the payload waits for a person."""
        return self.kind in HELD
