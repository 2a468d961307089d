"""The queries of docs/analyst.md, as they stand there. Belongs here: reading the page. Does not: running them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[1] / "docs" / "analyst.md"


class Query(NamedTuple):
    """A query, and its line on the page."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"analyst.md:{self.line}"


def queries() -> list[Query]:
    """Queries of the page, in order."""
    page, found = PAGE.read_text("utf-8"), []
    for match in re.finditer(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        found.append(Query(page.count("\n", 0, match.start()) + 1, match[1]))
    return found
