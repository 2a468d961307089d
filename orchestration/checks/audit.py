"""The audit as blocking checks: one per published table, with the audit's own rows.

Dagster shows the gate but does not carry it: publication re-reads the stored verdict.
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.columns import key_of
from orchestration.pipeline import Pipeline
from schemas.tables import MARTS, Table

NAME = "audit"


def check_of(table: Table) -> dg.AssetCheckSpec:
    """The blocking check of one table."""
    return dg.AssetCheckSpec(
        NAME,
        asset=key_of(table),
        blocking=True,
        description="Every check of the audit on the candidate's objects of this table.",
    )


def result_of(table: Table, rows: list[dict]) -> dg.AssetCheckResult:
    """What the audit found for one table: failed rows are listed, at most 50."""
    failed = [row for row in rows if not row["passed"]]
    errors = [row for row in failed if row["severity"] == "error"]
    shown = [
        {name: str(row[name]) for name in ("check", "partition", "severity", "observed", "expected")} for row in failed
    ]
    metadata: dict = {"checks": len(rows), "failed": len(failed)}
    if shown:
        metadata["failures"] = dg.MetadataValue.table([dg.TableRecord(row) for row in shown[:50]])
    return dg.AssetCheckResult(
        asset_key=key_of(table),
        check_name=NAME,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if errors else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


@dg.multi_asset_check(name="audit", specs=[check_of(table) for table in MARTS])
def audit(pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.AssetCheckResult]:
    """Make the candidate and audit it. A check over several tables counts for the first of them."""
    rows = pipeline.audit()
    names = {table.name for table in MARTS}
    for table in MARTS:
        own = [row for row in rows if row["table"] == table.name]
        if table is MARTS[0]:
            own += [row for row in rows if row["table"] not in names]
        yield result_of(table, own)
