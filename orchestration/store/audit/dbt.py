"""What dbt said of the build, as audit rows.

Belongs here: translating results. Does not belong here: running dbt (`dbt_build.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from orchestration.store.audit.scope import ERROR, EVERY, WARNING, AuditRow, Key, row

BUILD = "dbt.build"
_PASSED = ("pass", "success", "warn")


class DbtResult(Protocol):
    """One node's result: model, seed, test or unit test."""

    @property
    def node(self) -> str:
        """Name, for example `not_null_x`."""

    @property
    def kind(self) -> str:
        """Resource type."""

    @property
    def status(self) -> str:
        """`pass`, `success`, `warn`, `fail`, `error` or `skipped`."""

    @property
    def failures(self) -> int | None:
        """Rows that break the test."""

    @property
    def message(self) -> str | None:
        """What dbt printed."""


def expected() -> set[Key]:
    """The one row that says that dbt ran and how it ended."""
    return {Key(BUILD, EVERY, EVERY)}


def checks(results: Sequence[DbtResult]) -> Iterator[AuditRow]:
    """The build as a whole (no result is a failure), then each test and each node that did not succeed."""
    bad = [r for r in results if r.status not in _PASSED]
    yield row(
        Key(BUILD, EVERY, EVERY),
        bool(results) and not bad,
        f"{len(bad)} of {len(results)} nodes did not succeed" if results else "dbt gave no result",
        "every node succeeds",
        "dbt built and tested every model",
        failing=[r.node for r in bad],
    )
    for r in results:
        if "test" in r.kind or r in bad:
            yield _node(r)


def _node(result: DbtResult) -> AuditRow:
    said = f": {result.message}" if result.message else ""
    return row(
        Key(f"dbt.{result.node}", EVERY, EVERY),
        result.status in ("pass", "success"),
        f"{result.status}, {result.failures or 0} failures{said}",
        "pass",
        f"dbt {result.kind}",
        WARNING if result.status == "warn" else ERROR,
    )
