"""Dagster's view of a table: description and column schema, rendered from the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from schemas.render.dbt import described, duckdb_type
from schemas.tables import Table

OWNERS = ["team:sluice"]


def key_of(table: Table) -> dg.AssetKey:
    """Core tables lie under `core/`, marts under `marts/`."""
    return dg.AssetKey(["core" if table.layer == "core" else "marts", table.name])


def metadata_of(table: Table) -> Mapping[str, Any]:
    """Column schema with types, units and constraints, and the grain."""
    columns = [
        dg.TableColumn(
            column.name,
            type=duckdb_type(column),
            description=described(column),
            constraints=dg.TableColumnConstraints(nullable=column.nullable),
        )
        for column in table.columns
    ]
    return {"dagster/column_schema": dg.TableSchema(columns=columns), "grain": ", ".join(table.grain)}
