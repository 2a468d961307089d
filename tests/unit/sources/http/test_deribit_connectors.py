"""What is asked of Deribit: methods, windows, pages, hosts, and which of its errors pass."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import deribit
from transforms.parse import FEEDS

CONNECTORS = {connector.feed: connector for connector in deribit.CONNECTORS}
LIMITS = {limit.name for limit in deribit.LIMITS}
DAY = date(2026, 2, 5)
NOW = datetime(2026, 2, 6, 0, 35, tzinfo=UTC)
MAIN = "https://www.deribit.com/api/v2/public/"
HISTORY = "https://history.deribit.com/api/v2/public/"


def batch(first=DAY, last=DAY, now=NOW, assets=("BTC", "ETH", "SOL")):
    return Batch(first, last, now, assets)


def series(feed, **asked):
    return list(CONNECTORS[feed].series(batch(**asked)))


def firsts(feed, **asked):
    return [next(each) for each in series(feed, **asked)]


def ms(*when):
    return str(int(datetime(*when, tzinfo=UTC).timestamp() * 1000))


def result(value):
    return {"jsonrpc": "2.0", "result": value, "testnet": False}


def span(request):
    return request.params["start_timestamp"], request.params["end_timestamp"]


def test_every_feed_is_declared_and_due_by_the_clock():
    """A connector of an unknown feed would land bodies that nothing reads."""
    assert set(CONNECTORS) <= set(FEEDS)
    assert CONNECTORS["deribit_option_summary"].due == ("08:20", "23:50")
    assert CONNECTORS["deribit_trades"].due == ("00:35",)
    assert CONNECTORS["deribit_delivery_prices"].due == ("08:30",)
    snapshots = {name for name, each in CONNECTORS.items() if each.kind == "snapshot"}
    assert snapshots == {"deribit_book_summary", "deribit_index", "deribit_option_summary"}


@pytest.mark.parametrize("feed", CONNECTORS)
def test_every_request_names_a_known_limit_and_tells_the_parser_what_it_needs(feed):
    """Without its parameters a body is quarantined; without its limit nothing is asked at all."""
    for request in firsts(feed):
        assert request.limit in LIMITS
        assert not request.lands or set(FEEDS[feed].params) <= set(request.told)


def test_all_instruments_come_in_one_call_of_the_slow_class():
    """`get_instruments` has a budget of its own: one a second."""
    (request,) = firsts("deribit_instruments")
    assert (request.url, dict(request.params), request.limit) == (
        f"{MAIN}get_instruments",
        {"currency": "any", "kind": "future", "expired": "false"},
        "deribit.instruments",
    )


@pytest.mark.parametrize(("feed", "kind"), [("deribit_book_summary", "future"), ("deribit_option_summary", "option")])
def test_summaries_are_asked_per_currency_and_linear_ones_together_in_usdc(feed, kind):
    """Solana has no currency of its own there: its contracts are among those of USDC."""
    assert [dict(request.params) for request in firsts(feed)] == [
        {"currency": currency, "kind": kind} for currency in ("BTC", "ETH", "USDC")
    ]
    assert [request.params["currency"] for request in firsts(feed, assets=("SOL",))] == ["USDC"]


def test_an_index_body_does_not_name_its_index():
    """The request tells the parser which one it is."""
    assert [dict(request.told) for request in firsts("deribit_index")] == [
        {"index_name": f"{coin}_usd"} for coin in ("btc", "eth", "sol")
    ]


def test_funding_reaches_a_week_back_and_to_the_settlement_that_ends_the_day():
    """The settlement of 24:00 pays for the last hour; a window that ends before it loses an hour a day."""
    requests = firsts("deribit_funding_history")
    assert [request.params["instrument_name"] for request in requests] == [
        "BTC-PERPETUAL", "ETH-PERPETUAL", "BTC_USDC-PERPETUAL", "ETH_USDC-PERPETUAL", "SOL_USDC-PERPETUAL",
    ]  # fmt: skip
    assert span(requests[0]) == (ms(2026, 1, 29), ms(2026, 2, 6, 0, 1))
    assert requests[0].told == {"instrument_name": "BTC-PERPETUAL"}


def test_a_page_of_funding_is_never_asked_for_more_than_744_rows():
    """The venue cuts longer spans without a word."""
    one = series("deribit_funding_history", first=date(2025, 11, 1))[0]
    requests = drive(one, lambda request: result([]))
    spans = [tuple(map(int, span(request))) for request in requests]
    assert all((end - start) / 3_600_000 + 1 <= 744 for start, end in spans)
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert (spans[0][0], spans[-1][1]) == (int(ms(2025, 10, 25)), int(ms(2026, 2, 6, 0, 1)))


def test_dvol_is_read_back_along_the_continuation():
    """Pages come newest first; the continuation is where the next one ends."""
    one, *_ = series("deribit_volatility_index", first=date(2021, 1, 1))
    older = int(ms(2023, 5, 1))
    requests = drive(one, [result({"data": [], "continuation": older}), result({"data": [], "continuation": None})])
    assert [span(request) for request in requests] == [
        (ms(2021, 3, 24), ms(2026, 2, 6)),
        (ms(2021, 3, 24), str(older)),
    ]
    assert requests[0].params["resolution"] == "1D"
    assert len(series("deribit_volatility_index")) == 2


def test_a_continuation_that_stands_still_ends_the_series():
    """Otherwise the run would ask for ever."""
    one, *_ = series("deribit_volatility_index")
    with pytest.raises(Permanent, match="does not move on"):
        drive(one, [result({"data": [], "continuation": int(ms(2026, 2, 6))})])


def prices(first, count, total):
    rows = [{"date": str(first - timedelta(days=n)), "delivery_price": 63000.0} for n in range(count)]
    return result({"data": rows, "records_total": total})


def test_delivery_prices_are_read_newest_first_until_the_window_is_covered():
    """A day's batch needs ten prices, not years of them."""
    one, *_ = series("deribit_delivery_prices", now=datetime(2026, 2, 6, 8, 30, tzinfo=UTC))
    (request,) = drive(one, [prices(date(2026, 2, 6), 10, 2500)])
    assert (request.params["offset"], request.params["count"], request.told) == ("0", "10", {"index_name": "btc_usd"})


