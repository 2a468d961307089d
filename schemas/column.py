"""What a column is, and the checks a column can carry.

Belongs here: the `Column` and check value types. Does not belong here: any particular column
(`schemas/columns/`), tables (`schemas/tables/`), or how a check is carried out (`schemas/render/`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

UTC_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Between:
    """Value lies in [low, high]; a missing bound is open. Unit: the column's."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class OneOf:
    """Value is one of a closed set of strings."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Matches:
    """Value matches a regular expression from its start to its end."""

    pattern: str


Check = Between | OneOf | Matches


@dataclass(frozen=True)
class Column:
    """One column of the dictionary: the same name means the same thing in every table.

    `unit` is a key of `schemas.units.UNITS`. Floats are always checked to be finite: unknown is
    null with a `status`, never NaN or infinity.
    """

    name: str
    dtype: pl.DataType
    unit: str
    description: str
    nullable: bool = False
    checks: tuple[Check, ...] = ()

    def required(self) -> Column:
        """The same column where a table does not allow null."""
        return replace(self, nullable=False)
