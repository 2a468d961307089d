"""The release of real exports says what is known of them, and does not say what they cannot prove."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import date
from functools import partial

import polars as pl
import pytest
from published import query

from schemas.tables import FACTS

Ask = Callable[[str], pl.DataFrame]


@pytest.fixture
def ask(realdata_home) -> Ask:
    """A query on the release of the real exports."""
    return partial(query, realdata_home)


@pytest.fixture(params=["realdata_home", "sample_home"])
def home(request):
    """Both releases, one after the other."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(("day", "total"), [("2026-02-04", -544.9e6), ("2026-02-05", -434.1e6)])
def test_btc_etf_totals_of_the_crash_are_the_known_ones_and_the_sum_of_their_funds(day, total, ask):
    """The briefs contradict each other on these days, down to the sign; the table settles it."""
    key = f"where asset = 'BTC' and trade_date = date '{day}'"
    row = ask(f"select flow_usd, n_funds_reported, n_funds_expected, status, finality from fct_etf_totals_daily {key}")
    assert row.rows() == [(total, 11, 11, None, "final")]
    funds = ask(f"select fund, flow_usd from fct_etf_flows_daily {key} and flow_usd is not null")
    assert funds.height == 11
    assert funds["flow_usd"].sum() == pytest.approx(total, abs=0.01)


def test_every_etf_total_is_the_sum_of_the_funds_that_reported(ask):
    """A total taken from another place than its funds drifts from them."""
    wrong = ask("""
        select * from fct_etf_totals_daily as totals join (
          select trade_date, asset, sum(flow_usd) as funds_usd, count(flow_usd) as n_funds
          from fct_etf_flows_daily group by all
        ) using (trade_date, asset)
        where abs(totals.flow_usd - funds_usd) > 0.01 or n_funds <> n_funds_reported
          or (totals.flow_usd is null) <> (n_funds = 0)
          or (finality <> 'preliminary' and abs(totals.flow_usd - printed_total_usd) > 150000)
    """)
    assert wrong.is_empty()


def test_btc_liquidations_of_the_crash_are_the_known_ones(ask):
    """Long and short swapped, or coins taken for dollars, would still look plausible."""
    rows = ask("select liq_side, notional_usd, is_lower_bound from fct_liquidations_daily"
               " where fact_date = '2026-02-05' and asset = 'BTC' and venue = 'all'")  # fmt: skip
    found = {side: round(usd / 1e6, 1) for side, usd, _ in rows.rows()}
    assert found == {"long": 688.5, "short": 204.8}
    assert rows["is_lower_bound"].all(), "a vendor's sum over the venues it covers is a floor"


def test_the_crash_was_the_third_largest_day_of_the_quarter_and_no_record(ask):
    """ "Record" is a question of rank: four days had more longs closed, two had more in all."""
    rows = ask("select liq_side, rank_90d, n_days_90d, n_missing_days_90d, status from fct_liquidation_ranks_daily"
               " where fact_date = '2026-02-05' and asset = 'BTC' and series = 'vendor_aggregate'")  # fmt: skip
    assert sorted(rows.rows()) == [("all", 3, 90, 0, None), ("long", 5, 90, 0, None), ("short", 5, 90, 0, None)]


def test_exchange_netflow_is_the_change_in_reserve_except_where_the_data_break(ask):
    """A day whose flows and reserve disagree must say so; the part day of the export does, and no other."""
    rows = ask("select fact_date, has_reserve_break, abs(reserve_change_coin - netflow_coin) as gap_coin"
               " from fct_exchange_flows_daily where asset = 'BTC' order by fact_date")  # fmt: skip
    known = rows.drop_nulls("gap_coin")
    assert known.height == 5122
    assert known.filter(~pl.col("has_reserve_break"))["gap_coin"].max() < 1e-6
    assert known.filter(pl.col("has_reserve_break"))["fact_date"].to_list() == [date(2026, 4, 11)]
    assert rows.filter(pl.col("gap_coin").is_null())["has_reserve_break"].null_count() == rows.height - known.height
    assert rows.filter(pl.col("gap_coin").is_null())["fact_date"].max() == date(2012, 4, 2), "no reserves before"


def test_a_wrong_spot_column_is_refused_with_its_reason_and_gives_no_basis(ask, realdata_home, sluice):
    """Spot above the future on every day made a basis of -10 % to -199 % a year, and nobody noticed."""
    listed = sluice(realdata_home)("quarantine", "list", "--feed", "settlement_csv").stdout
    rows, fetch = re.search(r"implausible_spot_leg.*core_futures__quotes\D+(\d+)\D+(\d+)", listed).groups()
    assert int(rows) == 130, "one reject for each row of the file"
    shown = sluice(realdata_home)("quarantine", "show", fetch, "--limit", "1").stdout
    assert "basis/btc_basis_ibkr_rolling.csv" in shown
    assert "the future is below spot on all 130 rows" in " ".join(shown.split())
    contracts = ask("select count(*), count(future_price), count(index_price), count(basis_ratio),"
                    " count(basis_annualised_ratio), count(status) from fct_futures_basis_daily").row(0)  # fmt: skip
    assert contracts == (130, 130, 0, 0, 0, 130), "the futures' own prices are sound and stay"
    curve = ask("select count(basis_annualised_ratio), count(*) - count(status) from fct_basis_term_structure_daily")
    assert curve.row(0) == (0, 0)


def test_a_rouble_coin_is_in_no_sum_of_dollars(ask):
    """43.8bn roubles added as dollars would make it the third largest stablecoin."""
    supply = ask("select asset, peg_currency, status, count(*), count(circulating_peg), count(circulating_usd)"
                 " from fct_stablecoin_supply_daily where stablecoin_id = '258' group by all").rows()  # fmt: skip
    assert supply == [("A7A5", "RUB", "not_usd_peg", 332, 332, 0)]
    flows = ask("select count(*), count(flow_usd), count(status) from fct_flows_daily where asset = 'A7A5'").row(0)
    assert flows == (332, 0, 332)


