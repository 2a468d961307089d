"""What the catalogue tells in SQL: meanings, finality, and which release it is."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from marts import DAYS, change, marts
from steps import LATER, publish

from orchestration.store import releases
from orchestration.store.layout import Layout
from schemas.tables import FACTS, MARTS, TABLES

OWN = ("sluice_release", "sluice_finality", "sluice_audit")


def test_every_table_column_and_macro_says_what_it_is(layout: Layout) -> None:
    """Guards against a name in a BI tool's list that nobody can explain."""
    with releases.open_release(layout) as connection:
        tables = dict(
            connection.execute(
                "select view_name, comment from duckdb_views() where not internal"
                " union all select table_name, comment from duckdb_tables() where not internal"
            ).fetchall()
        )
        assert tables.keys() == {*(table.name for table in MARTS), *OWN}
        assert all(tables.values())
        assert tables["fct_etf_flows_daily"] == TABLES["fct_etf_flows_daily"].description
        bare = "select table_name, column_name from duckdb_columns() where not internal and comment is null"
        assert connection.execute(bare).fetchall() == []
        macros = dict(
            connection.execute(
                "select function_name, comment from duckdb_functions() where suffix(function_name, '_as_of')"
            ).fetchall()
        )
        assert macros.keys() == {f"{fact.name}_as_of" for fact in FACTS}
        assert all("UTC" in comment for comment in macros.values())


def test_a_release_says_how_much_of_it_may_still_change(layout: Layout) -> None:
    """Guards against a number that is quoted as final on the day on which it is not."""
    told = "select finality, n_preliminary_rows from sluice_release"
    with releases.open_release(layout) as connection:
        assert connection.execute(told).fetchall() == [("final", 0)]
    publish(
        layout, change(marts(), "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], finality="preliminary"), LATER
    )
    with releases.open_release(layout) as connection:
        assert connection.execute(told).fetchall() == [("preliminary", 1)]
        by_fact = "from sluice_finality where table_name = 'fct_etf_totals_daily' order by finality"
        assert connection.execute(by_fact).fetchall() == [
            ("fct_etf_totals_daily", "final", len(DAYS) - 1, DAYS[0], DAYS[-2]),
            ("fct_etf_totals_daily", "preliminary", 1, DAYS[-1], DAYS[-1]),
        ]
        for fact in (fact for fact in FACTS if "finality" in fact.column_names):
            counted = f"select sum(n_rows) from sluice_finality where table_name = '{fact.name}'"
            every = connection.execute(f"select count(*) from {fact.name}").fetchall()
            assert connection.execute(counted).fetchall() == every, fact.name


def test_the_file_is_of_the_storage_version_that_every_1_x_driver_reads(layout: Layout) -> None:
    """Guards against a catalogue that only the newest driver opens; `tests/pipeline/test_older_drivers.py` opens it."""
    header = layout.current.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64


@pytest.mark.parametrize("text", ["2026-02-09 18:00", "2026-02-09T18:00", "2026-02-09 18:00Z", "2026-02-09T18:00+00"])
def test_an_instant_may_leave_out_its_seconds(layout: Layout, text: str) -> None:
    """Guards against a spelling that one driver takes and another refuses; the oldest wants seconds."""
    with duckdb.connect(str(layout.current), read_only=True) as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        assert connection.execute(f"select count(*) from fct_etf_totals_daily_as_of('{text}')").fetchall() == [
            (len(DAYS),)
        ]
