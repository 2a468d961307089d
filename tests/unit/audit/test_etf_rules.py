"""The audit's rules between the ETF tables, each on a few rows."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from orchestration.store.audit.reconcile import RULES
from schemas.render.dbt import duckdb_type
from schemas.tables import TABLES

MONDAY, TUESDAY, WEDNESDAY = date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 4)
ROW = {"asset": "BTC", "fund": "IBIT", "source": "farside_etf_flows", "finality": "final", "n_funds_reported": 1,
       "n_funds_expected": 1}  # fmt: skip


@pytest.fixture
def broken():
    """Rows that break a rule, given rows by table."""
    with duckdb.connect() as connection:
        for name in ("fct_etf_totals_daily", "fct_etf_flows_daily", "fct_etf_shares_daily"):
            columns = ", ".join(f"{column.name} {duckdb_type(column)}" for column in TABLES[name].columns)
            connection.execute(f"create table {name} ({columns})")

        def run(rule: str, **tables: list[dict]) -> list[tuple]:
            for name, rows in tables.items():
                for row in rows:
                    known = {key: value for key, value in (ROW | row).items() if key in TABLES[name].schema}
                    marks = ", ".join("?" for _ in known)
                    insert = f"insert into {name} ({', '.join(known)}) values ({marks})"
                    connection.execute(insert, list(known.values()))
            (found,) = [each for each in RULES if each.name == rule]
            return connection.execute(found.broken).fetchall()

        yield run


def counts(last: float) -> list[dict]:
    days = ((MONDAY, 100e6, 40.0), (TUESDAY, 101e6, 41.0), (WEDNESDAY, last, 39.0))
    return [{"as_of_date": day, "shares_outstanding": shares, "nav_usd": nav} for day, shares, nav in days]


FLOWS = [{"trade_date": MONDAY, "flow_usd": 40e6}, {"trade_date": TUESDAY, "flow_usd": -20.5e6}]


@pytest.mark.parametrize(("last", "breaks"), [(100.5e6, False), (101.0e6, True)])
def test_flows_of_a_month_are_the_change_in_shares(broken, last, breaks):
    """A series shifted by a session, or one with a day of another fund, does not add up to the shares."""
    found = broken("sums.etf_aum_identity", fct_etf_shares_daily=counts(last), fct_etf_flows_daily=FLOWS)
    assert bool(found) == breaks


def test_a_month_with_a_missing_flow_is_not_held_against_the_shares(broken):
    """What is not there is no contradiction."""
    assert broken("sums.etf_aum_identity", fct_etf_shares_daily=counts(101e6), fct_etf_flows_daily=FLOWS[:1]) == []


@pytest.mark.parametrize(
    ("total", "exact", "near"),
    [
        ({"flow_usd": 40e6}, False, False),
        ({"flow_usd": 41e6}, True, False),
        ({"flow_usd": 41e6, "source": "sosovalue_etf_flows"}, False, False),
        ({"flow_usd": 46e6, "source": "sosovalue_etf_flows"}, False, True),
        ({"flow_usd": 46e6, "source": "sosovalue_etf_flows", "n_funds_expected": 2}, False, False),
        ({"flow_usd": 46e6, "n_funds_reported": None}, False, True),
        ({"flow_usd": None}, True, False),
    ],
)
def test_funds_are_the_total_to_a_cent_or_near_it_where_sources_differ(broken, total, exact, near):
    """A total of another source is right to be some thousands off; of the same source it is a fault."""
    tables = {"fct_etf_flows_daily": FLOWS[:1], "fct_etf_totals_daily": [{"trade_date": MONDAY} | total]}
    assert bool(broken("sums.etf_funds_to_total", **tables)) == exact
    assert bool(broken("sums.etf_funds_near_total")) == near


def test_a_wider_total_is_not_held_against_our_funds(broken):
    """SoSoValue counts a fund more: its own total is no fault of its cells."""
    row = {"trade_date": MONDAY, "flow_usd": 40e6, "printed_total_usd": 45e6}
    assert broken("sums.etf_printed_total_far", fct_etf_totals_daily=[row | {"source": "sosovalue_etf_flows"}]) == []
    assert len(broken("sums.etf_printed_total_far", fct_etf_totals_daily=[row])) == 1
