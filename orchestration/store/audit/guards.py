"""Checks against the release that readers see: nothing shrinks, vanishes or is rewritten unnoticed.

Belongs here: comparisons of the candidate with its base. Does not belong here: comparisons within the
candidate (`reconcile.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from orchestration.store.audit.scope import EVERY, WARNING, AuditRow, Key, Scope, row
from orchestration.store.objects import Manifest, ObjectRef, fault, file_name
from schemas import rules
from schemas.tables import MARTS, VINTAGES, Table

PRESENT = "guard.table_present"
COLUMNS = "guard.no_column_dropped"
ROWS = "guard.no_shrinkage"
HISTORY = "guard.history_kept"
CARRIED = "guard.carried_objects"

_VINTAGES = {table.name: table for table in VINTAGES}
# A later vintage closes the one before it; that is not a change of what was known.
_CLOSING = ("superseded_at", "is_latest")


def expected(manifest: Manifest, base: Manifest | None) -> set[Key]:
    """Each table's presence and columns, each changed or vanished partition's rows."""
    found = {Key(name, table.name, EVERY) for table in MARTS for name in (PRESENT, COLUMNS)}
    found |= {Key(ROWS, table, month) for table, month in _compared(manifest, base)}
    found |= {Key(HISTORY, table.name, month) for table, month in _rewritten(manifest, base)}
    return found | {Key(CARRIED, EVERY, EVERY)}


def checks(scope: Scope) -> Iterator[AuditRow]:
    """All guards."""
    for table in MARTS:
        yield _present(table, scope.manifest)
        yield _columns(table, scope.manifest, scope.base)
    for name, month in _compared(scope.manifest, scope.base):
        yield _rows(scope, name, month)
    for table, month in _rewritten(scope.manifest, scope.base):
        yield _history(scope, table, month)
    yield _carried(scope)


def _old(base: Manifest | None, table: str) -> dict[str, ObjectRef]:
    return base.of(table) if base else {}


def _compared(manifest: Manifest, base: Manifest | None) -> list[tuple[str, str]]:
    """Partitions that are new, or that the base has rows in and the candidate has not."""
    new = {(o.table, o.month) for o in manifest.new}
    kept = {(o.table, o.month) for o in manifest.objects}
    gone = {(o.table, o.month) for o in (base.objects if base else ()) if o.rows} - kept
    return sorted(new | gone)


def _rewritten(manifest: Manifest, base: Manifest | None) -> list[tuple[Table, str]]:
    """Partitions of vintages that the base has too and the candidate has anew."""
    return [
        (_VINTAGES[o.table], o.month) for o in manifest.new if o.table in _VINTAGES and o.month in _old(base, o.table)
    ]


def _present(table: Table, manifest: Manifest) -> AuditRow:
    objects = manifest.of(table.name)
    return row(
        Key(PRESENT, table.name, EVERY),
        bool(objects),
        f"{len(objects)} objects" if objects else f"{table.name} is missing from the build",
        "at least one object",
        "every declared table is in the candidate",
    )


def _columns(table: Table, manifest: Manifest, base: Manifest | None) -> AuditRow:
    before = base.schemas.get(table.name, {}) if base else {}
    dropped = [name for name in before if name not in manifest.schemas.get(table.name, {})]
    return row(
        Key(COLUMNS, table.name, EVERY),
        not dropped,
        f"dropped: {', '.join(dropped)}" if dropped else "none dropped",
        f"the {len(before)} columns of the current release" if before else "no release before",
        "readers' columns stay",
        failing=dropped,
    )


def _rows(scope: Scope, name: str, month: str) -> AuditRow:
    """Rows of a partition may fall by a small ratio; the facts that vintages speak of not at all.

    Of vintages the keys count, not the rows: a file that turns up late but was known early may rightly
    leave fewer of them (`_history` shows which).
    """
    was, now = _old(scope.base, name).get(month), scope.manifest.of(name).get(month)
    if name in _VINTAGES:
        before, after = _keys(scope, name, was, carried=True), _keys(scope, name, now, carried=False)
        least, what = float(before), "facts"
    else:
        before, after = (was.rows if was else 0), (now.rows if now else 0)
        least, what = before * (1 - rules.SHRINK_MAX_RATIO), "rows"
    return row(
        Key(ROWS, name, month),
        after >= least,
        f"{after} {what}" if now else f"the partition is gone ({before} {what} before)",
        f"at least {least:g} ({before} before)" if was else "no partition before",
        "a partition keeps its rows",
        failing=[] if after >= least else [{"month": month, "before": before, "after": after}],
    )


def _keys(scope: Scope, name: str, ref: ObjectRef | None, carried: bool) -> int:
    """Distinct keys of the fact in an object of its vintages; its rows, where a key column is missing."""
    if ref is None:
        return 0
    path = scope.layout.objects / file_name(ref.sha256)
    frame = pl.read_parquet(path, hive_partitioning=False) if carried else scope.read(ref)
    key = [column for column in _VINTAGES[name].grain if column != "recorded_at"]
    return frame.select(key).n_unique() if set(key) <= set(frame.columns) else frame.height


def _history(scope: Scope, table: Table, month: str) -> AuditRow:
    """Vintages of the base that are not in the candidate as they were.

    Only a warning: a file that turns up late but was known early rightly changes what came after it.
    """
    refs = scope.manifest.of(table.name)[month], _old(scope.base, table.name)[month]
    old_path = scope.layout.objects / file_name(refs[1].sha256)
    new, old = scope.read(refs[0]), pl.read_parquet(old_path, hive_partitioning=False)
    kept = [name for name in table.schema if name not in _CLOSING]
    shared = [name for name in kept if name in old.schema and new.schema.get(name) == old.schema[name]]
    gone = old.join(new, on=shared, how="anti", nulls_equal=True)
    key = [name for name in table.grain if name in shared]
    return row(
        Key(HISTORY, table.name, month),
        gone.is_empty(),
        f"{gone.height} of {old.height} vintages are not as they were",
        "0",
        "what was known at an earlier instant is still answered in the same way",
        WARNING,
        gone.select(key).iter_rows(named=True),
    )


def _carried(scope: Scope) -> AuditRow:
    """Objects carried over were audited when first published; here their bytes are held to their names."""
    carried = [o for o in scope.manifest.objects if not o.is_new]
    found = [fault(scope.candidate.path(scope.layout, o), o) for o in carried]
    wrong = [reason for reason in found if reason]
    return row(
        Key(CARRIED, EVERY, EVERY),
        not wrong,
        f"{len(wrong)} of {len(carried)} missing or corrupt",
        "0",
        "objects of earlier releases are there, byte for byte",
        failing=wrong,
    )
