"""What is asked of Bybit: categories, windows, pages back in time, and which of its answers are errors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from against_venue import assert_same_as_files, fetch, world
from loopback.venues.bybit import VENUE
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import bybit, bybit_api
from transforms.parse import FEEDS

DAY = date(2026, 2, 5)
FEED = {connector.feed: connector for connector in bybit.CONNECTORS}


def batch(clock: str = "00:20", **changes: Any) -> Batch:
    now = datetime.fromisoformat(f"2026-02-06T{clock}+00:00")
    return Batch(DAY, DAY, now, **({"assets": ("BTC",)} | changes))


def ok(rows: list[Any], cursor: str = "") -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": {"list": rows, "nextPageCursor": cursor}, "time": 1}


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def asked(feed: str, *answers: Any, which: int = 0, of: Batch | None = None) -> list[Request]:
    return drive(list(FEED[feed].series(of or batch()))[which], answers or [ok([])])


def first_requests(feed: str, of: Batch | None = None) -> list[Request]:
    return [drive(series, lambda request: ok([]))[0] for series in FEED[feed].series(of or batch())]


def test_every_request_is_of_the_public_market_data_and_counted():
    """A request that names no budget is not slowed down, and the address is shut out for ten minutes."""
    for feed in FEED:
        for request in first_requests(feed):
            assert request.url.startswith("https://api.bybit.com/v5/market/")
            assert (request.limit, request.weight, request.secret, request.body) == ("bybit.public", 1, None, "json")
    assert [(limit.name, limit.amount, limit.seconds) for limit in bybit.LIMITS] == [("bybit.public", 600, 5)]


def test_parsers_are_told_what_the_bodies_do_not_say():
    """A body without its symbol or kind cannot be read at all."""
    for feed, connector in FEED.items():
        for request in first_requests(feed):
            assert not request.lands or set(FEEDS[feed].params) <= set(request.told), feed
        assert (connector.kind != "history") == (connector.trailing_days == 0)


def test_instruments_are_asked_by_category_and_options_by_coin():
    """Options default to bitcoin: without a coin, all others are missing."""
    found = [dict(request.params) for request in first_requests("bybit_instruments", batch(assets=("BTC", "ETH")))]
    assert found == [
        {"category": "linear", "limit": "1000"},
        {"category": "inverse", "limit": "1000"},
        {"category": "option", "baseCoin": "BTC", "limit": "1000"},
        {"category": "option", "baseCoin": "ETH", "limit": "1000"},
    ]


def test_pages_go_by_cursor_until_there_is_none():
    """More than five hundred linear contracts do not fit on one page."""
    requests = asked("bybit_instruments", ok([{}], "a%3D1"), ok([{}], "b"), ok([{}], ""))
    assert [request.params.get("cursor") for request in requests] == [None, "a%3D1", "b"]
    assert all(request.params["limit"] == "1000" for request in requests)


@pytest.mark.parametrize(
    ("feed", "row"),
    [("bybit_instruments", {}), ("bybit_open_interest", {}), ("bybit_delivery_prices", {"deliveryTime": "9" * 13})],
)
def test_a_cursor_that_comes_back_ends_the_series_as_a_fault(feed, row):
    """The series would go round for ever, or half of it would pass for the whole."""
    with pytest.raises(Permanent, match="cursor of an earlier page"):
        asked(feed, ok([row], "a"), ok([row], "b"), ok([row], "a"))


def test_funding_sends_both_bounds_and_takes_the_settlement_that_ends_the_day():
    """A start alone is an error; the settlement of midnight belongs to the day before."""
    first = asked("bybit_funding_history")[0]
    assert first.url.endswith("/funding/history")
    assert first.params == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "startTime": str(millis("2026-01-29")),
        "endTime": str(millis("2026-02-06T00:01") - 1),
        "limit": "200",
    }
    assert first.told == {"category": "linear"}


def test_funding_pages_back_by_the_oldest_stamp_until_the_start_of_the_window():
    """Pages are newest first: asking on from the newest would give the same page again."""
    full = [{"fundingRateTimestamp": str(millis("2026-02-05") - hour)} for hour in range(200)]
    older = [{"fundingRateTimestamp": str(millis("2026-02-01") - n)} for n in range(200)]
    last = [{"fundingRateTimestamp": str(millis("2026-01-29") + n)} for n in range(200)]
    requests = asked("bybit_funding_history", ok(full), ok(older), ok(last))
    assert [request.params["endTime"] for request in requests] == [
        str(millis("2026-02-06T00:01") - 1),
        str(millis("2026-02-05") - 200),
        str(millis("2026-02-01") - 200),
    ]


def test_a_page_that_does_not_move_on_ends_the_series_as_a_fault():
    """A venue that forgets `endTime` gives its newest page for ever."""
    page = [{"fundingRateTimestamp": str(millis("2026-02-05") - n)} for n in range(200)]
    with pytest.raises(Permanent, match="later than the end"):
        asked("bybit_funding_history", ok(page), ok(page), ok(page))


def test_symbols_by_margin():
    """Inverse contracts are another category: asked as linear ones they are unknown."""
    found = [
        (request.params["category"], request.params["symbol"]) for request in first_requests("bybit_open_interest")
    ]
    assert found == [("linear", "BTCUSDT"), ("linear", "BTCPERP"), ("inverse", "BTCUSD")]


def test_open_interest_is_by_the_hour_with_both_bounds():
    """A start without an end is not heeded, and the answer is of now."""
    request = asked("bybit_open_interest", of=batch("00:25"))[0]
    assert request.params == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "intervalTime": "1h",
        "startTime": str(millis("2026-01-29")),
        "endTime": str(millis("2026-02-06") - 1),
        "limit": "200",
    }
    assert request.told == {"category": "linear", "symbol": "BTCUSDT"}


def test_klines_of_every_kind_and_interval_on_full_pages():
    """Marks and indexes have endpoints of their own; inverse contracts have no premium index."""
    found = {
        (request.url.rsplit("/", 1)[1], request.params["symbol"], request.params["interval"], request.params["limit"])
        for request in first_requests("bybit_klines")
        if "symbol" in request.params
    }
    kinds = ("kline", "mark-price-kline", "index-price-kline", "premium-index-price-kline")
    linear = {(kind, symbol, i, "1000") for kind in kinds for symbol in ("BTCUSDT", "BTCPERP") for i in ("60", "D")}
    assert found == linear | {(kind, "BTCUSD", i, "1000") for kind in kinds[:3] for i in ("60", "D")}


@pytest.mark.parametrize(
    ("feed", "option"),
    [("bybit_klines", {"candle_intervals": ["1h", "2h"]}), ("bybit_open_interest", {"open_interest_interval": "2h"})],
)
def test_an_interval_that_the_venue_has_not_is_told_by_its_name(feed, option):
    """Asked for, it would be an error of parameters at every symbol."""
    with pytest.raises(Permanent, match=r"has 2h; known are"):
        list(FEED[feed].series(batch(options=option)))


def test_one_interval_may_be_given_without_a_list():
    """Taken as a list, `1h` would be the intervals 1 and h."""
    of = batch(options={"candle_intervals": "1h"})
    found = {request.params.get("interval") for request in first_requests("bybit_klines", of)}
    assert found == {"60", None}


def test_klines_end_before_the_window_does():
    """The end of the window opens the next candle, which is not over."""
    request = asked("bybit_klines", of=batch("00:30"))[0]
    assert (request.params["start"], request.params["end"]) == (
        str(millis("2026-01-29")),
        str(millis("2026-02-06") - 1),
    )
    assert request.told == {"category": "linear", "symbol": "BTCUSDT", "candle_kind": "trade", "interval": "1h"}


def test_klines_of_dated_contracts_stop_at_their_delivery():
    """After delivery there is no trade; a contract delivered within the window is no longer in the list."""
    listed = ok([
        {"symbol": "BTCUSDT", "contractType": "LinearPerpetual", "deliveryTime": "1774598400000"},
        {"symbol": "BTCUSDT-27MAR26", "contractType": "LinearFutures", "deliveryTime": str(millis("2026-03-27T08:00"))},
    ])  # fmt: skip
    closed = ok([
        {"symbol": "BTCUSDT-30JAN26", "contractType": "LinearFutures", "deliveryTime": str(millis("2026-01-30T08:00"))},
        {"symbol": "BTCUSDT-26DEC25", "contractType": "LinearFutures", "deliveryTime": str(millis("2025-12-26T08:00"))},
    ])  # fmt: skip
    of = batch("00:30", options={"candle_intervals": ["1d"]})
    series = list(FEED["bybit_klines"].series(of))[-2]
    answers = {"None": listed, "Closed": closed}

    def given(request: Request) -> Any:
        return answers[str(request.params.get("status"))] if request.url.endswith("instruments-info") else ok([])

    requests = drive(series, given)
    assert [request.lands for request in requests[:2]] == [False, False]
    assert [(r.params["symbol"], r.url.rsplit("/", 1)[1], r.params["end"]) for r in requests[2:]] == [
        ("BTCUSDT-27MAR26", "kline", str(millis("2026-02-06") - 1)),
        ("BTCUSDT-27MAR26", "mark-price-kline", str(millis("2026-02-06") - 1)),
        ("BTCUSDT-30JAN26", "kline", str(millis("2026-01-30T08:00") - 1)),
        ("BTCUSDT-30JAN26", "mark-price-kline", str(millis("2026-01-30T08:00") - 1)),
    ]
    assert all(request.missing_ok for request in requests[2:])


def test_delivery_prices_name_the_settlement_coin_and_stop_behind_the_window():
    """The coin defaults to USDC: without it the contracts in USDT are missing."""
    coins = [(r.params["category"], r.params["settleCoin"]) for r in first_requests("bybit_delivery_prices")]
    assert coins == [("linear", "USDT"), ("linear", "USDC"), ("inverse", "BTC")]
    new, old = {"deliveryTime": str(millis("2026-01-30T08:00"))}, {"deliveryTime": str(millis("2025-12-26T08:00"))}
    assert len(asked("bybit_delivery_prices", ok([new], "x"), ok([old], "y"))) == 2


def test_a_throttled_answer_is_tried_again_when_the_venue_says():
    """Error 10006 comes with status 200: landed as good, the day would be missing."""
    request = asked("bybit_tickers")[0]
    headers = {"x-bapi-limit-reset-timestamp": str(millis("2026-02-06T00:20:03"))}
    now = datetime(2026, 2, 6, 0, 20, tzinfo=UTC)
    throttled = {"retCode": 10006, "retMsg": "Too many visits. Exceeded the API Rate Limit.", "result": {}}
    with pytest.raises(Transient) as caught:
        bybit_api.refuse(reply(request, throttled, headers=headers, received_at=now))
    assert caught.value.retry_after == 3.0


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"retCode": 10001, "retMsg": "params error: symbol invalid", "result": {}}, Unknown),
        ({"retCode": 10001, "retMsg": "Not supported symbols", "result": {}}, Unknown),
        ({"retCode": 10001, "retMsg": "params error: endTime invalid", "result": {}}, Permanent),
        ({"retCode": "10016", "retMsg": "Server error.", "result": {}}, Transient),
        ({"retCode": 33004, "retMsg": "expired", "result": {}}, Permanent),
        ({"retCode": 0, "retMsg": "OK", "result": {}}, Permanent),
        ({"code": 0}, Permanent),
        ([], Permanent),
    ],
)
def test_errors_of_the_venue_inside_a_good_status(body, error):
    """A wrong parameter never gets better; a symbol that does not trade there is no fault."""
    with pytest.raises(Permanent if error is Unknown else error) as caught:
        bybit_api.refuse(reply(asked("bybit_tickers")[0], body))
    assert type(caught.value) is error


def test_a_good_answer_is_not_refused():
    """An empty list is an answer."""
    for code in (0, "0"):
        bybit_api.refuse(reply(asked("bybit_tickers")[0], ok([]) | {"retCode": code}))


@pytest.mark.parametrize("feed", sorted(FEED))
def test_the_venue_as_documented_gives_the_same_rows_as_files(feed):
    """At every read of a week: nothing missing, nothing made up."""
    known = world(date(2026, 1, 28), date(2026, 2, 3), "bybit")
    assert assert_same_as_files(FEED[feed], VENUE, known) > 0


def test_a_back_fill_of_a_month_goes_over_pages_and_loses_nothing():
    """Thirty days of hours are more than a page of open interest."""
    known = world(date(2026, 1, 20), date(2026, 2, 25), "bybit")
    now = datetime(2026, 2, 26, 0, 30, tzinfo=UTC)
    month = Batch(date(2026, 1, 27), date(2026, 2, 25), now, ("BTC",))
    found = fetch(FEED["bybit_open_interest"], month, VENUE, known)
    n_rows = sum(FEEDS[item.feed].parse(item).rows_in for item in found.landed)
    assert len(found.asked) > 4
    assert n_rows == 24 * 37
