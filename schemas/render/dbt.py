"""Rendering of tables as dbt YAML, as one dbt macro and as seeds.

Belongs here: sources, contracts, data tests and the `tables()` macro, all made from `schemas.tables`.
Does not belong here: SQL models and the generic tests themselves (`dbt_project/`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import yaml  # type: ignore[import-untyped]

from schemas import claims, confidence, rules
from schemas.column import Between, Column, Matches, OneOf
from schemas.funds import FUND_EVENTS, FUNDS, asset_of
from schemas.stablecoins import STABLECOINS
from schemas.tables import CORE, DIMENSIONS, FACTS, MARTS, TABLES, VINTAGES, Table
from schemas.tables.shared import VINTAGE
from schemas.units import UNITS

PROJECT = "dbt_project"
HEADER = "Rendered from schemas/ by `make render`; do not edit."
# Every table is a folder of monthly files. The path is relative to DuckDB's `file_search_path`, so that a parsed
# project does not name a data directory and serves all of them.
LOCATION = "read_parquet('{identifier}/*/data.parquet', hive_partitioning = false)"

_TYPES: dict[pl.DataType, str] = {
    pl.Float64(): "double",
    pl.Int32(): "integer",
    pl.Int64(): "bigint",
    pl.String(): "varchar",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us", "UTC"): "timestamp with time zone",
}

_SELF_EVIDENT = {"none", "date", "instant", "flag", "count", "sha256"}
_RULES = (
    "RESERVE_BREAK_TOLERANCE_COIN", "FLAT_PRICE_TOLERANCE_RATIO", "IMPLIED_NAV_TOLERANCE_RATIO",
    "ETF_PRINTED_RESOLUTION_USD", "STABLECOIN_DUST", "LIQUIDATION_RANK_DAYS",
)  # fmt: skip
_TESTS = {"unique_combination", "declared_values"}
_COLUMN_KEYS = {"name", "data_type", "description"}
_TEST_KEYS = {"name", "description", "data_tests", "columns", "config"}
_CASE_KEYS = {"name", "description", "model", "given", "expect", "overrides", "config"}
_KNOWN_KEYS = {
    "": {"version", "sources", "models", "seeds", "unit_tests"},
    "sources": {"name", "description", "config", "tables"},
    "tables": {"name", "description", "columns", "config"},
    "models": _TEST_KEYS,
    "seeds": _TEST_KEYS,
    "columns": _COLUMN_KEYS,
    "unit_tests": _CASE_KEYS,
    "data_tests": _TESTS,
}


def duckdb_type(column: Column) -> str:
    """DuckDB's name of a column's type; raises `KeyError` for a type that no contract names."""
    return _TYPES[column.dtype]


def described(column: Column) -> str:
    """The column's description with its unit, where it has one."""
    return column.description + ("" if column.unit in _SELF_EVIDENT else f" Unit: {UNITS[column.unit]}.")


def core_reads(table: Table) -> tuple[str, ...]:
    """Core tables from which dbt builds a fact: derived tables in place of what they derive from."""
    derived = [core for core in CORE if core.inputs and set(core.inputs) <= set(table.inputs)]
    covered = {name for core in derived if core.stands_in for name in core.inputs}
    return (*(core.name for core in derived), *(name for name in table.inputs if name not in covered))


def _yaml(document: dict[str, Any]) -> str:
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return f"# {HEADER}\n{text}"


def _columns(table: Table) -> list[dict[str, str]]:
    return [{"name": c.name, "data_type": duckdb_type(c), "description": described(c)} for c in table.columns]


def _checks(table: Table, kind: type) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        for check in column.checks:
            if isinstance(check, kind):
                yield column.name, check


def data_tests(table: Table) -> list[dict[str, Any]]:
    """dbt data tests of a mart: its key, and its nulls, codes, ranges, finiteness and patterns.

    One test for all values of a table, not one per column or kind: a test costs dbt more than it costs DuckDB.
    """
    declared = {
        "not_null": [column.name for column in table.columns if not column.nullable],
        "one_of": {name: list(check.values) for name, check in _checks(table, OneOf)},
        "range": {name: [check.low, check.high] for name, check in _checks(table, Between)},
        "finite": [column.name for column in table.columns if column.dtype == pl.Float64()],
        "pattern": {name: check.pattern for name, check in _checks(table, Matches)},
    }
    arguments: dict[str, dict[str, Any]] = {
        "unique_combination": {"columns": list(table.grain)},
        "declared_values": {"rules": {rule: given for rule, given in declared.items() if given}},
    }
    return [{kind: {"name": f"{table.name}__{kind}", "arguments": given}} for kind, given in arguments.items()]


def _model(table: Table) -> dict[str, Any]:
    tests = data_tests(table)
    # The rows of a fact are rows of its vintages, where everything but its own grain is tested.
    tests = tests[:1] if table in FACTS else tests
    return {
        "name": table.name,
        "description": table.description,
        "config": {"contract": {"enforced": True}},
        "data_tests": tests,
        "columns": _columns(table),
    }


def sources_yaml() -> str:
    """`sources.yml`: the core tables, read from Parquet below DuckDB's `file_search_path`."""
    tables = [{"name": t.name, "description": t.description, "columns": _columns(t)} for t in CORE]
    core = {
        "name": "core",
        "description": "Typed observations; written by the core step, read-only here.",
        "config": {"meta": {"external_location": LOCATION}},
        "tables": tables,
    }
    return _yaml({"version": 2, "sources": [core]})


