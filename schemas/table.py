"""What a table is.

Belongs here: the `Table` value type and the rule that makes a fact's vintages table from it.
Does not belong here: particular tables (`schemas/tables/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from schemas.column import Column
from schemas.columns import COLUMNS

# The newest vintage has no end.
_OPEN_ENDED = ("superseded_at",)


@dataclass(frozen=True)
class Table:
    """One table: its grain, its columns by name, and what the gate asks of it.

    `date_column` partitions the table by month. `tracked` are the measures whose change makes a new
    vintage. `required` are columns that may be null elsewhere but not here. `inputs` are the core
    tables that a row is made of, for lineage and `sluice trace`. `lead_days`: a change on a date also
    changes the rows of this many days after it. `period_days`: the days that a row's date stands for.
    `absent` names measures that a row without a `status` may lack, with why: what does not apply to it or
    what its feed never gives. `stands_in`: facts read this derived table in place of its inputs; else beside them.
    """

    name: str
    layer: str
    domain: str
    description: str
    grain: tuple[str, ...]
    column_names: tuple[str, ...]
    date_column: str | None = None
    tracked: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    lead_days: int = 0
    period_days: int = 1
    extra: tuple[Column, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict, hash=False)
    stands_in: bool = True

    def __post_init__(self) -> None:
        unknown = [name for name in self.column_names if name not in self._own and name not in COLUMNS]
        if unknown:
            raise ValueError(f"table {self.name}: unknown columns {unknown}")
        loose = [
            name for name in (*self.grain, *self.required, *self.tracked, *self.absent) if name not in self.column_names
        ]
        if loose:
            raise ValueError(f"table {self.name}: {loose} are named but are not columns")

    @property
    def _own(self) -> dict[str, Column]:
        return {column.name: column for column in self.extra}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns in order, with this table's stricter nullability."""
        strict = {*self.grain, *self.required}
        found = (self._own.get(name) or COLUMNS[name] for name in self.column_names)
        return tuple(c.required() if c.name in strict else c for c in found)

    @cached_property
    def schema(self) -> pl.Schema:
        """Column names and Polars types, in order."""
        return pl.Schema({c.name: c.dtype for c in self.columns})

    @property
    def reasoned(self) -> tuple[str, ...]:
        """Columns that are null only where `status` says why; none for a table without a status."""
        if "status" not in self.column_names:
            return ()
        exempt = {"status", *_OPEN_ENDED, *self.absent}
        return tuple(c.name for c in self.columns if c.nullable and c.name not in exempt)

    def empty(self) -> pl.DataFrame:
        """An empty frame of this table's schema."""
        return pl.DataFrame(schema=self.schema)


def vintages_of(fact: Table) -> Table:
    """The `_vintages` table of a fact: every value ever known, one row per recorded change."""
    previous = tuple(
        replace(
            COLUMNS[name],
            name=f"previous_{name}",
            nullable=True,
            description=f"`{name}` of the vintage before.",
        )
        for name in fact.tracked
    )
    return Table(
        name=f"{fact.name}_vintages",
        layer="mart",
        domain=fact.domain,
        description=f"Every vintage of {fact.name}: what was known from `recorded_at` to `superseded_at`.",
        grain=(*fact.grain, "recorded_at"),
        column_names=(
            *fact.column_names,
            *(column.name for column in previous),
            "change_reason",
            "superseded_at",
            "is_latest",
        ),
        date_column=fact.date_column,
        tracked=fact.tracked,
        required=fact.required,
        inputs=fact.inputs,
        lead_days=fact.lead_days,
        period_days=fact.period_days,
        extra=(*fact.extra, *previous),
        absent={**fact.absent, **{column.name: "There was none before." for column in previous}},
    )
