"""What is asked of OKX: types and families, pages by `after`, how far back, and which of its answers are errors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from against_venue import assert_same_as_files, fetch, world
from loopback.venues.okx import VENUE
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import okx, okx_api
from transforms.parse import FEEDS

DAY = date(2026, 2, 5)
HOUR = 3_600_000
FEED = {connector.feed: connector for connector in okx.CONNECTORS}


def batch(clock: str = "00:20", **changes: Any) -> Batch:
    now = datetime.fromisoformat(f"2026-02-06T{clock}+00:00")
    return Batch(**({"first": DAY, "last": DAY, "now": now, "assets": ("BTC",)} | changes))


def ok(rows: list[Any]) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": rows}


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def first_requests(feed: str, of: Batch | None = None) -> list[Request]:
    return [drive(series, lambda request: ok([]))[0] for series in FEED[feed].series(of or batch())]


def asked(feed: str, *answers: Any, which: int = 0, of: Batch | None = None) -> list[Request]:
    return drive(list(FEED[feed].series(of or batch()))[which], answers)


@pytest.mark.parametrize(
    ("feed", "limits"),
    [
        ("okx_instruments", {"okx.public_20"}),
        ("okx_mark_prices", {"okx.public_10"}),
        ("okx_funding_history", {"okx.public_10", "okx.public_20"}),
        ("okx_open_interest", {"okx.public_20"}),
        ("okx_open_interest_history", {"okx.public_10"}),
        ("okx_candles", {"okx.public_10", "okx.public_20"}),
        ("okx_option_summary", {"okx.public_20"}),
        ("okx_delivery_history", {"okx.public_40"}),
    ],
)
def test_every_request_names_the_budget_of_its_endpoint(feed, limits):
    """The venue counts per endpoint; ten in two seconds is the least of them."""
    requests = first_requests(feed)
    assert {request.limit for request in requests} == limits
    assert {(limit.name, limit.amount, limit.seconds) for limit in okx.LIMITS} == {
        ("okx.public_40", 40, 2), ("okx.public_20", 20, 2), ("okx.public_10", 10, 2),
    }  # fmt: skip
    for request in requests:
        assert request.url.startswith("https://www.okx.com/api/v5/")
        assert not request.lands or set(FEEDS[feed].params) <= set(request.told)


def test_instruments_are_asked_by_type_and_options_by_family():
    """Options without their family are an error."""
    assert [dict(request.params) for request in first_requests("okx_instruments")] == [
        {"instType": "SWAP"},
        {"instType": "FUTURES"},
        {"instType": "OPTION", "instFamily": "BTC-USD"},
        {"instType": "OPTION", "instFamily": "BTC-USD_UM"},
    ]


@pytest.mark.parametrize(
    ("feed", "path", "params"),
    [
        ("okx_mark_prices", "public/mark-price", [{"instType": "SWAP"}, {"instType": "FUTURES"}]),
        ("okx_open_interest", "public/open-interest", [{"instType": "SWAP"}, {"instType": "FUTURES"}]),
        ("okx_index_tickers", "market/index-tickers", [{"quoteCcy": "USD"}, {"quoteCcy": "USDT"}]),
        ("okx_option_summary", "public/opt-summary", [{"instFamily": "BTC-USD"}, {"instFamily": "BTC-USD_UM"}]),
    ],
)
def test_snapshots_are_one_request_each(feed, path, params):
    """A snapshot is of its own minute: no window, nothing fetched again."""
    requests = first_requests(feed)
    assert [dict(request.params) for request in requests] == params
    assert {request.url for request in requests} == {f"https://www.okx.com/api/v5/{path}"}
    assert (FEED[feed].kind, FEED[feed].trailing_days) == ("snapshot", 0)


def test_funding_asks_for_what_is_older_than_the_end_of_the_day_and_a_little():
    """`after` leaves its own instant out: at midnight sharp the settlement that ends the day would be missing."""
    request = asked("okx_funding_history", ok([]))[0]
    assert request.params == {
        "instId": "BTC-USD-SWAP",
        "after": str(millis("2026-02-06T00:01")),
        "limit": "194",
    }


def test_funding_pages_by_the_oldest_row_until_the_start():
    """`before` alone gives the newest page again."""
    page = [{"fundingTime": str(millis("2026-02-06") - n * HOUR)} for n in range(100)]
    older = [{"fundingTime": str(millis("2026-02-06") - n * HOUR)} for n in range(100, 250)]
    requests = asked("okx_funding_history", ok(page + page[:94]), ok(older[:80]))
    assert [request.params["after"] for request in requests] == [
        str(millis("2026-02-06T00:01")),
        page[-1]["fundingTime"],
    ]
    assert all("before" not in request.params for request in requests)


def test_funding_is_not_asked_for_beyond_three_months():
    """There is nothing there, and pages would be asked for in vain."""
    old = batch(first=date(2025, 6, 1), last=date(2025, 6, 2))
    assert list(FEED["okx_funding_history"].series(old)) == []
    assert list(FEED["okx_delivery_history"].series(old)) == []


def test_funding_of_x_perps_is_found_by_the_list_of_futures():
    """They stand among the futures with an expiry, and pay like swaps."""
    listed = ok([{"instId": "BTC-USD_UM_XPERP-310404"}, {"instId": "BTC-USD-260327"}, {"instId": "ETH-USD_UM_XPERP-1"}])
    requests = asked("okx_funding_history", listed, ok([]), which=2)
    assert [(request.lands, request.params.get("instId")) for request in requests] == [
        (False, None),
        (True, "BTC-USD_UM_XPERP-310404"),
    ]


def test_a_page_that_does_not_move_on_ends_the_series_as_a_fault():
    """A venue that forgets `after` gives its newest page for ever."""
    page = [{"fundingTime": str(millis("2026-02-06") - n)} for n in range(194)]
    with pytest.raises(Permanent, match="no older than the page before"):
        asked("okx_funding_history", ok(page), ok(page), ok(page))


def test_open_interest_is_hours_with_the_running_one_told_by_its_period():
    """The row of the running hour is preliminary; told by the newest row, every page would have one."""
    request = asked("okx_open_interest_history", ok([]), of=batch("00:25"))[0]
    assert request.params == {
        "instId": "BTC-USDT-SWAP",
        "period": "1H",
        "begin": str(millis("2026-01-29") - 1),
        "end": str(millis("2026-02-06T00:25") - 1),
        "limit": "100",
    }
    assert request.told == {"inst_id": "BTC-USDT-SWAP", "period": "1H"}


def test_open_interest_goes_over_pages_of_a_hundred():
    """Eight days of hours are two pages."""
    page = [[str(millis("2026-02-06") - n * HOUR), "1", "1", "1"] for n in range(100)]
    requests = asked("okx_open_interest_history", ok(page), ok(page[:92]), of=batch("00:25"))
    assert requests[1].params["end"] == str(int(page[-1][0]) - 1)
    assert requests[1].params["begin"] == requests[0].params["begin"]


def test_open_interest_beyond_the_hours_is_days_of_utc():
    """Hours reach 1,440 periods back; a period of 1D is a day of UTC+8."""
    old = batch("00:25", first=date(2025, 11, 1))
    requests = first_requests("okx_open_interest_history", old)
    assert [(request.params["period"], int(request.params["begin"]) + 1) for request in requests[:2]] == [
        ("1H", millis("2025-12-09")),
        ("1Dutc", millis("2025-10-25")),
    ]
    ancient = first_requests("okx_open_interest_history", batch("00:25", first=date(2020, 1, 1), last=date(2024, 1, 3)))
    assert {(request.params["period"], int(request.params["begin"]) + 1) for request in ancient} == {
        ("1Dutc", millis("2024-01-01"))
    }


def test_candles_of_trades_marks_and_indexes_by_days_of_utc():
    """A bar of 1D begins at 16:00 UTC."""
    found = {
        (request.url.rsplit("/", 1)[1], request.params["instId"], request.params["bar"], request.params["limit"])
        for request in first_requests("okx_candles")
        if "bar" in request.params
    }
    assert found == {
        (path, name, bar, limit)
        for path, name, most in (
            ("history-candles", "BTC-USD-SWAP", "192"),
            ("history-candles", "BTC-USDT-SWAP", "192"),
            ("history-mark-price-candles", "BTC-USD-SWAP", "100"),
            ("history-mark-price-candles", "BTC-USDT-SWAP", "100"),
            ("history-index-candles", "BTC-USD", "100"),
            ("history-index-candles", "BTC-USDT", "100"),
        )
        for bar, limit in (("1H", most), ("1Dutc", "8"))
    }


def test_candles_older_than_the_end_of_the_window():
    """The candle that opens at the end is not over."""
    request = asked("okx_candles", ok([]), of=batch("00:30"))[0]
    assert request.params["after"] == str(millis("2026-02-06"))
    assert request.told == {"inst_id": "BTC-USD-SWAP", "candle_kind": "trade", "bar": "1H"}


def test_candles_of_dated_futures_listed_and_delivered_within_the_window():
    """Delivered contracts are no longer listed; after delivery there is no trade, and an X-Perp has no date."""
    listed = ok([{"instId": name} for name in ("BTC-USD-260327", "BTC-USD_UM_XPERP-310404", "ETH-USD-260327")])
    delivered = ok([
        {"ts": str(millis("2026-01-30T08:00")), "details": [{"type": "delivery", "insId": "BTC-USD-260130"}]},
        {"ts": str(millis("2026-01-23T08:00")), "details": [{"type": "delivery", "insId": "BTC-USD-260123"}]},
    ])  # fmt: skip
    of = batch("00:30", options={"candle_intervals": ["1d"]})
    requests = drive(
        list(FEED["okx_candles"].series(of))[-1],
        lambda request: listed if "instruments" in request.url else delivered if "delivery" in request.url else ok([]),
    )
    assert [request.lands for request in requests[:3]] == [False] * 3
    assert [(r.params["instId"], r.url.rsplit("/", 1)[1], r.params["after"]) for r in requests[3:]] == [
        ("BTC-USD-260130", "history-candles", str(millis("2026-01-30T08:00"))),
        ("BTC-USD-260130", "history-mark-price-candles", str(millis("2026-01-30T08:00"))),
        ("BTC-USD-260327", "history-candles", str(millis("2026-02-06"))),
        ("BTC-USD-260327", "history-mark-price-candles", str(millis("2026-02-06"))),
    ]
    assert all(request.missing_ok for request in requests[3:])


def test_deliveries_by_family():
    """Contracts margined in coin and in tether are two families."""
    requests = first_requests("okx_delivery_history", batch("08:30"))
    assert [request.params["instFamily"] for request in requests] == ["BTC-USD", "BTC-USDT"]
    assert requests[0].params == {
        "instType": "FUTURES", "instFamily": "BTC-USD", "after": str(millis("2026-02-06")), "limit": "100",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "said", "error"),
    [
        ("50011", "Too Many Requests", Transient),
        (50013, "System is busy, please try again later.", Transient),
        ("51001", "Instrument ID does not exist", Unknown),
        ("51000", "Parameter instFamily error", Unknown),
        ("51000", "Parameter limit error", Permanent),
        ("50014", "Parameter instId can not be empty", Permanent),
    ],
)
def test_errors_of_the_venue_inside_a_good_status(code, said, error):
    """Throttled comes as 200 or as 429; an instrument that is not traded there is no fault."""
    request = first_requests("okx_mark_prices")[0]
    with pytest.raises(Transient if error is Transient else Permanent) as caught:
        okx_api.refuse(reply(request, {"code": code, "msg": said, "data": []}))
    assert type(caught.value) is error


@pytest.mark.parametrize("body", [[], {"data": []}, {"code": "0", "msg": ""}, {"code": "0", "data": {}}])
def test_answers_of_another_form_are_refused(body):
    """Landed as good, they would be an empty day."""
    with pytest.raises(Permanent):
        okx_api.refuse(reply(first_requests("okx_mark_prices")[0], body))
    okx_api.refuse(reply(first_requests("okx_mark_prices")[0], ok([])))


@pytest.mark.parametrize("feed", sorted(FEED))
def test_the_venue_as_documented_gives_the_same_rows_as_files(feed):
    """At every read of a week: nothing missing, nothing made up."""
    known = world(date(2026, 1, 28), date(2026, 2, 3), "okx")
    assert assert_same_as_files(FEED[feed], VENUE, known) > 0


@pytest.mark.parametrize("feed", ["okx_open_interest_history", "okx_candles"])
def test_a_back_fill_of_a_month_goes_over_pages_and_loses_nothing(feed):
    """Thirty days of hours are more than a page."""
    known = world(date(2026, 1, 20), date(2026, 2, 25), "okx")
    now = datetime(2026, 2, 26, 0, 30, tzinfo=UTC)
    month = Batch(date(2026, 1, 27), date(2026, 2, 25), now, ("BTC",))
    found = fetch(FEED[feed], month, VENUE, known)
    told = {
        "okx_open_interest_history": {"inst_id": "BTC-USDT-SWAP"},
        "okx_candles": {"inst_id": "BTC-USDT-SWAP", "candle_kind": "mark", "bar": "1H"},
    }[feed]
    first = [item for item in found.landed if told.items() <= item.params.items()]
    frames = [frame for item in first for frame in FEEDS[feed].parse(item).frames.values()]
    stamp = "observed_at" if feed == "okx_open_interest_history" else "opened_at"
    stamps = {moment for frame in frames for moment in frame[stamp]}
    assert len(first) == 9
    assert len(stamps) == 24 * 37 + (feed == "okx_open_interest_history")
