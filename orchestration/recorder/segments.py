"""Segments: files of recorded messages, open while they grow, sealed once and for all.

Belongs here: writing, putting on disk, rolling, sealing, and listing what is sealed. Does not belong here:
mending what a crash left (`salvage.py`), or when to write (`recorder.py`).

`<stream>/<start>.open` grows; `<stream>/<start>_<sha256>.ndjson` is whole and never changes, and
`<start>_<sha256>.json` beside it, written first, tells when it was sealed. A segment belongs to one UTC day.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from orchestration.store.atomic import fsync_dir, make_dir, write_json

OPEN, SEALED = ".open", ".ndjson"


class DiskError(OSError):
    """Messages could not be written; the message says which file and what to do."""


@dataclass(frozen=True)
class Line:
    """A message as it is written: when it came, and its bytes with the line's end."""

    at: datetime
    content: bytes


@dataclass(frozen=True)
class Roll:
    """When a segment has grown enough."""

    seconds: float = 900.0
    size: int = 16 * 1024 * 1024


@dataclass(frozen=True)
class Sealed:
    """A sealed segment and what its note says."""

    path: Path
    sha256: str
    sealed_at: datetime
    day: date
    lines: int
    note: str


@dataclass
class _Open:
    """A segment that grows. `durable` bytes are on disk for certain; what is beyond may be torn."""

    path: Path
    descriptor: int
    opened_at: datetime
    day: date
    size: int = 0
    durable: int = 0
    lines: int = 0
    last: datetime | None = None
    digest: Any = field(default_factory=hashlib.sha256)


def decoded(raw: str | bytes) -> tuple[Any, str]:
    """A received message as parsed JSON and as JSON text: its own where it is JSON, else its text as a string.

    Bytes that are no UTF-8 are kept with escapes (`\\udcff` for 0xff), so that they can be had back.
    """
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "surrogateescape")
    try:
        value = json.loads(text, parse_constant=_refuse)
        text.encode()
    except (ValueError, RecursionError):
        return text, json.dumps(text)
    # Inside JSON a line break can only be a blank.
    return value, text.replace("\r", " ").replace("\n", " ")


def line(at: datetime, message: str) -> Line:
    """A message (JSON text) with the instant at which it came, as a line."""
    return Line(at, f'{{"received_at":"{at:%Y-%m-%dT%H:%M:%S.%fZ}","message":{message}}}\n'.encode())


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def day_of(at: datetime) -> date:
    """The UTC day of an instant."""
    return at.astimezone(UTC).date()


class Spool:
    """The segments of one recorder. Not for several threads at a time; every call may block on the disk."""

    def __init__(self, folder: Path, roll: Roll, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self._roll = roll
        self._clock = clock
        self._open: dict[str, _Open] = {}

    def commit(self, lines: Mapping[str, Iterable[Line]]) -> None:
        """Put the lines of each stream on disk, and seal what has grown enough or is of yesterday.

        Raises `DiskError`; the segments then hold what earlier commits wrote, and nothing torn.
        """
        touched = []
        for stream, found in lines.items():
            for day, group in groupby(found, key=lambda item: day_of(item.at)):
                touched.append(self._write(stream, day, list(group)))
        for segment in touched:
            self._sync(segment)
        self.roll()

    def roll(self) -> None:
        """Seal segments that are old, large, or of a day that has passed."""
        now = self._clock()
        for stream, segment in list(self._open.items()):
            age = (now - segment.opened_at).total_seconds()
            # A clock that was put back must not keep a segment open for ever.
            if abs(age) >= self._roll.seconds or segment.size >= self._roll.size or segment.day != day_of(now):
                self.seal(stream)

    def seal_all(self) -> None:
        """Seal every segment."""
        for stream in list(self._open):
            self.seal(stream)

    def seal(self, stream: str, note: str = "") -> None:
        """Give the stream's open segment its final name. Raises `DiskError`."""
        segment = self._open[stream]
        with _telling(segment.path):
            self._sync(segment)
            publish(segment.path, segment.digest.hexdigest(), self._about(segment, note))
        os.close(segment.descriptor)
        del self._open[stream]

    def names(self) -> dict[str, str]:
        """The open segment of each stream."""
        return {stream: segment.path.name for stream, segment in self._open.items()}

    def _about(self, segment: _Open, note: str) -> dict[str, Any]:
        sealed_at = max(self._clock(), segment.last or segment.opened_at)
        return about(sealed_at, segment.day, segment.lines, segment.size, note)

    def _write(self, stream: str, day: date, lines: list[Line]) -> _Open:
        segment = self._open.get(stream)
        if segment is not None and segment.day != day:
            self.seal(stream)
            segment = None
        if segment is None:
            segment = self._open[stream] = self._begin(stream, lines[0].at, day)
        content = b"".join(item.content for item in lines)
        with _telling(segment.path):
            try:
                _write_all(segment.descriptor, content)
            except OSError:
                os.ftruncate(segment.descriptor, segment.durable)
                raise
        segment.digest.update(content)
        segment.size += len(content)
        segment.lines += len(lines)
        segment.last = max(segment.last or lines[-1].at, lines[-1].at)
        return segment

    def _sync(self, segment: _Open) -> None:
        if segment.durable < segment.size:
            with _telling(segment.path):
                os.fsync(segment.descriptor)
            segment.durable = segment.size

    def _begin(self, stream: str, at: datetime, day: date) -> _Open:
        folder = self.folder / stream
        with _telling(folder):
            make_dir(folder)
            path = folder / f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}{OPEN}"
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
            fsync_dir(folder)
        return _Open(path, descriptor, self._clock(), day)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class _telling:
    """Turn an OSError of the block into a `DiskError` that names the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, DiskError):
            raise DiskError(
                f"cannot write {self._path}: {error.strerror or error}. What was written before is kept; make room and "
                "start again: what is missed meanwhile is then declared as a gap"
            ) from error


def about(sealed_at: datetime, day: date, lines: int, size: int, note: str) -> dict[str, Any]:
    """What is told of a sealed segment."""
    return {"sealed_at": sealed_at.isoformat(), "day": day.isoformat(), "lines": lines, "bytes": size, "note": note}


def publish(unsealed: Path, sha256: str, told: Mapping[str, Any]) -> Path:
    """Give a whole file, on disk already, its final name, its note first."""
    stem = f"{unsealed.name.removesuffix(OPEN)}_{sha256}"
    write_json(unsealed.parent / f"{stem}.json", told)
    target = unsealed.parent / f"{stem}{SEALED}"
    unsealed.replace(target)
    fsync_dir(unsealed.parent)
    return target


def sealed_paths(folder: Path) -> list[Path]:
    """The sealed segments of one stream, in the order of their beginnings."""
    return sorted(folder.glob(f"*{SEALED}"))


def told_of(path: Path) -> Sealed:
    """A sealed segment with what its note says."""
    told = json.loads(path.with_suffix(".json").read_bytes())
    sealed_at, day = datetime.fromisoformat(told["sealed_at"]), date.fromisoformat(told["day"])
    return Sealed(path, path.stem.rpartition("_")[2], sealed_at, day, told["lines"], told["note"])


def sealed(folder: Path) -> Iterator[Sealed]:
    """The sealed segments of one stream with their notes."""
    return map(told_of, sealed_paths(folder))
