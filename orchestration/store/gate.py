"""The gate: a candidate becomes a release only if its stored verdict lets it.

Belongs here: verifying a candidate from disk and publishing it. Does not belong here: making or
auditing candidates, or what is done with releases later (`releases.py`).

Everything is read again from disk, so the gate holds for a later run, another process and a back-fill.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration.store import catalogue, releases
from orchestration.store.atomic import fsync_dir, fsync_file, make_dir, temporary, write_bytes, write_json
from orchestration.store.audit.edge import REPORT
from orchestration.store.audit.verdict import VerdictUnfit, expected_checks, load_verdict, scope_of
from orchestration.store.candidate import Candidate, NoSuchCandidate, load_candidate
from orchestration.store.layout import Layout
from orchestration.store.objects import ObjectRef, fault, file_name
from orchestration.store.releases import AUDIT, UNFINISHED, NoSuchRelease, Release

_MOST_REASONS = 20


class Refused(RuntimeError):
    """The gate stays shut. Each of `reasons` begins with a rule's name and a colon."""

    def __init__(self, candidate_id: str, reasons: list[str]) -> None:
        more = len(reasons) - _MOST_REASONS
        shown = reasons[:_MOST_REASONS] + ([f"and {more} more"] if more > 0 else [])
        super().__init__(f"candidate {candidate_id[:12]} is refused: " + "; ".join(shown))
        self.reasons = reasons


@dataclass(frozen=True)
class NothingNew:
    """The current release already publishes this candidate."""

    release: Release


Step = Callable[[str], None]


def _no_step(name: str) -> None:
    """Called where nobody watches the steps."""


def publish(layout: Layout, candidate_id: str, now: datetime, on_step: Step = _no_step) -> Release | NothingNew:
    """Publish a candidate, if its verdict lets it; a crash at any instant leaves the old release or the new.

    `now` becomes `published_at`. `on_step` is called with the name of each step as it ends. Raises
    `Refused`, leaving `published/` bit-identical, `Busy` while another process publishes, and `Unwritable`.
    """
    with releases.publication_lock(layout):
        before = releases.current(layout)
        if before and before.candidate_id == candidate_id:
            return NothingNew(before)
        candidate = _verified(layout, candidate_id, before)
        on_step("verified")
        _clear_unfinished(layout)
        on_step("cleared")
        for ref in candidate.manifest.new:
            _place(layout, candidate, ref)
            on_step(f"object {ref.sha256}")
        if layout.objects.is_dir():
            fsync_dir(layout.objects)
        on_step("objects")
        release = _written_before(layout, candidate) or _write(layout, candidate, now, on_step)
        on_step("release")
        releases.point_at(layout, release.release_id)
        on_step("pointer")
        return release


def reasons_against(layout: Layout, candidate_id: str) -> list[str]:
    """Why a candidate may not be published now; empty if it may. Reads, and changes nothing."""
    try:
        _verified(layout, candidate_id, releases.current(layout))
    except Refused as refusal:
        return refusal.reasons
    return []


def _verified(layout: Layout, candidate_id: str, before: Release | None) -> Candidate:
    """The candidate, if nothing speaks against it. Raises `Refused` with everything that does."""
    try:
        candidate = load_candidate(layout, candidate_id)
    except NoSuchCandidate as error:
        raise Refused(candidate_id, [f"no_candidate: {error}"]) from error
    reasons: list[str] = []
    if candidate.manifest.candidate_id != candidate_id:
        reasons.append("manifest_mismatch: the object list has another hash than the candidate's id")
    if candidate.manifest.base != (before.release_id if before else None):
        reasons.append(f"stale_base: made on {candidate.manifest.base}, which is not the current release")
    listed = {(o.table, o.month, o.sha256) for o in (before.manifest.objects if before else ())}
    for o in candidate.manifest.objects:
        if not o.is_new and (o.table, o.month, o.sha256) not in listed:
            reasons.append(f"object_unaudited: {o.table} {o.month} is not an object of the current release")
    found = (fault(candidate.path(layout, ref), ref) for ref in candidate.manifest.objects)
    reasons += [reason for reason in found if reason]
    reasons += _against_verdict(layout, candidate)
    if reasons:
        raise Refused(candidate_id, reasons)
    return candidate


def _against_verdict(layout: Layout, candidate: Candidate) -> list[str]:
    """What the stored verdict, or its absence, says against the candidate."""
    try:
        verdict = load_verdict(candidate)
        missing = expected_checks(scope_of(layout, candidate, verdict.as_of)) - {r.key for r in verdict.rows}
    except VerdictUnfit as error:
        return [f"{error.rule}: {error}"]
    except NoSuchRelease as error:
        return [f"stale_base: {error}"]
    reasons = [
        f"check_failed: {r.check} on {r.table} {r.partition}: {r.observed} (expected {r.expected})"
        for r in verdict.failures
    ]
    if missing:
        first = " ".join(sorted(missing)[0])
        reasons.append(f"verdict_incomplete: {len(missing)} checks have no answer, for example {first}")
    return reasons


def _clear_unfinished(layout: Layout) -> None:
    """Remove what a killed publication left behind."""
    for folder in layout.releases.glob(f"*{UNFINISHED}"):
        shutil.rmtree(folder, ignore_errors=True)
    for parent in (layout.objects, layout.published):
        for path in parent.glob(f".*{UNFINISHED}"):
            path.unlink()


def _place(layout: Layout, candidate: Candidate, ref: ObjectRef) -> None:
    """Put a new object's bytes on disk under their published name: by a hard link, else by a copy."""
    source, target = candidate.path(layout, ref), layout.objects / file_name(ref.sha256)
    if fault(target, ref) is None:
        return
    make_dir(target.parent)
    unfinished = temporary(target)
    try:
        os.link(source, unfinished)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        write_bytes(target, source.read_bytes())
        return
    fsync_file(unfinished)
    unfinished.replace(target)
    target.chmod(0o444)


def _written_before(layout: Layout, candidate: Candidate) -> Release | None:
    """The release that an earlier publication of this candidate wrote, on the same base."""
    wanted = (candidate.candidate_id, candidate.manifest.base)
    for release in reversed(releases.list_releases(layout)):
        if (release.candidate_id, release.manifest.base) == wanted:
            return release
    return None


def _write(layout: Layout, candidate: Candidate, now: datetime, on_step: Step) -> Release:
    """Write the release's folder under an unfinished name, whole, then give it its name."""
    published_at = now.astimezone(UTC)
    release_id = f"{published_at:%Y%m%dT%H%M%SZ}-{candidate.candidate_id[:12]}"
    folder = layout.releases / release_id
    unfinished = folder.with_name(release_id + UNFINISHED)
    make_dir(unfinished)
    manifest = candidate.manifest.published_as(release_id)
    named = {"release_id": release_id, "published_at": published_at.isoformat(), **manifest.as_json()}
    write_json(unfinished / "manifest.json", named)
    write_json(unfinished / "dictionary.json", catalogue.dictionary())
    shutil.copyfile(candidate.folder / AUDIT, unfinished / AUDIT)
    if (candidate.folder / REPORT).is_dir():
        shutil.copytree(candidate.folder / REPORT, unfinished / REPORT)
    on_step("release files")
    draft = Release(release_id, published_at, unfinished, manifest)
    catalogue.build(draft.catalogue, layout, draft)
    on_step("catalogue")
    for path in unfinished.rglob("*"):
        fsync_file(path)
    fsync_dir(unfinished)
    unfinished.rename(folder)
    fsync_dir(layout.releases)
    return Release(release_id, published_at, folder, manifest)
