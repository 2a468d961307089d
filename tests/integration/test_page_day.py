"""The facts of a day as the run page reads them, from tables with a few rows in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from orchestration.pages import day
from schemas.render.dbt import duckdb_type
from schemas.tables import DIMENSIONS, FACTS

FRIDAY, SATURDAY = date(2026, 2, 6), date(2026, 2, 7)
PUBLISHED = datetime(2026, 2, 8, 6, tzinfo=UTC)


@pytest.fixture
def release() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every published table, without rows."""
    with duckdb.connect() as connection:
        for table in (*FACTS, *DIMENSIONS):
            columns = ", ".join(f'"{column.name}" {duckdb_type(column)}' for column in table.columns)
            connection.execute(f"create table {table.name} ({columns})")
        yield connection


def put(connection: duckdb.DuckDBPyConnection, table: str, **row: object) -> None:
    places = ", ".join("?" * len(row))
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values()))


def test_each_asset_has_the_flows_of_its_own_last_session(release):
    """Where one asset's table comes a day later, its flows must not be missing from the page without a word."""
    for asset, trade_date in (("ETH", FRIDAY), ("BTC", date(2026, 2, 5)), ("BTC", date(2026, 2, 4))):
        put(release, "fct_etf_flows_daily", trade_date=trade_date, asset=asset, fund=f"{asset}X", flow_usd=1.0)
        put(release, "fct_etf_totals_daily", trade_date=trade_date, asset=asset, flow_usd=1.0)
    read = day.read(release, SATURDAY, PUBLISHED)
    expected = [("BTC", date(2026, 2, 5)), ("ETH", FRIDAY)]
    assert read.etf_funds.select("asset", "trade_date").rows() == expected
    assert read.etf_totals.select("asset", "trade_date").rows() == expected


def test_a_row_without_a_value_is_not_a_day_that_is_known(release):
    """A curve of nulls up to today would make a page of empty charts."""
    put(release, "fct_basis_term_structure_daily", fact_date=SATURDAY, asset="BTC", venue="all", tenor_days=30)
    put(release, "fct_etf_totals_daily", trade_date=FRIDAY, asset="BTC", flow_usd=1.0)
    read = day.read(release, None, PUBLISHED)
    assert (read.day, read.reach) == (FRIDAY, {"etf": FRIDAY})


def test_the_day_of_the_page_is_the_newest_that_most_families_reach(release):
    """One family that is ahead must not empty the charts of all others."""
    put(release, "fct_etf_totals_daily", trade_date=SATURDAY, asset="BTC", flow_usd=1.0)
    put(release, "fct_stablecoin_supply_daily", fact_date=FRIDAY, asset="USDT", supply_change_peg=1.0)
    assert day.read(release, None, PUBLISHED).day == FRIDAY


def test_a_day_that_is_not_over_is_no_day(release):
    """A snapshot of this morning is no whole day."""
    put(release, "fct_stablecoin_supply_daily", fact_date=PUBLISHED.date(), asset="USDT", supply_change_peg=1.0)
    assert day.read(release, None, PUBLISHED).day == SATURDAY


def test_contradictions_beyond_the_list_are_counted(release):
    """A list that ends must not pass for all of them."""
    for number in range(day.MOST_CONTRADICTIONS + 2):
        put(release, "fct_contradictions", confidence_series="etf_fund", fact_date=FRIDAY, asset="BTC", entity="IBIT",
            source=f"s{number}", delta_bands=3.0)  # fmt: skip
    read = day.read(release, SATURDAY, PUBLISHED)
    assert (read.contradictions.height, read.n_contradictions) == (day.MOST_CONTRADICTIONS, day.MOST_CONTRADICTIONS + 2)
