"""Binance's candles: twelve columns whose volumes mean another thing in each market, over REST and in files."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from venue_payloads import KNOWN_AT, body, millis, payload, rule_of, rules, zipped

from transforms.parse import binance_candles

CANDLES = "core_market__candles"
OPENED = millis("2026-02-05T08:00:00+00:00")
HEADER = ",".join(binance_candles.COLUMNS)
HOUR = 3_600_000


def kline(opened=OPENED, volume="206", quote="2.13660389", length=HOUR, prices=("100.5", "102", "99.5", "101")):
    return [opened, *prices, volume, opened + length - 1, quote, 48, "119", "1.23424865", "0"]


def told(market="um", symbol="BTCUSDT", candle_kind="trade", interval="1h"):
    return {"market": market, "symbol": symbol, "candle_kind": candle_kind, "interval": interval}


def rest(*rows, **changes):
    return binance_candles.parse_klines(body(list(rows), **told(**changes)))


def row_of(parsed):
    return parsed.frames[CANDLES].row(0, named=True)


def dumped(*rows, header=True, **changes):
    lines = [",".join(map(str, row)) for row in rows]
    text = "\n".join([*([HEADER] if header else []), *lines]) + "\n"
    return binance_candles.parse_klines_dump(zipped("BTCUSDT-1h-2026-02-05.csv", text, **told(**changes)))


def test_a_candle_of_usd_m_counts_coins_and_the_quote_currency():
    """Start of the interval, four prices, and the volumes of columns 6 and 8."""
    row = row_of(rest(kline(volume="2.5", quote="252500")))
    assert row["opened_at"] == datetime(2026, 2, 5, 8, tzinfo=UTC)
    assert (row["fact_date"], row["interval_seconds"], row["finality"]) == (date(2026, 2, 5), 3600, "final")
    prices = tuple(row[f"{name}_price"] for name in ("open", "high", "low", "close"))
    assert prices == (100.5, 102.0, 99.5, 101.0)
    assert (row["volume_coin"], row["volume_quote"]) == (2.5, 252500.0)
    assert (row["venue"], row["symbol"], row["asset"], row["quote_currency"]) == ("binance", "BTCUSDT", "BTC", "USDT")
    assert (row["instrument_kind"], row["candle_kind"]) == ("perpetual", "trade")


def test_what_coin_m_calls_quote_volume_is_coins():
    """Column 6 counts contracts of 100 dollars there: taken for coins, volume is a hundred times off."""
    row = row_of(dumped(kline(), market="cm", symbol="BTCUSD_PERP"))
    assert (row["volume_coin"], row["volume_quote"]) == (2.13660389, None)


@pytest.mark.parametrize("kind", ["mark", "index", "premium"])
def test_what_is_not_traded_has_no_volume(kind):
    """The venue prints zeros, which would be hours without a trade."""
    row = row_of(rest(kline(volume="0", quote="0"), candle_kind=kind))
    assert (row["volume_coin"], row["volume_quote"], row["candle_kind"]) == (None, None, kind)


def test_a_premium_may_be_negative_and_a_price_may_not():
    """The premium index is a ratio."""
    prices = ("-0.0004", "0.0001", "-0.0005", "-0.0002")
    assert row_of(rest(kline(prices=prices), candle_kind="premium"))["open_price"] == -0.0004
    assert rules(rest(kline(prices=prices), candle_kind="mark")) == ["not_positive"]


@pytest.mark.parametrize(
    ("market", "symbol", "kind", "expected"),
    [
        ("spot", "BTCUSDT", "trade", ("spot", "BTC", "USDT")),
        ("spot", "ETHBTC", "trade", ("spot", "ETH", "BTC")),
        ("spot", "BNBBUSD", "trade", ("spot", "BNB", "BUSD")),
        ("um", "ETHUSDT_260327", "mark", ("dated", "ETH", "USDT")),
        ("um", "BTCUSDT", "index", ("spot", "BTC", "USDT")),
        ("cm", "BTCUSD", "index", ("spot", "BTC", "USD")),
        ("cm", "BTCUSD_260327", "trade", ("dated", "BTC", "USD")),
    ],
)
def test_the_symbol_says_what_it_is_of(market, symbol, kind, expected):
    """Spot and perpetual share a name: only the parameter keeps them apart."""
    row = row_of(rest(kline(), market=market, symbol=symbol, candle_kind=kind))
    assert (row["instrument_kind"], row["asset"], row["quote_currency"]) == expected


def test_a_file_without_header_and_in_microseconds_reads_the_same():
    """Spot files have no header, and microseconds since 2025-01-01; futures files have neither trap, since 2022."""
    micros = kline()
    micros[0], micros[6] = OPENED * 1000, (OPENED + HOUR) * 1000 - 1
    plain = dumped(kline(), market="spot").frames[CANDLES]
    assert dumped(micros, market="spot", header=False).frames[CANDLES].equals(plain)
    assert rest(kline(), market="spot").frames[CANDLES].equals(plain)


def test_candles_at_or_after_the_delivery_are_rejected():
    """The files go on with flat bars without volume until about 08:16."""
    delivery = millis("2026-01-30T08:00:00+00:00")
    parsed = dumped(kline(delivery - HOUR), kline(delivery), symbol="BTCUSDT_260130")
    assert parsed.frames[CANDLES]["opened_at"].to_list() == [datetime(2026, 1, 30, 7, tzinfo=UTC)]
    assert rules(parsed) == ["after_expiry"]


def test_a_dated_contracts_last_candle_may_be_cut_short():
    """A day's candle of the delivery day ends at 08:00."""
    midnight = millis("2026-01-30T00:00:00+00:00")
    day = kline(midnight, length=8 * HOUR)
    assert rules(rest(day, symbol="BTCUSDT_260130", interval="1d")) == []
    assert rules(rest(day, interval="1d")) == ["other_interval"]


