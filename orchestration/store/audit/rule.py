"""What a rule across the candidate's tables is, and the SQL that rules share.

Belongs here: the value type. Does not belong here: any rule (`reconcile.py`, `reconcile_etf.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.store.audit.scope import ERROR, EVERY, Key

CENT = 0.005


@dataclass(frozen=True)
class Rule:
    """`broken` selects the rows that break the rule; `tables[0]` is the one that it speaks of."""

    name: str
    tables: tuple[str, ...]
    description: str
    expected: str
    broken: str
    severity: str = ERROR

    @property
    def key(self) -> Key:
        """The rule's place in the audit."""
        return Key(self.name, self.tables[0], EVERY)


def differ(left: str, right: str, tolerance: str) -> str:
    """SQL: one side is null and the other not, or they are farther apart than the tolerance."""
    return f"(({left} is null) <> ({right} is null) or abs({left} - {right}) > {tolerance})"
