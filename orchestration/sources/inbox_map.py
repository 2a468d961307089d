"""The inbox map: which file is which feed, and from when its content counts as known.

Belongs here: reading and checking `inbox.toml`. Does not belong here: reading the inbox
(`files.py`). The format is documented in docs/inbox.md.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.sources.base import SourceError


class KnownAt(BaseModel):
    """Where `known_at` comes from: exactly one of a pattern in the file name, an instant, the file's time."""

    model_config = ConfigDict(extra="forbid")
    pattern: str | None = None
    format: str | None = None
    instant: AwareDatetime | None = None
    file_time: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> KnownAt:
        ways = [self.pattern is not None, self.instant is not None, self.file_time is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of pattern, instant, file_time")
        if (self.pattern is None) != (self.format is None):
            raise ValueError("pattern and format belong together")
        if self.pattern is not None and "t" not in re.compile(self.pattern).groupindex:
            raise ValueError("pattern needs a group named t: (?P<t>...)")
        return self


class Entry(BaseModel):
    """One `[[feed]]` of the map."""

    model_config = ConfigDict(extra="forbid")
    match: str
    name: str
    known_at: KnownAt
    params: Annotated[dict[str, str], Field(default_factory=dict)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")
    feed: list[Entry]


@dataclass(frozen=True)
class InboxMap:
    """The entries of a map, in order; the first that matches a file has it."""

    path: Path
    entries: tuple[Entry, ...] = field(default=())

    def entry_for(self, relative: str) -> Entry | None:
        """The entry for a file, by its path relative to the inbox with forward slashes."""
        return next((entry for entry in self.entries if fnmatch(relative, entry.match)), None)


def load(path: Path, feeds: set[str]) -> InboxMap:
    """Read a map; `feeds` are the known feed names.

    Raises `SourceError` naming the file and the entry: unreadable, not TOML, unknown key, unknown feed.
    """
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        if not path.parent.is_dir():
            raise SourceError(f"there is no folder {path.parent}: name the inbox with --inbox") from error
        raise SourceError(
            f"no inbox map at {path}: write one (docs/inbox.md shows how) or name it with --map"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SourceError(f"{path}: {where}: {first['msg']} (docs/inbox.md has the format)") from error
    for number, entry in enumerate(document.feed):
        if entry.name not in feeds:
            known = ", ".join(sorted(feeds))
            raise SourceError(f"{path}: feed.{number}.name: no feed {entry.name!r}; known: {known}")
    return InboxMap(path, tuple(document.feed))


def known_at(entry: Entry, relative: str, file_time: float) -> datetime:
    """From when a file's content counts as known (UTC).

    Raises `SourceError` where the pattern does not fit the name or the text is not an instant.
    """
    rule = entry.known_at
    if rule.instant is not None:
        return rule.instant.astimezone(UTC)
    if rule.pattern is None or rule.format is None:
        return datetime.fromtimestamp(file_time, UTC)
    found = re.search(rule.pattern, relative)
    if found is None:
        raise SourceError(f"{relative}: known_at pattern {rule.pattern!r} does not fit the file name")
    try:
        instant = datetime.strptime(found["t"], rule.format)
    except ValueError as error:
        raise SourceError(f"{relative}: known_at: {error}") from error
    return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
