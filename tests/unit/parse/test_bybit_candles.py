"""Bybit: klines, whose volume is coins or dollars by category."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, rule_of, rules

from transforms.parse import bybit_candles
from transforms.parse.bybit_candles import parse_klines

CANDLES = "core_market__candles"
AT = millis("2026-02-05T08:00:00+00:00")
LINEAR = {"category": "linear", "symbol": "BTCUSDT", "candle_kind": "trade", "interval": "1h"}
INVERSE = {"category": "inverse", "symbol": "BTCUSD", "candle_kind": "trade", "interval": "1h"}
ROW = [str(AT), "17071", "17073", "17027", "17055.5", "268611", "15.74462667"]


def answer(rows, **told):
    return body({"retCode": 0, "retMsg": "OK", "result": {"list": rows}, "time": AT}, **told)


def candles(rows, **told):
    return parse_klines(answer(rows, **told)).frames[CANDLES]


@pytest.mark.parametrize(
    ("told", "coins", "quote"), [(LINEAR, 268611.0, 15.74462667), (INVERSE, 15.74462667, 268611.0)]
)
def test_volume_and_turnover_change_places_with_the_margin(told, coins, quote):
    """An inverse contract's volume is dollars: read as coins it is many times all bitcoins."""
    frame = candles([ROW], **told)
    assert frame.select("volume_coin", "volume_quote").rows() == [(coins, quote)]


def test_the_places_of_the_four_prices():
    """Open, high, low, close: in another order a candle still looks like one."""
    row = candles([ROW], **LINEAR).row(0, named=True)
    assert [row[name] for name in ("open_price", "high_price", "low_price", "close_price")] == [
        17071.0, 17073.0, 17027.0, 17055.5,
    ]  # fmt: skip
    assert (row["opened_at"], row["interval_seconds"], row["fact_date"]) == (
        datetime(2026, 2, 5, 8, tzinfo=UTC), 3600, datetime(2026, 2, 5).date(),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["mark", "index", "premium"])
def test_marks_indexes_and_premiums_have_no_volume(kind):
    """Null, not zero: nothing was counted."""
    frame = candles([ROW[:5]], **LINEAR | {"candle_kind": kind})
    assert frame.select("candle_kind", "volume_coin", "volume_quote").rows() == [(kind, None, None)]


def test_a_premium_may_be_negative_and_a_price_may_not():
    """The premium is a ratio of mark to index."""
    row = [str(AT), "0.0001", "0.0002", "-0.0003", "-0.0001"]
    assert candles([row], **LINEAR | {"candle_kind": "premium"})["low_price"].to_list() == [-0.0003]
    assert rules(parse_klines(answer([row], **LINEAR | {"candle_kind": "mark"}))) == ["not_positive"]


@pytest.mark.parametrize(
    ("symbol", "kind", "instrument", "asset", "quote"),
    [
        ("BTCUSDT", "trade", "perpetual", "BTC", "USDT"),
        ("BTCPERP", "mark", "perpetual", "BTC", None),
        ("BTCUSDT-27MAR26", "trade", "dated", "BTC", "USDT"),
        ("BTC-27MAR26", "trade", "dated", "BTC", None),
        ("ETHUSDH26", "trade", "dated", "ETH", "USD"),
        ("ETHUSDT", "index", "spot", "ETH", "USDT"),
    ],
)
def test_what_is_quoted_by_the_name(symbol, kind, instrument, asset, quote):
    """A dated contract's candle beside the perpetual's would be two prices of one thing."""
    frame = candles([ROW[: 7 if kind == "trade" else 5]], **LINEAR | {"symbol": symbol, "candle_kind": kind})
    told = frame.select("symbol", "instrument_kind", "asset", "quote_currency").rows()
    assert told == [(symbol, instrument, asset, quote)]


def test_the_running_candle_is_preliminary():
    """The newest row of a page is of the interval that runs."""
    running = [str(millis("2026-02-06T05:30:00+00:00")), *ROW[1:]]
    over = [str(millis("2026-02-06T05:00:00+00:00")), *ROW[1:]]
    assert candles([running, over], **LINEAR)["finality"].to_list() == ["preliminary", "final"]


@pytest.mark.parametrize(
    ("interval", "seconds"), [("1h", 3600), ("60", 3600), ("D", 86400), ("1d", 86400), ("W", 604800)]
)
def test_intervals_as_we_and_as_the_venue_write_them(interval, seconds):
    """60 is minutes."""
    assert bybit_candles.interval_seconds(interval) == seconds


def test_what_the_body_does_not_say_must_be_told_and_must_not_contradict_it():
    """The kind stands in the path alone: marks read as trades would be without a volume."""
    for name in LINEAR:
        assert rule_of(parse_klines, answer([ROW], **{k: v for k, v in LINEAR.items() if k != name})) == (
            "missing_parameter"
        )
    said = body({"retCode": 0, "result": {"category": "inverse", "symbol": "BTCUSD", "list": [ROW]}}, **LINEAR)
    assert rule_of(parse_klines, said) == "bad_parameter"
    assert rule_of(parse_klines, answer([ROW], **LINEAR | {"interval": "M"})) == "bad_parameter"
    assert rule_of(parse_klines, answer([ROW], **LINEAR | {"category": "spot"})) == "not_futures"


def test_rows_that_are_no_candles():
    """A trade's row without volumes is of another endpoint; a broken number is one row's fault."""
    assert rule_of(parse_klines, answer([ROW[:5]], **LINEAR)) == "unexpected_shape"
    assert rule_of(parse_klines, answer([{"start": AT}], **LINEAR)) == "unexpected_shape"
    broken = [["", *ROW[1:]], [*ROW[:4], "x", *ROW[5:]], [*ROW[:5], "", ROW[6]], [ROW[0], "17080", *ROW[2:]]]
    assert rules(parse_klines(answer(broken, **LINEAR))) == ["bad_time", "bad_number", "bad_number", "bad_bar"]
    assert parse_klines(answer([], **LINEAR)).rows_in == 0


def test_an_error_inside_a_successful_response_is_an_error():
    """Bybit answers 200 with retCode 10006 when it throttles."""
    assert rule_of(parse_klines, body({"retCode": 10006, "retMsg": "Too many visits!"}, **LINEAR)) == "error_envelope"


def test_a_captured_body(realdata):
    """Turnover over volume is the price."""
    text = (realdata / "venue_messages/bybit/http_get_klines_linear.json").read_text("utf-8")
    row = parse_klines(body(json.loads(text), **LINEAR)).frames[CANDLES].row(0, named=True)
    assert row["volume_quote"] / row["volume_coin"] == pytest.approx(row["close_price"], rel=1e-3)
