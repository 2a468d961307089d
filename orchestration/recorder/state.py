"""What a recorder's folder says of it: the lock of the running process, the state of the last one, gaps as text.

Belongs here: what both the recorder and who lands its segments must know. Does not belong here: segments
(`segments.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from orchestration.recorder.coverage import Gap

STATE, LOCK = "state.json", "recorder.lock"


def gap_line(instance: str, venue: str, channel: str, gap: Gap) -> str:
    """A gap as JSON text, as the feed `recorder_gaps` takes it."""
    told = {
        "instance": instance,
        "venue": venue,
        "channel": channel,
        "started_at": gap.started_at.isoformat(timespec="microseconds"),
        "ended_at": gap.ended_at and gap.ended_at.isoformat(timespec="microseconds"),
        "reason": gap.reason,
    }
    return json.dumps(told, separators=(",", ":"))


@contextmanager
def locked(folder: Path, seconds: float = 0.0) -> Iterator[bool]:
    """Hold a recorder's folder, or find (False) that a running recorder holds it, for longer than some seconds."""
    lock = FileLock(folder / LOCK, timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def read_state(folder: Path) -> dict[str, Any]:
    """What the last process of this instance left: its channels with their coverage; empty where there was none."""
    path = folder / STATE
    return json.loads(path.read_bytes()) if path.exists() else {"channels": {}}
