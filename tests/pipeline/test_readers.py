"""Readers beside writers: whatever is published, rolled back or cleared meanwhile, a query sees one release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SOAK, Sluice
from published import objects
from small_inbox import DAYS

from orchestration.store import releases
from orchestration.store.layout import Layout

OLD, NEW = 6e6, 7e6
READERS, SWAPS = 3, 200

PAUSE_SECONDS = "0.005" if SOAK else "0.2"
READ = '''
import json, sys, time
from pathlib import Path
import duckdb
published, stop, day, pause = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
query = f"""select release_id, flow_usd, (select count(*) from fct_futures_basis_daily)
    from fct_etf_totals_daily, sluice_release where trade_date = '{day}'"""
seen, reads, mixed, errors = {}, 0, 0, []
while not stop.exists():
    try:
        with duckdb.connect(str(published / "current.duckdb"), read_only=True) as connection:
            release, *facts = connection.execute(query).fetchone()
            mixed += connection.execute(query).fetchone()[0] != release
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
        continue
    reads += 1
    seen.setdefault(release, set()).add(tuple(facts))
    time.sleep(pause)
facts = {release: sorted(found) for release, found in seen.items()}
print(json.dumps({"reads": reads, "mixed": mixed, "errors": errors[:3], "seen": facts}))
'''


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, small_home: Path, changed_inbox: Path):
    """Publish, roll back, publish again and swap, with readers beside it: home, what readers saw, both releases."""
    folder = tmp_path_factory.mktemp("readers")
    home, stop = folder / "home", folder / "stop"
    shutil.copytree(small_home, home, symlinks=True)
    command = Sluice(home)
    command("doctor", "--repair")
    first = releases.get(Layout(home)).release_id
    arguments = [sys.executable, "-c", READ, str(home / "published"), str(stop), str(DAYS[-1]), PAUSE_SECONDS]
    readers = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd="/") for _ in range(READERS)]
    try:
        command("run", "--inbox", str(changed_inbox))
        second, newest = releases.get(Layout(home)).release_id, objects(home)
        command("release", "rollback", first)
        again = command("run", "--inbox", str(changed_inbox)).stdout
        published_again = objects(home)
        for swap in range(SWAPS):
            releases.rollback(Layout(home), (first, second)[swap % 2])
    finally:
        stop.touch()
        saw = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
    return home, saw, (first, second), (newest, published_again, again)


def test_readers_meet_no_error_and_no_mixture(history):
    """A reader that fails, or that joins tables of two releases, makes the whole gate worthless."""
    _, saw, (first, second), _ = history
    for reader in saw:
        assert (reader["errors"], reader["mixed"]) == ([], 0)
        assert reader["reads"] > 20
        assert reader["seen"] == {first: [[OLD, 10]], second: [[NEW, 11]]}


def test_a_run_after_a_rollback_publishes_the_newest_facts_whole(history):
    """It must not carry over what the older release held, nor make a third release of the same facts."""
    home, _, _, (newest, published_again, said) = history
    assert "nothing new" not in said
    assert published_again == newest
    assert len(list((home / "published" / "releases").iterdir())) == 2


def test_gc_removes_the_older_release_and_what_only_it_used(history):
    """Clearing up must neither miss a file nor take one that the current release needs."""
    home, _, (first, second), (newest, _, _) = history
    command, objects_folder = Sluice(home), home / "published" / "objects"
    assert os.readlink(home / "published" / "current.duckdb").split("/")[1] == second
    before = sorted(objects_folder.iterdir())
    assert "would remove 1 release " in command("release", "gc", "--keep", "1", "--dry-run").stdout
    assert sorted(objects_folder.iterdir()) == before
    command("release", "gc", "--keep", "1")
    assert {path.stem for path in objects_folder.iterdir()} == set(newest.values())
    assert "bad" not in command("doctor").stdout
    assert first not in command("release", "list").stdout
