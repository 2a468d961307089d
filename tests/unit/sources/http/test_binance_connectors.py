"""Binance over REST: every request that goes out, where a series stops, and what its errors are taken for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request, millis
from orchestration.sources.http.errors import Banned, Permanent, Transient, Unknown
from orchestration.sources.http.venues import binance
from orchestration.sources.http.venues.binance_shared import refuse
from transforms.parse import FEEDS

CONNECTORS = {connector.feed: connector for connector in binance.CONNECTORS}
LIMITS = {limit.name: limit for limit in binance.LIMITS}
DAY = date(2026, 3, 30)
START, END = "1774224000000", "1774915200000"  # 2026-03-23 and 2026-03-31, 00:00


def batch(first=DAY, last=DAY, now=datetime(2026, 3, 31, 0, 30, tzinfo=UTC), assets=("BTC",), **options) -> Batch:
    return Batch(first, last, now, assets, options)


def series(feed: str, of: Batch):
    return list(CONNECTORS[feed].series(of))


def asked(feed: str, of: Batch, body=()) -> list[Request]:
    """First pages that are also the last."""
    return [request for one in series(feed, of) for request in drive(one, lambda request: list(body))]


def told(requests: list[Request]) -> list[tuple]:
    return [(request.url, dict(request.params), request.weight, request.limit) for request in requests]


def test_every_connector_has_a_feed_a_budget_and_what_its_parser_is_told():
    """A feed without a parser lands bytes that nobody reads."""
    assert set(CONNECTORS) <= set(FEEDS)
    for feed, connector in CONNECTORS.items():
        requests = [next(one) for one in connector.series(batch(assets=("BTC", "SOL")))]
        assert requests, feed
        assert {request.limit for request in requests} <= set(LIMITS), feed
        if feed != "binance_usdm_premium_index":
            assert all(set(request.told) == set(FEEDS[feed].params) for request in requests), feed


def test_the_budgets_are_the_documented_ones():
    """More than these gets the address banned, less makes a back-fill needlessly slow."""
    budgets = {name: (limit.amount, limit.seconds) for name, limit in LIMITS.items()}
    assert budgets == {
        "binance.futures": (2400, 60),
        "binance.futures_data": (1000, 300),
        "binance.funding": (500, 300),
        "binance.spot": (1200, 60),
        "binance.vision": (300, 60),
    }


def test_instruments_are_one_request_per_margin_family():
    """The lists are whole: nothing is left out of them, and nothing is paged."""
    assert told(asked("binance_usdm_instruments", batch())) == [
        ("https://fapi.binance.com/fapi/v1/exchangeInfo", {}, 1, "binance.futures")
    ]
    assert told(asked("binance_coinm_instruments", batch())) == [
        ("https://dapi.binance.com/dapi/v1/exchangeInfo", {}, 1, "binance.futures")
    ]


def test_coin_margined_marks_are_one_request_of_ten():
    """The term structure is of one instant only if it comes in one answer."""
    assert told(asked("binance_coinm_premium_index", batch())) == [
        ("https://dapi.binance.com/dapi/v1/premiumIndex", {}, 10, "binance.futures")
    ]


def listed(symbol: str, base: str = "BTC", underlying: str = "COIN") -> dict:
    return {"symbol": symbol, "baseAsset": base, "underlyingType": underlying}


def test_usd_margined_marks_are_asked_for_contracts_on_the_batchs_coins_only():
    """Gold and shares trade on USD-M as well; with their marks a term structure would have other assets in it."""
    symbols = [
        listed("BTCUSDT"), listed("BTCUSDT_260626"), listed("DOGEUSDT", "DOGE"),
        listed("XAUUSDT", "XAU", "COMMODITY"), listed("BTCDOMUSDT", "BTC", "INDEX"),
    ]  # fmt: skip
    (one,) = series("binance_usdm_premium_index", batch())
    requests = drive(one, lambda request: {"symbols": symbols} if request.url.endswith("exchangeInfo") else {})
    assert [(request.url, dict(request.params), request.lands) for request in requests] == [
        ("https://fapi.binance.com/fapi/v1/exchangeInfo", {}, False),
        ("https://fapi.binance.com/fapi/v1/premiumIndex", {"symbol": "BTCUSDT"}, True),
        ("https://fapi.binance.com/fapi/v1/premiumIndex", {"symbol": "BTCUSDT_260626"}, True),
    ]
    assert [request.missing_ok for request in requests] == [False, True, True]


def test_an_instrument_list_of_another_form_fails_the_series():
    """Without a list there would be a snapshot of nothing, and no error."""
    (one,) = series("binance_usdm_premium_index", batch())
    with pytest.raises(Permanent, match="symbols"):
        drive(one, [{"rows": []}])


def test_funding_is_asked_per_perpetual_with_the_settlement_that_ends_the_last_day():
    """The stamp of 00:00 of the next day, some milliseconds late, pays for the day before."""
    now = datetime(2026, 3, 31, 0, 20, tzinfo=UTC)
    end = millis(datetime(2026, 3, 31, 0, 1, tzinfo=UTC))
    span = {"startTime": START, "endTime": end, "limit": "1000"}
    assert told(asked("binance_funding_history", batch(now=now, assets=("BTC", "ETH")))) == [
        ("https://fapi.binance.com/fapi/v1/fundingRate", {"symbol": "BTCUSDT", **span}, 1, "binance.funding"),
        ("https://fapi.binance.com/fapi/v1/fundingRate", {"symbol": "ETHUSDT", **span}, 1, "binance.funding"),
        ("https://dapi.binance.com/dapi/v1/fundingRate", {"symbol": "BTCUSD_PERP", **span}, 1, "binance.funding"),
        ("https://dapi.binance.com/dapi/v1/fundingRate", {"symbol": "ETHUSD_PERP", **span}, 1, "binance.funding"),
    ]


def test_a_full_page_of_funding_is_followed_from_its_newest_stamp():
    """The venue answers with the oldest thousand: the next page begins a millisecond after them."""
    first = [{"fundingTime": int(START) + n} for n in range(1000)]
    pages = iter([first, first[:999]])
    requests = drive(series("binance_funding_history", batch())[0], lambda request: next(pages))
    assert [request.params["startTime"] for request in requests] == [START, str(int(START) + 1000)]


def test_a_page_that_does_not_move_on_stops_the_series():
    """Otherwise a venue that ignores `startTime` is asked for ever."""
    stuck = [{"fundingTime": int(START) + 5}] * 1000
    with pytest.raises(Permanent, match="does not move on"):
        drive(series("binance_funding_history", batch())[0], lambda request: stuck)


def test_open_interest_is_asked_by_symbol_and_by_pair_and_kind():
    """COIN-M has no symbol here, and only PERPETUAL is always the same contract."""
    now = datetime(2026, 3, 31, 0, 25, tzinfo=UTC)
    span = {"period": "1h", "startTime": START, "endTime": str(int(END) - 1), "limit": "500"}
    assert told(asked("binance_open_interest", batch(now=now))) == [
        ("https://fapi.binance.com/futures/data/openInterestHist", {"symbol": "BTCUSDT", **span}, 1,
         "binance.futures_data"),
        ("https://dapi.binance.com/futures/data/openInterestHist",
         {"pair": "BTCUSD", "contractType": "PERPETUAL", **span}, 1, "binance.futures_data"),
    ]  # fmt: skip


def test_open_interest_older_than_a_month_is_never_asked_for():
    """The venue refuses the whole request, and with it the days that it has."""
    now = datetime(2026, 3, 31, 0, 25, tzinfo=UTC)
    requests = asked("binance_open_interest", batch(first=date(2026, 1, 1), now=now))
    oldest = min(int(request.params["startTime"]) for request in requests)
    assert oldest == int(millis(now - timedelta(days=30) + timedelta(hours=1)))
    first, second = (request.params for request in requests if "symbol" in request.params)
    assert int(second["startTime"]) == int(first["endTime"]) + 1
    assert all(int(r.params["endTime"]) - int(r.params["startTime"]) < 500 * 3_600_000 for r in requests)
    assert asked("binance_open_interest", batch(date(2026, 1, 1), date(2026, 1, 2), now)) == []


def test_delivery_prices_are_asked_by_pair_which_the_body_does_not_say():
    """The body has a day and a price only."""
    requests = asked("binance_delivery_prices", batch(assets=("ETH",)))
    assert [(request.url, dict(request.params), dict(request.told)) for request in requests] == [
        ("https://fapi.binance.com/futures/data/delivery-price", {"pair": "ETHUSDT"}, {"pair": "ETHUSDT"}),
        ("https://dapi.binance.com/futures/data/delivery-price", {"pair": "ETHUSD"}, {"pair": "ETHUSD"}),
    ]


def test_candles_of_every_market_and_kind():
    """Spot has trades only; of an index the venue wants the pair; no candle that is still running is asked for."""
    last = str(int(END) - 3_600_000)
    requests = asked("binance_klines", batch())
    assert [request.url for request in requests] == [
        "https://data-api.binance.vision/api/v3/klines",
        *(f"https://fapi.binance.com/fapi/v1/{n}" for n in ("klines", "markPriceKlines", "indexPriceKlines")),
        "https://fapi.binance.com/fapi/v1/premiumIndexKlines",
        *(f"https://dapi.binance.com/dapi/v1/{n}" for n in ("klines", "markPriceKlines", "indexPriceKlines")),
        "https://dapi.binance.com/dapi/v1/premiumIndexKlines",
    ]
    span = {"startTime": START, "endTime": last}
    assert dict(requests[0].params) == {"symbol": "BTCUSDT", "interval": "1h", **span, "limit": "1000"}
    assert dict(requests[3].params) == {"pair": "BTCUSDT", "interval": "1h", **span, "limit": "499"}
    assert dict(requests[5].params) == {"symbol": "BTCUSD_PERP", "interval": "1h", **span, "limit": "499"}
    assert dict(requests[7].params) == {"pair": "BTCUSD", "interval": "1h", **span, "limit": "499"}
    assert dict(requests[7].told) == {"market": "cm", "symbol": "BTCUSD", "candle_kind": "index", "interval": "1h"}
    assert [(request.limit, request.weight) for request in requests[:2]] == [
        ("binance.spot", 2),
        ("binance.futures", 2),
    ]


def test_a_small_page_of_futures_candles_costs_less():
    """The weight goes by the limit that is asked for, not by what comes."""
    requests = asked("binance_klines", batch(candle_interval="1d"))
    assert [(r.params["limit"], r.weight) for r in requests[1:]] == [("99", 1)] * 8


def test_a_full_page_of_candles_is_followed_from_its_newest():
    """Spot and USD-M answer with the oldest rows of a span."""
    of = batch(first=date(2026, 1, 1))
    usd_m = series("binance_klines", of)[1]

    def answer(request: Request) -> list:
        start, end, hour = int(request.params["startTime"]), int(request.params["endTime"]), 3_600_000
        opens = range(-(-start // hour) * hour, end + 1, hour)
        return [[at] for at in opens][: int(request.params["limit"])]

    requests = drive(usd_m, answer)
    found = [row[0] for request in requests for row in answer(request)]
    assert len(found) == len(set(found)) == 96 * 24
    assert len(requests) == 5
    with pytest.raises(Permanent, match="does not move on"):
        drive(series("binance_klines", of)[1], lambda request: [[0]] * int(request.params["limit"]))


@pytest.mark.parametrize("interval", ["1h", "1d"])
def test_coin_margined_candles_are_asked_in_spans_of_a_page_and_200_days(interval):
    """COIN-M keeps the newest rows of a longer span, so that the oldest would be lost without an error."""
    of = batch(first=date(2024, 1, 1), candle_interval=interval)
    requests = [r for one in series("binance_klines", of)[5:] for r in drive(one, lambda request: [[1]] * 499)]
    length = {"1h": 3_600_000, "1d": 86_400_000}[interval]
    for request in requests:
        start, end = int(request.params["startTime"]), int(request.params["endTime"])
        assert end - start <= 200 * 86_400_000
        assert (end - start) // length + 1 <= int(request.params["limit"])
    one = [r for r in requests if r.url.endswith("dapi/v1/klines")]
    assert all(int(b.params["startTime"]) == int(a.params["endTime"]) + 1 for a, b in pairwise(one))


def test_nothing_is_asked_from_before_a_market_began():
    """Years of empty answers would spend the budget."""
    requests = asked("binance_klines", batch(first=date(2010, 1, 1)))
    starts = [datetime.fromtimestamp(int(request.params["startTime"]) / 1000, UTC).date() for request in requests[:2]]
    assert starts == [date(2017, 8, 1), date(2019, 9, 1)]


def test_an_interval_that_the_venue_has_not_is_refused():
    """A month has no fixed length; a misspelt interval would be an error per request."""
    for wrong in ("1M", "1mo", "2d", "hourly"):
        with pytest.raises(Permanent, match="candle_interval"):
            series("binance_klines", batch(candle_interval=wrong))


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (-1121, "Invalid symbol.", Unknown),
        (-1003, "Too many requests; current limit is 2400 requests per minute.", Transient),
        (-1001, "Internal error; unable to process your request. Please try again.", Transient),
        (-1130, "Data sent for parameter 'startTime' is not valid.", Permanent),
        (-1102, "Mandatory parameter 'symbol' was not sent.", Permanent),
    ],
)
def test_an_error_of_the_venue_is_told_by_its_code(code, message, error):
    """Whatever the status says: an error inside a 200 would be landed as data."""
    with pytest.raises(error) as caught:
        refuse(reply(Request("https://fapi.binance.com/x", "binance.futures"), {"code": code, "msg": message}))
    assert type(caught.value) is error


def test_a_ban_lasts_until_the_instant_that_the_message_names():
    """Asking on prolongs it."""
    at = datetime(2026, 3, 31, tzinfo=UTC)
    body = {"code": -1003, "msg": f"Way too much request weight used; IP banned until {millis(at)}. Please use"}
    with pytest.raises(Banned) as caught:
        refuse(reply(Request("u", "l"), body, received_at=at - timedelta(seconds=90)))
    assert caught.value.retry_after == 90


@pytest.mark.parametrize("body", [[], {"symbols": []}, {"code": 200, "msg": "success"}, {"symbol": "BTCUSDT"}])
def test_data_is_no_error(body):
    """An answer is refused for a negative code with a message, and for nothing else."""
    refuse(reply(Request("u", "l"), body))


def test_an_error_that_is_cut_short_is_asked_for_again():
    """Half an error about an unknown symbol would fail the feed for good."""
    with pytest.raises(Transient):
        refuse(reply(Request("u", "l"), '{"code": -1121, "msg'))


def test_rows_that_are_no_list_fail_the_series():
    """A page of another form has no stamp to go on from."""
    with pytest.raises(Permanent, match="expected a list"):
        drive(series("binance_funding_history", batch())[0], [{"rows": []}])
