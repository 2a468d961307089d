"""`sluice trace`: from a published number to the bytes it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli import OK, WRONG_USE
from orchestration.cli.output import cell, complain, say
from orchestration.resources.settings import from_environment

EXAMPLES = """
Examples:

  sluice trace fct_etf_flows_daily trade_date=2026-02-05 asset=BTC fund=IBIT

  sluice trace fct_liquidations_daily fact_date=2026-02-05 asset=BTC venue=bybit liq_side=long

  sluice trace fct_etf_flows_daily trade_date=2026-02-05 fund=IBIT --save bytes/
"""
_SHOWN = 10


def _conditions(name: str, pairs: list[str]) -> str:
    """KEY=VALUE pairs as SQL. Raises `BadParameter` for a column that the table does not have."""
    from schemas.tables import TABLES

    if name not in TABLES or TABLES[name].layer != "mart":
        known = ", ".join(sorted(t.name for t in TABLES.values() if t.layer == "mart"))
        raise typer.BadParameter(f"no published table {name!r}; known: {known}", param_hint="TABLE")
    parts = []
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or key not in TABLES[name].schema:
            raise typer.BadParameter(
                f"{pair!r}: write KEY=VALUE with a column of {name}: {', '.join(TABLES[name].schema)}",
                param_hint="KEY=VALUE",
            )
        quoted = value.replace("'", "''")
        parts.append(
            f"cast({key} as varchar) = '{quoted}'"
            if key.endswith("_date") is False
            else f"{key} = try_cast('{quoted}' as date)"
        )
    return " and ".join(parts) or "true"


def trace(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="A published table.")],
    pairs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="Which row.")],
    release: Annotated[str | None, typer.Option(metavar="ID", help="A release other than the newest.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write the raw payloads into this folder.")] = None,
) -> int:
    """Lead from a published row to the core rows, fetches, files or URLs, hashes and bytes behind it."""
    from orchestration.cli.sql import query
    from schemas.tables import TABLES

    conditions = _conditions(name, pairs)
    rows = query(f"select * from {name} where {conditions}", release)
    if rows.is_empty():
        complain(f"no row of {name} with {' '.join(pairs)}")
        return WRONG_USE
    if rows.height > _SHOWN:
        complain(f"{rows.height} rows match; name more of its grain: {', '.join(TABLES[name].grain)}")
        return WRONG_USE
    for row in rows.iter_rows(named=True):
        _trace_row(name, row, save)
    return OK


def _trace_row(name: str, row: dict[str, Any], save: Path | None) -> None:
    from orchestration.store.core_store import CoreStore
    from orchestration.store.layout import Layout
    from orchestration.store.ledger import Ledger
    from orchestration.store.lineage import fetches_of, inputs_of
    from orchestration.store.raw import RawStore
    from schemas.tables import TABLES

    layout = Layout(from_environment().home)
    say(f"[bold]{name}[/]")
    for key, value in row.items():
        if value is not None:
            say(f"  {key:<24}{cell(value)}".replace("[", r"\["))
    store = RawStore(layout.blobs)
    for table_name, found in inputs_of(CoreStore(layout), TABLES[name], row).items():
        fetches = fetches_of(Ledger(layout.ledger), found)
        say(f"\n← {table_name}: {found.height} rows from {len(fetches)} payloads")
        for f in fetches[-_SHOWN:]:
            say(f"  payload {f.fetch_id}  {f.locator}".replace("[", r"\["))
            say(
                f"    sha256 {f.sha256}, {f.size} bytes, known at {f.known_at:%F %T}Z, fetched at {f.fetched_at:%F %T}Z"
            )
        if len(fetches) > _SHOWN:
            say(f"  the newest {_SHOWN} of {len(fetches)}; --save writes all")
        for fetch in fetches:
            content = store.get(fetch.sha256)
            if save:
                save.mkdir(parents=True, exist_ok=True)
                (save / fetch.sha256).write_bytes(content)
        say(f"  bytes verified against their hashes: {len(fetches)} of {len(fetches)}")
    if save:
        say(f"\nraw payloads are in {save}, named by their SHA-256")
