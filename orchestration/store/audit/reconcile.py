"""Checks across the candidate's tables: sums that must agree, vintages that must tell one story.

Belongs here: each rule as a query that returns the rows that break it. Does not belong here: checks of
one table (`contracts.py`) or against the last release (`guards.py`).

A rule looks at the months in which one of its tables has a new object, and reads all of its tables there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.store.audit.scope import ERROR, EVERY, MAX_KEYS, WARNING, AuditRow, Key, Scope, row
from orchestration.store.objects import Manifest
from schemas import rules
from schemas.table import Table
from schemas.tables import FACTS

if TYPE_CHECKING:
    import duckdb

_CENT = 0.005


@dataclass(frozen=True)
class Rule:
    """`broken` selects the rows that break the rule; `tables[0]` is the one that it speaks of."""

    name: str
    tables: tuple[str, ...]
    description: str
    expected: str
    broken: str
    severity: str = ERROR

    @property
    def key(self) -> Key:
        """The rule's place in the audit."""
        return Key(self.name, self.tables[0], EVERY)


def _differ(left: str, right: str, tolerance: str) -> str:
    """SQL: one side is null and the other not, or they are farther apart than the tolerance."""
    return f"(({left} is null) <> ({right} is null) or abs({left} - {right}) > {tolerance})"


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


_PRINTED = """
    select trade_date, asset, flow_usd, printed_total_usd from fct_etf_totals_daily
    where finality <> 'preliminary' and status is null and abs(flow_usd - printed_total_usd) > {limit}
"""

_SUMS = (
    Rule(
        "sums.etf_funds_to_total",
        ("fct_etf_totals_daily", "fct_etf_flows_daily"),
        "the funds' flows sum to the total",
        "equal to a cent",
        f"""select trade_date, asset, f.flow_usd as funds_usd, t.flow_usd as total_usd
            from (select trade_date, asset, sum(flow_usd) as flow_usd from fct_etf_flows_daily group by all) f
            full join fct_etf_totals_daily t using (trade_date, asset)
            where {_differ("f.flow_usd", "t.flow_usd", str(_CENT))}""",
    ),
    Rule(
        "sums.etf_printed_total",
        ("fct_etf_totals_daily",),
        "the total that the source printed is the sum of its funds, where final and whole",
        f"within {rules.ETF_TOTAL_TOLERANCE_USD:,.0f} USD",
        _PRINTED.format(limit=rules.ETF_TOTAL_TOLERANCE_USD),
        WARNING,
    ),
    Rule(
        "sums.etf_printed_total_far",
        ("fct_etf_totals_daily",),
        "the total that the source printed is not far from the sum of its funds, where final and whole",
        f"within {rules.ETF_TOTAL_REFUSED_USD:,.0f} USD",
        _PRINTED.format(limit=rules.ETF_TOTAL_REFUSED_USD),
    ),
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
            where {_differ("a.flow_usd", "e.flow_usd", str(_CENT))}""",
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
            where {_differ("h.notional_usd", "d.notional_usd", f"{_CENT} + 1e-9 * abs(d.notional_usd)")}
                or h.n_prints is distinct from d.n_prints""",
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
)

RULES: tuple[Rule, ...] = (*(rule for fact in FACTS for rule in _vintage_rules(fact)), *_SUMS)


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
