"""Eight readers in processes of their own, beside a publisher to whom everything happens that can.

What holds, of every reader and every query: no error; no two releases in one query, one connection or one
repeatable-read transaction; and who opens the release after the swap sees the new one, with `LIMIT_SECONDS` as the
longest that any reader may have been without it. `make soak` runs ten minutes and 50 releases or more; CI is short.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import protocol
import pytest
from conftest import SOAK
from postgres_server import Postgres
from soak_publisher import Publisher, Server, Swap
from soak_reader import KINDS

from orchestration.store.layout import Layout

SECONDS = 60 * float(os.environ.get("SLUICE_SOAK_MINUTES", "10"))
RELEASES = 50 if SOAK else 6
# A reader's own pause, its query and a busy machine; the swap itself takes no time.
LIMIT_SECONDS = 10.0
PAUSE_SECONDS = "0.2" if SOAK else "0.4"
SHORT = (
    "plainly",
    "roll_back",
    "killed",
    "refuse",
    "race",
    "plainly",
    "clear",
    "killed_at_random",
    "roll_back",
    "plainly",
)
LONG = (*SHORT, "killed_at_random", "plainly", "killed_at_random", "refuse", "plainly", "race", "killed_at_random")
READERS = 8


@dataclass
class Seen:
    """What one reader saw. `late`: seconds from each swap until it saw that release, or a later one."""

    kind: str
    openings: list[dict[str, Any]]
    errors: list[str]
    late: list[float] = field(default_factory=list)
    stale: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Story:
    publisher: Publisher
    server: Server
    readers: list[Seen]
    seconds: float


def _start(kind: str, where: str, folder: Path, number: int) -> tuple[subprocess.Popen[bytes], Path]:
    out = folder / f"{number}_{kind}.json"
    script = Path(__file__).with_name("soak_reader.py")
    command = [sys.executable, script, kind, where, folder / "stop", out, PAUSE_SECONDS]
    return subprocess.Popen(command, cwd="/", env={**os.environ, "POLARS_MAX_THREADS": "1"}), out


def _until(condition: Callable[[], object], what: str) -> None:
    """Wait; two minutes are for hangs."""
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"{what}: this takes too long"
        time.sleep(0.05)


def _happen(publisher: Publisher) -> None:
    """Everything of the short list once; in the soak, again and again until the time is up."""
    end = time.monotonic() + SECONDS
    for kind in itertools.cycle(LONG) if SOAK else SHORT:
        getattr(publisher, kind)()
        if SOAK and time.monotonic() > end and publisher.counts["published"] >= RELEASES:
            break


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Story:
    folder = tmp_path_factory.mktemp("soak")
    publisher = Publisher(Layout(folder / "home"), random.Random(20260205))
    publisher.begin()
    server = Server(publisher.layout, postgres.database("soak"))
    server.serve()
    server.start()
    where = {True: server.dsn, False: str(publisher.layout.published)}
    kinds = itertools.islice(itertools.cycle(KINDS), READERS)
    started = [_start(kind, where[_asks_server(kind)], folder, number) for number, kind in enumerate(kinds)]
    began = time.monotonic()
    try:
        _until(lambda: all(out.with_suffix(".alive").exists() for _, out in started), "readers begin")
        _happen(publisher)
        newest = publisher.swaps[-1].release_id
        _until(lambda: server.failed or server.swaps[-1].release_id == newest, "PostgreSQL serves the newest")
        server.stopped.set()
        server.join(120)
        time.sleep(2.0)
    finally:
        (folder / "stop").touch()
        for process, _ in started:
            process.wait(120)
    told = [json.loads(out.read_text()) for _, out in started]
    readers = [Seen(reader["kind"], reader["seen"], reader["errors"]) for reader in told]
    for reader in readers:
        _hold_against(reader, (server if _asks_server(reader.kind) else publisher).swaps)
    return Story(publisher, server, readers, time.monotonic() - began)


def _asks_server(kind: str) -> bool:
    return kind.startswith("psycopg")


def _hold_against(reader: Seen, swaps: list[Swap]) -> None:
    """Which swap each opening saw; an opening that saw a release which was not current while it lasted is stale."""
    waiting = 0
    for opening in reader.openings:
        found = [
            n for n, swap in enumerate(swaps)
            if swap.release_id == opening["release"] and swap.began <= opening["fixed"]
            and (n + 1 == len(swaps) or swaps[n + 1].ended >= opening["began"])
        ]  # fmt: skip
        if not found:
            reader.stale.append(opening)
            continue
        while waiting <= found[-1]:
            if swaps[waiting].ended >= reader.openings[0]["fixed"]:
                reader.late.append(max(0.0, opening["fixed"] - swaps[waiting].ended))
            waiting += 1


def test_no_reader_meets_an_error(story):
    """Locked, half-written, gone: whatever a reader meets in place of an answer, it meets at the worst moment."""
    for reader in story.readers:
        assert not reader.errors, f"{reader.kind}: {len(reader.errors)} errors, the first:\n{reader.errors[0]}"
        assert len(reader.openings) > 20, reader.kind
    assert not story.server.failed, story.server.failed


def test_no_query_and_no_transaction_mixes_two_releases(story):
    """Totals of one release beside the parts of another are numbers that nobody ever published."""
    for reader in story.readers:
        for opening in reader.openings:
            marker = story.publisher.markers.get(opening["release"].split("-")[1], 0.0)
            assert opening["markers"] == [marker], (reader.kind, opening)
            assert not opening["changed"], (reader.kind, opening)


def test_no_reader_sees_a_refused_release(story):
    """What the gate refused must not be had by any way in."""
    seen = {opening["release"].split("-")[1] for reader in story.readers for opening in reader.openings}
    assert not seen & story.publisher.refused


def test_who_opens_the_release_after_a_swap_sees_the_new_one(story):
    """A reader on yesterday's numbers, who does not know it, is worse off than one with none."""
    for reader in story.readers:
        assert not reader.stale, (reader.kind, len(reader.stale), reader.stale[:3])
        assert max(reader.late) <= LIMIT_SECONDS, reader.kind


def test_everything_happened_and_the_counts_are_told(story, tell):
    """A soak without kills and refusals proves nothing."""
    publisher, server = story.publisher, story.server
    tell(f"{story.seconds:.0f} s; files: {dict(publisher.counts)}; killed at {dict(publisher.killed_at)}")
    tell(f"PostgreSQL: served {len(server.swaps)}; killed at {dict(server.killed_at)}")
    for kind in KINDS:
        tell(_counts(kind, [reader for reader in story.readers if reader.kind == kind]))
    assert len(story.readers) == READERS
    assert publisher.counts["published"] >= RELEASES
    assert all(publisher.counts[kind] for kind in ("refused", "rolled back", "races", "cleared"))
    assert all(publisher.killed_at[step] for step in protocol.FILES)
    assert all(server.killed_at[step] for step in protocol.POSTGRES)


def _counts(kind: str, readers: list[Seen]) -> str:
    late = [seconds for reader in readers for seconds in reader.late]
    openings, errors, stale = (sum(len(getattr(r, name)) for r in readers) for name in ("openings", "errors", "stale"))
    return (
        f"{kind}: {len(readers)} readers, {openings} openings, {errors} errors, {stale} stale;"
        f" saw {len(late)} swaps, p50 {statistics.median(late):.2f} s, max {max(late):.2f} s"
    )
