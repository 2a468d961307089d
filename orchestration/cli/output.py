"""How commands print: tables, progress, complaints. Nothing here knows what is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence, Sized
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestration.redaction import redact

# Into a file or a pipe there is no width to fit.
_WIDTH = None if sys.stdout.isatty() else 160
console = Console(highlight=False, width=_WIDTH)
errors = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 160)


def say(text: str = "") -> None:
    """Print a line."""
    console.print(redact(text), soft_wrap=True)


def complain(text: str) -> None:
    """Print an error on stderr."""
    errors.print(f"[bold red]error:[/] {_escape(text)}", soft_wrap=True)


def warn(text: str) -> None:
    """Print a warning on stderr."""
    errors.print(f"[yellow]warning:[/] {_escape(text)}", soft_wrap=True)


def _escape(text: str) -> str:
    """Text as it is to be read, without secrets; brackets are no markup."""
    return redact(text).replace("[", r"\[")


def cell(value: Any) -> str:
    """A value as a person reads it: thousands separated, six significant decimals, UTC, empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.6g}"
    if isinstance(value, datetime):
        return _exact(value)
    return str(value)


def instant(value: datetime | str) -> str:
    """An instant as a person reads it: UTC, to the second, with a Z."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _exact(moment: datetime) -> str:
    """An instant of the data, with what it has below the second; one without a zone as it is."""
    if moment.tzinfo is None:
        return str(moment)
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return instant(moment).replace("Z", f"{fraction}Z")


def counted(things: Sized, name: str) -> str:
    """How many there are of something, in words."""
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers are right-aligned. Wide tables fold their text columns."""
    rows = [list(row) for row in rows]
    printed = Table(title=title or None, title_justify="left", header_style="bold", title_style="bold")
    for index, name in enumerate(columns):
        numeric = any(isinstance(row[index], (int, float)) and not isinstance(row[index], bool) for row in rows)
        printed.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        printed.add_row(*(_escape(cell(value)) for value in row))
    console.print(printed)


def is_terminal() -> bool:
    """Whether progress bars make sense."""
    return sys.stderr.isatty()
