"""A killed run leaves whole files, an honest ledger and a release that opens; the next run finishes its work."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, SOAK, Sluice
from published import objects, query
from small_inbox import DAYS

from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.raw import RawStore

TOTAL = f"select release_id, flow_usd from fct_etf_totals_daily, sluice_release where trade_date = '{DAYS[-1]}'"
# Killed when the first of these changes on disk, in the order in which a run gets there; then at random instants.
PLACES = (
    "raw/blobs/**/*", "raw/ledger.sqlite*", "core/accounts.sqlite*", "build/warehouse.duckdb*", "build/candidates/*",
    "published/releases/*",
)  # fmt: skip
if not SOAK:
    PLACES = PLACES[1::2]
RANDOM_KILLS = 2 if SOAK else 1


def _start(home: Path, inbox: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "run", "--inbox", str(inbox)],
        env=os.environ | {"SLUICE_HOME": str(home)}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


def _state(home: Path, pattern: str) -> list[tuple[str, int, int]]:
    """Files of a pattern with their times and sizes; one that vanishes meanwhile is left out."""
    found = []
    for path in sorted(home.glob(pattern)):
        try:
            about = path.lstat()
        except FileNotFoundError:
            continue
        found.append((path.name, about.st_mtime_ns, about.st_size))
    return found


def _kill_when(process: subprocess.Popen[str], due: Callable[[], bool]) -> bool:
    """Kill the run as soon as `due`; false where it ended before."""
    while process.poll() is None:
        if due():
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.0005)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def _assert_sound(home: Path, totals: set[float]) -> None:
    """Every blob is whole, every ledger row has its blob, and readers get the old facts or the new."""
    layout = Layout(home)
    raw = RawStore(layout.blobs)
    for blob in layout.blobs.glob("*/*.zst"):
        raw.get(blob.stem)
    for fetch in Ledger(layout.ledger).fetches():
        raw.get(fetch.sha256)
    assert set(query(home, TOTAL)["flow_usd"]) <= totals


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory, small_home: Path, changed_inbox: Path):
    """A data directory whose runs were killed again and again: home, and the number of kills."""
    home = tmp_path_factory.mktemp("kill") / "home"
    shutil.copytree(small_home, home, symlinks=True)
    Sluice(home)("doctor", "--repair")
    chance, kills = random.Random(20260205), 0
    for place in PLACES:
        before = _state(home, place)
        kills += _kill_when(
            _start(home, changed_inbox), lambda before=before, place=place: _state(home, place) != before
        )
        _assert_sound(home, {6e6, 7e6})
    # Even a run with nothing to do takes longer than these.
    for _ in range(RANDOM_KILLS):
        end = time.monotonic() + chance.uniform(0.5, 3.0)
        kills += _kill_when(_start(home, changed_inbox), lambda end=end: time.monotonic() > end)
        _assert_sound(home, {6e6, 7e6})
    return home, kills


def test_runs_can_be_killed_at_any_instant(survivor):
    """The checks after each kill are in the fixture; here, that there were kills to check after."""
    _, kills = survivor
    assert kills == RANDOM_KILLS + len(PLACES)


def test_two_runs_at_once_finish_what_the_killed_ones_left_with_the_same_hashes(survivor, changed_inbox, changed_home):
    """Half of a killed run's work, or two runs in each other's way, must not show in any fact."""
    home, _ = survivor
    both = [_start(home, changed_inbox) for _ in range(2)]
    said = [process.communicate(timeout=1800) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert objects(home) == objects(changed_home)
    assert len(list((home / "published" / "releases").iterdir())) == 2
    again = Sluice(home)("run", "--inbox", str(changed_inbox)).stdout
    assert "nothing new" in again
    assert " 0 of them new" in again
    Sluice(home)("doctor", "--repair")
    assert "bad" not in Sluice(home)("doctor").stdout
