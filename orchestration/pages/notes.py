"""Release notes: what a release changed against the one that it is based on, and why.

Belongs here: comparing the objects of two releases. Does not belong here: how notes look (`templates/`).

Only objects that differ are read, so the notes of a day's release cost a day's rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from orchestration.store import releases
from orchestration.store.layout import Layout
from orchestration.store.objects import Manifest, file_name
from orchestration.store.releases import Release
from schemas.table import Table
from schemas.tables import VINTAGES

MOST_EXAMPLES = 40
_ENDING = "_vintages"
# A first value replaces none; these two leave the value as it was.
_NO_RESTATEMENT = ("first", "confirmed", "regraded")
_EXAMPLES = pl.Schema(
    {
        "fact": pl.String(), "key": pl.String(), "measure": pl.String(), "before": pl.Float64(),
        "after": pl.Float64(), "change_reason": pl.String(), "recorded_at": pl.Datetime("us", "UTC"),
    }
)  # fmt: skip
_REASONS = pl.Schema({"fact": pl.String(), "change_reason": pl.String(), "n": pl.Int64()})


@dataclass(frozen=True)
class Notes:
    """`base` is the release before, None for the first or where it is gone; `tables`: name, rows added, rows removed.

    `reasons` counts new vintages by fact and reason; `examples` are values that replaced others, the newest first, of
    `n_restated` in all.
    """

    base: str | None
    tables: list[tuple[str, int, int]]
    is_first: bool = False
    reasons: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_REASONS))
    examples: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_EXAMPLES))
    n_restated: int = 0

    @property
    def n_added(self) -> int:
        """Rows that came, vintages included."""
        return sum(added for _, added, _ in self.tables)

    @property
    def n_removed(self) -> int:
        """Rows that went."""
        return sum(removed for _, _, removed in self.tables)

    @property
    def by_table(self) -> list[dict[str, Any]]:
        """Per table that is no table of vintages: rows added and removed, new vintages by reason, most first."""
        counts: dict[str, list[tuple[str, int]]] = {}
        for fact, reason, n in self.reasons.sort("n", descending=True).iter_rows():
            counts.setdefault(fact, []).append((reason, n))
        rows = {name.removesuffix(_ENDING): (0, 0) for name, _, _ in self.tables}
        rows |= {name: (added, removed) for name, added, removed in self.tables if not name.endswith(_ENDING)}
        return [
            {"table": name, "added": added, "removed": removed, "reasons": counts.get(name, [])}
            for name, (added, removed) in sorted(rows.items())
        ]


def read(layout: Layout, release: Release) -> Notes:
    """The notes of a release. Where the release before is cleared away, vintages cannot be compared."""
    base = next((r for r in releases.list_releases(layout) if r.release_id == release.manifest.base), None)
    is_first = release.manifest.base is None
    if base is None and not is_first:
        return Notes(None, [])
    tables = releases.changes(layout, release)
    before = base.manifest if base else Manifest((), None, {}, {})
    differing = releases.diff(before, release.manifest)
    found = [_new_vintages(layout, before, release.manifest, differing, table) for table in VINTAGES]
    vintages = [(table, rows) for table, rows in zip(VINTAGES, found, strict=True) if rows is not None]
    reasons = [_reasons(table, rows) for table, rows in vintages]
    # A value that was restated before the first release is history, not news of it.
    examples = [] if is_first else [frame for table, rows in vintages for frame in _restated(table, rows)]
    restated = pl.concat(examples) if examples else pl.DataFrame(schema=_EXAMPLES)
    newest = restated.sort("recorded_at", "fact", "key", "measure", descending=[True, False, False, False])
    return Notes(
        base.release_id if base else None,
        tables,
        is_first,
        pl.concat(reasons) if reasons else pl.DataFrame(schema=_REASONS),
        newest.head(MOST_EXAMPLES),
        newest.height,
    )


def _new_vintages(
    layout: Layout, before: Manifest, after: Manifest, differing: pl.DataFrame, table: Table
) -> pl.DataFrame | None:
    """Vintages that the release before did not hold; None where the table's objects are the same."""
    months = differing.filter(pl.col("table") == table.name)["month"].to_list()
    new, old = (_rows(layout, manifest, table, months) for manifest in (after, before))
    if new is None:
        return None
    return new if old is None else new.join(old, on=list(table.grain), how="anti", nulls_equal=True)


def _rows(layout: Layout, manifest: Manifest, table: Table, months: list[str]) -> pl.DataFrame | None:
    refs = manifest.of(table.name)
    paths = [layout.objects / file_name(refs[month].sha256) for month in months if month in refs]
    columns = [c for c in table.column_names if c in manifest.schemas.get(table.name, {})]
    wanted = {*table.grain, "change_reason", "recorded_at", *table.tracked, *(f"previous_{m}" for m in table.tracked)}
    return pl.read_parquet(paths, columns=[c for c in columns if c in wanted]) if paths else None


def _name(table: Table) -> str:
    return table.name.removesuffix(_ENDING)


def _reasons(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    counted = rows.group_by("change_reason").agg(n=pl.len().cast(pl.Int64)).sort("change_reason")
    return counted.select(pl.lit(_name(table)).alias("fact"), "change_reason", "n")


def _restated(table: Table, rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Per number that the fact tracks: the rows in which it has another value than in the vintage before."""
    key = [name for name in table.grain if name != "recorded_at"]
    changed = rows.filter(~pl.col("change_reason").is_in(_NO_RESTATEMENT))
    found = []
    for measure in table.tracked:
        previous = f"previous_{measure}"
        if previous not in changed.columns or not changed.schema[measure].is_numeric():
            continue
        moved = changed.filter(pl.col(previous).is_not_null() & pl.col(measure).ne_missing(pl.col(previous)))
        found.append(
            moved.select(
                fact=pl.lit(_name(table)),
                key=pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" · ", ignore_nulls=True),
                measure=pl.lit(measure),
                before=pl.col(previous).cast(pl.Float64),
                after=pl.col(measure).cast(pl.Float64),
                change_reason="change_reason",
                recorded_at="recorded_at",
            )
        )
    return found
