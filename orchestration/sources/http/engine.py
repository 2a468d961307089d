"""Runs the series of connectors side by side, and hands each feed over once all of its series have ended.

Belongs here: the order of series, what of them lands, and that no series or feed takes others down. Does not
belong here: how a request is performed (`transport.py`), or landing (`sources/base.py`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from orchestration.redaction import redact
from orchestration.sources.base import Received
from orchestration.sources.http.addresses import locator
from orchestration.sources.http.contract import Batch, Connector, Reply, Request, Series
from orchestration.sources.http.errors import FetchError, Permanent, Transient, Unknown
from orchestration.sources.http.transport import Transport

KEPT_HEADERS = frozenset(
    {
        "content-type",
        "date",
        "etag",
        "last-modified",
        "retry-after",
        "x-bapi-limit",
        "x-bapi-limit-reset-timestamp",
        "x-bapi-limit-status",
        "x-mbx-used-weight-1m",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    }
)


@dataclass(frozen=True)
class Failure:
    """A series of which nothing landed: its number in the connector, why, and whether a later run may do better."""

    series: int
    message: str
    is_transient: bool


@dataclass(frozen=True)
class FeedResult:
    """What came of one connector.

    `unknown` says of which series the venue knows nothing, which is no failure. `skipped` is the secret
    without which the feed is off, where it is missing.
    """

    feed: str
    received: list[Received] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    skipped: str | None = None


@dataclass
class _Task:
    """A series that has given its first request."""

    feed: int
    number: int
    series: Series
    first: Request


@dataclass
class _Progress:
    connector: Connector
    batch: Batch
    open: int = 0
    pages: dict[int, list[Received]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def result(self) -> FeedResult:
        """Pages in the order of the series, however they ended."""
        received = [item for number in sorted(self.pages) for item in self.pages[number]]
        failures = sorted(self.failures, key=lambda failure: failure.series)
        return FeedResult(self.connector.feed, received, failures, self.unknown)


def fetch(asked: Iterable[tuple[Connector, Batch]], transport: Transport) -> Iterator[FeedResult]:
    """Run every series of every connector, each for its batch; yields a connector's result when its last series ended.

    Closing the iterator early stops the transport: what is under way ends, and nothing more is asked.
    """
    ready = []
    for connector, batch in asked:
        missing = [name for name in connector.secrets if not transport.has(name)]
        if missing:
            yield FeedResult(connector.feed, skipped=missing[0])
        else:
            ready.append(_Progress(connector, batch))
    yield from _Run(ready, transport).results()


class _Run:
    def __init__(self, feeds: Sequence[_Progress], transport: Transport) -> None:
        self._feeds, self._transport = feeds, transport
        self._waiting: dict[str, deque[_Task]] = defaultdict(deque)
        self._width: dict[str, int] = {}
        self._turn: dict[str, int] = {}
        self._turns = count()
        self._busy: dict[str, int] = defaultdict(int)
        self._running: dict[Future[list[Received]], tuple[_Task, str]] = {}

    def results(self) -> Iterator[FeedResult]:
        for feed, progress in enumerate(self._feeds):
            self._open(feed, progress)
            if not progress.open:
                yield progress.result()
        with ThreadPoolExecutor(self._transport.settings.concurrency, "fetch") as pool:
            try:
                while self._start(pool):
                    done, _ = wait(self._running, return_when=FIRST_COMPLETED)
                    for future in done:
                        progress = self._ended(future)
                        if not progress.open:
                            yield progress.result()
            except BaseException:
                self._transport.stop()
                raise
            finally:
                for tasks in self._waiting.values():
                    for task in tasks:
                        task.series.close()

    def _open(self, feed: int, progress: _Progress) -> None:
        """Begin every series, which asks nothing yet: its first request says which host it will wait for."""
        try:
            every = list(progress.connector.series(progress.batch))
        except Exception as error:
            progress.failures.append(_failure(0, error))
            return
        for number, series in enumerate(every):
            try:
                first = next(series)
                lane = f"{urlsplit(first.url).hostname} {first.limit}"
                self._width[lane] = self._transport.lanes(first)
            except StopIteration:
                continue
            except Exception as error:
                series.close()
                progress.failures.append(_failure(number, error))
                continue
            self._waiting[lane].append(_Task(feed, number, series, first))
            progress.open += 1

    def _start(self, pool: ThreadPoolExecutor) -> bool:
        """Start what there is room for; whether anything is under way."""
        while len(self._running) < self._transport.settings.concurrency and (lane := self._next()) is not None:
            task = self._waiting[lane].popleft()
            self._busy[lane] += 1
            self._turn[lane] = next(self._turns)
            progress = self._feeds[task.feed]
            future = pool.submit(_run, progress.connector, task, progress.batch, self._transport)
            self._running[future] = task, lane
        return bool(self._running)

    def _next(self) -> str | None:
        """The host whose turn it is: of those with room the one with the fewest series under way, then the one that
        waited longest. So a host that is slow takes all of its own room only where no other has need of it.
        """
        ready = (lane for lane, tasks in self._waiting.items() if tasks and self._busy[lane] < self._width[lane])
        return min(ready, key=lambda lane: (self._busy[lane], self._turn.get(lane, -1)), default=None)

    def _ended(self, future: Future[list[Received]]) -> _Progress:
        task, lane = self._running.pop(future)
        self._busy[lane] -= 1
        progress = self._feeds[task.feed]
        progress.open -= 1
        error = future.exception()
        if error is None:
            progress.pages[task.number] = future.result()
        elif isinstance(error, Unknown):
            progress.unknown.append(redact(str(error)))
        elif isinstance(error, Exception):
            progress.failures.append(_failure(task.number, error))
        else:
            raise error
        return progress


def _run(connector: Connector, task: _Task, batch: Batch, transport: Transport) -> list[Received]:
    """All pages of one series, or an exception."""
    with closing(task.series) as series:
        return list(_pages(connector, series, task.first, batch, transport))


def _pages(
    connector: Connector, series: Series, first: Request, batch: Batch, transport: Transport
) -> Generator[Received, None, None]:
    asked: set[str] = set()
    request = first
    while True:
        line = locator(request)
        if line in asked:
            raise Permanent(f"{connector.feed}: the series asks twice for {redact(line)}: its paging does not move on")
        asked.add(line)
        reply = transport.get(request, connector.refuse)
        lands = request.lands and reply.status != 404
        if lands and _is_marked(reply):
            yield _received(connector, reply, line, batch)
        try:
            request = series.send(reply)
        except StopIteration:
            if lands and not _is_marked(reply):
                yield _received(connector, reply, line, batch)
            return


def _is_marked(reply: Reply) -> bool:
    marker = reply.request.marker
    return marker is None or marker.encode() in reply.content


def _received(connector: Connector, reply: Reply, line: str, batch: Batch) -> Received:
    return Received(
        feed=reply.request.feed or connector.feed,
        transport="http",
        locator=line,
        content=reply.content,
        known_at=reply.received_at,
        partition=batch.last,
        params=dict(reply.request.told),
        http_status=reply.status,
        headers=_kept(reply.headers),
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in sorted(headers.items()) if name in KEPT_HEADERS}


def _failure(number: int, error: Exception) -> Failure:
    text = str(error) if isinstance(error, FetchError) else f"{type(error).__name__}: {error}"
    return Failure(number, redact(text), isinstance(error, Transient))