def test_a_running_candle_is_preliminary():
    """Its high, low, close and volume still change."""
    running = millis(KNOWN_AT.isoformat())
    assert row_of(rest(kline(running)))["finality"] == "preliminary"


def test_a_file_of_another_market_or_interval_is_rejected_row_by_row():
    """Contracts taken for coins, or hours for days, would pass for data."""
    assert rules(rest(kline(), market="cm")) == ["other_market"]
    assert rules(rest(kline(), market="um", symbol="BTCUSD_PERP")) == ["other_market"]
    assert rules(rest(kline(), interval="1m")) == ["other_interval"]


def test_numbers_may_come_as_numbers():
    """The venue writes prices as text; a mirror or a file may not."""
    numbers = [OPENED, 100.5, 102, 99.5, 101, 206, OPENED + HOUR - 1, 2.13660389, 48, 119, 1.2, 0]
    assert rest(numbers).frames[CANDLES].equals(rest(kline()).frames[CANDLES])


def test_rows_that_cannot_be_read_are_rejected():
    """A blank price is no price, and a volume that is no number is a fault and not an absent one."""
    parsed = rest(
        kline(prices=("", "1", "1", "1")), ["", *kline()[1:]], kline(volume="many"), kline(prices=("9", "3", "1", "2"))
    )
    assert parsed.frames[CANDLES].is_empty()
    assert rules(parsed) == ["bad_number", "bad_time", "bad_number", "bad_bar"]


def test_no_candles_are_no_rows():
    """Before a listing the venue answers with an empty list."""
    parsed = rest()
    assert (parsed.frames[CANDLES].height, parsed.rejects) == (0, [])


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({}, "missing_parameter"),
        (told(market="eu"), "bad_parameter"),
        (told(market="spot", candle_kind="mark"), "bad_parameter"),
        (told(interval="1M"), "bad_parameter"),
        (told(interval="1mo"), "bad_parameter"),
    ],
)
def test_the_body_says_none_of_what_it_is_of(params, rule):
    """Without market, symbol, kind and interval a kline is twelve numbers."""
    assert rule_of(binance_candles.parse_klines, body([kline()], **params)) == rule


def test_a_body_that_is_no_list_of_lists_is_refused():
    """An error, or a file in which the columns have other names, is no candle."""
    assert rule_of(binance_candles.parse_klines, body({"code": -1121, "msg": "x"}, **told())) == "error_envelope"
    assert rule_of(binance_candles.parse_klines, body([{"t": 1}], **told())) == "unexpected_shape"
    renamed = payload(HEADER.replace("quote_volume", "turnover", 1) + "\n", **told())
    assert rule_of(binance_candles.parse_klines_dump, renamed) == "missing_column"


def test_the_documented_spot_candle_is_a_week_in_bitcoin(realdata):
    """A body that nobody here made up: quoted in bitcoin, with the interval that its stamps tell."""
    content = (realdata / "venue_messages/binance/spot__http_json__klines_response.json").read_bytes()
    parsed = binance_candles.parse_klines(payload(content, **told(market="spot", symbol="ETHBTC", interval="1w")))
    row = row_of(parsed)
    assert (row["opened_at"], row["interval_seconds"]) == (datetime(2017, 7, 3, tzinfo=UTC), 604_800)
    assert (row["open_price"], row["high_price"], row["low_price"], row["close_price"]) == (
        0.01634790,
        0.8,
        0.01575800,
        0.01577100,
    )
    assert (row["volume_coin"], row["volume_quote"]) == (148976.11427815, 2434.19055334)
    assert (row["asset"], row["quote_currency"], row["instrument_kind"]) == ("ETH", "BTC", "spot")
