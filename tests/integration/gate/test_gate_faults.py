"""Whatever is wrong with the marts is named, and readers' files stay as they were, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import polars as pl
import pytest
from marts import AS_OF, DAYS, DBT, Frames, change, marts, write_build
from steps import FEBRUARY, LATER, more_etf, prepared, tree

from orchestration.store import gate, releases
from orchestration.store.audit import audit
from orchestration.store.audit.reconcile import RULES
from orchestration.store.audit.scope import ERROR
from orchestration.store.candidate import build_candidate
from orchestration.store.layout import Layout


def negative_price() -> Frames:
    return change(marts(), "fct_futures_basis_daily", pl.col("fact_date") == DAYS[-1], future_price=-1.0)


def not_a_number() -> Frames:
    day = pl.col("fact_date") == DAYS[-1]
    return change(marts(), "fct_exchange_flows_daily", day, reserve_coin=float("nan"))


def _with_days(fact: str, days: list[date]) -> Frames:
    """The marts, a fact and its vintages for other days."""
    others = marts(days)
    return marts() | {name: others[name] for name in (fact, f"{fact}_vintages")}


def future_date() -> Frames:
    return _with_days("fct_stablecoin_pegs_daily", [*DAYS, date(2026, 2, 20)])


def shrunken() -> Frames:
    return _with_days("fct_stablecoin_pegs_daily", DAYS[:-1])


def month_vanished() -> Frames:
    return _with_days("fct_basis_term_structure_daily", [day for day in DAYS if day.month == 1])


def dropped_column() -> Frames:
    frames = marts()
    return frames | {"fct_liquidations_daily": frames["fct_liquidations_daily"].drop("max_1h_usd")}


def unexpected_column() -> Frames:
    frames = marts()
    return frames | {"dim_venues": frames["dim_venues"].with_columns(stranger=pl.lit(1))}


def dropped_key() -> Frames:
    frames = marts()
    return frames | {"fct_stablecoin_supply_daily": frames["fct_stablecoin_supply_daily"].drop("fact_date")}


def missing_table() -> Frames:
    return {name: frame for name, frame in marts().items() if name != "dim_assets"}


def another_type() -> Frames:
    frames = marts()
    text = frames["fct_etf_flows_daily"].with_columns(pl.lit("n/a").alias("flow_usd"))
    return frames | {"fct_etf_flows_daily": text}


def duplicated_grain() -> Frames:
    frames = marts()
    fact = frames["fct_etf_flows_daily"]
    return frames | {"fct_etf_flows_daily": pl.concat([fact, fact.tail(1)])}


def null_in_key() -> Frames:
    return change(marts(), "fct_etf_flows_daily", pl.col("trade_date") == DAYS[-1], fund=None)


def unexplained_null() -> Frames:
    return change(marts(), "fct_stablecoin_pegs_daily", pl.col("fact_date") == DAYS[-1], price_usd=None)


def unknown_code() -> Frames:
    return change(marts(), "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], finality="certain")


def funds_off_total() -> Frames:
    return change(marts(), "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], flow_usd=3e6 + 0.02)


def printed_total_far_off() -> Frames:
    day = pl.col("trade_date") == DAYS[-1]
    return change(marts(), "fct_etf_totals_daily", day, printed_total_usd=5e6)


def etf_part_off() -> Frames:
    return change(marts(), "fct_flows_daily", pl.col("fact_date") == DAYS[-1], flow_usd=1.0)


def hours_off_day() -> Frames:
    return change(marts(), "fct_liquidations_daily", pl.col("fact_date") == DAYS[-1], n_prints=5)


def window_off_day() -> Frames:
    return change(marts(), "fct_liquidations_trailing_24h", pl.col("fact_date") == DAYS[-1], notional_usd=0.3)


def rank_of_another_value() -> Frames:
    return change(marts(), "fct_liquidation_ranks_daily", pl.col("fact_date") == DAYS[-1], notional_usd=0.3)


def coverage_scaled_up() -> Frames:
    return change(marts(), "fct_liquidation_coverage_daily", pl.col("fact_date") == DAYS[-1], observed_usd=0.4)


def netflow_off() -> Frames:
    return change(marts(), "fct_exchange_flows_daily", pl.col("fact_date") == DAYS[-1], netflow_coin=2.0)


def contracts_off_total() -> Frames:
    return change(marts(), "fct_open_interest_totals_daily", pl.col("fact_date") == DAYS[-1], open_interest_usd=2e5)


def effects_off_change() -> Frames:
    day, effects = pl.col("fact_date") == DAYS[-1], {"price_effect_usd": 1e4, "price_effect_coin": 0.2}
    return change(marts(), "fct_open_interest_daily", day, **effects)


def year_off_day() -> Frames:
    return change(marts(), "fct_funding_daily", pl.col("fact_date") == DAYS[-1], funding_annualised_ratio=0.2)


def fact_is_not_latest() -> Frames:
    frames = marts()
    table = frames["fct_etf_totals_daily"].with_columns(n_funds_expected=pl.lit(9, pl.Int32))
    return frames | {"fct_etf_totals_daily": table}


def two_latest() -> Frames:
    frames = marts()
    table = frames["fct_etf_totals_daily_vintages"]
    again = table.tail(1).with_columns(recorded_at=pl.col("recorded_at") + pl.duration(hours=1))
    return frames | {"fct_etf_totals_daily_vintages": pl.concat([table, again])}


def known_after_recorded() -> Frames:
    later = datetime(2026, 2, 10, tzinfo=UTC)
    day = pl.col("fact_date") == DAYS[-1]
    return change(marts(), "fct_exchange_flows_daily", day, known_at=later)


def vintage_lost() -> Frames:
    frames = marts()
    table = frames["fct_flows_daily_vintages"]
    return frames | {"fct_flows_daily_vintages": table.head(table.height - 1)}


BAD: dict[Callable[[], Frames], list[tuple[str, str]]] = {
    negative_price: [("contract.range", "fct_futures_basis_daily")],
    not_a_number: [("contract.finite", "fct_exchange_flows_daily")],
    future_date: [("contract.no_future_date", "fct_stablecoin_pegs_daily")],
    shrunken: [
        ("guard.no_shrinkage", "fct_stablecoin_pegs_daily"),
        ("guard.no_shrinkage", "fct_stablecoin_pegs_daily_vintages"),
    ],
    month_vanished: [("guard.no_shrinkage", "fct_basis_term_structure_daily")],
    dropped_column: [
        ("guard.no_column_dropped", "fct_liquidations_daily"),
        ("contract.columns", "fct_liquidations_daily"),
    ],
    unexpected_column: [("contract.columns", "dim_venues")],
    dropped_key: [("contract.columns", "fct_stablecoin_supply_daily")],
    missing_table: [("guard.table_present", "dim_assets")],
    another_type: [("contract.type", "fct_etf_flows_daily")],
    duplicated_grain: [("contract.grain", "fct_etf_flows_daily")],
    null_in_key: [("contract.not_null", "fct_etf_flows_daily")],
    unexplained_null: [
        ("contract.reason", "fct_stablecoin_pegs_daily"),
        ("contract.reason", "fct_stablecoin_pegs_daily_vintages"),
    ],
    unknown_code: [("contract.one_of", "fct_etf_totals_daily")],
    funds_off_total: [("sums.etf_funds_to_total", "fct_etf_totals_daily")],
    printed_total_far_off: [("sums.etf_printed_total_far", "fct_etf_totals_daily")],
    etf_part_off: [("sums.flows_etf_part", "fct_flows_daily")],
    hours_off_day: [("sums.liquidations_hours_to_day", "fct_liquidations_daily")],
    window_off_day: [("sums.liquidations_midnight_to_day", "fct_liquidations_trailing_24h")],
    rank_of_another_value: [("sums.liquidation_ranks_to_day", "fct_liquidation_ranks_daily")],
    coverage_scaled_up: [("sums.liquidations_venues_to_coverage", "fct_liquidation_coverage_daily")],
    netflow_off: [("sums.exchange_netflow", "fct_exchange_flows_daily")],
    contracts_off_total: [("sums.open_interest_contracts_to_total", "fct_open_interest_totals_daily")],
    effects_off_change: [(f"sums.open_interest_effects_{unit}", "fct_open_interest_daily") for unit in ("usd", "coin")],
    year_off_day: [("sums.funding_year_is_365_days", "fct_funding_daily")],
    fact_is_not_latest: [("vintages.latest_is_fact", "fct_etf_totals_daily")],
    two_latest: [
        ("vintages.one_latest", "fct_etf_totals_daily_vintages"),
        ("vintages.in_order", "fct_etf_totals_daily_vintages"),
    ],
    known_after_recorded: [("vintages.known_before_recorded", "fct_exchange_flows_daily_vintages")],
    vintage_lost: [("guard.no_shrinkage", "fct_flows_daily_vintages")],
}


@pytest.mark.parametrize("make", BAD, ids=[make.__name__ for make in BAD])
def test_a_fault_is_named_and_leaves_published_bit_identical(layout: Layout, make: Callable[[], Frames]) -> None:
    """Guards against bad marts reaching readers, or a refusal that does not say why."""
    before = tree(layout.published)
    candidate, verdict = prepared(layout, make())
    assert {(row.check, row.table) for row in verdict.failures} >= set(BAD[make])
    with pytest.raises(gate.Refused, match="check_failed") as refusal:
        gate.publish(layout, candidate.candidate_id, LATER)
    for check, table in BAD[make]:
        assert any(f"check_failed: {check} on {table}" in reason for reason in refusal.value.reasons)
    assert tree(layout.published) == before


def test_the_marts_that_faults_are_put_into_have_none(layout: Layout) -> None:
    """Guards against a fault that is "found" because it was there before."""
    with releases.open_release(layout) as connection:
        assert not connection.sql("from sluice_audit where not passed").fetchall()


def test_every_rule_between_tables_that_refuses_has_a_fault() -> None:
    """Guards against a rule whose query finds nothing, whatever is wrong."""
    found = {check for faults in BAD.values() for check, _ in faults}
    assert {rule.name for rule in RULES if rule.severity == ERROR} - found == set()


def test_a_null_with_a_reason_is_published(layout: Layout) -> None:
    """Guards against a check that makes feeds fill what they do not know."""
    day = pl.col("fact_date") == DAYS[-1]
    unpriced = change(marts(), "fct_stablecoin_pegs_daily", day, price_usd=None, deviation_bps=None, status="no_price")
    _, verdict = prepared(layout, unpriced)
    assert verdict.passed


def test_a_failed_or_absent_dbt_result_refuses(layout: Layout) -> None:
    """Guards against a skipped test counting as a passed one."""
    write_build(layout, more_etf())
    candidate = build_candidate(layout, FEBRUARY)
    failed = [*DBT, type(DBT[0])(node="unique_x", kind="test", status="fail", failures=3, message="Got 3")]
    skipped = [type(DBT[0])(node="fct_x", kind="model", status="skipped", failures=0, message="")]
    for results in (failed, skipped, []):
        assert "dbt.build" in {row.check for row in audit(layout, candidate, results, AS_OF).failures}
        with pytest.raises(gate.Refused, match=r"dbt\.build"):
            gate.publish(layout, candidate.candidate_id, LATER)


def test_failing_keys_are_at_most_twenty_and_name_the_rows(layout: Layout) -> None:
    """Guards against an audit that says that something is wrong and not where."""
    _, verdict = prepared(layout, change(marts(), "fct_etf_flows_daily", pl.lit(True), finality="x"), None)
    row = next(r for r in verdict.failures if (r.check, r.partition) == ("contract.one_of", "2026-02"))
    keys = json.loads(row.failing_keys)
    assert keys[0] == {"trade_date": "2026-02-01", "asset": "BTC", "fund": "FBTC"}
    assert len(keys) == 16
    assert "16 failures" in row.observed


def test_chains_that_do_not_sum_to_the_total_only_warn(layout: Layout) -> None:
    """Guards against refusing a release for a vendor's own rounding between endpoints."""
    day = (pl.col("fact_date") == DAYS[-1]) & (pl.col("chain") == "all")
    _, verdict = prepared(layout, change(marts(), "fct_stablecoin_supply_daily", day, circulating_peg=110.0))
    assert "sums.stablecoin_chains" in {row.check for row in verdict.warnings}
    assert verdict.passed


def test_a_rewritten_past_is_reported(layout: Layout) -> None:
    """Guards against an earlier answer that changes without anybody being told."""
    _, verdict = prepared(layout, more_etf())
    rewritten = {(r.check, r.table) for r in verdict.warnings}
    assert ("guard.history_kept", "fct_etf_flows_daily_vintages") in rewritten


def test_a_contradicted_headline_figure_is_published_with_a_warning_that_names_it(layout: Layout) -> None:
    """Guards against a release that hides that its sources contradict one another, and against one refused for it."""
    day = pl.col("trade_date") == DAYS[-1]
    _, verdict = prepared(layout, change(more_etf(), "fct_etf_totals_daily", day, grade="X"))
    (warning,) = [row for row in verdict.warnings if row.check == "grades.etf_total"]
    assert verdict.passed
    assert (warning.table, warning.severity) == ("fct_etf_totals_daily", "warning")
    assert [key["trade_date"] for key in json.loads(warning.failing_keys)] == [str(DAYS[-1])]
