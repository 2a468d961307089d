"""What is asked of Coinbase: two hosts, two page limits, both bounds, and futures from their list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import coinbase
from transforms.parse import FEEDS

CONNECTORS = {connector.feed: connector for connector in coinbase.CONNECTORS}
DAY = date(2026, 2, 5)
NOW = datetime(2026, 2, 6, 0, 30, tzinfo=UTC)
EXCHANGE = "https://api.exchange.coinbase.com"
ADVANCED = "https://api.coinbase.com/api/v3/brokerage/market"


def batch(first=DAY, last=DAY, now=NOW, assets=("BTC", "ETH", "SOL")):
    return Batch(first, last, now, assets)


def series(feed, **asked):
    return list(CONNECTORS[feed].series(batch(**asked)))


def product(name, asset, **details):
    return {"product_id": name, "future_product_details": {"contract_root_unit": asset, **details}}


def seconds(*when):
    return str(int(datetime(*when, tzinfo=UTC).timestamp()))


def test_products_are_a_snapshot_of_all_futures():
    """The body has no window and cannot be had later."""
    (one,) = series("coinbase_futures_products")
    (request,) = drive(one, [{"products": [], "pagination": None}])
    assert (request.url, dict(request.params)) == (f"{ADVANCED}/products", {"product_type": "FUTURE"})
    assert (CONNECTORS["coinbase_futures_products"].kind, CONNECTORS["coinbase_futures_products"].due) == (
        "snapshot", ("23:55",),
    )  # fmt: skip


def test_products_go_on_by_cursor_where_the_answer_says_so():
    """A list that is cut would be a snapshot of some contracts."""
    (one,) = series("coinbase_futures_products")
    page = {"products": [], "pagination": {"has_next": True, "next_cursor": "abc"}}
    _, second = drive(one, [page, {"products": [], "pagination": {"has_next": False, "next_cursor": ""}}])
    assert second.params["cursor"] == "abc"
    with pytest.raises(Permanent, match="stays the same"):
        drive(series("coinbase_futures_products")[0], lambda request: page)


def test_spot_candles_always_name_both_bounds():
    """With one of them the Exchange ignores it, and answers with the latest 300."""
    request = next(series("coinbase_candles")[0])
    assert request.url == f"{EXCHANGE}/products/BTC-USD/candles"
    assert dict(request.params) == {
        "granularity": "3600", "start": "2026-01-29T00:00:00.000Z", "end": "2026-02-05T23:59:59.000Z",
    }  # fmt: skip
    assert dict(request.told) == {"product_id": "BTC-USD", "granularity": "3600"}
    assert request.limit == "coinbase.exchange"
    assert set(FEEDS["coinbase_candles"].params) <= set(request.told)


def test_no_more_than_300_candles_are_asked_for_at_a_time():
    """The Exchange refuses more."""
    requests = drive(series("coinbase_candles", first=date(2026, 1, 1))[0], lambda request: [])
    bounds = [(datetime.fromisoformat(each.params["start"]), datetime.fromisoformat(each.params["end"]))
              for each in requests]  # fmt: skip
    assert len(bounds) == 4
    assert all((end - start).total_seconds() / 3600 < 300 for start, end in bounds)
    assert all((after[0] - before[1]).total_seconds() == 1 for before, after in pairwise(bounds))


def test_futures_come_from_the_list_with_what_their_candles_do_not_say():
    """Coin and kind are in the product, not in its name."""
    listed = [
        product("BIT-27MAR26-CDE", "BTC", contract_display_name="BTC 27 MAR 26"),
        product("BIP-20DEC30-CDE", "BTC", funding_interval="3600s", contract_display_name="BTC PERP"),
        product("GOL-27MAR26-CDE", "GOLD"),
    ]
    requests = drive(series("coinbase_candles", assets=("BTC",))[-1], [{"products": listed}, {}, {}])
    assert not requests[0].lands
    assert [(each.url, each.told["asset"], each.told["instrument_kind"]) for each in requests[1:]] == [
        (f"{ADVANCED}/products/BIT-27MAR26-CDE/candles", "BTC", "dated"),
        (f"{ADVANCED}/products/BIP-20DEC30-CDE/candles", "BTC", "perpetual"),
    ]
    assert dict(requests[1].params) == {
        "start": seconds(2026, 1, 29), "end": str(int(seconds(2026, 2, 6)) - 1), "granularity": "ONE_HOUR",
    }  # fmt: skip
    assert {each.limit for each in requests} == {"coinbase.advanced"}


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        ({"message": "NotFound"}, Unknown),
        ({"error": "NOT_FOUND", "message": "valid product_id is required"}, Unknown),
        ({"message": "Public rate limit exceeded"}, Transient),
        ({"message": "granularity too small for the requested time range"}, Permanent),
        ({"error": "INVALID_ARGUMENT", "message": "number of candles requested should be less than 350"}, Permanent),
    ],
)
def test_an_answer_that_is_only_a_message_is_told_apart(body, raised):
    """An unknown pair must not fail the others, and a throttle passes."""
    with pytest.raises(raised) as caught:
        coinbase.refuse(reply(Request(EXCHANGE, "coinbase.exchange"), body))
    assert caught.type is raised


@pytest.mark.parametrize("body", [[], {"candles": []}, {"products": [], "message": ""}, "<html>"])
def test_good_answers_and_pages_of_others_are_left_to_the_transport(body):
    """Candles without a trade are an empty list."""
    coinbase.refuse(reply(Request(EXCHANGE, "coinbase.exchange"), body))
