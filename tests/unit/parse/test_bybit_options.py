"""Bybit: option chains in dollars, points and coins, and delivery prices of futures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import bybit, bybit_options, bybit_series
from transforms.parse.bybit_options import parse_option_tickers

OPTIONS = "core_options__quotes"
QUOTES = "core_futures__quotes"
AT = millis("2026-02-05T08:20:00+00:00")


def option(**changes):
    return {
        "symbol": "BTC-30DEC26-18000-C", "bid1Price": "0", "bid1Size": "0", "bid1Iv": "0", "ask1Price": "10",
        "ask1Size": "4.9", "ask1Iv": "0.514", "lastPrice": "10", "markPrice": "7.8697", "indexPrice": "16600.55",
        "markIv": "0.7567", "underlyingPrice": "16590.42", "openInterest": "6.3", "turnover24h": "2482.73",
        "volume24h": "0.15", "delta": "0.0478", "gamma": "0.0002", "vega": "0.81", "theta": "-19.91",
    } | changes  # fmt: skip


def answer(*records, category="option"):
    return body({"retCode": 0, "retMsg": "OK", "result": {"category": category, "list": list(records)}, "time": AT})


def quote(*records):
    return parse_option_tickers(answer(*records)).frames[OPTIONS].row(0, named=True)


def test_the_contract_is_read_from_its_symbol():
    """Options expire at 08:00 UTC."""
    row = quote(option())
    assert (row["asset"], row["option_type"], row["strike_price"], row["expires_at"]) == (
        "BTC", "call", 18000.0, datetime(2026, 12, 30, 8, tzinfo=UTC),
    )  # fmt: skip
    assert row["quoted_at"] == datetime(2026, 2, 5, 8, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("symbol", "asset", "right", "strike", "day"),
    [
        ("BTC-27MAR26-100000-C-USDT", "BTC", "call", 100_000.0, 27),
        ("ETH-6MAR26-2200-P-USDT", "ETH", "put", 2_200.0, 6),
        ("SOL-6MAR26-82.5-P", "SOL", "put", 82.5, 6),
    ],
)
def test_newer_symbols_name_their_settlement_coin_and_days_have_no_zero(symbol, asset, right, strike, day):
    """The ending `-USDT` came later; it is no part of the strike."""
    row = quote(option(symbol=symbol))
    assert (row["asset"], row["option_type"], row["strike_price"], row["expires_at"].day) == (asset, right, strike, day)


def test_volatilities_are_points_premiums_dollars_and_sizes_coins():
    """0.7567 is 75.67 per cent; Deribit prints 62.89 for the like."""
    row = quote(option())
    assert (row["mark_iv_points"], row["ask_iv_points"]) == (75.67, 51.4)
    assert (row["premium_currency"], row["mark_premium"], row["ask_premium"]) == ("usd", 7.8697, 10.0)
    assert (row["option_open_interest_coin"], row["option_volume_24h_coin"]) == (6.3, 0.15)
    assert (row["underlying_price"], row["index_price"], row["delta_ratio"]) == (16590.42, 16600.55, 0.0478)


def test_a_bid_of_zero_is_no_bid():
    """A volatility of zero would pull every smile down."""
    row = quote(option())
    assert (row["bid_premium"], row["bid_iv_points"]) == (None, None)
    assert quote(option(bid1Price="5", bid1Iv="0.4"))["bid_iv_points"] == 40.0


def test_what_is_no_option_is_refused_or_rejected():
    """Tickers of futures come from the same endpoint."""
    future = {"symbol": "BTCUSDT", "markPrice": "63000", "indexPrice": "63001", "openInterest": "1"}
    assert rule_of(parse_option_tickers, answer(future, category="linear")) == "not_options"
    odd = [option(symbol="BTC-30DEC26"), option(symbol="BTC-99XXX26-1-C"), option(markIv="many"), option()]
    assert rules(parse_option_tickers(answer(*odd))) == ["not_an_option", "bad_time", "bad_number"]
    assert parse_option_tickers(answer()).rows_in == 0


def test_an_error_inside_a_successful_response_is_an_error():
    """Bybit answers 200 with retCode 10006 when it throttles."""
    throttled = body({"retCode": 10006, "retMsg": "Too many visits!", "result": {}})
    assert rule_of(parse_option_tickers, throttled) == "error_envelope"
    assert rule_of(bybit_series.parse_delivery_prices, throttled) == "error_envelope"


def test_a_captured_websocket_ticker_has_the_same_figures_under_other_names(realdata):
    """`bidIv` for `bid1Iv`, `markPriceIv` for `markIv`."""
    text = (realdata / "venue_messages/bybit/ws_ticker_option.json").read_text("utf-8")
    row = parse_option_tickers(payload(text)).frames[OPTIONS].row(0, named=True)
    assert (row["mark_iv_points"], row["ask_iv_points"], row["bid_iv_points"]) == (48.96, 51.4, None)
    assert (row["ask_premium"], row["option_open_interest_coin"]) == (10.0, 49.85)
    assert row["quoted_at"] == datetime(2023, 1, 5, 11, 18, 31, 74_000, tzinfo=UTC)
    assert rule_of(bybit.parse_tickers, payload(text)) == "not_futures"


def test_a_captured_websocket_ticker_of_a_future(realdata):
    """It is one object, and its time is `ts`."""
    text = (realdata / "venue_messages/bybit/ws_ticker_linear.json").read_text("utf-8")
    row = bybit.parse_tickers(payload(text)).frames[QUOTES].row(0, named=True)
    assert (row["future_price"], row["index_price"], row["open_interest_native"]) == (17217.33, 17227.36, 68744.761)
    assert rule_of(bybit_options.parse_option_tickers, payload(text)) == "not_options"


@pytest.mark.parametrize(
    ("name", "kinds", "rejected"),
    [
        ("http_get_instruments_linear", [("perpetual", "linear", "BTC"), ("perpetual", "linear", "ETH")], []),
        ("http_get_instruments_inverse", [("perpetual", "inverse", "USD")], []),
        ("http_get_instruments_option", [("option", "linear", "ETH")], []),
        ("http_get_instruments_option_symbol_id", [("option", "linear", "BTC")], []),
        ("http_get_instruments_linear_symbol_type", [], ["not_crypto"]),
        ("http_get_instruments_inverse_symbol_type", [], ["not_crypto"]),
        ("http_get_instruments_spot", [], ["not_a_contract"] * 2),
        ("http_get_instruments_spot_xstocks", [], ["not_crypto"]),
    ],
)
def test_captured_instruments(realdata, name, kinds, rejected):
    """A share, a commodity or a spot pair among the contracts would be counted as a coin's."""
    text = (realdata / f"venue_messages/bybit/{name}.json").read_text("utf-8")
    parsed = bybit.parse_instruments(payload(text))
    frame = parsed.frames["core_instruments__contracts"]
    assert frame.select("instrument_kind", "margin_type", "contract_value_currency").rows() == kinds
    assert rules(parsed) == rejected


