"""Rendering of tables as the data dictionary, a Markdown page for readers.

Belongs here: the page's shape. Does not belong here: any fact about a column (`schemas/columns/`).
"""

from __future__ import annotations

from schemas.column import Column
from schemas.render.dbt import HEADER, duckdb_type
from schemas.rules import CHANGE_REASON, FINALITY, STATUS
from schemas.tables import CORE, DIMENSIONS, FACTS, VINTAGES, Table
from schemas.units import UNITS

PATH = "docs/data-dictionary.md"

_CODES = {"`status`": STATUS, "`finality`": FINALITY, "`change_reason`": CHANGE_REASON, "Units": UNITS}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(column: Column, table: Table) -> str:
    key = " (key)" if column.name in table.grain else ""
    null = "yes" if column.nullable else "no"
    unit = "" if column.unit == "none" else column.unit
    return f"| `{column.name}`{key} | {duckdb_type(column)} | {unit} | {null} | {_cell(column.description)} |"


def _full(table: Table) -> list[str]:
    grain = ", ".join(f"`{name}`" for name in table.grain)
    inputs = ", ".join(f"`{name}`" for name in table.inputs)
    return [
        f"### {table.name}",
        "",
        table.description,
        "",
        f"One row per {grain}." + (f" Made from {inputs}." if inputs else ""),
        "",
        "| Column | Type | Unit | Null | Meaning |",
        "|---|---|---|---|---|",
        *(_row(column, table) for column in table.columns),
        "",
    ]


def _vintages(table: Table) -> list[str]:
    fact = table.name.removesuffix("_vintages")
    known = set(next(f for f in FACTS if f.name == fact).column_names)
    rows = (_row(column, table) for column in table.columns if column.name not in known)
    return [
        f"### {table.name}",
        "",
        f"{table.description} The columns of `{fact}`, one row per its key and `recorded_at`, and:",
        "",
        "| Column | Type | Unit | Null | Meaning |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _codes() -> list[str]:
    lines: list[str] = []
    for title, codes in _CODES.items():
        lines += [f"### {title}", "", "| Code | Meaning |", "|---|---|"]
        lines += [*(f"| `{code}` | {_cell(meaning)} |" for code, meaning in codes.items()), ""]
    return lines


def page() -> str:
    """The whole page."""
    lines = [
        "# Data dictionary",
        "",
        f"<!-- {HEADER} -->",
        "",
        "Every table has one row per key. A null has its reason in `status`. Instants are UTC.",
        "",
        "## Facts",
        "",
        *(line for table in FACTS for line in _full(table)),
        "## Vintages of the facts",
        "",
        *(line for table in VINTAGES for line in _vintages(table)),
        "## Dimensions",
        "",
        *(line for table in DIMENSIONS for line in _full(table)),
        "## Core",
        "",
        "Not published; `sluice trace` leads here.",
        "",
        *(line for table in CORE for line in _full(table)),
        "## Codes",
        "",
        *_codes(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def files() -> dict[str, str]:
    """The page by its path below the project's root."""
    return {PATH: page()}
