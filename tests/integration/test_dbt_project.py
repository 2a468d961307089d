"""The SQL half on made-up core: what an incremental build may and may not do, and how failures show."""

import os
import shutil

import duckdb
import polars as pl
import pytest
from made_up_core import DAYS, MAKERS, etf, put, rows_of

from orchestration.store import dbt_build
from orchestration.store.core_store import CoreStore
from orchestration.store.derive import confidence
from orchestration.store.layout import Layout
from schemas.tables import FACTS, MARTS, TABLES


def marts(layout):
    """Every mart, in the order of its grain. It can be opened: dbt has let go of the file."""
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return {t.name: connection.sql(f"select * from {t.name} order by all").pl() for t in MARTS}


def differing(left, right):
    return [name for name, frame in left.items() if not frame.equals(right[name])]


def settled_build(layout, **options):
    confidence.derive(CoreStore(layout), 0)
    results = dbt_build.build(layout, **options)
    CoreStore(layout).settle(CoreStore(layout).last_mark())
    return results


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home whose first days are built and published."""
    layout = Layout(tmp_path_factory.mktemp("o'home"))
    CoreStore(layout).ensure()
    for name in MAKERS:
        put(layout, name, DAYS[:5])
    return layout, settled_build(layout)


@pytest.fixture(scope="module")
def evolved(built):
    """The same home after a new day, and after older days changed in every way that reaches other days."""
    layout, _ = built
    before = marts(layout)
    for name in MAKERS:
        put(layout, name, DAYS[5:])
    put(layout, "core_etf__flows", [DAYS[1]], shift=0.7)
    put(layout, "core_exchange__flows", [DAYS[2]], shift=0.5)
    put(layout, "core_stablecoins__supply", [DAYS[0]], shift=3.0)
    put(layout, "core_liquidations__events", [DAYS[3]], count=5)
    CoreStore(layout).replace_dates(TABLES["core_basis__contracts"], [DAYS[4]], rows_of("core_basis__contracts", []))
    settled_build(layout)
    return layout, before, marts(layout)


def test_every_node_of_a_first_build_passes(built):
    """A contract that drifted from the schemas, or a rule that the SQL breaks, would show here first."""
    _, results = built
    assert [result for result in results if not result.passed] == []
    assert {"model", "seed", "test"} == {result.kind for result in results}


def test_every_fact_has_rows_that_are_the_newest_of_its_vintages(built):
    """An empty mart keeps every rule: the tests below would prove nothing on it."""
    frames = marts(built[0])
    for fact in FACTS:
        newest = frames[f"{fact.name}_vintages"].filter("is_latest").select(fact.column_names).sort(fact.column_names)
        assert newest.height > 0
        assert newest.equals(frames[fact.name].sort(fact.column_names)), fact.name


def test_the_units_of_sql_do_what_they_say(built):
    """Every `case` and window of the project has its example beside the model."""
    results = dbt_build.unit_tests(built[0])
    assert [(result.node, result.message) for result in results if not result.passed] == []
    assert len(results) >= 25


def test_a_sum_does_not_depend_on_the_order_of_its_rows(built):
    """0.1 + 0.2 + 0.3 in binary floating point is not 0.6: a rebuild could publish other bytes."""
    sums = marts(built[0])["fct_liquidations_daily"].filter(series="venue_prints")["notional_usd"]
    assert set(sums) == {0.6}


def test_roubles_and_unknown_pegs_are_not_dollars(built):
    """They would inflate the dollar supply without a word."""
    day = marts(built[0])["fct_stablecoin_supply_daily"].filter(fact_date=DAYS[1])
    found = {row["asset"]: (row["circulating_usd"], row["status"]) for row in day.iter_rows(named=True)}
    assert found == {
        "USDT": (101.0, None),
        "A7A5": (None, "not_usd_peg"),
        "llama.424242": (None, "unknown_peg"),
    }


def test_an_incremental_build_changes_what_changed(evolved):
    """A build that missed a changed date, or the day after it, would publish an old number for good."""
    _, before, after = evolved
    reserve = after["fct_exchange_flows_daily"].filter(fact_date=DAYS[3])["reserve_change_coin"].to_list()
    issued = after["fct_stablecoin_supply_daily"].filter(fact_date=DAYS[1], asset="USDT")["supply_change_peg"].to_list()
    assert (reserve, issued) == ([1.5], [-2.0])
    assert after["fct_futures_basis_daily"].filter(fact_date=DAYS[4]).is_empty()
    assert set(differing(before, after)) >= {fact.name for fact in FACTS}


def test_a_build_with_nothing_pending_changes_nothing(evolved):
    """Appending the same dates again would duplicate them."""
    layout, _, after = evolved
    settled_build(layout)
    assert differing(after, marts(layout)) == []


def test_an_incremental_build_leaves_other_dates_alone(evolved):
    """A day's run that rebuilt the history would cost as much as the history."""
    layout, _, _ = evolved
    mark = f"where fact_date = date '{DAYS[0]}'"
    with duckdb.connect(str(layout.warehouse)) as connection:
        connection.execute(f"update fct_liquidations_daily_vintages set n_prints = 77 {mark}")
    CoreStore(layout).mark("core_liquidations__events", [DAYS[5]])
    settled_build(layout)
    touched = marts(layout)["fct_liquidations_daily_vintages"].filter(n_prints=77)
    assert set(touched["fact_date"]) == {DAYS[0]}


