"""Series run side by side, land whole or not at all, and none takes others down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from replies import RECEIVED_AT, reply

from orchestration.sources.http.addresses import mirrored
from orchestration.sources.http.contract import Batch, Connector, Reply, Request, Series, one
from orchestration.sources.http.engine import FeedResult, fetch
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.settings import HttpSettings

BATCH = Batch(date(2026, 3, 30), date(2026, 3, 31), datetime(2026, 4, 1, tzinfo=UTC))


class Fake:
    """A transport without a wire: `answer` gives a body or raises; keeps count of what is under way."""

    def __init__(self, answer: Callable[[Request], Any], concurrency: int = 8, per_host: int = 4) -> None:
        self.settings = HttpSettings(concurrency=concurrency, per_host=per_host)
        self._answer, self._lock = answer, threading.Lock()
        self.asked: list[Request] = []
        self.under_way: list[str] = []
        self.most: dict[str, int] = {}
        self.stopped = False

    def has(self, variable: str) -> bool:
        return variable == "THERE"

    def lanes(self, request: Request) -> int:
        return 1 if request.limit.endswith("spread") else self.settings.per_host

    def stop(self) -> None:
        self.stopped = True

    def get(self, request: Request, refuse: Any = None) -> Reply:
        with self._lock:
            self.asked.append(request)
            self.under_way.append(request.limit)
            for name in (request.limit, "all"):
                count = len(self.under_way) if name == "all" else self.under_way.count(name)
                self.most[name] = max(self.most.get(name, 0), count)
        try:
            body = self._answer(request)
            return body if isinstance(body, Reply) else reply(request, body)
        finally:
            with self._lock:
                self.under_way.remove(request.limit)


def _connector(feed: str, *series: Callable[[], Series], **kw: Any) -> Connector:
    return Connector(feed, lambda batch: (make() for make in series), "history", ("00:30",), "", "", **kw)


def _request(path: str, limit: str = "venue.class", **kw: Any) -> Request:
    return Request(f"https://{limit.partition('.')[0]}.example/{path}", limit, **kw)


def _one(path: str, **kw: Any) -> Callable[[], Series]:
    return lambda: one(_request(path, **kw))


def _results(transport: Fake, *connectors: Connector) -> dict[str, FeedResult]:
    return {result.feed: result for result in fetch([(each, BATCH) for each in connectors], transport)}


def test_a_page_lands_with_what_was_asked_and_when_it_came():
    """The ledger must tell for each blob from where it is and since when it counts as known."""
    headers = {"date": "Wed, 01 Apr 2026 00:00:00 GMT", "set-cookie": "session=1", "etag": "x"}
    request = _request("rows", params={"symbol": "BTC,ETH", "from": "2026-03-31T00:00Z"}, told={"asset": "BTC"})
    transport = Fake(lambda asked: reply(asked, b"[1]", headers=headers))
    (item,) = _results(transport, _connector("feed", lambda: one(request)))["feed"].received
    assert item.locator == "GET https://venue.example/rows?symbol=BTC,ETH&from=2026-03-31T00:00Z"
    assert (item.feed, item.transport, item.content, item.http_status) == ("feed", "http", b"[1]", 200)
    assert (item.known_at, item.partition, item.params) == (RECEIVED_AT, date(2026, 3, 31), {"asset": "BTC"})
    assert item.headers == {"date": headers["date"], "etag": "x"}


def test_a_posts_body_is_part_of_its_locator():
    """Hyperliquid's requests all go to one URL: without the body they could not be told apart."""
    request = _request("info", json_body={"type": "fundingHistory", "coin": "BTC"})
    (item,) = _results(Fake(lambda asked: []), _connector("feed", lambda: one(request)))["feed"].received
    assert item.locator == 'POST https://venue.example/info {"type":"fundingHistory","coin":"BTC"}'


def _two_pages(name: str) -> Series:
    yield _request(name, params={"page": "1"})
    yield _request(name, params={"page": "2"})


def test_pages_land_together_or_not_at_all_and_other_series_are_not_lost():
    """Half a series looks like a whole one with a quiet second half."""

    def answer(request: Request) -> Any:
        if request.url.endswith("bad") and request.params["page"] == "2":
            raise Transient("timed out")
        return []

    connector = _connector("feed", lambda: _two_pages("bad"), lambda: _two_pages("good"))
    result = _results(Fake(answer), connector)["feed"]
    assert [item.locator[-11:] for item in result.received] == ["good?page=1", "good?page=2"]
    assert [(each.series, each.message, each.is_transient) for each in result.failures] == [(0, "timed out", True)]


def test_one_feeds_failure_does_not_stop_the_others():
    """A connector's own fault, in making its series or within one, is that feed's failure."""

    def broken(batch: Batch) -> Iterator[Series]:
        raise KeyError("options")
        yield

    def surprised() -> Series:
        answer = yield _request("rows")
        yield _request(answer.json()["next"])

    def never() -> Series:
        raise ValueError("no window")
        yield

    connectors = [
        Connector("broken", broken, "history", (), "", ""),
        _connector("surprised", surprised),
        _connector("never", never),
        _connector("good", _one("rows")),
    ]
    results = _results(Fake(lambda request: []), *connectors)
    assert len(results["good"].received) == 1
    for feed in ("broken", "surprised", "never"):
        assert results[feed].received == []
        assert [each.is_transient for each in results[feed].failures] == [False]


def test_a_symbol_that_the_venue_does_not_know_is_no_failure():
    """Every venue lacks one of the assets; that must not make every day's run a failed one."""

    def answer(request: Request) -> Any:
        if "SOL" in request.url:
            raise Unknown("no such symbol SOL")
        return []

    result = _results(Fake(answer), _connector("feed", _one("BTC"), _one("SOL")))["feed"]
    assert (len(result.received), result.failures, result.unknown) == (1, [], ["no such symbol SOL"])


