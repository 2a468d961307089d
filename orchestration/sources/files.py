"""The `files` transport: an inbox folder with a map.

Belongs here: walking the inbox and matching files to feeds. Does not belong here: the map's format
(`inbox_map.py`). Files are read, never moved or changed.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.sources.base import Received, SourceError
from orchestration.sources.inbox_map import Entry, InboxMap, known_at

MAP_NAME = "inbox.toml"


@dataclass(frozen=True)
class Plan:
    """What is in the inbox: files with their entry, and files that no entry matches."""

    inbox: Path
    matched: tuple[tuple[str, Entry], ...]
    unmatched: tuple[str, ...]


def plan(inbox: Path, inbox_map: InboxMap) -> Plan:
    """Match every file below the inbox; hidden files and the map itself are not counted.

    Raises `SourceError` where the inbox is not a folder.
    """
    if not inbox.is_dir():
        raise SourceError(f"the inbox {inbox} is not a folder: name one with --inbox")
    matched: list[tuple[str, Entry]] = []
    unmatched: list[str] = []
    for path in sorted(inbox.rglob("*")):
        relative = path.relative_to(inbox).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(inbox).parts):
            continue
        if path.resolve() == inbox_map.path.resolve():
            continue
        entry = inbox_map.entry_for(relative)
        if entry is None:
            unmatched.append(relative)
        else:
            matched.append((relative, entry))
    return Plan(inbox, tuple(matched), tuple(unmatched))


def receive(planned: Plan, feeds: Container[str]) -> Iterator[Received]:
    """Read the matched files of these feeds, in the order of their names."""
    for relative, entry in planned.matched:
        if entry.name not in feeds:
            continue
        path = planned.inbox / relative
        when = known_at(entry, relative, path.stat().st_mtime)
        yield Received(
            feed=entry.name,
            transport="files",
            locator=f"file:{relative}",
            content=path.read_bytes(),
            known_at=when,
            partition=when.date(),
            params=dict(entry.params),
        )
