"""The gate between processes: it holds, one publishes at a time, and a kill leaves the old or the new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from steps import LATER, PUBLISH, ROOT, prepared, publish_elsewhere, total, tree
from test_gate_faults import duplicated_grain

from orchestration.store import gate, releases
from orchestration.store.candidate import Candidate
from orchestration.store.layout import Layout


def test_the_gate_holds_from_another_process(layout: Layout) -> None:
    """Guards against a gate that lives in the run that made the checks."""
    before = tree(layout.published)
    candidate, _ = prepared(layout, duplicated_grain())
    done = publish_elsewhere(layout, candidate.candidate_id)
    assert done.returncode == 1
    assert "check_failed: contract.grain on fct_etf_flows_daily 2026-02" in done.stderr
    assert tree(layout.published) == before


STEPS = ["verified", "cleared", "object", "objects", "release files", "catalogue", "release", "pointer"]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_old_release_or_the_new(ready: tuple[Layout, Candidate], step: str) -> None:
    """Guards against a half-published release, and against one that can never be finished."""
    layout, candidate = ready
    fatal = f"object {candidate.manifest.new[0].sha256}" if step == "object" else step
    assert publish_elsewhere(layout, candidate.candidate_id, fatal).returncode == -signal.SIGKILL
    assert total(layout) == (3.5e6 if step == "pointer" else 3e6)
    gate.publish(layout, candidate.candidate_id, LATER)
    assert total(layout) == 3.5e6
    assert len(releases.list_releases(layout)) == 2
    assert not [path for path in layout.published.rglob("*") if path.name.endswith(".tmp")]


def test_a_second_publisher_waits_and_then_says_who_publishes(ready: tuple[Layout, Candidate]) -> None:
    """Guards against two processes that write into published/ at once."""
    layout, _ = ready
    with (
        releases.publication_lock(layout),
        pytest.raises(releases.Busy, match=f"process {os.getpid()}"),
        releases.publication_lock(layout, patience=0.2),
    ):
        pass


def test_two_publishers_of_one_candidate_make_one_release(ready: tuple[Layout, Candidate]) -> None:
    """Guards against a race in which both publish."""
    layout, candidate = ready
    command = [sys.executable, "-c", PUBLISH, str(layout.home), candidate.candidate_id, ""]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)]
    said = sorted(process.communicate()[0].split("(")[0] for process in both)
    assert said == ["NothingNew", "Release"]
    assert len(releases.list_releases(layout)) == 2
