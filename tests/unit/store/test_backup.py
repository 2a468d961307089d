"""Copies of the ledgers and of the raw bytes: whole or not at all, and never of less than there was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.sources.base import Received, SourceError, land
from orchestration.store import backup
from orchestration.store.backup import Shrunken, back_up, damaged, keep, lost, put_back, refuse_a_loss
from orchestration.store.doctor import examine
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger

NOW = datetime(2026, 2, 6, tzinfo=UTC)
FEED = "farside_etf_flows"


def fetched(layout: Layout, *contents: str) -> None:
    """Land payloads."""
    items = [Received(FEED, "files", f"file:{text}", text.encode(), NOW, NOW.date()) for text in contents]
    land(layout, items, {FEED: "farside"}, NOW)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A data directory with two payloads, and the copy of its ledger."""
    made = Layout(tmp_path / "home")
    fetched(made, "a", "b")
    keep(made)
    return made


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select count(*) from fetches").fetchone()[0]


def test_a_copy_follows_its_ledger_and_is_left_alone_where_nothing_changed(layout):
    """A copy of every run of a large ledger that did not change would wear the disk for nothing."""
    copy = layout.backup / "ledger.sqlite"
    before = copy.stat().st_ino
    keep(layout)
    assert copy.stat().st_ino == before
    fetched(layout, "c")
    keep(layout)
    assert rows(copy) == 3


def test_a_lost_ledger_is_not_begun_anew_and_is_put_back(layout):
    """New fetches would get the numbers of old ones, whose rows are in core."""
    layout.ledger.unlink()
    with pytest.raises(SourceError, match=r"ledger\.sqlite is gone.*doctor --repair"):
        refuse_a_loss(layout)
    assert [path.name for path in put_back(layout)] == ["ledger.sqlite"]
    refuse_a_loss(layout)
    assert len(Ledger(layout.ledger).fetches()) == 2


def test_a_ledger_that_was_begun_anew_never_replaces_its_copy(layout, tmp_path):
    """The last copy of what was lost would be gone with the first run after."""
    back_up(layout, tmp_path / "disk")
    layout.ledger.unlink()
    fetched(layout, "c")
    for copying in (lambda: keep(layout), lambda: back_up(layout, tmp_path / "disk")):
        with pytest.raises(Shrunken, match="fewer rows than its copy"):
            copying()
    assert rows(layout.backup / "ledger.sqlite") == rows(tmp_path / "disk" / "raw" / "ledger.sqlite") == 2
    assert not list(tmp_path.rglob(".*.tmp"))


def test_a_damaged_ledger_is_set_aside_and_put_back(layout):
    """What is damaged may still be read by somebody who knows how."""
    layout.ledger.write_bytes(b"x" * 8192)
    assert (damaged(layout), lost(layout)) == ([layout.ledger], [])
    assert [found.result for found in examine(layout)] == ["bad"]
    assert examine(layout, repair=True)[0].result == "mended"
    assert layout.ledger.with_name("ledger.sqlite.damaged").exists()
    assert len(Ledger(layout.ledger).fetches()) == 2


def test_what_no_ledger_names_is_counted_by_the_doctor(layout):
    """After a ledger was put back, one wants to know what came after its copy."""
    saved = (layout.backup / "ledger.sqlite").read_bytes()
    fetched(layout, "c")
    layout.ledger.write_bytes(saved)
    (raw,) = (found for found in examine(layout) if found.check == "raw bytes")
    assert raw.detail.endswith("2 blobs of the ledger read and match their hashes; 1 more are in no ledger")


def test_a_backup_adds_what_is_new_and_restores_by_copying(layout, tmp_path):
    """A backup is as good as what comes back from it."""
    disk = tmp_path / "disk"
    assert back_up(layout, disk).blobs == 2
    assert back_up(layout, disk).blobs == 0
    fetched(layout, "c")
    assert back_up(layout, disk).blobs == 1
    found = {found.check: found.result for found in examine(Layout(disk))}
    assert found["raw bytes"] == "ok"
    assert len(Ledger(Layout(disk).ledger).fetches()) == 3


def test_a_lost_blob_is_counted_and_keeps_no_other_from_the_backup(layout, tmp_path):
    """The night after a disk has lost one file is no night without a backup of all others."""
    (blob, *_) = sorted(layout.blobs.rglob("*.zst"))
    blob.unlink()
    copied = back_up(layout, tmp_path / "disk")
    assert (copied.blobs, copied.missing) == (1, 1)
    assert rows(tmp_path / "disk" / "raw" / "ledger.sqlite") == 2


def test_a_blob_that_is_lost_here_and_held_there_is_not_missing(layout, tmp_path):
    """That is what a backup is for."""
    back_up(layout, tmp_path / "disk")
    for blob in layout.blobs.rglob("*.zst"):
        blob.unlink()
    assert back_up(layout, tmp_path / "disk").missing == 0


@pytest.mark.parametrize("at", range(3))
def test_a_backup_that_is_killed_is_still_whole(layout, tmp_path, monkeypatch, at):
    """A ledger that names bytes which are not there is found out on the day of the loss."""
    disk, add, count = Layout(tmp_path / "disk"), backup._add, iter(range(100))
    back_up(layout, disk.home)
    fetched(layout, "c", "d")

    def dying(source: Path, target: Path) -> int:
        if next(count) == at:
            raise KeyboardInterrupt
        return add(source, target)

    monkeypatch.setattr(backup, "_add", dying)
    with pytest.raises(KeyboardInterrupt):
        back_up(layout, disk.home)
    raw = next(found for found in examine(disk) if found.check == "raw bytes")
    assert raw.result == "ok"
    assert raw.detail.startswith("2 blobs of the ledger")
