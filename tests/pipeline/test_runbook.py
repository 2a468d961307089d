"""The runbook is true: every kind of alarm has its section, and every procedure works after the loss it is for."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest
from published import manifest, objects, query
from small_inbox import NEXT

from orchestration.alerts.causes import KINDS
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from orchestration.store.doctor import examine
from orchestration.store.layout import Layout
from orchestration.store.quarantine import Quarantine
from schemas.feed import Payload, PayloadError
from transforms.parse import FEEDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "runbook.md").read_text("utf-8")
BOOK = "deribit_book_summary"


def sections(chapter: str) -> dict[str, str]:
    """Texts of a chapter by their headings."""
    text = PAGE.split(f"\n## {chapter}\n")[1].split("\n## ")[0]
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def commands(heading: str) -> str:
    """The block of a procedure."""
    return re.search(r"^```sh\n(.*?)^```$", sections("Procedures")[heading], re.MULTILINE | re.DOTALL)[1]


class Desk:
    """A folder as an operator has it: `.sluice` in it, files of a vendor in `~/exports`, programs on the path.

    `before` is a data directory of the days before the newest files.
    """

    def __init__(self, folder: Path, before: Path) -> None:
        self.folder, self.home, self.before = folder, folder / ".sluice", before

    def takes(self, home: Path) -> None:
        """Have a copy of a data directory in place of its own."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(home, self.home, symlinks=True)
        examine(Layout(self.home), repair=True)

    @property
    def quarantine(self) -> Quarantine:
        """What was refused."""
        return Quarantine(Layout(self.home).quarantine)

    def run(self, script: str) -> str:
        """Run lines as one pastes them; the first that fails ends it."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "DAGSTER_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
        done = subprocess.run(
            ["sh", "-eu", "-c", script], cwd=self.folder, capture_output=True, text=True, timeout=900, check=False,
            env=own | {"HOME": str(self.folder), "PATH": path, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def lose(self, *names: str) -> None:
        """What an accident does."""
        for name in names:
            path = self.home / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def desk(changed_home: Path, changed_inbox: Path, small_home: Path, tmp_path: Path) -> Desk:
    """A desk with a release of the files in `~/exports`."""
    made = Desk(tmp_path, small_home)
    made.takes(changed_home)
    shutil.copytree(changed_inbox, tmp_path / "exports")
    return made


def test_every_kind_of_alarm_has_a_section_and_every_section_a_kind():
    """An alarm at night without a word on what to do is half an alarm."""
    assert set(sections("Alarms")) == set(KINDS)
    for kind, text in sections("Alarms").items():
        assert re.search(r"^\*\*.+\*\*", text, re.MULTILINE | re.DOTALL), f"{kind} does not begin with what it means"
        assert "1. " in text, f"{kind} does not say what to do"
        assert ("Over when" in text or "Over with" in text) or "never over" in text, (
            f"{kind} does not say when it is over"
        )


def nothing(desk: Desk) -> None:
    """No loss."""


def a_range_that_was_never_landed(desk: Desk) -> None:
    """A warehouse of the days before."""
    desk.takes(desk.before)


def a_parser_that_was_wrong(desk: Desk) -> None:
    """Everything of a feed is in the quarantine."""

    def broken(payload: Payload) -> NoReturn:
        raise PayloadError("bad_json", "a parser of before, which did not know this")

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(FEEDS, BOOK, dataclasses.replace(FEEDS[BOOK], parse=broken))
        Pipeline(Settings(desk.home)).reprocess(BOOK)
    assert set(desk.quarantine.read()["feed"]) == {BOOK}


def two_releases(desk: Desk) -> None:
    """A warehouse that has a release before its newest."""
    desk.takes(desk.before)
    desk.run("sluice run --inbox ~/exports")


def losing(*names: str) -> Callable[[Desk], None]:
    return lambda desk: desk.lose(*names)


def a_backup_and_then_the_disk(desk: Desk) -> None:
    """All that is left is the other disk."""
    desk.run("sluice backup ~/backup")
    shutil.rmtree(desk.home)


def the_ledgers(desk: Desk) -> None:
    """One is gone, another is damaged, and the run refuses to begin anew."""
    shutil.copy(desk.home / "raw" / "ledger.sqlite", desk.home / "backup" / "feeds.sqlite")
    (desk.home / "raw" / "feeds.sqlite").write_bytes(b"damaged" * 4096)
    desk.lose("raw/ledger.sqlite")
    assert "is gone" in desk.run("sluice run --inbox ~/exports 2>&1 || true")
    assert not (desk.home / "raw" / "ledger.sqlite").exists()


def old_segments(desk: Desk) -> None:
    """A recorder's segments, one of them two months old."""
    folder = desk.home / "recorder" / "main" / "okx_swap"
    folder.mkdir(parents=True)
    for name, days in (("old_0.ndjson", 60), ("new_0.ndjson", 1)):
        (folder / name).write_text("", "utf-8")
        os.utime(folder / name, (time.time() - days * 86400,) * 2)


