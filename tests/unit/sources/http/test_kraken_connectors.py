"""What is asked of Kraken Futures: pages forward, pages backward, tokens, and errors with status 200."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import kraken
from transforms.parse import FEEDS

CONNECTORS = {connector.feed: connector for connector in kraken.CONNECTORS}
DAY = date(2026, 2, 5)
NOW = datetime(2026, 2, 6, 0, 35, tzinfo=UTC)
HOST = "https://futures.kraken.com"
SYMBOLS = ["PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD", "PI_XBTUSD", "PI_ETHUSD"]
LISTED = [
    {"symbol": "FF_XBTUSD_260327", "base": "BTC"},
    {"symbol": "FI_XBTUSD_260327", "base": "XBT"},
    {"symbol": "FF_XRPUSD_260327", "base": "XRP"},
    {"symbol": "PF_XBTUSD", "base": "BTC"},
]


def batch(first=DAY, last=DAY, now=NOW, assets=("BTC", "ETH", "SOL")):
    return Batch(first, last, now, assets)


def series(feed, **asked):
    return list(CONNECTORS[feed].series(batch(**asked)))


def seconds(*when):
    return str(int(datetime(*when, tzinfo=UTC).timestamp()))


def ms(*when):
    return f"{seconds(*when)}000"


@pytest.mark.parametrize("feed", CONNECTORS)
def test_every_request_tells_the_parser_what_it_needs(feed):
    """No body of Kraken's names its contract."""
    assert feed in FEEDS
    for each in series(feed):
        request = next(each)
        assert request.limit == "kraken.public"
        assert not request.lands or set(FEEDS[feed].params) <= set(request.told)


def test_snapshots_are_one_call_each():
    """All contracts come in one answer."""
    asked = [next(one) for feed in ("kraken_instruments", "kraken_tickers") for one in series(feed)]
    assert [request.url for request in asked] == [
        f"{HOST}/derivatives/api/v3/instruments",
        f"{HOST}/derivatives/api/v3/tickers",
    ]
    assert (CONNECTORS["kraken_instruments"].due, CONNECTORS["kraken_tickers"].due) == (("08:10",), ("23:55",))


def test_funding_is_one_call_a_contract_and_has_no_window():
    """The venue tells the whole history; a window would be ignored."""
    requests = [request for one in series("kraken_funding_rates") for request in drive(one, [{"rates": []}])]
    assert [dict(request.params) for request in requests] == [{"symbol": symbol} for symbol in SYMBOLS]


def test_candles_are_asked_in_seconds_and_end_before_the_next_day():
    """The answer is in milliseconds; the request in milliseconds would be a window in the far future."""
    requests = [next(one) for one in series("kraken_candles", assets=("BTC",))[:6]]
    assert [request.url for request in requests] == [
        f"{HOST}/api/charts/v1/{tick}/{symbol}/1h"
        for symbol in ("PF_XBTUSD", "PI_XBTUSD")
        for tick in ("trade", "mark", "spot")
    ]
    assert dict(requests[0].params) == {"from": seconds(2026, 1, 29), "to": str(int(seconds(2026, 2, 6)) - 1)}
    assert dict(requests[0].told) == {"symbol": "PF_XBTUSD", "tick_type": "trade", "resolution": "1h"}


def test_more_candles_are_asked_for_behind_the_last_one():
    """`more_candles` is the only sign that a page was cut."""
    one = series("kraken_candles")[0]
    page = {"candles": [{"time": int(ms(2026, 2, 1))}, {"time": int(ms(2026, 2, 1, 5))}], "more_candles": True}
    requests = drive(one, [page, {"candles": [], "more_candles": False}])
    assert [request.params["from"] for request in requests] == [seconds(2026, 1, 29), seconds(2026, 2, 1, 6)]
    with pytest.raises(Permanent, match="does not move on"):
        drive(series("kraken_candles")[0], [{"candles": [], "more_candles": True}])


def test_a_page_of_candles_is_never_asked_for_more_than_2000():
    """Longer windows come in pieces whose edges meet."""
    requests = drive(series("kraken_candles", first=date(2025, 10, 1))[0], lambda request: {"candles": []})
    bounds = [(int(request.params["from"]), int(request.params["to"])) for request in requests]
    assert len(bounds) == 2
    assert all(end - start < 2000 * 3600 for start, end in bounds)
    assert bounds[0][1] + 1 == bounds[1][0]


