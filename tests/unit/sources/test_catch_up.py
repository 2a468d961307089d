"""What a missed day of a feed costs: it is asked for again, as far back as the feed came whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.fetching import CATCH_UP_DAYS, Asked, asked, begin
from orchestration.resources.settings import Settings
from orchestration.sources.base import Received, SourceError, land
from orchestration.store.feed_log import Failure, FeedLog
from orchestration.store.layout import Layout
from transforms.parse import SOURCES

NOW = datetime(2026, 3, 20, 0, 35, tzinfo=UTC)
FEED = "deribit_trades"


def first_day(home) -> date:
    return next(
        batch.first
        for connector, batch in asked(Settings(home, "http"), None, None, NOW).batches
        if connector.feed == FEED
    )


def fetched(home, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    land(Layout(home), [Received(FEED, "http", "GET x", b"{}", at)], SOURCES, at)


@pytest.mark.parametrize(
    ("days_ago", "first"), [(1, date(2026, 3, 18)), (4, date(2026, 3, 15)), (40, date(2026, 3, 12))]
)
def test_a_history_reaches_back_to_the_last_day_that_came(tmp_path, days_ago, first):
    """Prints are not fetched again every day: a day on which the machine was off would be lost for good."""
    fetched(tmp_path, days_ago)
    assert first_day(tmp_path) == first
    assert date(2026, 3, 19) - first <= timedelta(days=CATCH_UP_DAYS)


def test_a_feed_that_was_never_fetched_begins_with_its_batch(tmp_path):
    """A new warehouse asks for a day, and for more only when told."""
    assert first_day(tmp_path) == date(2026, 3, 19)


def test_a_day_of_which_a_series_failed_is_asked_for_until_it_comes(tmp_path):
    """One currency of three that failed leaves a hole that the others' success would hide."""
    fetched(tmp_path, 1)
    at = NOW - timedelta(days=3)
    log = FeedLog(Layout(tmp_path))
    log.record_attempts({FEED}, [Failure(FEED, at, "503", True, date(2026, 3, 16))], at)
    assert first_day(tmp_path) == date(2026, 3, 16)
    log.record_attempts({FEED}, [], NOW - timedelta(days=1))
    assert first_day(tmp_path) == date(2026, 3, 18)


def test_a_window_that_is_asked_for_is_the_window(tmp_path):
    """A back-fill of a week asks for that week."""
    fetched(tmp_path, 4)
    window = (date(2026, 3, 1), date(2026, 3, 2))
    batches = asked(Settings(tmp_path, "http", window=window), window, None, NOW).batches
    assert {(batch.first, batch.last) for connector, batch in batches if connector.feed == FEED} == {window}


def test_live_feeds_are_not_even_asked_for_into_a_home_of_the_sample(tmp_path):
    """An hour of fetching that is then refused is an hour lost."""
    told = {"simulated": "true"}
    land(Layout(tmp_path), [Received(FEED, "sample", "sample://x", b"{}", NOW, params=told)], SOURCES, NOW)
    with pytest.raises(SourceError, match="never mixed"):
        begin(Settings(tmp_path, "http"), Asked(), lambda: NOW, lambda *told: None)