BEFORE: dict[str, Callable[[Desk], None]] = {
    "Back-fill": a_range_that_was_never_landed,
    "Replay from quarantine": a_parser_that_was_wrong,
    "Rollback": two_releases,
    "published/ is lost": losing("published"),
    "build/ is lost": losing("build"),
    "core/ is lost": losing("core"),
    "A ledger is lost or damaged": the_ledgers,
    "The whole data directory is lost": a_backup_and_then_the_disk,
    "Back up": nothing,
    "Upgrade": nothing,
    "Retention and disk growth": old_segments,
}


def test_every_procedure_is_run_here():
    """A recipe that nobody has tried fails on the night it is needed."""
    assert list(BEFORE) == list(sections("Procedures"))
    assert PAGE.count("```sh") == len(BEFORE)


@pytest.mark.parametrize("heading", BEFORE)
def test_a_procedure_works_after_the_loss_it_is_for(desk, heading):
    """Its lines run as they stand, and afterwards readers have what they had: the same objects, nothing quarantined."""
    wanted = objects(desk.home)
    BEFORE[heading](desk)
    said = desk.run(commands(heading))
    assert said
    check = AFTER.get(heading)
    if check is not None:
        check(desk, said)
    if heading != "Rollback":
        assert objects(desk.home) == wanted
        assert desk.quarantine.read().is_empty()
        assert "bad" not in {found.result for found in examine(Layout(desk.home))}


def the_one_before(desk: Desk, said: str) -> None:
    (older, newer) = sorted(path.name for path in (desk.home / "published" / "releases").iterdir())
    assert manifest(desk.home)["release_id"] == older != newer
    days = query(desk.home, "select max(fact_date) as day from fct_exchange_flows_daily")
    assert days.item() < NEXT


def the_ledgers_are_back(desk: Desk, said: str) -> None:
    assert "bad" in said
    assert "mended" in said
    with closing(sqlite3.connect(desk.home / "raw" / "ledger.sqlite")) as ledger:
        assert ledger.execute("select count(*) from fetches").fetchone()[0] > 0
    assert (desk.home / "raw" / "feeds.sqlite.damaged").exists()


def a_backup_that_is_whole(desk: Desk, said: str) -> None:
    assert "0 blobs and 0 segments added" in desk.run("sluice backup ~/backup")
    names = [
        {path.name for path in (place / "raw" / "blobs").rglob("*.zst")}
        for place in (desk.home, desk.folder / "backup")
    ]
    assert names[0] == names[1]


def only_the_old_ones_gone(desk: Desk, said: str) -> None:
    left = {path.name for path in (desk.home / "recorder").rglob("*.ndjson")}
    assert left == {"new_0.ndjson"}
    shutil.rmtree(desk.home / "recorder")


AFTER: dict[str, Callable[[Desk, str], None]] = {
    "Rollback": the_one_before,
    "A ledger is lost or damaged": the_ledgers_are_back,
    "Back up": a_backup_that_is_whole,
    "Retention and disk growth": only_the_old_ones_gone,
}