def test_dated_futures_come_from_the_list_of_instruments():
    """Their names change every week; the list only steers and is landed by its own feed."""
    one = series("kraken_executions")[-1]
    requests = drive(one, [{"instruments": LISTED}, {"elements": []}, {"elements": []}])
    assert not requests[0].lands
    assert [request.told.get("symbol") for request in requests[1:]] == ["FF_XBTUSD_260327", "FI_XBTUSD_260327"]


def trades(newest, count, apart=timedelta(seconds=1)):
    times = [newest - apart * n for n in range(count)]
    return {"result": "success", "history": [{"time": at.isoformat().replace("+00:00", "Z")} for at in times]}


def test_trades_are_read_backwards_and_the_oldest_millisecond_again():
    """The page may have been cut within it; what comes twice is a repeat, what is left out is lost."""
    one = series("kraken_history")[0]
    newest = datetime(2026, 2, 5, 23, 59, 59, 120_000, tzinfo=UTC)
    first, second = drive(one, [trades(newest, 100), trades(newest - timedelta(seconds=99), 99)])
    assert dict(first.params) == {"symbol": "PF_XBTUSD", "lastTime": "2026-02-06T00:00:00.000Z"}
    assert second.params["lastTime"] == "2026-02-05T23:58:20.121Z"


def test_trades_are_not_asked_for_behind_the_day_or_behind_seven_days():
    """A page that reaches the start is the last; older days are no longer there."""
    noon = datetime(2026, 2, 5, 12, tzinfo=UTC)
    one = series("kraken_history")[0]
    assert len(drive(one, [trades(noon, 100), trades(datetime(2026, 2, 5, tzinfo=UTC), 100)])) == 2
    assert drive(series("kraken_history", first=date(2026, 1, 1), last=date(2026, 1, 2))[0], []) == []


def test_a_full_page_of_one_millisecond_ends_the_series():
    """It cannot be passed, and half a day of liquidations is not a day."""
    page = trades(datetime(2026, 2, 5, 12, tzinfo=UTC), 100, timedelta())
    with pytest.raises(Permanent, match="does not move on"):
        drive(series("kraken_history")[0], [page, page])


def test_executions_go_on_by_token_until_there_is_none():
    """A page of 1,000 is not the day."""
    one = series("kraken_executions")[0]
    first, second = drive(one, [{"elements": [], "continuationToken": "dG9rZW4="}, {"elements": [], "len": 0}])
    assert first.url == f"{HOST}/api/history/v3/market/PF_XBTUSD/executions"
    assert dict(first.params) == {
        "since": ms(2026, 2, 5), "before": ms(2026, 2, 6), "sort": "asc", "count": "1000",
    }  # fmt: skip
    assert dict(second.params) == {**first.params, "continuationToken": "dG9rZW4="}
    with pytest.raises(Permanent, match="stays the same"):
        drive(series("kraken_executions")[0], lambda request: {"continuationToken": "same"})


def test_executions_before_the_venue_kept_any_are_not_asked_for():
    """History begins on 2021-05-27."""
    assert drive(series("kraken_executions", first=date(2020, 1, 1), last=date(2020, 1, 2))[0], []) == []


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        ({"result": "error", "error": "apiLimitExceeded", "serverTime": "x"}, Transient),
        ({"result": "error", "error": "Server Error"}, Transient),
        ({"result": "error", "error": "contractNotFound"}, Unknown),
        ({"status": "NOT_FOUND", "result": "error", "errors": [{"code": 93, "message": "notFound"}]}, Unknown),
        ({"status": "BAD_REQUEST", "result": "error", "errors": [{"code": 11, "message": "invalidUnit"}]}, Permanent),
        ({"result": "error"}, Permanent),
    ],
)
def test_an_error_with_status_200_is_told_apart(body, raised):
    """A throttle that landed as good would be an empty day."""
    with pytest.raises(raised) as caught:
        kraken.refuse(reply(Request(HOST, "kraken.public"), body))
    assert caught.type is raised


def test_good_answers_and_pages_of_others_are_left_to_the_transport():
    """An empty list of errors is none."""
    request = Request(HOST, "kraken.public")
    kraken.refuse(reply(request, {"result": "success", "rates": [], "errors": []}))
    kraken.refuse(reply(request, "<html>", status=502))
