"""Data directories that the tests of the gate start from, each made once and copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from marts import marts
from served import serve
from steps import LATER, more_etf, prepared, publish

from orchestration.store import catalogue, gate, releases
from orchestration.store.candidate import Candidate
from orchestration.store.layout import Layout


@pytest.fixture(scope="session")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one release, made once."""
    home = tmp_path_factory.mktemp("first") / "home"
    publish(Layout(home), marts())
    return home


@pytest.fixture
def layout(first_home: Path, tmp_path: Path) -> Layout:
    """A copy of the data directory with one release, its catalogue rewritten for where it lies."""
    shutil.copytree(first_home, tmp_path / "home", symlinks=True)
    copied = Layout(tmp_path / "home")
    catalogue.rewrite(copied)
    return copied


@pytest.fixture(scope="session")
def ready_home(first_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Candidate]:
    """A data directory with one release and an audited candidate for the next."""
    home = tmp_path_factory.mktemp("ready") / "home"
    shutil.copytree(first_home, home, symlinks=True)
    catalogue.rewrite(Layout(home))
    candidate, verdict = prepared(Layout(home), more_etf())
    assert verdict.passed
    return home, candidate


@pytest.fixture
def ready(ready_home: tuple[Path, Candidate], tmp_path: Path) -> tuple[Layout, Candidate]:
    """A copy of it."""
    home, candidate = ready_home
    layout = Layout(tmp_path / "ready")
    shutil.copytree(home, layout.home, symlinks=True)
    catalogue.rewrite(layout)
    copied = Candidate(candidate.candidate_id, layout.candidates / candidate.candidate_id, candidate.manifest)
    return layout, copied


@pytest.fixture
def two(ready: tuple[Layout, Candidate], database: str) -> tuple[Layout, str, str, str]:
    """A data directory with two releases, a database that serves the first, and their ids."""
    layout, candidate = ready
    first = serve(layout, database).release_id
    second = gate.publish(layout, candidate.candidate_id, LATER)
    assert isinstance(second, releases.Release)
    return layout, database, first, second.release_id
