"""Tables as Great Expectations suites, in plain values.

Belongs here: which expectations a table implies. Does not belong here: running them
(`orchestration/store/audit/edge.py`); Great Expectations is not imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from schemas import rules
from schemas.column import Between
from schemas.table import Table


@dataclass(frozen=True)
class Expectation:
    """`type` names a class of `great_expectations.expectations`; `must` makes a failure refuse."""

    type: str
    column: str | None
    kwargs: dict[str, Any] = field(hash=False)
    must: bool = True

    @property
    def name(self) -> str:
        """A name that is unique within the table."""
        words = self.type.removeprefix("Expect")
        return f"{words}:{self.column}" if self.column else words


def expectations(table: Table, as_of: date) -> list[Expectation]:
    """What a batch of the table's rows must look like on the day `as_of`.

    Columns as declared, at least one row, dates between the first day of any of these markets and the
    day after `as_of`, values in range, and no tracked measure (almost) wholly null (a warning).
    """
    found = [
        Expectation("ExpectTableColumnsToMatchSet", None, {"column_set": list(table.column_names)}),
        Expectation("ExpectTableRowCountToBeBetween", None, {"min_value": 1}, must=False),
    ]
    if table.date_column:
        last = as_of + timedelta(days=rules.FUTURE_DAYS_ALLOWED)
        bounds = {"min_value": _midnight(rules.FIRST_DATE), "max_value": _midnight(last)}
        found.append(Expectation("ExpectColumnValuesToBeBetween", table.date_column, bounds))
    for column in table.columns:
        for check in column.checks:
            if isinstance(check, Between):
                kwargs: dict[str, Any] = {"min_value": check.low, "max_value": check.high}
                found.append(Expectation("ExpectColumnValuesToBeBetween", column.name, kwargs))
        if column.nullable and column.name in table.tracked:
            kwargs = {"min_value": rules.LEAST_SHARE_KNOWN, "max_value": 1.0}
            proportion = "ExpectColumnProportionOfNonNullValuesToBeBetween"
            found.append(Expectation(proportion, column.name, kwargs, must=False))
    return found


def _midnight(day: date) -> datetime:
    """A day as pandas holds it."""
    return datetime.combine(day, time())