def test_a_missing_secret_skips_the_feed_before_anything_is_asked():
    """A keyed feed without its key is off; it is not a failure, and asks nothing."""
    transport = Fake(lambda request: [])
    off = _connector("off", _one("rows"), secrets=("THERE", "ABSENT"))
    results = _results(transport, off, _connector("on", _one("rows"), secrets=("THERE",)))
    assert (results["off"].skipped, results["off"].received, results["off"].failures) == ("ABSENT", [], [])
    assert results["on"].skipped is None
    assert len(transport.asked) == 1


def test_a_paging_loop_ends():
    """A cursor that does not move on would ask for ever."""

    def loops() -> Series:
        while True:
            yield _request("rows", params={"cursor": "same"})

    transport = Fake(lambda request: [])
    result = _results(transport, _connector("feed", loops))["feed"]
    assert "does not move on" in result.failures[0].message
    assert (len(transport.asked), result.received) == (1, [])


def test_bodies_that_only_steer_and_missing_ones_do_not_land():
    """A 404 that means nothing there is no payload, nor is an index of files."""

    def steers() -> Series:
        yield _request("index", lands=False)
        yield _request("missing", missing_ok=True)
        yield _request("instruments", feed="other")
        yield _request("rows")

    transport = Fake(lambda asked: reply(asked, b"x", status=404) if "missing" in asked.url else [])
    result = _results(transport, _connector("feed", steers))["feed"]
    assert [item.feed for item in result.received] == ["other", "feed"]


def test_an_empty_connector_has_an_empty_result():
    """A feed that has nothing to ask today is still accounted for."""
    result = _results(Fake(lambda request: []), _connector("feed"))["feed"]
    assert (result.received, result.failures, result.skipped) == ([], [], None)


def _slowly(request: Request) -> Any:
    time.sleep(0.02)
    return []


def test_concurrency_is_bounded_in_all_and_for_each_host():
    """Hosts count connections as well as requests."""
    transport = Fake(_slowly, concurrency=5, per_host=2)
    connectors = [
        _connector(f"{venue}.{n}", *[_one(f"{n}/{m}", limit=f"{venue}.class") for m in range(3)])
        for venue in ("a", "b", "c", "d")
        for n in range(2)
    ]
    results = _results(transport, *connectors)
    assert all(len(result.received) == 3 for result in results.values())
    assert transport.most.pop("all") <= 5
    assert max(transport.most.values()) <= 2


def test_a_slow_host_does_not_hold_up_the_others():
    """A host with a delay between requests would otherwise fill every thread with its waiting series."""
    released = threading.Event()

    def answer(request: Request) -> Any:
        if request.limit == "slow.spread":
            assert released.wait(10)
        return []

    slow = _connector("slow", *[_one(str(n), limit="slow.spread") for n in range(20)])
    fast = [_connector(f"fast{n}", _one(f"{n}")) for n in range(20)]
    transport, came = Fake(answer, concurrency=2), []
    for result in fetch([(each, BATCH) for each in (slow, *fast)], transport):
        came.append(result.feed)
        if len(came) == len(fast):
            released.set()
    assert came[-1] == "slow"
    assert transport.most["slow.spread"] == 1


def test_closing_early_stops_the_transport_and_closes_every_series():
    """Ctrl-C must end waits, not wait for them, and leave no generator open."""
    closed, begun = [], threading.Event()

    def tracked(name: str) -> Callable[[], Series]:
        def series() -> Series:
            try:
                yield _request(name)
            finally:
                closed.append(name)

        return series

    transport = Fake(lambda request: [])

    def answer(request: Request) -> Any:
        begun.wait(5)
        given_up = time.monotonic() + 5.0
        while not transport.stopped and "0" not in request.url and time.monotonic() < given_up:
            time.sleep(0.005)
        return []

    transport._answer = answer
    connectors = [_connector(f"feed{n}", tracked(f"series{n}")) for n in range(10)]
    results = fetch([(each, BATCH) for each in connectors], transport)
    begun.set()
    assert next(results).feed == "feed0"
    results.close()
    assert transport.stopped
    assert sorted(closed) == [f"series{n}" for n in range(10)]


def test_a_series_closes_its_files_when_its_request_fails():
    """A generator that is dropped in the middle would be closed whenever the collector comes by."""
    closed = []

    def series() -> Series:
        try:
            yield _request("rows")
        finally:
            closed.append(True)

    def answer(request: Request) -> Any:
        raise Permanent("gone")

    _results(Fake(answer), _connector("feed", series))
    assert closed == [True]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://a.example/x?y=1", "http://127.0.0.1:9/a/x?y=1"),
        ("https://a.example", "http://127.0.0.1:9/a"),
        ("https://a.example.org/x", "https://a.example.org/x"),
        ("http://a.example/x", "http://a.example/x"),
    ],
)
def test_a_mirror_stands_in_for_its_own_host_only(url, sent):
    """A prefix that also fits another host would send that host's requests, and its keys, to the mirror."""
    assert mirrored(url, {"https://a.example/": "http://127.0.0.1:9/a/"}) == sent


def test_of_a_series_with_a_marker_only_marked_pages_and_the_last_one_land():
    """A day's trades are hundreds of pages, of which a few hold what the feed is of."""
    pages = ['["none"]', '["liquidation"]', '["none"]', '["last"]']

    def series() -> Series:
        for number in range(len(pages)):
            yield _request(str(number), marker="liquidation")

    transport = Fake(lambda asked: reply(asked, pages[int(asked.url[-1])].encode()))
    received = _results(transport, _connector("feed", series))["feed"].received
    assert [item.content for item in received] == [b'["liquidation"]', b'["last"]']
