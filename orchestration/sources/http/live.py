"""The live feeds of one run: fetched side by side from the first moment that any of them is asked for.

Belongs here: starting the fetches of all sources at once and handing each source its own. Does not belong here: the
requests (`engine.py`, `transport.py`), which feeds are due (`orchestration/automation/due.py`), landing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from orchestration.sources.http.contract import Batch, Connector
from orchestration.sources.http.engine import FeedResult, fetch
from orchestration.sources.http.transport import Transport


class Live:
    """Fetches of one run. `batches` has what each connector is asked for; `tell` hears of each feed that is done.

    `room` is held while anything is asked for. A source waits for its own feeds only: a slow one holds up
    nothing but what depends on it.
    """

    def __init__(
        self,
        batches: Sequence[tuple[Connector, Batch]],
        sources: Mapping[str, str],
        transport: Callable[[], Transport],
        tell: Callable[[str, int, int], None] = lambda what, done, of: None,
        room: AbstractContextManager[object] | None = None,
    ) -> None:
        self._batches, self._sources, self._transport, self._tell = list(batches), sources, transport, tell
        self.batches = {connector.feed: batch for connector, batch in self._batches}
        self._results: dict[str, FeedResult] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._failed: BaseException | None = None
        self._room = room or nullcontext()
        self._running: Transport | None = None
        self._is_stopped = False

    def of(self, source: str) -> Iterator[FeedResult]:
        """The results of a source's feeds, each as soon as it is there."""
        waiting = {connector.feed for connector, _ in self._batches if self._sources[connector.feed] == source}
        if waiting:
            self._start()
        while waiting:
            with self._changed:
                while not (waiting & self._results.keys()) and self._failed is None:
                    self._wait()
                if self._failed is not None:
                    raise self._failed
                ready = [self._results[feed] for feed in sorted(waiting & self._results.keys())]
            waiting -= {result.feed for result in ready}
            yield from ready

    def _wait(self) -> None:
        try:
            self._changed.wait()
        except BaseException:
            # An interrupt: whoever waits for a source is the run.
            self.stop()
            raise

    def stop(self) -> None:
        """Break off every fetch: the run is being ended, and would wait for threads that wait for hosts."""
        with self._changed:
            self._is_stopped = True
            running = self._running
        if running is not None:
            running.stop()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._fetch, name="live-feeds", daemon=True)
            self._thread.start()

    def _fetch(self) -> None:
        """All fetches, over one transport, so that budgets hold across feeds."""
        try:
            with self._room, self._transport() as transport:
                with self._changed:
                    self._running = transport
                    is_stopped = self._is_stopped
                if is_stopped:
                    transport.stop()
                for done, result in enumerate(fetch(self._batches, transport), start=1):
                    self._tell("fetch", done, len(self._batches))
                    with self._changed:
                        self._results[result.feed] = result
                        self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._failed = error
                self._changed.notify_all()
