"""Stamps that are no milliseconds: seconds since 1970, and ISO 8601 text.

Belongs here: reading such a field as a UTC instant. Does not belong here: milli-, micro- and nanoseconds,
which tell themselves apart (`venue.instant`); seconds are only read where the vendor says that they are.
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT

_FIRST, _LAST = 1_000_000_000, 100_000_000_000


def seconds(name: str, first: int = _FIRST) -> pl.Expr:
    """A text field of whole or decimal seconds; null before `first` and where they must be milliseconds."""
    value = pl.col(name).cast(pl.Float64(), strict=False)
    fits = value.is_finite() & value.is_between(first, _LAST)
    return (pl.when(fits).then(value) * 1_000_000).round().cast(pl.Int64()).cast(UTC_INSTANT)


def iso(name: str) -> pl.Expr:
    """A text field such as 2026-02-05T00:19:41.641Z or …+00:00; null without an offset."""
    return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", strict=False).cast(UTC_INSTANT)
