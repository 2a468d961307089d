"""OKX: volatilities and greeks of options, delivery prices, and captured bodies of every feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import FEEDS, okx, okx_series
from transforms.parse.okx_options import parse_option_summary

OPTIONS = "core_options__quotes"
QUOTES = "core_futures__quotes"
CONTRACTS = "core_instruments__contracts"
AT = str(millis("2026-02-05T08:20:00+00:00"))


def option(**changes):
    return {
        "askVol": "3.72", "bidVol": "0", "delta": "0.8310", "deltaBS": "0.9857", "fwdPx": "39016.8143",
        "gamma": "-1.1965", "gammaBS": "0.0000119", "instId": "BTC-USD-260309-33000-C", "instType": "OPTION",
        "lever": "0", "markVol": "1.5551", "realVol": "0", "volLv": "0", "theta": "-0.0014", "thetaBS": "-66.03",
        "ts": AT, "uly": "BTC-USD", "vega": "0.0000181", "vegaBS": "0.7089",
    } | changes  # fmt: skip


def answer(*records):
    return body({"code": "0", "msg": "", "data": list(records)})


def quote(**changes):
    return parse_option_summary(answer(option(**changes))).frames[OPTIONS].row(0, named=True)


def test_the_greeks_are_those_of_black_and_scholes():
    """`delta` is adjusted for a premium paid in coin: 0.83 for what is 0.99."""
    row = quote()
    assert (row["delta_ratio"], row["gamma"], row["theta"], row["vega"]) == (0.9857, 0.0000119, -66.03, 0.7089)


def test_volatilities_are_points_and_a_bid_of_zero_is_none():
    """1.5551 is 155.51 per cent."""
    row = quote()
    assert (row["mark_iv_points"], row["bid_iv_points"], row["ask_iv_points"]) == (155.51, None, 372.0)
    assert row["underlying_price"] == 39016.8143


def test_there_are_no_prices_and_no_open_interest():
    """The endpoint has none: null, for zero would be a figure."""
    row = quote()
    assert [row[name] for name in ("mark_premium", "bid_premium", "option_open_interest_coin", "premium_currency")] == (
        [None] * 4
    )


@pytest.mark.parametrize(
    ("symbol", "asset", "right", "strike"),
    [
        ("BTC-USD-260309-33000-C", "BTC", "call", 33000.0),
        ("ETH-USD_UM-260327-2250.5-P", "ETH", "put", 2250.5),
    ],
)
def test_the_contract_is_read_from_its_symbol(symbol, asset, right, strike):
    """Families margined in dollars write their name with an underscore."""
    row = quote(instId=symbol)
    assert (row["asset"], row["option_type"], row["strike_price"]) == (asset, right, strike)
    assert row["expires_at"].hour == 8


def test_rows_that_are_no_options_or_hold_no_figure_are_rejected():
    """A blank body of figures says nothing, and text is no figure."""
    blank = dict.fromkeys(("askVol", "bidVol", "markVol", "fwdPx", "deltaBS", "gammaBS", "thetaBS", "vegaBS"), "")
    odd = [option(instId="BTC-USD-SWAP"), option(**blank), option(markVol="x"), option(ts="")]
    assert rules(parse_option_summary(answer(*odd))) == ["no_symbol", "no_measure", "bad_number", "bad_time"]


def test_an_error_inside_a_successful_response_is_an_error():
    """OKX answers 200 with code 50011 when it throttles."""
    throttled = body({"code": "50011", "msg": "Too Many Requests", "data": []})
    assert rule_of(parse_option_summary, throttled) == "error_envelope"
    assert rule_of(okx_series.parse_delivery_history, throttled) == "error_envelope"


def day(*details):
    return {"ts": str(millis("2026-01-30T08:00:00+00:00")), "details": list(details)}


def test_deliveries_are_settlements_at_the_instant_of_delivery():
    """The field is `insId` by the venue's own slip."""
    named = {"type": "delivery", "instId": "ETH-USD-260130", "px": "2805.4"}
    found = okx_series.parse_delivery_history(
        answer(day({"type": "delivery", "insId": "BTC-USD-260130", "px": "84500.1"}, named))
    )
    assert found.frames[QUOTES].select("symbol", "future_price", "price_kind", "index_price").rows() == [
        ("BTC-USD-260130", 84500.1, "settle", None),
        ("ETH-USD-260130", 2805.4, "settle", None),
    ]
    assert found.frames[QUOTES]["quoted_at"].unique().to_list() == [datetime(2026, 1, 30, 8, tzinfo=UTC)]


