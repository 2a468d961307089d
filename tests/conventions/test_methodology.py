"""The table of docs/methodology.md leads somewhere: every file, function and test in it exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "methodology.md").read_text("utf-8")
SECTIONS = ("§0", "§1", "§2", "§3", "§4", "§5", "§6", "§7", "§11")
FOLDERS = ("schemas", "transforms", "orchestration", "dbt_project")


def rows() -> list[tuple[str, str, str]]:
    """Rule, where and test of every row."""
    table = PAGE.split("## Rule, function, test")[1].split("\n## ")[0]
    cells = [line.strip().strip("|").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    found = [(" | ".join(c[:-2]).strip(), c[-2].strip(), c[-1].strip()) for c in cells]
    return [row for row in found if row != ("rule", "where", "test")]


@cache
def files() -> dict[str, list[Path]]:
    """The project's files by name."""
    named: dict[str, list[Path]] = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.*"):
            named.setdefault(path.name, []).append(path)
    return named


@cache
def tests() -> set[str]:
    """Every test function and every unit test of the SQL."""
    python = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    sql = "\n".join(path.read_text("utf-8") for path in (ROOT / "dbt_project" / "models").rglob("_unit_tests.yml"))
    return set(re.findall(r"def (test_\w+)\(", python)) | set(re.findall(r"- name: (\w+)\n", sql))


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_a_rule_leads_to_its_function_and_its_test(row):
    """A rule whose function was renamed, or whose test is gone, looks kept and is not."""
    _, where, test = row
    places = [name for name in named(where) if re.search(r"\.(py|sql|csv)$", name)]
    found = [path for name in places for path in files().get(Path(name).name, []) if str(path).endswith(name)]
    assert places
    assert len({path.name for path in found}) == len({Path(name).name for name in places}), places
    texts = "\n".join(path.read_text("utf-8") for path in found)
    for name in set(named(where)) - set(places):
        assert re.search(rf"\b{re.escape(name)}\b", texts) or f"{name}.sql" in files(), name
    assert named(test)
    assert set(named(test)) <= tests(), set(named(test)) - tests()


def test_every_section_has_its_rules():
    """Otherwise a whole subject is without a rule that anybody holds."""
    heads = re.findall(r"^### .*\((§\d+)\)$", PAGE, flags=re.MULTILINE)
    assert set(heads) == set(SECTIONS)


def test_every_page_of_the_methodology_is_linked():
    """A page that nothing leads to is not read."""
    pages = {f"methodology/{path.name}" for path in (ROOT / "docs" / "methodology").glob("*.md")}
    assert pages == set(re.findall(r"\]\((methodology/[\w-]+\.md)\)", PAGE))
