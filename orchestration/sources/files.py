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
# A vendor's file is a hundredth of it; a larger one would take the memory of the whole run.
MOST_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Plan:
    """What is in the inbox: files with their entry, files that no entry matches, and why some are not read."""

    inbox: Path
    matched: tuple[tuple[str, Entry], ...]
    unmatched: tuple[str, ...]
    refused: tuple[str, ...] = ()


def plan(inbox: Path, inbox_map: InboxMap) -> Plan:
    """Match every file below the inbox; hidden files and the map itself are not counted.

    A link that leads out of the inbox is not followed: whoever may put files there could have any file of this
    machine landed, and read it in the quarantine.

    Raises `SourceError` where the inbox is not a folder.
    """
    if not inbox.is_dir():
        raise SourceError(f"the inbox {inbox} is not a folder: name one with --inbox")
    matched: list[tuple[str, Entry]] = []
    unmatched: list[str] = []
    refused: list[str] = []
    for path in sorted(inbox.rglob("*")):
        relative = path.relative_to(inbox).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(inbox).parts):
            continue
        if path.resolve() == inbox_map.path.resolve():
            continue
        entry = inbox_map.entry_for(relative)
        why = _against(path, inbox)
        if entry is None:
            unmatched.append(relative)
        elif why is not None:
            refused.append(f"{relative}: {why}")
        else:
            matched.append((relative, entry))
    return Plan(inbox, tuple(matched), tuple(unmatched), tuple(refused))


def _against(path: Path, inbox: Path) -> str | None:
    """Why a file is not read, if anything speaks against it."""
    if not path.resolve().is_relative_to(inbox.resolve()):
        return "a link that leads out of the inbox is not followed"
    if path.stat().st_size > MOST_BYTES:
        return f"larger than {MOST_BYTES:,} bytes"
    return None


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
