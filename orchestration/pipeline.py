"""The steps of a run, in plain Python: land, core, build, audit, publish.

Belongs here: the order of calls inside a step, what each step reports, and how long it took. Does not
belong here: Dagster (`assets/`, `checks/`), the command line (`cli/`), or any rule about the data.

Every step may be repeated, and every step takes the run lock, so that two runs on one data directory
wait for each other in place of mixing.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from orchestration.redaction import scrub
from orchestration.resources.settings import Settings, Window
from orchestration.serving import Serving
from orchestration.sources.base import Landed, Received, land
from orchestration.store.atomic import write_bytes, write_json
from orchestration.store.core_store import CoreStore
from orchestration.store.ingest import FeedReport, ingest
from orchestration.store.layout import Layout
from schemas.tables import TABLES

if TYPE_CHECKING:
    from orchestration.automation.due import DueRun
    from orchestration.sources.files import Plan
    from orchestration.sources.http.live import Live
    from orchestration.store.audit import Verdict
    from orchestration.store.dbt_build import DbtResult
    from orchestration.store.feed_log import Failure

LOCK_SECONDS = 900


@dataclass(frozen=True)
class Outcome:
    """What publication came to: the release that readers see, and whether this run made it."""

    release_id: str
    is_new: bool
    rows: int


class Busy(RuntimeError):
    """Another run holds the data directory."""


@dataclass
class Pipeline:
    """One data directory and how to fill it.

    `clock` gives the time; `tell` is told of progress and `warn` what a person should know meanwhile.
    """

    settings: Settings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str, int, int], None] = lambda what, done, of: None
    warn: Callable[[str], None] = lambda text: None
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    landed: dict[str, Landed] = field(default_factory=dict)
    unfetched: list[Failure] = field(default_factory=list)
    lives: dict[tuple[Window | None, str | None], Live] = field(default_factory=dict)
    reports: list[FeedReport] = field(default_factory=list)
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    serving: Serving = field(default_factory=Serving)

    @cached_property
    def layout(self) -> Layout:
        """Paths of the data directory."""
        return Layout(self.settings.home)

    @cached_property
    def core_store(self) -> CoreStore:
        """Core partitions, with an empty file for every table."""
        store = CoreStore(self.layout)
        store.ensure()
        return store

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Hold the run lock and add the time to `seconds[name]`.

        Raises `Busy` where another run holds the data directory for too long.
        """
        self.layout.home.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        try:
            with self._lock():
                yield
        except Timeout as error:
            raise Busy(f"another run holds {self.layout.home}; try again when it has ended") from error
        except Exception as error:
            # Dagster keeps the whole chain of causes in its log.
            scrub(error)
            raise
        except BaseException:
            self.stop()
            raise
        finally:
            self.seconds[name] += time.monotonic() - started

    def stop(self) -> None:
        """Break off what is still being fetched: a run that was interrupted ends with its threads."""
        for live in self.lives.values():
            live.stop()

    def _lock(self) -> FileLock:
        """The run lock, to be entered; says so before it waits for another run."""
        lock = FileLock(self.layout.home / "run.lock", timeout=LOCK_SECONDS)
        try:
            lock.acquire(timeout=0)
            lock.release()
        except Timeout:
            self.warn(f"another run holds {self.layout.home}; waiting up to {LOCK_SECONDS // 60} minutes for it")
        return lock

    def land(self, source: str, window: Window | None = None, due: DueRun | None = None) -> Landed:
        """Land what one source has to offer: in the window of the settings, or else in `window`.

        A due run lands the live feeds of its instant only.
        """
        from orchestration import offers
        from orchestration.store import backup
        from transforms.parse import SOURCES

        given = None if self.settings.everything else self.settings.window or window
        live = self._live(given, due) if self.settings.feeds == "http" else None
        # Fetching takes as long as venues take; it holds no other run up.
        started = time.monotonic()
        results = list(live.of(source)) if live else []
        self.seconds["fetch"] += time.monotonic() - started
        with self.step("land"):
            backup.refuse_a_loss(self.layout)
            if live is not None:
                from orchestration.fetching import settle

                received: Iterator[Received] = chain(
                    (item for result in results for item in result.received), self._recorded(source)
                )
                self.unfetched += settle(self.layout, results, live.batches)
            else:
                received = offers.of_source(self.settings, lambda: self.inbox_plan, source, given)
            self.landed[source] = land(self.layout, received, SOURCES, self.clock())
            return self.landed[source]

    def _live(self, window: Window | None, due: DueRun | None) -> Live:
        """The fetches of this run, begun once for all sources."""
        from orchestration import fetching

        key = window, due.key if due else None
        if key not in self.lives:
            wanted = fetching.asked(self.settings, window, due, self.clock())
            self.lives[key] = fetching.begin(self.settings, wanted, self.clock, self.tell)
        return self.lives[key]

    def _recorded(self, source: str) -> Iterator[Received]:
        """Sealed segments of the recorder for a source's feeds."""
        from orchestration.sources import recorded
        from transforms.parse import feeds_of

        return recorded.receive(self.layout, feeds_of(source))

    @cached_property
    def inbox_plan(self) -> Plan:
        """What the inbox holds, by its map. Raises `SourceError`, which says what to do."""
        from orchestration import offers

        return offers.inbox_plan(self.settings)

    def core(self, domain: str) -> list[FeedReport]:
        """Bring the core tables of a domain up to date: its feeds, then whatever waits to be derived."""
        from orchestration.store.derive import derive
        from transforms.parse import FEEDS

        with self.step("core"):
            _ = self.core_store
            names = [name for name, feed in FEEDS.items() if TABLES[feed.tables[0]].domain == domain]
            reports = []
            for name in names:
                reports.append(ingest(self.layout, FEEDS[name], partial(self.tell, name)))
            derive(self.core_store)
            self.reports += reports
            return reports

    def reprocess(self, feed: str) -> FeedReport:
        """Forget what became of a feed's payloads and process all of its raw bytes again."""
        from transforms.parse import FEEDS

        with self.step("core"):
            _ = self.core_store
            return ingest(self.layout, FEEDS[feed], partial(self.tell, feed), again=True)

    @property
    def has_work(self) -> bool:
        """Whether core changed since the last publication, or readers see another release than that one."""
        return not self.core_store.pending().is_empty() or not self._is_settled

    @property
    def _settled(self) -> Path:
        """Names the release up to which `pending` is cleared; absent while the marts are being made whole."""
        return self.layout.build / "settled"

    @property
    def _is_settled(self) -> bool:
        from orchestration.store import dbt_build, releases

        release = releases.current(self.layout)
        settled = self._settled.read_text() if self._settled.exists() else ""
        return release is not None and settled == release.release_id and dbt_build.is_whole(self.layout)

    def build(self) -> list[DbtResult]:
        """Build the marts in the private warehouse, unless nothing changed.

        Test results are kept on disk, so that the audit may run in another process.
        """
        from orchestration.store import backup, dbt_build
        from orchestration.store.derive import derive

        with self.step("dbt"):
            backup.keep(self.layout)
            derive(self.core_store)
            if not self.has_work:
                return []
            if not dbt_build.is_whole(self.layout):
                self._settled.unlink(missing_ok=True)
            # Half a build must not be audited with the results of the build before.
            stored, mark = self.layout.build / "dbt_results.json", self.core_store.last_mark()
            stored.unlink(missing_ok=True)
            results = dbt_build.build(self.layout)
            write_json(stored, [asdict(result) for result in results])
            self.core_store.remember("built", mark)
            return results

    def audit(self) -> list[dict[str, Any]]:
        """Make the candidate of what was built and audit it; the rows of the verdict.

        Where nothing changed they are those of the release that readers see.
        """
        from orchestration.store import audit, candidate, dbt_build, releases
        from orchestration.store.dbt_build import DbtResult
        from orchestration.store.dirty import dirty_months

        with self.step("audit"):
            release = releases.current(self.layout)
            if not self.has_work and release is not None:
                return releases.audit_rows(self.layout, release).to_dicts()
            stored = self.layout.build / "dbt_results.json"
            results = [DbtResult(**row) for row in json.loads(stored.read_bytes())] if stored.exists() else []
            changed = dirty_months(self.core_store.pending()) if self._is_settled else None
            made = candidate.build_candidate(self.layout, changed)
            built = self.core_store.remembered("built")
            write_json(self.layout.build / "candidate.json", {"candidate_id": made.candidate_id, "mark": built})
            self.verdict = audit.audit(self.layout, made, results, self.clock())
            if not self.verdict.passed:
                # What was refused is not built upon: whatever damaged it is gone after a whole build.
                dbt_build.forget(self.layout)
            return [asdict(row) for row in self.verdict.rows]

    def publish(self) -> Outcome:
        """Publish the newest candidate, if its stored verdict lets it. Raises `Refused` with the reasons."""
        from orchestration.pages.write import ensure_page
        from orchestration.store import gate, releases

        with self.step("publish"):
            release = releases.current(self.layout)
            new = False
            if self.has_work or release is None:
                stored = self.layout.build / "candidate.json"
                named = json.loads(stored.read_bytes()) if stored.exists() else {"candidate_id": "none", "mark": 0}
                found = gate.publish(self.layout, named["candidate_id"], self.clock())
                new = not isinstance(found, gate.NothingNew)
                release = found.release if isinstance(found, gate.NothingNew) else found
                write_bytes(self._settled, release.release_id.encode())
                self.core_store.settle(named["mark"])
            self.outcome = Outcome(release.release_id, new, release.rows)
        started = time.monotonic()
        ensure_page(self.settings, release, self.clock(), self.warn)
        self.seconds["page"] += time.monotonic() - started
        return self.outcome
