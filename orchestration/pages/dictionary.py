"""What the site says of each table and feed: the declarations as plain values for the templates.

Belongs here: wording of declared things (types, units, checks, times). Does not belong here: any fact about a column
(`schemas/`), results of checks (`site.py`), or how it looks (`templates/`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from orchestration.pages.lineage import graph
from orchestration.pages.words import plain
from schemas.column import Between, Check, Column, OneOf
from schemas.feed import Feed
from schemas.render.dbt import duckdb_type
from schemas.table import Table
from schemas.tables import CORE, DIMENSIONS, FACTS, TABLES, VINTAGES
from schemas.units import UNITS

KINDS: dict[str, tuple[str, tuple[Table, ...]]] = {
    "facts": ("What the warehouse is for: one value per key, as it is known now.", FACTS),
    "vintages": ("The same facts with every value they ever had, and why it changed.", VINTAGES),
    "dimensions": ("What the codes of the facts stand for; lists and comparisons.", DIMENSIONS),
    "core": ("Typed observations, not published; `sluice trace` leads here.", CORE),
}


def table(declared: Table) -> dict[str, Any]:
    """A table: its columns, what it is made of, what is made of it."""
    fact = declared.name.removesuffix("_vintages")
    near = [edge for edge in graph().edges if fact in (edge[0].name, edge[1].name)]
    return {
        "name": declared.name,
        "domain": declared.domain,
        "layer": declared.layer,
        "description": declared.description,
        "grain": declared.grain,
        "date_column": declared.date_column,
        "absent": dict(declared.absent),
        "fact": fact,
        "vintages": f"{fact}_vintages" if fact == declared.name and declared in FACTS else None,
        "columns": [column(each, declared) for each in declared.columns],
        "made_from": sorted((a for a, b in near if b.name == fact), key=lambda node: (node.column, node.name)),
        "used_by": sorted((b for a, b in near if a.name == fact), key=lambda node: (node.column, node.name)),
    }


def column(declared: Column, of: Table) -> dict[str, Any]:
    """A column of a table."""
    return {
        "name": declared.name,
        "is_key": declared.name in of.grain,
        "type": duckdb_type(declared),
        "unit": "" if declared.unit == "none" else declared.unit,
        "unit_meaning": UNITS[declared.unit],
        "nullable": declared.nullable,
        "description": declared.description,
        "checks": [_said(check) for check in declared.checks],
    }


def _said(check: Check) -> str:
    if isinstance(check, Between):
        low, high = (None if bound is None else plain(bound) for bound in (check.low, check.high))
        if low is None or high is None:
            return f"at most {high}" if low is None else f"at least {low}"
        return f"{low} to {high}"
    if isinstance(check, OneOf):
        return "one of: " + ", ".join(check.values)
    return f"matches {check.pattern}"


def feed(declared: Feed) -> dict[str, Any]:
    """A feed: where it comes from, when it is due, what it fills and which facts hang on it."""
    from orchestration.sources.http.venues import CONNECTORS

    around = graph().around(declared.name)
    live = CONNECTORS.get(declared.name)
    return {
        "name": declared.name,
        "source": declared.source,
        "title": declared.title,
        "cadence": declared.cadence,
        "finality_rule": declared.finality_rule,
        "url": declared.url,
        "licence": declared.licence,
        "params": declared.params,
        "tables": declared.tables,
        "facts": [node.name for node in around.nodes if node.column == 3],
        "kind": live.kind if live else None,
        "due": live.due if live else (),
        "reach": live.reach if live else None,
        "secrets": live.secrets if live else (),
    }


def results(audit: pl.DataFrame) -> list[dict[str, Any]]:
    """Per check and table: how many answers, how many failed, what the first failure observed."""
    failed = ~pl.col("passed")
    counted = audit.group_by("check", "table", "severity").agg(
        n=pl.len(),
        failed=failed.sum(),
        description=pl.col("description").first(),
        expected=pl.col("expected").first(),
        observed=pl.col("observed").sort_by(pl.col("passed"), maintain_order=True).first(),
        partition=pl.col("partition").sort_by(pl.col("passed"), maintain_order=True).first(),
    )
    kind = pl.col("check").str.split(".").list.first()
    declared = pl.col("table").is_in(list(TABLES))
    return counted.with_columns(kind=kind, is_declared=declared).sort("check", "table", "severity").to_dicts()
