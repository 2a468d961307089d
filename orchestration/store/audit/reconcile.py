"""Checks across the candidate's tables: sums that must agree, vintages that must tell one story.

Belongs here: each rule as a query that returns the rows that break it. Does not belong here: checks of
one table (`contracts.py`) or against the last release (`guards.py`).

A rule looks at the months in which one of its tables has a new object, and reads all of its tables there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.store.audit.reconcile_derivatives import DERIVATIVES_RULES
from orchestration.store.audit.reconcile_etf import ETF_RULES
from orchestration.store.audit.rule import CENT, Rule, differ
from orchestration.store.audit.scope import MAX_KEYS, WARNING, AuditRow, Key, Scope, row
from orchestration.store.objects import Manifest
from schemas import confidence
from schemas.table import Table
from schemas.tables import FACTS, TABLES

if TYPE_CHECKING:
    import duckdb


def _vintage_rules(fact: Table) -> Iterator[Rule]:
    """Rules that hold between any fact and its vintages."""
    vintages = f"{fact.name}_vintages"
    key, columns = ", ".join(fact.grain), ", ".join(fact.column_names)
    yield Rule(
        "vintages.latest_is_fact",
        (fact.name, vintages),
        "the fact is exactly the newest vintage of each key",
        "0 rows on one side only",
        f"""with latest as (select {columns} from {vintages} where is_latest)
            (select {columns} from {fact.name} except all select {columns} from latest)
            union all
            (select {columns} from latest except all select {columns} from {fact.name})""",
    )
    yield Rule(
        "vintages.one_latest",
        (vintages,),
        "each key has one newest vintage",
        "1 per key",
        f"select {key}, count_if(is_latest) as latest from {vintages} group by {key} having latest <> 1",
    )
    yield Rule(
        "vintages.in_order",
        (vintages,),
        "vintages follow one another: each is superseded when the next is recorded, the newest by none",
        "superseded_at is the next recorded_at",
        f"""select {key}, recorded_at, superseded_at from {vintages}
            window later as (partition by {key} order by recorded_at, revision)
            qualify superseded_at is distinct from lead(recorded_at) over later
                or recorded_at >= lead(recorded_at) over later
                or revision > lead(revision) over later
                or is_latest <> (lead(recorded_at) over later is null)""",
    )
    yield Rule(
        "vintages.known_before_recorded",
        (vintages,),
        "a value is known before or when its row is recorded",
        "known_at <= recorded_at",
        f"select {key}, recorded_at, known_at from {vintages} where known_at > recorded_at",
    )


def _grade_rules() -> Iterator[Rule]:
    """An X on a headline figure shows in the release; it is for a reader to judge, so it does not refuse."""
    for series, fact, measure in confidence.bands().filter("is_headline").select("series", "fact", "measure").rows():
        if fact in TABLES and "grade" in TABLES[fact].column_names:
            key = ", ".join(TABLES[fact].grain)
            yield Rule(
                f"grades.{series}",
                (fact,),
                "no headline figure is contradicted by as many independent clusters as agree with it",
                "no grade X",
                f"select {key}, {measure}, source, low, high, n_clusters from {fact} where grade = 'X'",
                WARNING,
            )


_SUMS = (
    Rule(
        "sums.flows_etf_part",
        ("fct_flows_daily", "fct_etf_flows_daily"),
        "the ETF part of all flows is the ETF table",
        "the same keys and values",
        f"""select fact_date, asset, entity, a.flow_usd, e.flow_usd as etf_flow_usd
            from (select * from fct_flows_daily where flow_type = 'etf') a
            full join (
                select trade_date as fact_date, asset, fund as entity, flow_usd from fct_etf_flows_daily
            ) e using (fact_date, asset, entity)
            where {differ("a.flow_usd", "e.flow_usd", str(CENT))}""",
    ),
    Rule(
        "sums.liquidations_hours_to_day",
        ("fct_liquidations_daily", "fct_liquidations_hourly"),
        "the hours of a day sum to the day, for single prints",
        "equal to a cent, the same prints",
        f"""select fact_date, asset, venue, liq_side, h.notional_usd as hours_usd, d.notional_usd as day_usd,
                h.n_prints as hours_prints, d.n_prints as day_prints
            from (select fact_date, asset, venue, liq_side, sum(notional_usd) as notional_usd,
                    sum(n_prints) as n_prints from fct_liquidations_hourly group by all) h
            full join (select * from fct_liquidations_daily where series = 'venue_prints') d
            using (fact_date, asset, venue, liq_side)
            where {differ("h.notional_usd", "d.notional_usd", f"{CENT} + 1e-9 * abs(d.notional_usd)")}
                or h.n_prints is distinct from d.n_prints""",
    ),
    Rule(
        "sums.liquidations_midnight_to_day",
        ("fct_liquidations_trailing_24h", "fct_liquidations_daily"),
        "the 24 hours that end at midnight are the day, for single prints",
        "equal to a cent, the same prints",
        f"""select fact_date, asset, venue, liq_side, t.notional_usd as window_usd, d.notional_usd as day_usd,
                t.n_prints as window_prints, d.n_prints as day_prints
            from (select * from fct_liquidations_trailing_24h
                where window_end_at = cast(fact_date + 1 as timestamp) at time zone 'UTC') t
            left join (select * from fct_liquidations_daily where series = 'venue_prints') d
            using (fact_date, asset, venue, liq_side)
            where {differ("t.notional_usd", "d.notional_usd", f"{CENT} + 1e-9 * abs(d.notional_usd)")}
                or t.n_prints is distinct from d.n_prints""",
    ),
    Rule(
        "sums.liquidations_venues_to_coverage",
        ("fct_liquidation_coverage_daily", "fct_liquidations_daily"),
        "what is set beside a vendor's total is the sum of the venues' prints, with nothing scaled or added",
        "equal to a cent",
        f"""select fact_date, asset, liq_side, c.observed_usd, d.notional_usd as venues_usd
            from (select * from fct_liquidation_coverage_daily where benchmark = 'vendor_total' and venue = 'all') c
            left join (select fact_date, asset, liq_side, sum(notional_usd) as notional_usd from fct_liquidations_daily
                where series = 'venue_prints' group by all) d
            using (fact_date, asset, liq_side)
            where {differ("c.observed_usd", "d.notional_usd", f"{CENT} + 1e-9 * abs(d.notional_usd)")}""",
    ),
    Rule(
        "sums.liquidation_ranks_to_day",
        ("fct_liquidation_ranks_daily", "fct_liquidations_daily"),
        "the value that is ranked is the day's",
        "the same value per side",
        f"""select fact_date, asset, venue, liq_side, series, r.notional_usd, d.notional_usd as day_usd
            from (select * from fct_liquidation_ranks_daily where liq_side <> 'all') r
            left join fct_liquidations_daily d using (fact_date, asset, venue, liq_side, series)
            where {differ("r.notional_usd", "d.notional_usd", str(CENT))}""",
    ),
    Rule(
        "sums.exchange_netflow",
        ("fct_exchange_flows_daily",),
        "inflow minus outflow is the netflow, once the day is over",
        "within 1e-6 of the larger leg",
        """select fact_date, asset, entity, inflow_coin, outflow_coin, netflow_coin
           from fct_exchange_flows_daily
           where finality <> 'preliminary' and abs(inflow_coin - outflow_coin - netflow_coin)
               > 1e-6 * greatest(inflow_coin, outflow_coin, 1)""",
    ),
    Rule(
        "sums.stablecoin_chains",
        ("fct_stablecoin_supply_daily",),
        "the chains sum to the total over chains, where one source gives both",
        "within 0.5 %",
        """select fact_date, asset, source, sum(circulating_peg) filter (chain <> 'all') as chains_peg,
                max(circulating_peg) filter (chain = 'all') as all_peg
           from fct_stablecoin_supply_daily group by fact_date, asset, source
           having abs(chains_peg - all_peg) > 0.005 * all_peg""",
        WARNING,
    ),
    Rule(
        "sums.stablecoin_minted",
        ("fct_stablecoin_supply_daily",),
        "bridges move supply and make none: what circulates over all chains is minted less unreleased",
        "within 0.5 %",
        """select fact_date, asset, source, circulating_peg, minted_peg - unreleased_peg as minted_less_unreleased_peg
           from fct_stablecoin_supply_daily
           where chain = 'all' and finality <> 'preliminary'
               and abs(minted_peg - unreleased_peg - circulating_peg) > 0.005 * circulating_peg""",
        WARNING,
    ),
    Rule(
        "sums.stablecoin_months",
        ("fct_stablecoin_changes_monthly", "fct_stablecoin_supply_daily"),
        "the month's change is the sum of its days' changes, where one feed gives them all",
        "within a coin",
        """select month_date, asset, chain, m.supply_change_peg as month_peg, sum(d.supply_change_peg) as days_peg
           from fct_stablecoin_changes_monthly m
           join fct_stablecoin_supply_daily d using (asset, chain)
           where d.fact_date > m.month_date and d.fact_date <= m.end_date
           group by month_date, asset, chain, end_date, m.supply_change_peg, m.source
           having bool_and(d.source = m.source) and count(d.supply_change_peg) = end_date - month_date
               and abs(sum(d.supply_change_peg) - m.supply_change_peg) > 1""",
        WARNING,
    ),
)

_VINTAGES = tuple(rule for fact in FACTS for rule in _vintage_rules(fact))
RULES: tuple[Rule, ...] = (*_VINTAGES, *ETF_RULES, *DERIVATIVES_RULES, *_SUMS, *_grade_rules())


def _due(manifest: Manifest) -> list[Rule]:
    """Rules of which a table has a new object."""
    changed = {o.table for o in manifest.new}
    return [rule for rule in RULES if changed.intersection(rule.tables)]


def expected(manifest: Manifest) -> set[Key]:
    """One answer per rule that is due."""
    return {rule.key for rule in _due(manifest)}


def checks(scope: Scope) -> Iterator[AuditRow]:
    """Each rule that is due."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for rule in _due(scope.manifest):
            yield _check(scope, rule, connection)


def _check(scope: Scope, rule: Rule, connection: duckdb.DuckDBPyConnection) -> AuditRow:
    """Run one rule. A query that cannot run (a column is missing) is a failure, not an exception."""
    import duckdb

    months = scope.new_months(*rule.tables)
    span = f"{months[0]} to {months[-1]}" if len(months) > 1 else months[0]
    try:
        scope.views(connection, rule.tables, months)
        connection.execute(f"create or replace temp table broken as {rule.broken}")
        (count,) = connection.execute("select count(*) from broken").fetchone() or (0,)
        first = connection.execute(f"from broken limit {MAX_KEYS}").pl().to_dicts()
    except duckdb.Error as error:
        return row(rule.key, False, f"could not run: {error}", rule.expected, rule.description, rule.severity)
    return row(rule.key, count == 0, f"{count} rows in {span}", rule.expected, rule.description, rule.severity, first)
