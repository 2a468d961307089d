"""A publisher to whom everything happens: cheap candidates with a marker in them, published through the real gate.

Belongs here: doing, and noting when. Does not belong here: asserting what readers saw. Every change of `published/` and
of PostgreSQL is made by a process of its own (`soak_change.py`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import protocol
from integration.gate.marts import AS_OF, DAYS, DBT, marts, write_build
from soak_reader import PLANTED

from orchestration.store import releases
from orchestration.store.audit import audit
from orchestration.store.candidate import build_candidate
from orchestration.store.layout import Layout

CHANGE = Path(__file__).with_name("soak_change.py")
DIRTY = {table: {"2026-01", "2026-02"} for table, *_ in PLANTED}


@dataclass(frozen=True)
class Swap:
    """Readers' release changed: not before `began`, and for everyone from `ended` on."""

    release_id: str
    began: float
    ended: float


class Change:
    """One process that changes something."""

    def __init__(self, what: str, layout: Layout, *arguments: object) -> None:
        command = [sys.executable, CHANGE, what, layout.home, *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": protocol.PYTHONPATH}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/", env=environment)

    def end(self) -> dict[str, Any]:
        """Wait for its end; what it told."""
        lines = self.process.communicate()[0].splitlines(keepends=True)
        return dict(json.loads(line) for line in lines if line.endswith("\n"))

    @property
    def was_killed(self) -> bool:
        return self.process.returncode == -signal.SIGKILL


@dataclass
class Publisher:
    """The history that readers stand beside. `markers` maps the beginning of a candidate's id to its marker."""

    layout: Layout
    chance: random.Random
    markers: dict[str, float] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    swaps: list[Swap] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    killed_at: Counter[str] = field(default_factory=Counter)
    minutes: int = 0

    def begin(self) -> None:
        """The first release: rows where the question looks for them, no others."""
        asked = {table for table, *_ in PLANTED}
        write_build(self.layout, {n: frame if n in asked else frame.clear() for n, frame in marts().items()})
        self.publish(self.candidate(dirty=None))

    def candidate(self, is_fit: bool = True, dirty: dict[str, set[str]] | None = DIRTY) -> str:
        """Build and audit a candidate with a marker of its own; an unfit one has a total that is not its parts'."""
        marker = float(len(self.markers) + len(self.refused) + 1)
        days = f"('{DAYS[0]}', '{DAYS[-1]}')"
        with duckdb.connect(str(self.layout.warehouse)) as build:
            for table, where, base in PLANTED:
                value = base / len(DAYS) + marker + (0.0 if is_fit or "totals" not in table else 1.0)
                day = "trade_date" if "etf" in table else "fact_date"
                build.execute(f"update {table} set flow_usd = {value} where {where} and {day} in {days}")
        candidate = build_candidate(self.layout, dirty)
        verdict = audit(self.layout, candidate, DBT, AS_OF)
        assert verdict.passed == is_fit, verdict.failures
        if is_fit:
            self.markers[candidate.candidate_id[:12]] = marker
        else:
            self.refused.add(candidate.candidate_id[:12])
        return candidate.candidate_id

    def publish(self, candidate_id: str, fatal: str = "") -> dict[str, Any]:
        """Publish in a process of its own, which dies after the step `fatal`."""
        child = self._publishing(candidate_id, fatal)
        told = self._noted(child)
        assert child.was_killed == bool(fatal), told
        if fatal:
            self.killed_at[fatal] += 1
        return told

    def _publishing(self, candidate_id: str, fatal: str = "") -> Change:
        self.minutes += 1
        return Change("publish", self.layout, candidate_id, AS_OF + timedelta(minutes=self.minutes), fatal)

    def _noted(self, child: Change) -> dict[str, Any]:
        told = child.end()
        if "pointer" in told:
            self._note(told["release"], told["pointer"])
        return told

    def _note(self, began: float, ended: float) -> None:
        self.swaps.append(Swap(releases.get(self.layout).release_id, began, ended))
        self.counts["published"] += 1

    def plainly(self) -> None:
        """A release that nothing disturbs."""
        assert "published" in self.publish(self.candidate())

    def killed(self) -> None:
        """A release whose publisher is killed at every step of the protocol, one after another."""
        candidate = self.candidate()
        for step in protocol.FILES:
            self.publish(candidate, step)
        assert "nothing new" in self.publish(candidate)

    def killed_at_random(self) -> None:
        """A release whose publisher is killed wherever it is, then finished."""
        candidate = self.candidate()
        before = releases.get(self.layout).release_id
        child = self._publishing(candidate)
        told = self._kill(child, "verified", 0.5)
        self.killed_at["any instant"] += child.was_killed
        if releases.get(self.layout).release_id == before:
            assert "published" in self.publish(candidate)
        else:
            # Killed between the swap and its note, it swapped before now.
            self._note(told["release"], told.get("pointer", time.monotonic()))

    def _kill(self, child: Change, told: str, seconds: float) -> dict[str, Any]:
        """Kill a process within some time after its first line; what it told."""
        assert child.process.stdout is not None
        first = child.process.stdout.readline()
        assert json.loads(first)[0] == told
        time.sleep(self.chance.uniform(0.0, seconds))
        child.process.kill()
        return child.end()

    def refuse(self) -> None:
        """A candidate that the gate refuses."""
        told = self.publish(self.candidate(is_fit=False))
        assert any(reason.startswith("check_failed: sums.etf_funds_to_total") for reason in told["refused"]), told
        self.counts["refused"] += 1

    def roll_back(self) -> None:
        """Readers go back to an earlier release."""
        now = releases.get(self.layout).release_id
        earlier = [r.release_id for r in releases.list_releases(self.layout) if r.release_id != now][-4:]
        chosen = self.chance.choice(earlier)
        told = Change("roll_back", self.layout, chosen).end()
        self.swaps.append(Swap(chosen, told["release"], told["pointer"]))
        self.counts["rolled back"] += 1

    def race(self) -> None:
        """Two publishers at once, of different candidates on one base: one wins, the other says why."""
        first, second = self.candidate(), self.candidate()
        both = [self._publishing(candidate) for candidate in (first, second)]
        told = [child.end() for child in both]
        (won,) = (item for item in told if "pointer" in item)
        (lost,) = (item for item in told if "refused" in item)
        assert any(reason.startswith(("stale_base: made on ", "busy: ")) for reason in lost["refused"]), lost
        self._note(won["release"], won["pointer"])
        self.counts["races"] += 1

    def clear(self) -> None:
        """Old releases are removed; a first process is killed while it does."""
        child = Change("clear", self.layout, 6)
        self._kill(child, "clearing", 0.05)
        assert "cleared" in Change("clear", self.layout, 6).end()
        self.counts["cleared"] += 1