def test_exercised_options_are_no_deliveries():
    """Their price is that of the underlying, under the name of the option."""
    exercised = {"type": "exercised", "insId": "BTC-USD-260130-80000-C", "px": "84500.1"}
    nameless = {"type": "delivery", "insId": "", "px": "84500.1"}
    priceless = {"type": "delivery", "insId": "BTC-USD-260130", "px": ""}
    found = okx_series.parse_delivery_history(answer(day(exercised, nameless, priceless)))
    assert rules(found) == ["not_a_future", "no_symbol", "bad_number"]


def test_a_history_told_its_period_is_preliminary_only_where_the_period_runs():
    """By the newest row of each page, a past hour at the top of a second page would be preliminary."""
    hours = [millis("2026-02-06T05:00:00+00:00"), millis("2026-02-06T04:00:00+00:00")]
    told = {"inst_id": "BTC-USDT-SWAP", "period": "1H"}
    for rows, finality in (
        ([[str(millis("2026-02-06T05:30:00+00:00")), "1", "1", "1"]], ["preliminary"]),
        ([[str(hour), "1", "1", "1"] for hour in hours], ["final", "final"]),
    ):
        answered = body({"code": "0", "msg": "", "data": rows}, **told)
        frame = okx_series.parse_open_interest_history(answered).frames["core_open_interest__observations"]
        assert frame["finality"].to_list() == finality


def captured(realdata, name):
    return payload((realdata / f"venue_messages/okx/{name}.json").read_text("utf-8"))


def test_captured_option_summaries(realdata):
    """One with the greeks of the websocket (`deltaBs`), one without any."""
    stream = parse_option_summary(captured(realdata, "ws_opt_summary")).frames[OPTIONS]
    assert stream.select("option_type", "mark_iv_points", "delta_ratio", "underlying_price").rows() == [
        ("call", 53.0, 0.5312, 92150.5),
        ("put", 52.0, -0.4688, 92150.5),
    ]
    rest = parse_option_summary(captured(realdata, "http_get_option_summary"))
    assert rest.frames[OPTIONS]["bid_iv_points"].to_list() == [45.0] * 4
    assert rest.frames[OPTIONS]["delta_ratio"].null_count() == 4
    assert not rest.rejects


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("http_get_instruments_futures", ("BTC-USD-241220", "dated", "inverse", 100.0, "USD")),
        ("http_get_instruments_swap", ("BTC-USD-SWAP", "perpetual", "inverse", 100.0, "USD")),
        ("http_get_instruments_option", ("BTC-USD-241217-92000-C", "option", None, 0.01, "BTC")),
        ("http_get_instruments_spot", ("BTC-USD", "spot", None, None, None)),
        ("ws_instruments", ("BTC-USDT-SWAP", "perpetual", "linear", 0.01, "BTC")),
    ],
)
def test_captured_instruments(realdata, name, first):
    """A contract's value in the wrong currency is wrong by the price."""
    parsed = okx.parse_instruments(captured(realdata, name))
    told = ("symbol", "instrument_kind", "margin_type", "contract_value", "contract_value_currency")
    assert parsed.frames[CONTRACTS].select(told).row(0) == first
    assert not parsed.rejects


def test_captured_prices_and_funding(realdata):
    """Marks, indexes by pair, realised rates."""
    mark = okx.parse_mark_prices(captured(realdata, "http_get_mark_price")).frames[QUOTES]
    assert mark.select("symbol", "future_price").rows() == [("BTC-USDT-SWAP", 84660.1)]
    index = okx.parse_index_tickers(captured(realdata, "http_get_index_price")).frames["core_futures__indexes"]
    assert index.select("asset", "quote_currency", "index_price").rows() == [("BTC", "USDT", 103895.0)]
    funding = okx_series.parse_funding_history(captured(realdata, "http_get_funding_rate_history"))
    assert funding.frames["core_funding__settlements"]["rate_ratio"].to_list() == [0.00015, -0.00002]


def test_a_prediction_of_funding_and_ones_own_orders_are_nothing_of_ours(realdata):
    """`fundingRate` still to be paid is no settlement; a private order that was liquidated is no public print."""
    assert rule_of(okx_series.parse_funding_history, captured(realdata, "ws_funding_rate")) == "not_futures"
    order = json.loads((realdata / "venue_messages/okx/ws_orders_liquidation.json").read_text("utf-8"))
    parsed = FEEDS["okx_liquidations"].parse(payload(json.dumps(order)))
    assert parsed.frames["core_liquidations__prints"].is_empty()
    assert rules(parsed) == ["unknown_message"]
