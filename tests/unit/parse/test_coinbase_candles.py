"""Coinbase's candles: columns without names and an order of their own, and named ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import coinbase_candles

CANDLES = "core_market__candles"
AT = millis("2026-02-06T04:00:00+00:00") // 1000
SPOT = {"product_id": "BTC-USD", "granularity": "3600"}
FUTURE = {"product_id": "BIT-27MAR26-CDE", "granularity": "ONE_HOUR", "asset": "BTC", "instrument_kind": "dated"}
PRICES = ("open_price", "high_price", "low_price", "close_price")


def candles(shape, **told):
    return coinbase_candles.parse_candles(body(shape, **(told or SPOT)))


def test_the_exchange_writes_low_high_open_close():
    """Read as open, high, low, close the day's low would be its opening price."""
    frame = candles([[AT, 61900.5, 62200, 62000, 62100, 12.3]]).frames[CANDLES]
    assert frame.select(PRICES).row(0) == (62000.0, 62200.0, 61900.5, 62100.0)
    assert frame.select("opened_at", "venue", "symbol", "asset", "quote_currency", "instrument_kind").row(0) == (
        datetime(2026, 2, 6, 4, tzinfo=UTC), "coinbase", "BTC-USD", "BTC", "USD", "spot",
    )  # fmt: skip
    assert frame.select("volume_coin", "volume_quote", "interval_seconds").row(0) == (12.3, None, 3600)


def test_the_advanced_api_names_its_columns():
    """Everything is text there."""
    row = {"start": str(AT), "low": "61900.5", "high": "62200", "open": "62000", "close": "62100", "volume": "512"}
    frame = candles({"candles": [row]}, **FUTURE).frames[CANDLES]
    assert frame.select(PRICES).row(0) == (62000.0, 62200.0, 61900.5, 62100.0)
    assert frame.select("symbol", "asset", "instrument_kind", "interval_seconds").row(0) == (
        "BIT-27MAR26-CDE", "BTC", "dated", 3600,
    )  # fmt: skip
    assert frame["volume_coin"].to_list() == [None]
    spot = candles({"candles": [row]}, product_id="BTC-USD", granularity="ONE_HOUR").frames[CANDLES]
    assert spot["volume_coin"].to_list() == [512.0]


def test_a_stamp_is_in_seconds():
    """In milliseconds it is another endpoint's."""
    assert rules(candles([[AT * 1000, 1, 1, 1, 1, 1], ["", 1, 1, 1, 1, 1]])) == ["bad_time", "bad_time"]


def test_bars_that_cannot_be_are_rejected():
    """A swapped order of columns shows here first."""
    assert rules(candles([[AT, 62200, 61900, 62000, 62100, 1], [AT, None, 2, 1, 1, 1]])) == ["bad_bar", "bad_number"]


def test_what_the_body_does_not_say_must_be_told():
    """A future's name does not say its coin: BIT is a code."""
    assert rule_of(coinbase_candles.parse_candles, body([])) == "missing_parameter"
    bare = {"product_id": "BIT-27MAR26-CDE", "granularity": "ONE_HOUR"}
    assert rule_of(coinbase_candles.parse_candles, body({"candles": []}, **bare)) == "missing_parameter"
    assert rule_of(coinbase_candles.parse_candles, body([], product_id="BTC-USD", granularity="1h")) == "bad_parameter"


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        ({"message": "NotFound"}, "error_envelope"),
        ({"error": "INVALID_ARGUMENT", "message": "x"}, "error_envelope"),
        ([[AT, 1, 2]], "unexpected_shape"),
        ({"trades": []}, "unexpected_shape"),
    ],
)
def test_another_body_is_refused(shape, rule):
    """An error page must not be an empty day."""
    assert rule_of(coinbase_candles.parse_candles, body(shape, **SPOT)) == rule


def test_no_trades_are_no_rows():
    """Intervals without a trade are left out."""
    assert candles([]).rows_in == 0


def test_the_recorded_body(realdata):
    """Two hours of the spot pair, newest first, with a volume in bitcoin."""
    raw = (realdata / "venue_messages" / "coinbase" / "http_candles.json").read_bytes()
    parsed = coinbase_candles.parse_candles(payload(raw, product_id="BTC-USD", granularity="ONE_HOUR"))
    frame = parsed.frames[CANDLES]
    assert rules(parsed) == []
    assert frame["opened_at"].to_list() == [datetime(2024, 4, 4, hour, tzinfo=UTC) for hour in (1, 0)]
    assert frame.select(*PRICES, "volume_coin").row(0) == (66312.4, 66331.99, 66055.14, 66181.6, 355.82896243)