def test_a_long_window_of_delivery_prices_goes_on_by_offset():
    """The venue gives at most 1,000 a call."""
    one, *_ = series("deribit_delivery_prices", first=date(2022, 1, 1))
    pages = [prices(date(2026, 2, 6), 1000, 2500), prices(date(2023, 5, 13), 1000, 2500)]
    requests = drive(one, pages)
    assert [(request.params["offset"], request.params["count"]) for request in requests] == [
        ("0", "1000"), ("1000", "1000"),
    ]  # fmt: skip


def test_candles_end_before_the_next_day_begins():
    """The venue counts its bounds in: the running hour would come along as the day's last."""
    request = firsts("deribit_candles")[0]
    assert (request.params["instrument_name"], request.params["resolution"]) == ("BTC-PERPETUAL", "60")
    assert span(request) == (ms(2026, 1, 29), str(int(ms(2026, 2, 6)) - 1))
    one = series("deribit_candles", first=date(2025, 1, 1))[0]
    lengths = [(int(e) - int(s)) / 3_600_000 for s, e in map(span, drive(one, lambda request: result({})))]
    assert len(lengths) == 2
    assert max(lengths) < 5000


def future(name, listed, expires, base="BTC"):
    return {"instrument_name": name, "base_currency": base, "creation_timestamp": int(listed),
            "expiration_timestamp": int(expires)}  # fmt: skip


def test_dated_futures_come_from_the_lists_and_only_for_their_lives():
    """An expired contract vanishes from the list of living ones; what it did in the window is in the other."""
    one = series("deribit_candles", assets=("BTC",))[2]
    living = [
        future("BTC-PERPETUAL", ms(2018, 8, 14), 32503708800000),
        future("BTC-27MAR26", ms(2025, 3, 27), ms(2026, 3, 27, 8)),
        future("DOGE-27MAR26", ms(2025, 3, 27), ms(2026, 3, 27, 8), "DOGE"),
    ]
    gone = [
        future("BTC-30JAN26", ms(2025, 10, 30), ms(2026, 1, 30, 8)),
        future("BTC-23JAN26", ms(2025, 10, 30), ms(2026, 1, 23, 8)),
    ]
    requests = drive(one, [result(living), result(gone), result({}), result({})])
    assert [request.params.get("expired") for request in requests[:2]] == ["false", "true"]
    assert not any(request.lands for request in requests[:2])
    assert [(request.params["instrument_name"], *span(request)) for request in requests[2:]] == [
        ("BTC-27MAR26", ms(2026, 1, 29), str(int(ms(2026, 2, 6)) - 1)),
        ("BTC-30JAN26", ms(2026, 1, 29), str(int(ms(2026, 1, 30, 8)) - 1)),
    ]
    assert all(request.missing_ok for request in requests[2:])


