"""A disk that is full, or that may not be written to: a clear error, and the old release intact."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import protocol
import pytest
from steps import LATER, total

from orchestration.store import catalogue, gate, releases
from orchestration.store.candidate import Candidate
from orchestration.store.layout import Layout

TRY = """
import resource, sys
from datetime import datetime, UTC
from pathlib import Path
from orchestration.store import gate, releases
from orchestration.store.layout import Layout
home, candidate, limit, what = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    if what == "publish":
        gate.publish(Layout(home), candidate, datetime(2026, 2, 10, 13, tzinfo=UTC))
    else:
        releases.rollback(Layout(home), candidate)
except Exception as error:
    print(f"{type(error).__name__}: {error}")
else:
    print("done")
"""
# A mount of its own name space is seen by nobody else, and goes with its process.
FULL = """
set -e
mount -t tmpfs -o size=64m tmpfs {mount}
cp -a {home} {mount}/home
{python} -c "from pathlib import Path; from orchestration.store import catalogue; from orchestration.store.layout \
import Layout; catalogue.rewrite(Layout(Path('{mount}/home')))"
mount -o remount,size=$(( $(df --output=used -k {mount} | tail -1) + {spare} ))k {mount}
{python} -c "$TRY" {mount}/home {candidate} 0 publish
readlink {mount}/home/published/current.duckdb
{python} -c "import duckdb; print(duckdb.connect('{mount}/home/published/current.duckdb', read_only=True).execute(
'select max(flow_usd) from fct_etf_totals_daily').fetchone())"
mount -o remount,size=64m {mount}
{python} -c "$TRY" {mount}/home {candidate} 0 publish
"""
READ_ONLY = """
set -e
mount --bind {home}/published {home}/published
mount -o remount,bind,ro {home}/published
{python} -c "$TRY" {home} {candidate} 0 {what}
"""


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": protocol.PYTHONPATH, "TRY": TRY},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _try(layout: Layout, what: str, candidate: str, limit: int = 0, before: tuple[str, ...] = ()) -> str:
    """What a process says that publishes, or rolls back."""
    return _run([*before, sys.executable, "-c", TRY, str(layout.home), candidate, str(limit), what])


@pytest.fixture
def apart() -> list[str]:
    """A command's beginning that gives it mounts of its own."""
    begin = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    try:
        probe = subprocess.run([*begin, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if probe.returncode:
        pytest.skip(f"mounts are not permitted here: {probe.stderr.decode().strip()}")
    return begin


@pytest.mark.parametrize("limit", [16, 4096, 65_536, 300_000])
def test_a_limit_on_files_leaves_the_old_release(ready: tuple[Layout, Candidate], limit: int) -> None:
    """Guards against a file cut off in the middle that readers find under its final name."""
    layout, candidate = ready
    old = releases.get(layout).release_id
    said = _try(layout, "publish", candidate.candidate_id, limit)
    assert said.startswith("Unwritable: a file may not grow that large: ")
    assert f"Readers keep {old}. Raise the limit" in said
    assert total(layout) == 3e6
    assert [release.release_id for release in releases.list_releases(layout)] == [old]
    gate.publish(layout, candidate.candidate_id, LATER)
    assert total(layout) == 3.5e6
    assert not [path for path in layout.published.rglob("*") if path.name.endswith(".tmp")]


@pytest.mark.parametrize("spare", [0, 64, 512])
def test_a_full_disk_leaves_the_old_release_and_room_mends_it(
    ready: tuple[Layout, Candidate], apart: list[str], tmp_path: Path, spare: int
) -> None:
    """Guards against a full disk that costs the release that was there."""
    layout, candidate = ready
    old = releases.get(layout).release_id
    (tmp_path / "mount").mkdir()
    script = FULL.format(
        mount=tmp_path / "mount", home=layout.home, spare=spare, candidate=candidate.candidate_id, python=sys.executable
    )
    said = _run([*apart, "bash", "-c", script])
    assert said.startswith("Unwritable: the disk is full: "), said
    lines = said.splitlines()
    assert lines[1] == f"Readers keep {old}. Make room and do it again; nothing is to be cleared"
    assert lines[2:] == [f"releases/{old}/catalogue.duckdb", "(3000000.0,)", "done"]


@pytest.mark.parametrize("what", ["publish", "rollback"])
def test_a_read_only_disk_leaves_the_old_release(ready: tuple[Layout, Candidate], apart: list[str], what: str) -> None:
    """Guards against an error that names a file and not what it means."""
    layout, candidate = ready
    old = releases.get(layout).release_id
    name = candidate.candidate_id if what == "publish" else old
    script = READ_ONLY.format(home=layout.home, candidate=name, what=what, python=sys.executable)
    said = _run([*apart, "bash", "-c", script])
    assert said.startswith("Unwritable: the file system is read-only: "), said
    assert f"Readers keep {old}. Make it writable" in said
    assert total(layout) == 3e6


@pytest.mark.parametrize("what", ["publish", "rollback"])
def test_a_user_without_the_right_to_write_leaves_the_old_release(ready: tuple[Layout, Candidate], what: str) -> None:
    """Guards against a pipeline started as the wrong user that breaks what the right one published."""
    layout, candidate = ready
    old = releases.get(layout).release_id
    name = candidate.candidate_id if what == "publish" else old
    as_nobody: tuple[str, ...] = ()
    folders = [layout.published, layout.objects, layout.releases]
    if os.geteuid() == 0:
        as_nobody = ("setpriv", "--reuid=65534", "--clear-groups")
        reach = subprocess.run([*as_nobody, sys.executable, "-c", "import duckdb"], capture_output=True, check=False)
        if reach.returncode:
            pytest.skip("nobody may not read this environment")
        for parent in layout.home.parents:
            if not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
        (layout.home / "publish.lock").chmod(0o666)
    for folder in folders:
        folder.chmod(0o555)
    try:
        said = _try(layout, what, name, before=as_nobody)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert said.startswith("Unwritable: this user may not write there: Permission denied: "), said
    assert f"Readers keep {old}. Give the pipeline's user the right" in said
    assert total(layout) == 3e6


def test_what_a_full_disk_does_to_a_repair_leaves_the_catalogue(layout: Layout) -> None:
    """Guards against a mending that breaks: the catalogue is written beside the old one."""
    script = TRY.replace("releases.rollback(Layout(home), candidate)", "catalogue.rewrite(Layout(home))").replace(
        "import gate,", "import catalogue, gate,"
    )
    done = _run([sys.executable, "-c", script, str(layout.home), "", "100000", "rewrite"])
    assert done.startswith("Unwritable: a file may not grow that large: ")
    assert catalogue.is_current(layout, releases.get(layout).release_id)
    assert total(layout) == 3e6
