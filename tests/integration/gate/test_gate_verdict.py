"""No verdict, an incomplete one, or one about something else: the gate stays shut."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from marts import AS_OF, DAYS, DBT, change, marts, write_build
from steps import FEBRUARY, LATER, more_etf, prepared, publish, tree
from test_gate_faults import negative_price

from orchestration.store import gate
from orchestration.store.audit import audit
from orchestration.store.candidate import Candidate, build_candidate
from orchestration.store.layout import Layout


def _no_verdict(candidate: Candidate) -> None:
    (candidate.folder / "verdict.json").unlink()


def _verdict_of_another(candidate: Candidate) -> None:
    path = candidate.folder / "verdict.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"candidate_id": "0" * 64}))


def _verdict_unreadable(candidate: Candidate) -> None:
    (candidate.folder / "verdict.json").write_text("{")


def _rows_tampered(candidate: Candidate) -> None:
    path = candidate.folder / "audit.parquet"
    pl.read_parquet(path).with_columns(passed=pl.lit(True)).write_parquet(path)


def _rewrite_rows(candidate: Candidate, rows: pl.DataFrame) -> None:
    rows.write_parquet(candidate.folder / "audit.parquet")
    path = candidate.folder / "verdict.json"
    said = json.loads(path.read_text()) | {
        "audit_sha256": hashlib.sha256((candidate.folder / "audit.parquet").read_bytes()).hexdigest(),
        "rows": rows.height,
    }
    path.write_text(json.dumps(said))


def _verdict_incomplete(candidate: Candidate) -> None:
    rows = pl.read_parquet(candidate.folder / "audit.parquet")
    _rewrite_rows(candidate, rows.filter(pl.col("check") != "contract.range"))


def _manifest_swapped(candidate: Candidate) -> None:
    path = candidate.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["schemas"] = {}
    path.write_text(json.dumps(manifest))


def _manifest_of_other_objects(candidate: Candidate) -> None:
    path = candidate.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["objects"] = manifest["objects"][1:]
    path.write_text(json.dumps(manifest))


def _object_altered(candidate: Candidate) -> None:
    path = candidate.folder / "objects" / f"{candidate.manifest.new[0].sha256}.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _object_missing(candidate: Candidate) -> None:
    (candidate.folder / "objects" / f"{candidate.manifest.new[0].sha256}.parquet").unlink()


def _new_object_passed_off_as_carried(candidate: Candidate) -> None:
    path = candidate.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["objects"]:
        entry["release"] = entry["release"] or "20260101T000000Z-000000000000"
    path.write_text(json.dumps(manifest))


UNFIT = [
    (_no_verdict, "no_verdict"),
    (_verdict_of_another, "verdict_of_another"),
    (_verdict_unreadable, "verdict_unreadable"),
    (_rows_tampered, "verdict_tampered"),
    (_verdict_incomplete, "verdict_incomplete"),
    (_manifest_swapped, "verdict_of_another"),
    (_manifest_of_other_objects, "manifest_mismatch"),
    (_object_altered, "object_corrupt"),
    (_object_missing, "object_missing"),
    (_new_object_passed_off_as_carried, "object_unaudited"),
]


@pytest.mark.parametrize(("spoil", "rule"), UNFIT, ids=[s.__name__.strip("_") for s, _ in UNFIT])
def test_an_unfit_verdict_or_candidate_is_refused(
    ready: tuple[Layout, Candidate], spoil: Callable[[Candidate], None], rule: str
) -> None:
    """Guards against publication on trust: everything is verified again from disk."""
    layout, candidate = ready
    before = tree(layout.published)
    spoil(candidate)
    with pytest.raises(gate.Refused, match=rule):
        gate.publish(layout, candidate.candidate_id, LATER)
    assert tree(layout.published) == before


def test_an_unknown_candidate_is_refused(layout: Layout) -> None:
    """Guards against an empty release out of a mistyped id."""
    with pytest.raises(gate.Refused, match="no_candidate"):
        gate.publish(layout, "0" * 64, LATER)


def test_a_refused_first_candidate_leaves_no_published_folder(tmp_path: Path) -> None:
    """Guards against a half-made published/ on a machine that has never published."""
    layout = Layout(tmp_path)
    candidate, verdict = prepared(layout, negative_price())
    assert not verdict.passed
    with pytest.raises(gate.Refused):
        gate.publish(layout, candidate.candidate_id, AS_OF)
    assert not layout.published.exists()


def test_a_candidate_made_on_an_older_release_is_refused(layout: Layout) -> None:
    """Guards against two runs of which the second undoes what the first published."""
    write_build(layout, more_etf())
    old = build_candidate(layout, FEBRUARY)
    audit(layout, old, DBT, AS_OF)
    publish(layout, change(marts(), "fct_funding_daily", pl.col("fact_date") == DAYS[-1], n_settlements=2), LATER)
    with pytest.raises(gate.Refused, match="stale_base"):
        gate.publish(layout, old.candidate_id, LATER)


def test_a_verdict_falls_when_its_candidate_is_built_again(layout: Layout) -> None:
    """Guards against a verdict that outlives the objects that it was about."""
    candidate, _ = prepared(layout, more_etf())
    assert build_candidate(layout, FEBRUARY).candidate_id == candidate.candidate_id
    with pytest.raises(gate.Refused, match="no_verdict"):
        gate.publish(layout, candidate.candidate_id, LATER)
