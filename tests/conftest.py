"""Fixtures that every tier shares: the real exports and the worked examples, where they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from postgres_server import Postgres, running

if TYPE_CHECKING:
    from orchestration.sources.sample import SamplePayload

# What these assert is told like a test's own.
pytest.register_assert_rewrite("loopback.agreement")

SHARED = Path(__file__).resolve().parents[2] / "shared"
# How long an example takes says how busy the machine is, and nothing of the rule.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
_COUNTS = "counts"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tiers first: with two workers the quick ones then fill what is left at the end."""
    tiers = ("pipeline", "integration", "unit", "conventions")
    items.sort(key=lambda item: next((n for n, tier in enumerate(tiers) if tier in item.path.parts), 0))


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Print a line of counts at the end of the session, whoever ran the test: what a worker prints is lost."""
    return lambda line: record_property(_COUNTS, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests told by `tell`, whether they passed or not."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, [])]
    for report in (report for report in reports if report.when == "call"):
        lines = [value for name, value in report.user_properties if name == _COUNTS]
        if lines:
            terminalreporter.section(report.nodeid, sep="-")
            terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real vendor exports; they are not part of the project."""
    folder = SHARED / "realdata"
    if not folder.is_dir():
        pytest.skip("the folder of real vendor exports (../shared/realdata) is not here")
    return folder


@pytest.fixture(scope="session")
def example() -> Callable[[str], dict[str, Any]]:
    """Worked examples of the methodology, by the beginning of their name."""

    def load(prefix: str) -> dict[str, Any]:
        files = sorted((SHARED / "examples").glob(f"{prefix}*.json"))
        if not files:
            pytest.skip(f"the worked example {prefix} (../shared/examples) is not here")
        return json.loads(files[0].read_text("utf-8"))

    return load


@pytest.fixture(scope="session")
def scenario() -> list[SamplePayload]:
    """Every payload of the sample feeds' scenario, in order, generated once."""
    from orchestration.sources.sample import SCENARIO_END, SCENARIO_START, generate

    return list(generate(SCENARIO_START, SCENARIO_END))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this session's own; tests make themselves a database with `database`."""
    with running() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The connection string of an empty database."""
    return postgres.database("of_a_test")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed; in `err`, runs of blanks are one blank."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line in this process, as a user has it, on the data directory `home` (default: none yet)."""
    from orchestration.cli import main

    for name in ("SLUICE_DEBUG", "SLUICE_CONFIG", "SLUICE_FEEDS", "SLUICE_INBOX", "SLUICE_INBOX_MAP"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, home: Path = tmp_path / "home") -> Said:
        monkeypatch.setenv("SLUICE_HOME", str(home))
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        printed = capsys.readouterr()
        return Said(ended.value.code, printed.out, " ".join(printed.err.split()))

    return run