class Server(threading.Thread):
    """Serves each release from PostgreSQL as it comes. Processes are killed first: at every step, then now and then."""

    def __init__(self, layout: Layout, dsn: str) -> None:
        super().__init__(daemon=True)
        self.layout, self.dsn = layout, dsn
        self.swaps: list[Swap] = []
        self.killed_at: Counter[str] = Counter()
        self.failed: list[str] = []
        self.stopped = threading.Event()
        self._turn = 0

    def serve(self, fatal: str = "") -> None:
        """Serve the newest release in a process of its own."""
        child = Change("serve", self.layout, self.dsn, fatal)
        told = child.end()
        if child.was_killed:
            self.killed_at[fatal] += 1
        if "served" in told:
            self.swaps.append(Swap(told["serving"], told.get("views", told["served"]), told["served"]))
        if child.process.returncode and not child.was_killed:
            self.failed.append(str(told))

    def run(self) -> None:
        while not self.stopped.wait(0.2):
            served = self.swaps[-1].release_id if self.swaps else None
            if releases.get(self.layout).release_id == served:
                continue
            for step in self._due():
                self.serve(step)
            self.serve()

    def _due(self) -> list[str]:
        """Steps to be killed at. A release that is gone back to has no part to load: that step stays due."""
        self._turn += 1
        never = [step for step in protocol.POSTGRES if not self.killed_at[step]]
        return never or [min(protocol.POSTGRES, key=lambda step: self.killed_at[step])][: self._turn % 3 == 0]
