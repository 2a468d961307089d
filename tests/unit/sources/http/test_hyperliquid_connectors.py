"""What is asked of Hyperliquid: bodies, weights, pages, and answers that are no answers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import hyperliquid
from transforms.parse import FEEDS

CONNECTORS = {connector.feed: connector for connector in hyperliquid.CONNECTORS}
DAY = date(2026, 2, 5)
NOW = datetime(2026, 2, 6, 0, 20, tzinfo=UTC)
URL = "https://api.hyperliquid.xyz/info"


def batch(first=DAY, last=DAY, now=NOW, assets=("BTC", "ETH", "SOL")):
    return Batch(first, last, now, assets)


def series(feed, **asked):
    return list(CONNECTORS[feed].series(batch(**asked)))


def ms(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)


def test_every_request_posts_to_the_one_address():
    """Coins are those of the allow-list: a builder's market (xyz:TSLA) is never asked for."""
    for feed in CONNECTORS:
        assert feed in FEEDS
        for each in series(feed):
            request = next(each)
            assert (request.url, request.limit) == (URL, "hyperliquid.info")
            assert request.json_body["type"] in ("fundingHistory", "metaAndAssetCtxs", "candleSnapshot")


def test_the_snapshot_weighs_20():
    """It is one call for all coins, at the minute of the other venues' snapshots."""
    (one,) = series("hyperliquid_asset_contexts")
    request = next(one)
    assert (dict(request.json_body), request.weight) == ({"type": "metaAndAssetCtxs"}, 20)
    assert (CONNECTORS["hyperliquid_asset_contexts"].kind, CONNECTORS["hyperliquid_asset_contexts"].due) == (
        "snapshot", ("23:55",),
    )  # fmt: skip


def test_funding_reaches_a_week_back_and_to_the_late_stamp_of_midnight():
    """Stamps are some milliseconds late: a window that ends at 24:00 loses the day's last hour."""
    request = next(series("hyperliquid_funding_history")[0])
    assert dict(request.json_body) == {
        "type": "fundingHistory", "coin": "BTC", "startTime": ms(2026, 1, 29), "endTime": ms(2026, 2, 6, 0, 1),
    }  # fmt: skip
    # 194 settlements at most, 20 of which weigh one.
    assert request.weight == 30


def test_a_full_page_of_funding_is_followed_from_behind_its_last_stamp():
    """500 is the most a page has; fewer is the end."""
    one = series("hyperliquid_funding_history", first=date(2026, 1, 1))[0]
    page = [{"time": ms(2025, 12, 25) + 3_600_000 * n + 76} for n in range(500)]
    first, second = drive(one, [page, page[:3]])
    assert second.json_body["startTime"] == page[-1]["time"] + 1
    assert (first.weight, second.weight) == (45, 45)


def test_a_full_page_that_does_not_move_on_ends_the_series():
    """Otherwise the run would ask for ever."""
    one = series("hyperliquid_funding_history", first=date(2026, 1, 1))[0]
    with pytest.raises(Permanent, match="does not move on"):
        drive(one, [[{"time": ms(2025, 1, 1)}] * 500])


def test_candles_are_one_page_of_hours_that_ends_before_the_next_day():
    """60 candles weigh one."""
    request = next(series("hyperliquid_candles")[1])
    assert dict(request.json_body) == {
        "type": "candleSnapshot",
        "req": {"coin": "ETH", "interval": "1h", "startTime": ms(2026, 1, 29), "endTime": ms(2026, 2, 6) - 1},
    }
    assert request.weight == 20 + 4


def test_candles_before_the_latest_5000_are_not_asked_for():
    """They are gone: an older day is empty, and not a reason to ask."""
    request = next(series("hyperliquid_candles", first=date(2025, 1, 1))[0])
    assert (NOW.timestamp() * 1000 - request.json_body["req"]["startTime"]) / 3_600_000 == 5000
    assert request.weight <= 20 + 84
    assert series("hyperliquid_candles", first=date(2025, 1, 1), last=date(2025, 1, 2)) == []


def test_null_means_that_the_coin_is_unknown():
    """Landed, it would be a body that no parser reads."""
    with pytest.raises(Unknown):
        hyperliquid.refuse(reply(Request(URL, "hyperliquid.info"), "null"))


@pytest.mark.parametrize(
    "body", [[{"universe": [{"name": "BTC"}]}, []], [{"universe": []}, [], []], {"universe": []}, []]
)
def test_names_and_contexts_that_do_not_fit_are_asked_for_again(body):
    """One name too many, and every coin behind it has its neighbour's open interest; tomorrow it is too late."""
    with pytest.raises(Transient):
        hyperliquid.refuse_contexts(reply(Request(URL, "hyperliquid.info"), body))


def test_a_sentence_with_status_422_is_left_to_the_transport():
    """It is no JSON."""
    text = "Failed to deserialize the JSON body into the target type"
    hyperliquid.refuse_contexts(reply(Request(URL, "hyperliquid.info"), text, status=422))
    hyperliquid.refuse(reply(Request(URL, "hyperliquid.info"), []))
