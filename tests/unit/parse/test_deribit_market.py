"""Deribit's candles and delivery prices: arrays side by side, volumes in two units, 08:00 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import deribit_market

CANDLES = "core_market__candles"
INDEXES = "core_futures__indexes"
AT = millis("2026-02-06T04:00:00+00:00")
HOUR = 3_600_000


def chart(**changes):
    return {
        "ticks": [AT, AT + HOUR, AT + 2 * HOUR],
        "open": [62000.0, 62100.5, 62300],
        "high": [62200.0, 62400, 62300],
        "low": [61900.5, 62000, 62300],
        "close": [62100.5, 62300, 62300],
        "volume": [2.94375216, 1.5, 0.0],
        "cost": [182500.0, 93300.0, 0.0],
        "status": "ok",
    } | changes


def candles(answer=None, name="BTC-PERPETUAL", resolution="60"):
    shape = {"jsonrpc": "2.0", "result": chart() if answer is None else answer}
    return deribit_market.parse_candles(body(shape, instrument_name=name, resolution=resolution))


def test_the_arrays_are_bars_and_the_running_one_is_preliminary():
    """KNOWN_AT is 06:00: the bar of 06:00 has only begun, and the next fetch supersedes it."""
    frame = candles().frames[CANDLES]
    assert frame.select("opened_at", "low_price", "high_price", "finality").rows() == [
        (datetime(2026, 2, 6, 4, tzinfo=UTC), 61900.5, 62200.0, "final"),
        (datetime(2026, 2, 6, 5, tzinfo=UTC), 62000.0, 62400.0, "final"),
        (datetime(2026, 2, 6, 6, tzinfo=UTC), 62300.0, 62300.0, "preliminary"),
    ]
    assert frame["interval_seconds"].unique().to_list() == [3600]


def test_volume_is_in_coins_and_cost_in_dollars_also_for_inverse_futures():
    """Amounts of inverse futures are dollars everywhere else at this venue."""
    frame = candles().frames[CANDLES]
    assert frame.select("volume_coin", "volume_quote").row(0) == (2.94375216, 182500.0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("BTC-PERPETUAL", ("BTC", "USD", "perpetual")),
        ("ETH-27MAR26", ("ETH", "USD", "dated")),
        ("SOL_USDC-PERPETUAL", ("SOL", "USDC", "perpetual")),
    ],
)
def test_the_name_tells_asset_quote_and_kind(name, told):
    """The body names nothing."""
    frame = candles(name=name).frames[CANDLES]
    assert frame.select("asset", "quote_currency", "instrument_kind", "candle_kind").row(0) == (*told, "trade")


def test_no_data_is_an_empty_chart():
    """A contract that did not trade is no error."""
    empty = {name: [] for name in chart()} | {"status": "no_data"}
    assert candles(empty).rows_in == 0
    assert candles({"status": "no_data"}).rows_in == 0


def test_a_day_is_written_1D():
    """Other resolutions are minutes."""
    assert candles(resolution="1D").frames[CANDLES]["interval_seconds"].unique().to_list() == [86_400]


def test_bars_that_cannot_be_are_rejected():
    """A close above its high is of another bar."""
    parsed = candles(chart(close=[63000.0, None, 62300], ticks=[AT, AT + HOUR, 0]))
    assert rules(parsed) == ["bad_bar", "bad_number", "bad_time"]


def test_arrays_of_different_lengths_are_refused():
    """Every price behind the missing one would be its neighbour's."""
    shape = {"jsonrpc": "2.0", "result": chart(close=[1.0])}
    told = {"instrument_name": "BTC-PERPETUAL", "resolution": "60"}
    assert rule_of(deribit_market.parse_candles, body(shape, **told)) == "unexpected_shape"
    assert rule_of(deribit_market.parse_candles, body({"result": []}, **told)) == "unexpected_shape"


def test_what_the_body_does_not_say_must_be_told():
    """And it must be a future: an option's candle is in coins."""
    shape = {"jsonrpc": "2.0", "result": chart()}
    assert rule_of(deribit_market.parse_candles, body(shape, resolution="60")) == "missing_parameter"
    option = body(shape, resolution="60", instrument_name="BTC-27MAR26-90000-C")
    assert rule_of(deribit_market.parse_candles, option) == "bad_parameter"
    assert rule_of(deribit_market.parse_delivery_prices, body(shape, index_name="btc")) == "bad_parameter"


def deliveries(*rows, name="btc_usd"):
    answer = {"jsonrpc": "2.0", "result": {"data": list(rows), "records_total": 58}}
    return deribit_market.parse_delivery_prices(body(answer, index_name=name))


def test_a_delivery_price_is_an_index_at_eight_o_clock():
    """Contracts expire at 08:00 UTC; at midnight it would be a price of another day."""
    frame = deliveries(
        {"date": "2026-02-05", "delivery_price": 71000.214606410254}, {"date": "2026-02-04", "delivery_price": "75500"}
    ).frames[INDEXES]
    assert frame.select("quoted_at", "fact_date", "asset", "quote_currency", "index_price").rows() == [
        (datetime(2026, 2, 5, 8, tzinfo=UTC), date(2026, 2, 5), "BTC", "USD", 71000.214606410254),
        (datetime(2026, 2, 4, 8, tzinfo=UTC), date(2026, 2, 4), "BTC", "USD", 75500.0),
    ]


def test_delivery_prices_that_cannot_be_are_rejected():
    """A price of tomorrow is a mistake in the date."""
    parsed = deliveries(
        {"date": "2026-02-05", "delivery_price": None},
        {"date": "soon", "delivery_price": 1.0},
        {"date": "2026-02-05", "delivery_price": 0},
        {"date": "2026-02-07", "delivery_price": 70000},
    )
    assert rules(parsed) == ["bad_number", "bad_time", "not_positive", "future_date"]


@pytest.mark.parametrize("parse", [deribit_market.parse_candles, deribit_market.parse_delivery_prices])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Deribit answers with an error object."""
    throttled = {"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}}
    told = {"instrument_name": "BTC-PERPETUAL", "resolution": "60", "index_name": "btc_usd"}
    assert rule_of(parse, body(throttled, **told)) == "error_envelope"


def test_the_recorded_chart(realdata):
    """Minutes of an inverse perpetual: a volume in coins times the price is its cost."""
    raw = (realdata / "venue_messages" / "deribit" / "http_get_tradingview_chart_data.json").read_bytes()
    told = {"instrument_name": "BTC-PERPETUAL", "resolution": "1"}
    parsed = deribit_market.parse_candles(payload(raw, **told))
    frame = parsed.frames[CANDLES]
    assert (frame.height, rules(parsed)) == (5, [])
    assert frame["opened_at"][0] == datetime(2025, 12, 23, 9, 51, tzinfo=UTC)
    implied = (frame["volume_quote"] / frame["volume_coin"]).to_list()
    assert implied == pytest.approx([87450] * 5, rel=1e-3)
