"""The `recorder` transport: sealed segments of `sluice record`, as any transport hands them over.

Belongs here: turning segments into received payloads. Does not belong here: recording
(`orchestration/recorder/`), or parsing. Segments are read, never moved or changed; open ones are left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from datetime import datetime
from pathlib import Path

from orchestration.recorder.channels import GAPS, GAPS_FEED, channels
from orchestration.recorder.coverage import Gap
from orchestration.recorder.segments import Sealed, day_of, line, sealed_paths, told_of
from orchestration.recorder.state import STATE, gap_line, locked, read_state
from orchestration.sources.base import Received, SourceError
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger

TRANSPORT = "recorder"


def receive(layout: Layout, feeds: Container[str]) -> Iterator[Received]:
    """Sealed segments of these feeds that are not in the ledger yet, by recorder, channel and beginning.

    Of a recorder that died and has not come back, the gap since is told as well (feed `recorder_gaps`).
    Raises `SourceError` where a sealed segment is damaged.
    """
    ledger, landed = Ledger(layout.ledger), {}
    for folder in sorted(path for path in layout.recorder.glob("*") if path.is_dir()):
        for stream in sorted(path for path in folder.glob("*") if path.is_dir()):
            feed = feed_of(stream.name)
            if feed is None or feed not in feeds:
                continue
            if feed not in landed:
                # A segment's name holds its hash: where the locator is known, so are the bytes.
                landed[feed] = {fetch.locator for fetch in ledger.fetches(feed)}
            for path in sealed_paths(stream):
                locator = f"recorder:{folder.name}/{stream.name}/{path.name}"
                if locator not in landed[feed]:
                    yield _received(told_of(path), feed, locator)
        if GAPS_FEED in feeds:
            yield from _left_by_a_crash(folder)


def feed_of(stream: str) -> str | None:
    """The feed that parses a stream's segments; None for a folder that is no stream."""
    if stream == GAPS:
        return GAPS_FEED
    known = channels(())
    return known[stream].feed if stream in known else None


def _received(segment: Sealed, feed: str, locator: str) -> Received:
    content = segment.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != segment.sha256:
        raise SourceError(f"{segment.path} holds other bytes than its name says: the disk damaged it; move it away")
    return Received(feed, TRANSPORT, locator, content, segment.sealed_at, segment.day)


def _left_by_a_crash(folder: Path) -> Iterator[Received]:
    """The gaps in which a dead recorder left its channels, from its state: nobody else can tell of them yet."""
    if not (folder / STATE).exists():
        return
    with locked(folder) as dead:
        if not dead:
            return
        state = read_state(folder)
    lines = []
    for name, channel in sorted(state["channels"].items()):
        if channel["gap"] is None:
            gap = Gap(datetime.fromisoformat(channel["covered_until"]), "crashed")
            lines.append(line(gap.started_at, gap_line(folder.name, channel["venue"], name, gap)).content)
    if lines:
        known_at = datetime.fromisoformat(state["written_at"])
        content = b"".join(lines)
        yield Received(GAPS_FEED, TRANSPORT, f"recorder:{folder.name}/state", content, known_at, day_of(known_at))