def models_yaml(domain: str) -> str:
    """Contracts and data tests of the marts of one domain."""
    return _yaml({"version": 2, "models": [_model(table) for table in MARTS if table.domain == domain]})


def newest_model(fact: Table) -> str:
    """The model of a fact: the newest vintage of every row. It is the same for all."""
    name = fact.name
    return (
        f"-- {HEADER}\n-- The newest vintage of every row.\n"
        f"{{{{ config(pre_hook=\"{{{{ delete_changed('{name}') }}}}\") }}}}\n"
        f"{{{{ newest('{name}', ref('{name}_vintages')) }}}}\n"
    )


def _macro(signature: str, value: str) -> str:
    body = f"{{% macro {signature} %}}\n  {{% do return({value}) %}}\n{{% endmacro %}}"
    return f"{{# {HEADER} #}}\n{body}\n"


def _fact(fact: Table, vintages: Table) -> dict[str, Any]:
    reads = core_reads(fact)
    plain = {*fact.grain, *VINTAGE}
    return {
        "date": fact.date_column,
        "lead_days": fact.lead_days,
        "inputs": [name for name in reads if TABLES[name].date_column],
        "undated_inputs": [name for name in reads if not TABLES[name].date_column],
        "grain": list(fact.grain),
        "measures": [name for name in fact.column_names if name not in plain],
        "tracked": list(fact.tracked),
        "values": [name for name in fact.tracked if not name.startswith("printed_")],
        "columns": {column.name: duckdb_type(column) for column in vintages.columns},
        "latest": list(fact.column_names),
    }


def tables_macro() -> str:
    """The macro `tables()`: per fact what the vintage and incremental macros need to know of it."""
    facts = {fact.name: _fact(fact, vintages) for fact, vintages in zip(FACTS, VINTAGES, strict=True)}
    lines = []
    for name, entry in facts.items():
        body = ",\n".join(f'      "{key}": {json.dumps(value)}' for key, value in entry.items())
        lines.append(f'    "{name}": {{\n{body}\n    }}')
    inner = ",\n".join(lines)
    return _macro("tables()", f"{{\n{inner}\n  }}")


def rules_macro() -> str:
    """The macro `rule(name)`: the limits that SQL shares with Python."""
    limits = ",\n".join(f'    "{name}": {getattr(rules, name)!r}' for name in _RULES)
    return _macro("rule(name)", f"{{\n{limits}\n  }}[name]")


def csv_text(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """CSV with one line per row; null as an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return buffer.getvalue()


def funds_seed() -> str:
    """`funds.csv`: every known fund with its issuer and launch date."""
    rows = sorted((f.asset, f.ticker, f.name, f.issuer, f.launch_date) for f in FUNDS)
    return csv_text(("asset", "fund", "fund_name", "issuer", "launch_date"), rows)


def fund_events_seed() -> str:
    """`fund_events.csv`: seeds, conversions and splits, which are no flows."""
    rows = sorted(
        (asset_of(e.fund), e.fund, e.effective_date, e.kind, e.split_ratio, e.amount_usd) for e in FUND_EVENTS
    )
    return csv_text(("asset", "fund", "effective_date", "event_kind", "split_ratio", "amount_usd"), rows)


def stablecoins_seed() -> str:
    """`stablecoins.csv`: what an id is where no payload has described it."""
    rows = sorted((int(c.stablecoin_id), c.symbol, c.name, c.peg_currency) for c in STABLECOINS)
    return csv_text(("stablecoin_id", "symbol", "asset_name", "peg_currency"), rows)


def sources_seed() -> str:
    """`confidence_sources.csv`: priority, cluster and tier of every feed that competes or grades."""
    return confidence.sources().write_csv()


def bands_seed() -> str:
    """`confidence_bands.csv`: the graded series, with their facts, measures and bands."""
    return confidence.bands().write_csv()


def files() -> dict[str, str]:
    """Everything rendered for dbt: path below the project's root to text."""
    domains = sorted({table.domain for table in (*FACTS, *DIMENSIONS)})
    marts = {f"{PROJECT}/models/marts/{d}/_{d}__models.yml": models_yaml(d) for d in domains}
    newest = {f"{PROJECT}/models/marts/{fact.domain}/{fact.name}.sql": newest_model(fact) for fact in FACTS}
    return {
        f"{PROJECT}/models/sources.yml": sources_yaml(),
        f"{PROJECT}/macros/tables.sql": tables_macro(),
        f"{PROJECT}/macros/rules.sql": rules_macro(),
        f"{PROJECT}/seeds/funds.csv": funds_seed(),
        f"{PROJECT}/seeds/fund_events.csv": fund_events_seed(),
        f"{PROJECT}/seeds/stablecoins.csv": stablecoins_seed(),
        f"{PROJECT}/seeds/confidence_sources.csv": sources_seed(),
        f"{PROJECT}/seeds/confidence_bands.csv": bands_seed(),
        **{f"{PROJECT}/seeds/{name}": text for name, text in claims.texts().items()},
        **marts,
        **newest,
    }


def unknown_keys(document: dict[str, Any], kind: str = "") -> list[str]:
    """Keys of a properties file that dbt would ignore without a word, for example `tests`."""
    known = _KNOWN_KEYS[kind]
    found = [f"{kind or 'file'}: {key}" for key in document if key not in known]
    for key, value in document.items():
        if key in _KNOWN_KEYS and key in known and isinstance(value, list):
            found += [each for item in value if isinstance(item, dict) for each in unknown_keys(item, key)]
    return found
