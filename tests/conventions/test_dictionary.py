"""The dictionary of columns keeps its own rules."""

from __future__ import annotations

import polars as pl
import pytest

from schemas.columns import COLUMNS
from schemas.tables import FACTS, MARTS, TABLES, VINTAGES
from schemas.units import UNITS

_SUFFIX = {
    "_usd": "usd",
    "_coin": "coin",
    "_days": "days",
    "_seconds": "seconds",
    "_at": "instant",
    "_date": "date",
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=lambda column: column.name)
def test_a_column_says_its_unit_and_its_suffix_agrees(column):
    """A dollar column named like a coin column is how units get mixed."""
    assert column.unit in UNITS
    assert column.description.strip().endswith(".")
    for suffix, unit in _SUFFIX.items():
        if column.name.endswith(suffix):
            expected = {unit, "usd_per_coin", "usd_per_share"} if suffix == "_usd" else {unit}
            assert column.unit in expected, f"{column.name} carries {column.unit}"


@pytest.mark.parametrize("column", COLUMNS.values(), ids=lambda column: column.name)
def test_rates_are_fractions_and_end_in_ratio(column):
    """A rate in per cent beside a rate as a fraction is wrong by a hundred."""
    assert column.unit.startswith("ratio") == column.name.endswith("_ratio")


def test_instants_are_utc_and_precise_to_the_microsecond():
    """A local or millisecond stamp compares wrongly with every other stamp."""
    for column in COLUMNS.values():
        if column.unit == "instant":
            assert column.dtype == pl.Datetime("us", "UTC"), column.name


def test_every_fact_has_vintages_and_every_table_a_grain():
    """A fact without vintages cannot be read as of an earlier instant."""
    assert len(VINTAGES) == len(FACTS)
    for table in TABLES.values():
        assert table.grain
    for table in MARTS:
        assert table.description
