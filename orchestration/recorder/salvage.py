"""What a crash left behind, made whole: open segments are cut to their complete lines and sealed.

Belongs here: mending at the next start. Does not belong here: writing segments (`segments.py`), or the gap that
the crash made (`recorder.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from orchestration.recorder.segments import OPEN, about, day_of, publish
from orchestration.store.atomic import fsync_dir, fsync_file, write_bytes


@dataclass(frozen=True)
class Salvaged:
    """One mended segment: where it is now (None where nothing was in it), lines kept and bytes cut."""

    stream: str
    path: Path | None
    lines: int
    cut_bytes: int


def salvage(folder: Path, now: datetime) -> list[Salvaged]:
    """Seal every open segment below a recorder's folder. Nobody else may be writing there.

    Killed at any instant, this can be done again: a segment has the same lines and so the same name.
    """
    return [_mend(path, now) for path in sorted(folder.glob(f"*/*{OPEN}"))]


def _mend(path: Path, now: datetime) -> Salvaged:
    content = path.read_bytes()
    kept = list(complete_lines(content))
    whole = b"".join(text for text, _ in kept)
    stream, cut = path.parent.name, len(content) - len(whole)
    if not kept:
        path.unlink()
        fsync_dir(path.parent)
        return Salvaged(stream, None, 0, cut)
    if cut:
        write_bytes(path, whole)
    else:
        fsync_file(path)
    stamps = [at for _, at in kept]
    told = about(max(now, *stamps), _day(stamps), len(kept), len(whole), f"salvaged after a crash, {cut} bytes cut")
    return Salvaged(stream, publish(path, hashlib.sha256(whole).hexdigest(), told), len(kept), cut)


def _day(stamps: list[datetime]) -> date:
    return day_of(stamps[0])


def complete_lines(content: bytes) -> Iterator[tuple[bytes, datetime]]:
    """The lines that are whole, with their instants: a torn last line is none, nor is what a lost page left."""
    for text in content.split(b"\n")[:-1]:
        try:
            yield text + b"\n", datetime.fromisoformat(json.loads(text)["received_at"])
        except (ValueError, TypeError, KeyError):
            continue
