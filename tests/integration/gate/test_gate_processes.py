"""The gate between processes: it holds, one publishes at a time, and a kill leaves the old or the new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import polars as pl
import protocol
import pytest
from marts import change
from steps import LATER, PUBLISH, more_etf, prepared, publish_elsewhere, total, tree
from test_gate_faults import duplicated_grain

from orchestration.store import gate, releases
from orchestration.store.candidate import Candidate
from orchestration.store.layout import Layout
from orchestration.store.lock import Busy


def test_the_gate_holds_from_another_process(layout: Layout) -> None:
    """Guards against a gate that lives in the run that made the checks."""
    before = tree(layout.published)
    candidate, _ = prepared(layout, duplicated_grain())
    done = publish_elsewhere(layout, candidate.candidate_id)
    assert done.returncode == 1
    assert "check_failed: contract.grain on fct_etf_flows_daily 2026-02" in done.stderr
    assert tree(layout.published) == before


def test_every_step_is_one_after_which_kills_are_tried(ready: tuple[Layout, Candidate]) -> None:
    """Guards against a step that is added, and that nobody ever dies at."""
    layout, candidate = ready
    told: list[str] = []
    gate.publish(layout, candidate.candidate_id, LATER, told.append)
    assert protocol.kinds(told) == protocol.FILES


@pytest.mark.parametrize("step", protocol.FILES)
def test_a_kill_at_any_step_leaves_the_old_release_or_the_new(ready: tuple[Layout, Candidate], step: str) -> None:
    """Guards against a half-published release, and against one that can never be finished."""
    layout, candidate = ready
    assert publish_elsewhere(layout, candidate.candidate_id, step).returncode == -signal.SIGKILL
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
        pytest.raises(Busy, match=f"process {os.getpid()}"),
        releases.publication_lock(layout, patience=0.2),
    ):
        pass


def test_two_publishers_of_one_candidate_make_one_release(ready: tuple[Layout, Candidate]) -> None:
    """Guards against a race in which both publish."""
    layout, candidate = ready
    command = [sys.executable, "-c", PUBLISH, str(layout.home), candidate.candidate_id, ""]
    env = {**os.environ, "PYTHONPATH": protocol.PYTHONPATH}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)]
    said = sorted(process.communicate()[0].split("(")[0] for process in both)
    assert said == ["NothingNew", "Release"]
    assert len(releases.list_releases(layout)) == 2


def test_of_two_publishers_with_different_candidates_one_wins_and_the_other_says_why(
    ready: tuple[Layout, Candidate],
) -> None:
    """Guards against a release that silently undoes the one published a moment before."""
    layout, first = ready
    second, _ = prepared(layout, change(more_etf(), "fct_etf_totals_daily", pl.lit(True), printed_total_usd=None))
    env = {**os.environ, "PYTHONPATH": protocol.PYTHONPATH}
    both = []
    for candidate in (first, second):
        command = [sys.executable, "-c", PUBLISH, str(layout.home), candidate.candidate_id, ""]
        both.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env))
    printed = [process.communicate() for process in both]
    said = [(process.returncode, *texts) for process, texts in zip(both, printed, strict=True)]
    winner, loser = sorted(said)
    assert winner[1].startswith("Release(")
    assert "stale_base: made on " in loser[2]
    assert len(releases.list_releases(layout)) == 2
