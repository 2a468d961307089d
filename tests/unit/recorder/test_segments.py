"""Segments are sealed whole, belong to one day, and survive a crash at any byte."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.recorder.salvage import salvage
from orchestration.recorder.segments import DiskError, Line, Roll, Spool, decoded, line, sealed

NOON = datetime(2026, 2, 5, 12, tzinfo=UTC)


class Clock:
    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def spool(folder: Path, clock: Clock | None = None, **roll: float) -> Spool:
    return Spool(folder, Roll(**roll), clock or Clock())  # type: ignore[arg-type]


def some(n: int, at: datetime = NOON, first: int = 0) -> list[Line]:
    return [line(at + timedelta(milliseconds=i), f'{{"n":{first + i}}}') for i in range(n)]


def numbers(folder: Path) -> list[int]:
    return [json.loads(text)["message"]["n"] for s in sealed(folder) for text in s.path.read_bytes().splitlines()]


def test_a_sealed_segment_bears_its_hash_and_tells_of_itself(tmp_path):
    """Landing checks the hash: a segment that was damaged must not pass for the venue's words."""
    one = spool(tmp_path)
    one.commit({"a": some(3)})
    one.seal_all()
    (found,) = sealed(tmp_path / "a")
    content = found.path.read_bytes()
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert (found.lines, found.day, found.note, found.sealed_at) == (
        3, date(2026, 2, 5), "", NOON + timedelta(milliseconds=2),
    )  # fmt: skip
    assert content.splitlines()[0] == b'{"received_at":"2026-02-05T12:00:00.000000Z","message":{"n":0}}'
    assert not list(tmp_path.rglob("*.open"))


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ('{"p": 0.10, "q":1e5 }', '{"p": 0.10, "q":1e5 }'),
        ('{\n  "a": 1\r\n}', '{   "a": 1  }'),
        ("pong", '"pong"'),
        ('{"a": NaN}', '"{\\"a\\": NaN}"'),
        ('{"a": "x\ny"}', '"{\\"a\\": \\"x\\ny\\"}"'),
        ("", '""'),
        (b'{"a":1}', '{"a":1}'),
        (b"\xff\xfe", '"\\udcff\\udcfe"'),
        ("[" * 100_000, json.dumps("[" * 100_000)),
        ('"\\ud800"', '"\\ud800"'),
    ],
)
def test_a_message_is_kept_verbatim_and_one_line_whatever_it_is(raw, kept):
    """Text that is no JSON, put in as it is, would break the line and all that reads it."""
    _, text = decoded(raw)
    assert text == kept
    whole = line(NOON, text).content
    assert whole.count(b"\n") == 1
    json.loads(whole)


def test_segments_roll_by_time_size_and_day(tmp_path):
    """An open segment of yesterday would be missing from yesterday's batch."""
    clock = Clock()
    by_time = spool(tmp_path / "time", clock, seconds=60)
    by_time.commit({"a": some(1)})
    clock.now += timedelta(seconds=61)
    by_time.commit({})
    assert len(list(sealed(tmp_path / "time" / "a"))) == 1
    by_size = spool(tmp_path / "size", clock, size=100)
    for number in range(3):
        by_size.commit({"a": some(2, clock.now + timedelta(seconds=number), number * 2)})
    assert numbers(tmp_path / "size" / "a") == list(range(6))
    assert len(list(sealed(tmp_path / "size" / "a"))) == 3
    clock.now = datetime(2026, 2, 5, 23, 59, 59, tzinfo=UTC)
    by_day = spool(tmp_path / "day", clock)
    by_day.commit({"a": some(1, clock.now)})
    clock.now += timedelta(seconds=2)
    by_day.commit({})
    assert [found.day for found in sealed(tmp_path / "day" / "a")] == [date(2026, 2, 5)]


def test_messages_of_two_days_in_one_commit_are_two_segments(tmp_path):
    """A segment's day is the day of the batch that it belongs to."""
    one, late = spool(tmp_path), datetime(2026, 2, 5, 23, 59, 59, 999_000, tzinfo=UTC)
    one.commit({"a": some(3, late)})
    one.seal_all()
    assert [(found.day.day, found.lines) for found in sealed(tmp_path / "a")] == [(5, 1), (6, 2)]


def test_a_clock_put_back_neither_overwrites_nor_keeps_a_segment_open(tmp_path):
    """Names are instants: the same instant comes twice when a clock is put back."""
    clock = Clock()
    one = spool(tmp_path, clock, seconds=60)
    for number in range(2):
        one.commit({"a": some(1, NOON, number)})
        one.seal_all()
    one.commit({"a": some(1, NOON, 2)})
    clock.now -= timedelta(hours=1)
    one.commit({})
    assert sorted(numbers(tmp_path / "a")) == [0, 1, 2]


def test_a_failed_write_keeps_what_was_there_and_nothing_torn(tmp_path, monkeypatch):
    """A disk that is full takes half a line: it must not stand before what comes after."""
    one = spool(tmp_path)
    one.commit({"a": some(2)})
    real = os.write

    def full(descriptor: int, content: bytes) -> int:
        real(descriptor, bytes(content)[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskError, match="No space left"):
        one.commit({"a": some(2, first=2)})
    monkeypatch.undo()
    salvage(tmp_path, NOON)
    assert numbers(tmp_path / "a") == [0, 1]


def test_salvage_cuts_the_torn_line_says_so_and_can_be_repeated(tmp_path):
    """What a crash tore must neither be lost with the rest nor pass for a message."""
    one = spool(tmp_path)
    one.commit({"a": some(3), "b": some(1)})
    (path,) = (tmp_path / "a").glob("*.open")
    path.write_bytes(path.read_bytes()[:-5])
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "20260205T120000.000000Z.open").write_bytes(b"\0\0\0")
    mended = salvage(tmp_path, NOON)
    assert [(found.stream, found.lines, found.path is None) for found in mended] == [
        ("a", 2, False), ("b", 1, False), ("c", 0, True),
    ]  # fmt: skip
    assert numbers(tmp_path / "a") == [0, 1]
    (found,) = sealed(tmp_path / "a")
    assert found.note == f"salvaged after a crash, {mended[0].cut_bytes} bytes cut"
    assert hashlib.sha256(found.path.read_bytes()).hexdigest() == found.sha256
    assert not salvage(tmp_path, NOON)
    assert not list(tmp_path.rglob("*.open"))


@given(st.lists(st.lists(st.text(max_size=12), max_size=4), min_size=1, max_size=5), st.data())
def test_a_crash_at_any_byte_loses_only_what_was_after_it(tmp_path_factory, batches, data):
    """Whatever the messages hold, those before the torn one are sealed in their order."""
    folder = tmp_path_factory.mktemp("crash")
    written = [line(NOON, decoded(text)[1]) for batch in batches for text in batch]
    one = spool(folder)
    at = 0
    for batch in batches:
        one.commit({"a": written[at : at + len(batch)]} if batch else {})
        at += len(batch)
    whole = b"".join(item.content for item in written)
    for path in (folder / "a").glob("*.open"):
        assert path.read_bytes() == whole
        cut = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:cut])
        salvage(folder, NOON)
        kept = b"".join(found.path.read_bytes() for found in sealed(folder / "a"))
        assert whole.startswith(kept)
        assert whole[:cut].startswith(kept)
        assert cut - len(kept) < max(len(item.content) for item in written)
