"""Breadth, mining and macro from raw bytes to core: every row keeps its table's rules, and repeats are told as such."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from loopback.extras import coingecko, fred, mempool

from orchestration.sources.base import Received, land
from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.ingest import FeedReport, ingest
from orchestration.store.layout import Layout
from transforms.parse import FEEDS

# A Monday without a bond market is the 13th; the dollar index of its week comes on the 21st.
DAYS = [date(2025, 10, 8) + timedelta(days=n) for n in range(16)]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory) -> tuple[CoreStore, dict[str, FeedReport]]:
    """Sixteen days of simulated reads, landed and taken into core."""
    layout = Layout(tmp_path_factory.mktemp("home"))
    CoreStore(layout).ensure()
    made = [item for day in DAYS for module in (coingecko, fred, mempool) for item in module.payloads(day)]
    received = [
        Received(item.feed, "sample", item.locator, item.content, item.known_at, params=item.params) for item in made
    ]
    sources = {name: feed.source for name, feed in FEEDS.items()}
    land(layout, received, sources, datetime(2025, 11, 1, tzinfo=UTC))
    return CoreStore(layout), {feed: ingest(layout, FEEDS[feed]) for feed in sorted({item.feed for item in made})}


def read(ingested: tuple[CoreStore, dict[str, FeedReport]], name: str) -> pl.DataFrame:
    return ingested[0].read(table_of(name))


def test_every_row_is_in_core_or_a_repeat(ingested):
    """A range or a pattern that honest rows break would empty a table day by day."""
    for feed, report in ingested[1].items():
        assert (report.failed, report.quarantined) == ([], 0), feed
        assert report.rows_in == report.published + report.duplicates > 0, feed


def test_histories_that_come_again_are_repeats_and_snapshots_are_not(ingested):
    """Hash rates of a week come seven times; a ranking is another one each day."""
    reports = ingested[1]
    assert read(ingested, "core_mining__hashrates").height == len(DAYS) + 7
    assert read(ingested, "core_mining__difficulties").n_unique(["block_height", "source"]) == 12
    assert reports["mempool_difficulty_changes"].duplicates > 0
    assert reports["coingecko_markets"].duplicates == 0
    assert read(ingested, "core_breadth__coins")["observed_at"].n_unique() == len(DAYS)


def test_a_holiday_is_pending_first_and_missing_once(ingested):
    """What was known on the day must be told apart from what is known now."""
    holiday = read(ingested, "core_macro__observations").filter(
        pl.col("observation_date") == date(2025, 10, 13), source="fred_graph", series_id="DGS10"
    )
    assert holiday.sort("known_at")["status"].to_list() == ["pending", "missing"]


def test_a_value_becomes_known_when_its_publisher_prints_it(ingested):
    """The dollar index of a week is known on Tuesday after it, the balance sheet of Wednesday on Friday."""
    first = read(ingested, "core_macro__observations").group_by("series_id", "observation_date").agg(pl.min("known_at"))
    known = {(series, on): at.date() for series, on, at in first.iter_rows()}
    assert known["DTWEXBGS", date(2025, 10, 15)] == date(2025, 10, 21)
    assert known["WALCL", date(2025, 10, 15)] == date(2025, 10, 17)
    assert known["DGS10", date(2025, 10, 15)] == date(2025, 10, 16)
