"""The registry of tables: core, facts with their vintages, dimensions."""

from __future__ import annotations

from schemas.table import Table, vintages_of
from schemas.tables.core import TABLES as CORE
from schemas.tables.facts import DIMENSIONS, FACTS

VINTAGES: tuple[Table, ...] = tuple(vintages_of(fact) for fact in FACTS)
MARTS: tuple[Table, ...] = (*FACTS, *VINTAGES, *DIMENSIONS)
TABLES: dict[str, Table] = {table.name: table for table in (*CORE, *MARTS)}

__all__ = ["CORE", "DIMENSIONS", "FACTS", "MARTS", "TABLES", "VINTAGES", "Table"]
