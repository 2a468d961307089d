"""What holds of every number and every column of a release, read from the published bytes alone."""

import math

import duckdb
import pytest
from published import manifest, query

from schemas.tables import MARTS
from schemas.units import UNITS


@pytest.fixture(params=["sample_home", "realdata_home"])
def home(request):
    return request.getfixturevalue(request.param)


def frames(home):
    """Every published table with its rows."""
    names = {entry["table"] for entry in manifest(home)["objects"]}
    return [(table, query(home, f"select * from {table.name}")) for table in MARTS if table.name in names]


def test_no_number_is_nan_or_infinite(home):
    """Otherwise a sum over the table is no number any more, and nobody sees where it came from."""
    for table, frame in frames(home):
        for name, dtype in frame.schema.items():
            if dtype.is_float():
                assert frame[name].is_finite().all(), f"{table.name}.{name}"


def test_no_measure_is_null_without_a_status(home):
    """Otherwise a reader meets an empty cell and cannot know whether it is zero, late or unknown."""
    for table, frame in frames(home):
        for name in table.reasoned:
            blank = frame.filter(frame[name].is_null() & frame["status"].is_null())
            assert blank.is_empty(), f"{table.name}.{name}: {blank.head(1).to_dicts()}"


def test_what_may_be_absent_says_why():
    """Otherwise the list of exceptions grows without a thought."""
    for table in MARTS:
        assert all(len(why) > 10 for why in table.absent.values()), table.name


def test_every_column_of_the_release_has_a_unit_and_a_description(home):
    """Otherwise a BI tool shows a number of which nobody knows what it counts."""
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
    described = {(table.name, column.name): column for table in MARTS for column in table.columns}
    found = {(table, column): comment for table, column, comment in columns if table in {t.name for t in MARTS}}
    assert set(found) == set(described)
    for key, column in described.items():
        assert column.unit in UNITS, key
        assert found[key], f"{key} has no comment in the catalogue"
        assert column.description in found[key], key


def test_low_and_high_enclose_the_graded_value(home):
    """Otherwise the range of the sources that agree does not hold the value that they agree on."""
    from schemas.confidence import bands

    for fact, measure in bands().select("fact", "measure").drop_nulls().iter_rows():
        rows = query(home, f"select {measure} as value, low, high, grade from {fact} where {measure} is not null")
        for value, low, high, grade in rows.iter_rows():
            assert grade in "ABCXU"
            if low is not None:
                assert low <= value or math.isclose(low, value), (fact, value, low)
                assert high >= value or math.isclose(high, value), (fact, value, high)
