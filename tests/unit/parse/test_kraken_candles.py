"""Kraken Futures' candles: milliseconds, text prices, volume in two units, and the index of a contract."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import kraken_candles

CANDLES = "core_market__candles"
AT = millis("2026-02-06T04:00:00+00:00")
TOLD = {"symbol": "PF_XBTUSD", "tick_type": "trade", "resolution": "1h"}


def bar(**changes):
    return {
        "time": AT,
        "open": "62000",
        "high": "62200.5",
        "low": "61900",
        "close": "62100",
        "volume": "319.5",
    } | changes


def candles(*rows, **told):
    return kraken_candles.parse_candles(body({"candles": list(rows), "more_candles": False}, **(TOLD | told)))


@pytest.mark.parametrize(
    ("symbol", "volumes"),
    [("PF_XBTUSD", (319.5, None)), ("PI_XBTUSD", (None, 319.5)), ("FI_XBTUSD_260327", (None, 319.5))],
)
def test_volume_is_coins_of_linear_and_dollars_of_inverse_contracts(symbol, volumes):
    """One contract is one coin, or one dollar."""
    frame = candles(bar(), symbol=symbol).frames[CANDLES]
    assert frame.select("volume_coin", "volume_quote").row(0) == volumes


@pytest.mark.parametrize(
    ("tick_type", "symbol", "told"),
    [
        ("trade", "PF_XBTUSD", ("trade", "perpetual")),
        ("mark", "FF_XBTUSD_260327", ("mark", "dated")),
        ("spot", "PF_XBTUSD", ("index", "spot")),
    ],
)
def test_the_tick_type_tells_what_the_prices_are(tick_type, symbol, told):
    """`spot` is the index behind the contract; its volume of 0 is no volume."""
    frame = candles(bar(volume="0"), tick_type=tick_type, symbol=symbol).frames[CANDLES]
    assert frame.select("candle_kind", "instrument_kind").row(0) == told
    assert frame.select("asset", "quote_currency", "symbol").row(0) == ("BTC", "USD", symbol)
    assert frame["volume_coin"].to_list() == ([0.0] if tick_type == "trade" else [None])


def test_stamps_are_milliseconds_and_prices_may_be_numbers():
    """The request is in seconds; a stamp in seconds would be of 1970 and is rejected."""
    parsed = candles(bar(open=62000, close=62100.0), bar(time=AT // 1000))
    assert parsed.frames[CANDLES]["opened_at"].to_list() == [datetime(2026, 2, 6, 4, tzinfo=UTC)]
    assert rules(parsed) == ["bad_time"]


def test_bars_that_cannot_be_are_rejected():
    """Low above high, no price, a price of 0."""
    assert rules(candles(bar(low="63000"), bar(close=""), bar(low="0"))) == ["bad_bar", "bad_number", "not_positive"]


def test_what_the_body_does_not_say_must_be_told():
    """It has prices and nothing else."""
    shape = {"candles": [bar()]}
    assert rule_of(kraken_candles.parse_candles, body(shape, **(TOLD | {"tick_type": "last"}))) == "bad_parameter"
    assert rule_of(kraken_candles.parse_candles, body(shape, **(TOLD | {"symbol": "PF_AAPLxUSD"}))) == "bad_parameter"
    assert rule_of(kraken_candles.parse_candles, body(shape)) == "missing_parameter"
    assert rule_of(kraken_candles.parse_candles, body({"result": "success"}, **TOLD)) == "unexpected_shape"
    throttled = body({"result": "error", "error": "apiLimitExceeded"}, **TOLD)
    assert rule_of(kraken_candles.parse_candles, throttled) == "error_envelope"


@pytest.mark.parametrize("tick_type", ["trade", "mark", "spot"])
def test_the_recorded_bodies(realdata, tick_type):
    """Three hours each; trades of an inverse contract have a volume in dollars."""
    raw = (realdata / "venue_messages" / "kraken" / f"http_futures_candles_{tick_type}.json").read_bytes()
    parsed = kraken_candles.parse_candles(payload(raw, symbol="PI_XBTUSD", tick_type=tick_type, resolution="1h"))
    frame = parsed.frames[CANDLES]
    assert rules(parsed) == []
    assert frame["opened_at"][0] == datetime(2024, 11, 16, tzinfo=UTC)
    assert frame["open_price"].is_between(91_000, 92_000).all()
    assert frame["volume_quote"].to_list()[:1] == ([319499.0] if tick_type == "trade" else [None])
