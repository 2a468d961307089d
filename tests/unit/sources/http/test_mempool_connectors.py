"""What is asked of mempool.space, how far back, and which of its answers are none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Transient
from orchestration.sources.http.venues import mempool
from transforms.parse import FEEDS

DAY = date(2026, 2, 5)
NOW = datetime(2026, 2, 6, 0, 15, tzinfo=UTC)
BASE = "https://mempool.space/api/v1"
CONNECTORS = {connector.feed: connector for connector in mempool.CONNECTORS}


def asked(feed: str, first: date = DAY) -> Request:
    (series,) = CONNECTORS[feed].series(Batch(first, DAY, NOW))
    (request,) = drive(series, [{"any": 1}])
    return request


@pytest.mark.parametrize(
    ("feed", "path"),
    [
        ("mempool_hashrates", "/mining/hashrate/3m"),
        ("mempool_difficulty_changes", "/mining/difficulty-adjustments/3m"),
        ("mempool_difficulty_estimate", "/difficulty-adjustment"),
        ("mempool_reward_stats", "/mining/reward-stats/144"),
        ("mempool_pools", "/mining/pools/1w"),
    ],
)
def test_each_page_is_one_request_that_tells_what_its_parser_needs(feed, path):
    """A page that is not told its window cannot be read."""
    request = asked(feed)
    assert (request.url, dict(request.params), request.limit) == (BASE + path, {}, "mempool.public")
    assert set(request.told) == set(FEEDS[feed].params)


def test_the_window_told_is_the_window_asked_for():
    """Blocks of a day beside blocks of a week would be another pool's share."""
    request = asked("mempool_pools")
    assert request.url.endswith(request.told["interval"])


@pytest.mark.parametrize(
    ("days_back", "interval"), [(0, "3m"), (86, "3m"), (90, "6m"), (300, "1y"), (500, "2y"), (1000, "3y"), (3000, "3y")]
)
def test_a_back_fill_asks_for_an_interval_that_holds_its_days(days_back, interval):
    """Histories reach back from now: the interval of a daily batch has nothing of last year."""
    first = DAY - timedelta(days=days_back)
    assert asked("mempool_hashrates", first).url == f"{BASE}/mining/hashrate/{interval}"
    assert asked("mempool_difficulty_changes", first).url == f"{BASE}/mining/difficulty-adjustments/{interval}"


def test_pages_of_now_are_snapshots_and_histories_are_not():
    """A snapshot that is missed is lost; a history can be asked for later."""
    snapshots = {feed for feed, connector in CONNECTORS.items() if connector.kind == "snapshot"}
    assert snapshots == {"mempool_difficulty_estimate", "mempool_reward_stats", "mempool_pools"}
    assert {connector.due for connector in CONNECTORS.values()} == {("00:15",)}
    assert set(CONNECTORS) == {feed.name for feed in FEEDS.values() if feed.source == "mempool"}


def test_requests_are_spread():
    """A ban follows a 429 that is not heeded."""
    (limit,) = mempool.LIMITS
    assert limit.spread
    assert limit.seconds >= 5


@pytest.mark.parametrize("body", [[], {}, "null"])
def test_a_server_that_has_just_started_is_asked_again(body):
    """It answers with nothing until it has its index."""
    with pytest.raises(Transient):
        mempool.refuse(reply(Request(f"{BASE}/x", "x"), body))
    mempool.refuse(reply(Request(f"{BASE}/x", "x"), [[1, 2, 3, 4]]))