def test_incremental_builds_and_a_full_refresh_give_the_same_tables(evolved):
    """The history that grew day by day must be the one that a rebuild gives."""
    layout, _, after = evolved
    settled_build(layout, full_refresh=True)
    assert differing(after, marts(layout)) == []


def test_another_home_with_the_same_core_gives_the_same_tables(evolved, tmp_path):
    """Rebuilding from raw must give the same object hashes."""
    layout, _, after = evolved
    other = Layout(tmp_path)
    shutil.copytree(layout.core, other.core)
    settled_build(other)
    assert differing(after, marts(other)) == []


def test_a_changed_description_of_a_coin_reaches_every_date(evolved):
    """A coin that is named after the fact would keep its number in the old months."""
    layout, _, _ = evolved
    core = CoreStore(layout)
    named = {
        "stablecoin_id": "424242",
        "asset": "NEWUSD",
        "peg_currency": "USD",
        "source": "defillama_stablecoins",
    }
    core.replace_month(TABLES["core_stablecoins__assets"], "all", rows_of("core_stablecoins__assets", [named]))
    core.mark("core_stablecoins__assets", [DAYS[0]])
    settled_build(layout)
    assets = marts(layout)["fct_stablecoin_supply_daily"]
    assert assets.filter(asset="NEWUSD")["circulating_usd"].to_list() == [1.0] * len(DAYS)
    assert assets.filter(pl.col("asset").str.starts_with("llama.")).is_empty()


def test_a_failed_data_test_is_a_result_and_not_an_error(evolved):
    """The gate must see which test failed, on rows that are there to be looked at."""
    layout, _, _ = evolved
    stray = [{**row, "source": "farside_unlisted", "flow_usd": 1e15} for row in etf(DAYS[5])[:1]]
    CoreStore(layout).replace_dates(TABLES["core_etf__flows"], [DAYS[5]], rows_of("core_etf__flows", stray))
    failed = {result.node: result.failures for result in dbt_build.build(layout) if not result.passed}
    facts = ("fct_etf_flows_daily", "fct_flows_daily")
    assert set(failed) == {"every_source_has_a_priority", *(f"{fact}_vintages__declared_values" for fact in facts)}
    assert failed["every_source_has_a_priority"] == 1 <= min(failed.values())


def test_a_failed_model_is_an_error_that_names_it(tmp_path):
    """A build that went on without a model would audit what an earlier run had left."""
    layout = Layout(tmp_path)
    CoreStore(layout).ensure()
    shutil.rmtree(layout.core / "core_etf__flows")
    with pytest.raises(dbt_build.DbtError, match=r"stg_etf__flows failed: .*No files found"):
        dbt_build.build(layout)


def test_a_build_leaves_the_environment_as_it_was(built):
    """The next home in the same process would be built from this one's core."""
    assert not [name for name in os.environ if name.startswith(("SLUICE_CORE", "SLUICE_WAREHOUSE", "DBT_TARGET"))]


@pytest.mark.parametrize("damage", [b"", b"\x00" * 64, b"\xc1 not msgpack"], ids=["empty", "zeros", "rubbish"])
def test_a_damaged_kept_manifest_is_made_anew(tmp_path, damage):
    """A process killed while it wrote, or a full disk, must not stop every later run."""
    file = tmp_path / "manifest.msgpack"
    file.write_bytes(damage)
    assert dbt_build._kept(file) is None
    assert not file.exists()
