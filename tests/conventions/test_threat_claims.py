"""docs/threats.md claims nothing that no test shows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text("utf-8")


def rows() -> list[list[str]]:
    """The cells of every row."""
    lines = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in lines if cells[-1].strip() not in ("test", "---")]


def test_every_threat_names_a_test_that_exists():
    """A protection that nobody tests is gone with the next change, and the page still says it is there."""
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", text))
    assert len(rows()) > 20
    for _, _, tests in rows():
        named = re.findall(r"`(test_\w+)`", tests)
        assert named
        assert set(named) <= there, set(named) - there