def test_captured_funding(realdata):
    """Eight hours apart, as ratios."""
    text = (realdata / "venue_messages/bybit/http_get_funding_history.json").read_text("utf-8")
    frame = bybit_series.parse_funding_history(payload(text)).frames["core_funding__settlements"]
    assert frame.select("settled_at", "rate_ratio").rows() == [
        (datetime(2024, 3, 8, 8, tzinfo=UTC), 0.0001),
        (datetime(2024, 3, 8, 0, tzinfo=UTC), 0.00015),
    ]


DELIVERED = {"symbol": "BTCUSDT-30JAN26", "deliveryPrice": "84500.12", "deliveryTime": str(millis("2026-01-30T08:00Z"))}


def test_delivery_prices_are_settlements_at_the_instant_of_delivery():
    """The price is a mean of the index: it is no index of that instant."""
    row = bybit_series.parse_delivery_prices(answer(DELIVERED, category="linear")).frames[QUOTES].row(0, named=True)
    assert (row["symbol"], row["future_price"], row["price_kind"]) == ("BTCUSDT-30JAN26", 84500.12, "settle")
    assert row["quoted_at"] == datetime(2026, 1, 30, 8, tzinfo=UTC)
    assert (row["index_price"], row["index_at"], row["open_interest_native"]) == (None, None, None)


def test_delivery_prices_of_options_are_refused_and_bad_ones_rejected():
    """Options settle to the same endpoint, at the same index."""
    assert rule_of(bybit_series.parse_delivery_prices, answer(DELIVERED)) == "not_futures"
    odd = [DELIVERED | {"deliveryPrice": ""}, DELIVERED | {"deliveryTime": "0"}]
    assert rules(bybit_series.parse_delivery_prices(answer(*odd, category="linear"))) == ["bad_number", "bad_time"]
