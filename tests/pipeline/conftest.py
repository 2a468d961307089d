"""Releases that pipeline tests read: made once per session, by the command line, in other processes.

A test that changes a data directory copies it first (`home_copy`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from small_inbox import write_changes, write_inbox

ROOT = Path(__file__).resolve().parents[2]
# `make soak` kills at every place and reads without a pause; otherwise the same in short.
SOAK = os.environ.get("SLUICE_SOAK") == "1"
SAMPLE_DAYS = ("2026-02-02", "2026-02-06")


class Sluice:
    """The command line on one data directory."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run `sluice …`; fail the test where the exit code is not `code` (None: any)."""
        environment = os.environ | {"SLUICE_HOME": str(self.home), "SLUICE_DEBUG": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done


def _made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A data directory shared by all workers of the session."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not (home / "published" / "current.duckdb").exists():
            make(home)
    return home


@pytest.fixture(scope="session")
def realdata_home(tmp_path_factory: pytest.TempPathFactory, realdata: Path) -> Path:
    """A release of the real vendor exports, through the files transport."""

    def make(home: Path) -> None:
        inbox_map = ROOT / "tests" / "fixtures" / "realdata_inbox.toml"
        Sluice(home)("run", "--feeds", "files", "--inbox", str(realdata), "--map", str(inbox_map))

    return _made_once(tmp_path_factory, "realdata", make)


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of a few days of the sample feeds around the crash."""
    return _made_once(
        tmp_path_factory,
        "sample",
        lambda home: Sluice(home)("run", "--from", SAMPLE_DAYS[0], "--to", SAMPLE_DAYS[1]) and None,
    )


@pytest.fixture(scope="session")
def small_inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a few small vendor files with its map."""
    return write_inbox(tmp_path_factory.mktemp("small") / "inbox")


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory, small_inbox: Path) -> Path:
    """A release of that inbox."""

    def make(home: Path) -> None:
        Sluice(home)("run", "--inbox", str(small_inbox))

    return _made_once(tmp_path_factory, "small_release", make)


@pytest.fixture(scope="session")
def changed_inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same inbox with files in it that change a day of every family."""
    return write_changes(write_inbox(tmp_path_factory.mktemp("changed") / "inbox"))


@pytest.fixture(scope="session")
def changed_home(tmp_path_factory: pytest.TempPathFactory, changed_inbox: Path) -> Path:
    """A release of the changed inbox, made in one undisturbed run."""

    def make(home: Path) -> None:
        Sluice(home)("run", "--inbox", str(changed_inbox))

    return _made_once(tmp_path_factory, "changed_release", make)


@pytest.fixture
def home_copy(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a data directory that the test may change, its catalogues naming the copy."""

    def copy(home: Path) -> Path:
        target = tmp_path / "home"
        shutil.copytree(home, target, symlinks=True)
        Sluice(target)("doctor", "--repair")
        return target

    return copy


@pytest.fixture
def sluice() -> type[Sluice]:
    """The command line, to be bound to a data directory."""
    return Sluice
