"""The documentation is true: its commands and queries run, its links lead somewhere, its maps are valid."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from orchestration.resources.config import Config
from orchestration.sources import inbox_map
from transforms.parse import FEEDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"])
# Commands that are not run here, by how they begin, and where they are.
ELSEWHERE = {
    "make": "CI runs demo, test and check; bench is for people",
    "python3.11 deploy/superset/up.py": "`make bi` runs it: tests/pipeline/test_superset.py",
    "sluice dev": "tests/pipeline/test_dagster_dev.py starts and stops it",
    "sudo": "needs root and systemd; tests/integration/test_deploy.py runs what it runs, into a folder",
}
# Pages whose blocks are run whole, by a test of their own.
WHOLE = {
    "docs/runbook.md": "tests/pipeline/test_runbook.py",
    "docs/postgres.md": "tests/pipeline/test_postgres_page.py",
}
SECONDS = 900


class Block(NamedTuple):
    """A fenced block: where it begins, its language and its text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def _blocks(language: str) -> list[Block]:
    """Blocks of a language, on the pages that are not run whole."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page.relative_to(ROOT).as_posix(), line, match[1], match[2]))
    return [block for block in found if block.language == language and block.page not in WHOLE]


def _commands() -> list[Block]:
    """Each command of the shell blocks, without its comment; one that stands on two pages once."""
    found: dict[str, Block] = {}
    for block in _blocks("sh"):
        for number, line in enumerate(block.text.replace("\\\n", " ").splitlines(), start=1):
            command = re.sub(r"\s{2,}# .*$", "", line)
            if command:
                found.setdefault(command, Block(block.page, block.line + number, "sh", command))
    return list(found.values())


def _runs_elsewhere(command: Block) -> bool:
    return any(re.match(rf"{start}\b", command.text) for start in ELSEWHERE)


@pytest.fixture(scope="module")
def desk(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder as a reader of the docs has it: `.sluice` in it, `~/exports` with files of a vendor."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(sample_home, folder / ".sluice", symlinks=True)
    exports = ["orchestration.sources.sample", "--out", str(folder / "exports")]
    _run(folder, [sys.executable, "-m", *exports, "--from", "2026-02-07", "--to", "2026-02-07"])
    _run(folder, ["sluice", "doctor", "--repair"])
    return folder


def _run(folder: Path, command: list[str] | str) -> subprocess.CompletedProcess[str]:
    """Run a command at the desk, with this environment's programs on the path and the desk as home."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "DAGSTER_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
    done = subprocess.run(
        command, shell=isinstance(command, str), cwd=folder, capture_output=True, text=True,
        timeout=SECONDS, check=False, env=own | {"HOME": str(folder), "PATH": path, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize("command", [c for c in _commands() if not _runs_elsewhere(c)], ids=str)
def test_a_command_runs_as_it_is_written(desk, command):
    """The first command that fails is where a newcomer stops."""
    done = _run(desk, command.text)
    assert done.stdout or "--out" in command.text, "it prints nothing"


@pytest.mark.parametrize("block", _blocks("python"), ids=str)
def test_a_python_example_runs_as_it_is_written(desk, block):
    """Examples are copied, faults and all."""
    assert _run(desk, [sys.executable, "-c", block.text]).stdout


@pytest.mark.parametrize("block", _blocks("sql"), ids=str)
def test_a_query_runs_and_finds_rows(request, block):
    """A query on a column that has been renamed, or that finds nothing, teaches nothing."""
    # What the sample's few days do not have, such as a contradiction, the real exports have.
    assert any(_rows(request.getfixturevalue(home), block) for home in ("sample_home", "realdata_home"))


def _rows(home: Path, block: Block) -> list[tuple]:
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as release:
        return release.execute(block.text).fetchall()


@pytest.mark.parametrize("block", [b for b in _blocks("toml") if "[[feed]]" in b.text], ids=str)
def test_an_inbox_map_of_the_docs_is_valid(tmp_path, block):
    """A map is written by copying one; one that does not load stops the reader at once."""
    file = tmp_path / "inbox.toml"
    file.write_text(block.text, "utf-8")
    assert inbox_map.load(file, set(FEEDS)).entries


@pytest.mark.parametrize("block", [b for b in _blocks("toml") if "[[feed]]" not in b.text], ids=str)
def test_a_configuration_of_the_docs_is_valid(block):
    """A key that has been renamed stops the reader's first run."""
    assert Config.model_validate(tomllib.loads(block.text)) != Config()


def test_every_block_is_of_a_kind_that_is_run_and_every_exception_is_still_one():
    """A block in a language that nothing runs is a block that nobody checks."""
    fences = {word for page in PAGES for word in re.findall(r"^```(.+)$", page.read_text("utf-8"), re.MULTILINE)}
    assert fences == {"sh", "sql", "python", "toml"}
    used = {start for start in ELSEWHERE for c in _commands() if re.match(rf"{start}\b", c.text)}
    assert used == set(ELSEWHERE)
    assert all((ROOT / path).is_file() for path in (*WHOLE, *WHOLE.values()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_its_heading(page):
    """Files are renamed; links are not."""
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} leads nowhere"
        if heading:
            assert heading in _headings(file), f"{target} has no such heading"


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