def trades(*stamps, has_more=False):
    rows = [{"timestamp": int(stamp), "trade_id": f"{stamp}-{n}"} for n, stamp in enumerate(stamps)]
    return result({"trades": rows, "has_more": has_more})


def test_older_trades_come_from_the_history_host_and_the_last_hours_from_the_main_one():
    """The main host forgets trades after 24 hours: the first half hour of the day would be missing at 00:35."""
    one, *_ = series("deribit_trades")
    old, new = drive(one, [trades(), trades()])
    border = int(ms(2026, 2, 5, 4, 35))
    assert (old.url, *span(old)) == (f"{HISTORY}get_last_trades_by_currency_and_time", ms(2026, 2, 5), str(border - 1))
    assert (new.url, *span(new)) == (
        f"{MAIN}get_last_trades_by_currency_and_time", str(border), str(int(ms(2026, 2, 6)) - 1),
    )  # fmt: skip
    assert (old.limit, new.limit) == ("deribit.history", "deribit.public")
    assert {name: old.params[name] for name in ("currency", "kind", "count", "sorting")} == {
        "currency": "BTC", "kind": "future", "count": "1000", "sorting": "asc",
    }  # fmt: skip


def test_the_next_page_of_trades_starts_at_the_last_stamp_and_not_behind_it():
    """Two trades of one millisecond, of which one was on the page, would lose the other."""
    one, *_ = series("deribit_trades", first=date(2026, 1, 2), last=date(2026, 1, 2))
    start, middle = int(ms(2026, 1, 2)), int(ms(2026, 1, 2, 12))
    page = trades(start, middle, middle, has_more=True)
    requests = drive(one, [page, trades(middle, middle, middle, middle + 1, has_more=False)])
    assert [span(request)[0] for request in requests] == [str(start), str(middle)]
    assert all(request.url.startswith(HISTORY) for request in requests)


@pytest.mark.parametrize("answer", [trades(has_more=True), trades(1, 2, has_more=True)])
def test_more_trades_that_never_come_end_the_series(answer):
    """Half a day of liquidations is not a day."""
    one, *_ = series("deribit_trades")
    with pytest.raises(Permanent, match="does not move on"):
        drive(one, [answer])


def test_the_same_page_again_ends_the_series():
    """A full page of one millisecond cannot be passed by its stamp."""
    one, *_ = series("deribit_trades")
    page = trades(*[ms(2026, 2, 5, 1)] * 3, has_more=True)
    with pytest.raises(Permanent, match="does not move on"):
        drive(one, [page, page])


def error(code, message="x", **data):
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message, "data": data or None}}


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        (error(10028, "too_many_requests"), Transient),
        (error(13028, "temporarily_unavailable"), Transient),
        (error(11051, "system_maintenance"), Transient),
        (error(13020, "not_found"), Unknown),
        (error(-32602, "Invalid params", reason="wrong format", param="instrument_name"), Unknown),
        (error(-32602, "Invalid params", reason="wrong format", param="count"), Permanent),
        (error(11050, "bad_request"), Permanent),
    ],
)
def test_an_error_inside_an_answer_is_told_apart(body, raised):
    """A throttle that landed as good would be an empty day; an unknown coin must not fail the others."""
    request = Request(f"{MAIN}get_instruments", "deribit.public")
    with pytest.raises(raised) as caught:
        deribit.refuse(reply(request, body))
    assert caught.type is raised


def test_an_error_that_is_cut_short_is_asked_for_again():
    """Half of `unknown instrument` with status 400 would fail the feed, half of `too many requests` as well."""
    with pytest.raises(Transient, match="cut short"):
        deribit.refuse(
            reply(Request(f"{MAIN}get_index_price", "deribit.public"), '{"jsonrpc": "2.0", "err', status=400)
        )


def test_good_answers_and_pages_of_others_are_left_to_the_transport():
    """A 502 page of a proxy is no JSON; its status says enough."""
    request = Request(f"{MAIN}get_instruments", "deribit.public")
    deribit.refuse(reply(request, result([])))
    deribit.refuse(reply(request, "<html>Bad gateway</html>", status=502))
