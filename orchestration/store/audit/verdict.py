"""The verdict: every check's answer, stored under the candidate that it is about.

Belongs here: gathering the checks, storing and reading the verdict, telling whether it is complete.
Does not belong here: any check, or acting on the verdict (`gate.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from orchestration.store import releases
from orchestration.store.atomic import write_bytes, write_json
from orchestration.store.audit import contracts, dbt, edge, guards, reconcile, timeliness
from orchestration.store.audit.scope import ROWS, AuditRow, Key, Scope
from orchestration.store.candidate import Candidate
from orchestration.store.layout import Layout
from orchestration.store.objects import sha256_of
from orchestration.store.releases import AUDIT, VERDICT


@dataclass(frozen=True)
class Verdict:
    """What the audit of one candidate came to. `passed` is true if no error-severity row failed."""

    candidate_id: str
    as_of: datetime
    passed: bool
    rows: tuple[AuditRow, ...]

    @property
    def failures(self) -> list[AuditRow]:
        """Rows that keep the candidate from publication."""
        return [r for r in self.rows if r.refuses]

    @property
    def warnings(self) -> list[AuditRow]:
        """Rows that failed and do not keep it."""
        return [r for r in self.rows if not r.passed and not r.refuses]


class VerdictUnfit(ValueError):
    """The verdict on disk is missing, broken, or about something else; `rule` names which."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def scope_of(layout: Layout, candidate: Candidate, as_of: datetime) -> Scope:
    """The candidate with the release it is based on. Raises `NoSuchRelease` if that one is gone."""
    base = candidate.manifest.base
    return Scope(layout, candidate, releases.get(layout, base).manifest if base else None, as_of)


def expected_checks(scope: Scope) -> set[Key]:
    """Every answer that a complete verdict holds; it may hold more (one per dbt test)."""
    manifest = scope.manifest
    return (
        contracts.expected(manifest)
        | guards.expected(manifest, scope.base)
        | reconcile.expected(manifest)
        | timeliness.expected(manifest)
        | edge.expected(scope)
        | dbt.expected()
    )


def audit(layout: Layout, candidate: Candidate, dbt_results: Sequence[dbt.DbtResult], as_of: datetime) -> Verdict:
    """Run every check on the candidate's objects and store the verdict with them.

    `as_of` is the instant against which dates are held. New objects are read in full; objects carried
    over keep the verdict of the release that published them. Any earlier verdict is removed first.
    """
    (candidate.folder / VERDICT).unlink(missing_ok=True)
    scope = scope_of(layout, candidate, as_of)
    rows = tuple(sorted(_rows(scope, dbt_results), key=lambda r: r.key))
    verdict = Verdict(candidate.candidate_id, as_of, not any(r.refuses for r in rows), rows)
    _store(candidate.folder, verdict)
    return verdict


def _rows(scope: Scope, dbt_results: Sequence[dbt.DbtResult]) -> Iterator[AuditRow]:
    yield from dbt.checks(dbt_results)
    yield from contracts.checks(scope)
    yield from guards.checks(scope)
    yield from reconcile.checks(scope)
    yield from timeliness.checks(scope)
    yield from edge.checks(scope)


def _store(folder: Path, verdict: Verdict) -> None:
    """The rows first, then the verdict that names their hash and the manifest's."""
    buffer = io.BytesIO()
    pl.DataFrame([asdict(r) for r in verdict.rows], schema=ROWS).write_parquet(buffer)
    write_bytes(folder / AUDIT, buffer.getvalue())
    write_json(
        folder / VERDICT,
        {
            "candidate_id": verdict.candidate_id,
            "as_of": verdict.as_of.isoformat(),
            "passed": verdict.passed,
            "rows": len(verdict.rows),
            "audit_sha256": sha256_of(folder / AUDIT),
            "manifest_sha256": sha256_of(folder / "manifest.json"),
        },
    )


def load_verdict(candidate: Candidate) -> Verdict:
    """The stored verdict, held against the candidate's id, its manifest and the rows' hash.

    Raises `VerdictUnfit`. Whether the checks passed is recomputed from the rows.
    """
    folder = candidate.folder
    if not (folder / VERDICT).is_file():
        raise VerdictUnfit("no_verdict", "the candidate has not been audited")
    try:
        said = json.loads((folder / VERDICT).read_bytes())
        about, manifest, audited = said["candidate_id"], said["manifest_sha256"], said["audit_sha256"]
        as_of, passed, count = datetime.fromisoformat(said["as_of"]), said["passed"], said["rows"]
        rows = tuple(AuditRow(**r) for r in pl.read_parquet(folder / AUDIT).iter_rows(named=True))
    except (OSError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise VerdictUnfit("verdict_unreadable", f"{type(error).__name__}: {error}") from error
    if about != candidate.candidate_id:
        raise VerdictUnfit("verdict_of_another", f"the verdict is about {str(about)[:12]}")
    if manifest != sha256_of(folder / "manifest.json"):
        raise VerdictUnfit("verdict_of_another", "the verdict is about another manifest")
    if audited != sha256_of(folder / AUDIT):
        raise VerdictUnfit("verdict_tampered", "the audit's rows are not those of the verdict")
    verdict = Verdict(candidate.candidate_id, as_of, not any(r.refuses for r in rows), rows)
    if (passed, count) != (verdict.passed, len(rows)):
        raise VerdictUnfit("verdict_tampered", "the verdict does not say what its rows say")
    return verdict
