"""The direction of imports and the shape of modules, checked on the source itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "transforms", "orchestration")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


def _tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imports(path)}


def _label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [p for p in SOURCES if _label(p).startswith("schemas/")], ids=_label)
def test_schemas_know_nothing_of_the_other_layers(path: Path):
    """A schema that reads a transform makes the single source of truth circular."""
    assert not _tops(path) & {"transforms", "orchestration", "dagster", "dbt", "duckdb"}


@pytest.mark.parametrize("path", [p for p in SOURCES if _label(p).startswith("transforms/")], ids=_label)
def test_transforms_are_pure(path: Path):
    """A transform that reads a clock, a file or the environment gives another answer on a rebuild."""
    assert not _tops(path) & {
        "orchestration",
        "dagster",
        "dbt",
        "duckdb",
        "os",
        "logging",
        "requests",
        "httpx",
        "time",
    }
    text = path.read_text("utf-8")
    assert "datetime.now(" not in text
    assert "open(" not in text.replace("gzip.open(", "").replace("archive.open(", "")


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if _label(p).startswith(("orchestration/sources/", "orchestration/store/"))],
    ids=_label,
)
def test_sources_and_store_do_not_know_dagster(path: Path):
    """Fetching, storing and the gate must work, and be tested, without the orchestrator."""
    assert "dagster" not in _tops(path)


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_no_module_imports_the_tests(path: Path):
    """Shipped code that needs the tests cannot be installed."""
    assert "tests" not in _tops(path)


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name != "settings.py"], ids=_label)
def test_only_the_settings_read_the_environment(path: Path):
    """A setting read in two places has two defaults."""
    text = path.read_text("utf-8")
    assert "os.getenv" not in text
    # The command line asks for SLUICE_DEBUG; the dbt runner sets dbt's variables and puts back what was there.
    allowed = {"orchestration/cli/__init__.py", "orchestration/store/dbt_build.py"}
    assert "environ.get(" not in text or _label(path) in allowed


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_every_module_says_what_it_is_and_stays_readable(path: Path):
    """A module without a docstring, or of more than 300 lines, is where the next reader gets lost."""
    text = path.read_text("utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "unit").rglob("test_*.py")), ids=_label)
def test_unit_tests_stay_fast(path: Path):
    """A unit test that starts dbt or Dagster makes the fast tier slow for everyone."""
    assert not _tops(path) & {"dagster", "dbt"}