def test_no_peg_but_the_dollar_counts_as_dollars(ask):
    """An export that names coins by number alone does not say what its numbers are."""
    counted = ask(
        "select distinct peg_currency, status from fct_stablecoin_supply_daily where circulating_usd is not null"
    )
    assert set(counted["peg_currency"]) == {"USD"}
    assert set(counted["status"]) == {None, "dollars_only"}
    issued = ask(
        "select distinct status from fct_flows_daily where flow_type = 'stablecoin_issuance' and flow_usd is not null"
    )
    assert issued.rows() == [(None,)]


def test_the_last_etf_row_is_partial_until_the_last_fund_has_reported(ask):
    """240.4m was the table's total on 2026-04-10; with MSBT it became 256.7m."""
    key = "where asset = 'BTC' and trade_date = date '2026-04-10'"
    total = ask(
        f"select flow_usd, n_funds_reported, n_funds_expected, status, finality from fct_etf_totals_daily {key}"
    )
    assert total.rows() == [(240.4e6, 6, 12, "partial", "preliminary")]
    funds = ask(f"select fund, flow_usd, status, finality from fct_etf_flows_daily {key}")
    assert set(funds["finality"]) == {"preliminary"}
    assert funds.filter(fund="MSBT").row(0) == ("MSBT", None, "pending", "preliminary")
    assert set(funds.filter(pl.col("flow_usd").is_null() & (pl.col("fund") != "MSBT"))["status"]) == {"pending_zero"}


def test_a_page_whose_last_row_is_all_dashes_gives_no_flow_for_that_day(ask):
    """The page prints a total of 0.0 under the dashes."""
    key = "where asset = 'BTC' and trade_date = date '2026-07-23'"
    total = ask(
        f"select flow_usd, printed_total_usd, n_funds_reported, status, finality from fct_etf_totals_daily {key}"
    )
    assert total.rows() == [(None, 0.0, 0, "pending", "preliminary")]
    funds = ask(
        f"select count(*), count(flow_usd), any_value(status), count(distinct status) from fct_etf_flows_daily {key}"
    )
    assert funds.row(0) == (12, 0, "pending", 1)


@pytest.mark.parametrize(("fact", "last"), [
    ("fct_exchange_flows_daily", date(2026, 4, 11)),
    ("fct_liquidations_daily", date(2026, 4, 11)),
    ("fct_stablecoin_supply_daily", date(2026, 4, 17)),
])  # fmt: skip
def test_the_live_last_day_of_an_export_is_preliminary_and_no_other_is(fact, last, ask):
    """The newest row is a part day: taken as whole, it is a crash in every series."""
    days = ask(f"select fact_date, finality from {fact} group by all")
    assert days.filter(finality="preliminary")["fact_date"].to_list() == [last]
    assert days["fact_date"].max() == last
    assert set(days["finality"]) == {"preliminary", "final"}


def test_what_is_real_is_not_called_simulated(ask):
    """The mark is worth something only if it is right both ways."""
    assert ask("select is_simulated, note from sluice_release").rows() == [(False, None)]
    assert not any(ask(f"select coalesce(bool_or(is_simulated), false) from {fact.name}").item() for fact in FACTS)


def test_rows_in_are_published_quarantined_or_duplicates_for_every_fetch(home, sluice):
    """A row that is in none of the three was lost."""
    with sqlite3.connect(home / "raw" / "ledger.sqlite") as ledger:
        fetches = {fetch for (fetch,) in ledger.execute("select fetch_id from fetches")}
    with sqlite3.connect(home / "core" / "accounts.sqlite") as accounts:
        rows = accounts.execute("select fetch_id, rows_in, published, quarantined, duplicates from accounts").fetchall()
    assert {row[0] for row in rows} == fetches
    assert all(rows_in == sum(parts) for _, rows_in, *parts in rows)
    listed = sluice(home)("quarantine", "list").stdout
    in_quarantine = re.findall(r"│\s+(\d+) │[^│]*│\s*$", listed, flags=re.MULTILINE)
    assert sum(map(int, in_quarantine)) == sum(row[3] for row in rows)


def test_rows_in_are_the_cells_of_the_files(realdata_home, realdata):
    """Counts that add up prove nothing where the parser has already skipped rows."""
    files = realdata.glob("cryptoquant/btc/Bitcoin Exchange *.csv")
    days = sum(len(file.read_text().splitlines()) - 1 for file in files)
    with sqlite3.connect(realdata_home / "core" / "accounts.sqlite") as accounts:
        count = "select sum(rows_in) from accounts where feed = 'cryptoquant_exchange_flows'"
        assert accounts.execute(count).fetchone() == (days,)


# What a null status promises beyond a value in every measure (for that, see `test_release_whole.py`).
WHOLE = {
    "fct_etf_totals_daily": "coalesce(n_funds_reported, n_funds_expected) = n_funds_expected",
    "fct_liquidations_daily": "coalesce(n_unpriced_prints, 0) = 0",
    "fct_liquidations_hourly": "n_unpriced_prints = 0",
    "fct_stablecoin_supply_daily": "circulating_usd is not null or peg_currency is distinct from 'USD'",
}


@pytest.mark.parametrize("fact", WHOLE)
def test_a_row_without_a_status_is_whole_in_every_vintage(fact, home):
    """Part of a sum that looks like the sum is an error nobody sees."""
    part = query(home, f"select * from {fact}_vintages where status is null and not ({WHOLE[fact]})")
    assert part.is_empty()
