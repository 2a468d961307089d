"""Binance's dumps: with and without header, gaps written as zeros, two margin families in one shape."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from venue_payloads import payload, rule_of, rules, zipped

from transforms.parse import binance_vision

SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"
FUNDING = "calc_time,funding_interval_hours,last_funding_rate"
METRICS = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)


def funding(*rows, header=True, market="um", symbol="BTCUSDT"):
    text = "\n".join([*([FUNDING] if header else []), *rows]) + "\n"
    return binance_vision.parse_funding_rates(
        zipped(f"{symbol}-fundingRate-2026-01.csv", text, market=market, symbol=symbol)
    )


def metric(at="2026-02-05 00:05:00", symbol="BTCUSDT", oi="80000.5", value="5040031500.0"):
    return f"{at},{symbol},{oi},{value},1.9,3.2,1.4,1.0"


def metrics(*rows, header=True, market="um"):
    text = "\n".join([*([METRICS] if header else []), *rows]) + "\n"
    return binance_vision.parse_metrics(payload(text, market=market))


def test_a_funding_file_gives_rate_and_stated_interval_at_the_minute():
    """`calc_time` is a few milliseconds late, and the interval may be 4 hours."""
    parsed = funding("1767225600003,8,0.00005703", "1767240000000,4,-0.00012")
    told = parsed.frames[SETTLEMENTS].select("settled_at", "rate_ratio", "stated_interval_hours", "fact_date").rows()
    assert told == [
        (datetime(2026, 1, 1, 0, tzinfo=UTC), 0.00005703, 8.0, date(2025, 12, 31)),
        (datetime(2026, 1, 1, 4, tzinfo=UTC), -0.00012, 4.0, date(2026, 1, 1)),
    ]


def test_a_file_without_header_reads_the_same():
    """Headers came during 2022; taken for one, the first row of an old month would be lost."""
    row = "1577836800000,8,-0.00012359"
    assert funding(row, header=False).frames[SETTLEMENTS].equals(funding(row).frames[SETTLEMENTS])
    assert metrics(metric(), header=False).frames[OPEN_INTEREST].equals(metrics(metric()).frames[OPEN_INTEREST])


def test_market_and_symbol_come_from_the_parameters():
    """The file names neither: a COIN-M file taken for USD-M would be in coins."""
    row = funding("1767225600000,8,0.0001", market="cm", symbol="BTCUSD_PERP").frames[SETTLEMENTS].row(0, named=True)
    assert (row["venue"], row["symbol"], row["asset"], row["margin_type"]) == (
        "binance",
        "BTCUSD_PERP",
        "BTC",
        "inverse",
    )
    assert rule_of(binance_vision.parse_funding_rates, payload(FUNDING + "\n", market="um")) == "missing_parameter"
    assert rule_of(binance_vision.parse_metrics, payload(METRICS + "\n", market="spot")) == "bad_parameter"


def test_a_symbol_of_the_other_market_is_rejected():
    """Contracts read as coins are wrong by the price of a bitcoin."""
    assert rules(funding("1767225600000,8,0.0001", market="um", symbol="BTCUSD_PERP")) == ["other_market"]
    assert rules(metrics(metric(), metric(symbol="BTCUSD_PERP"), market="cm")) == ["other_market"]
    assert rules(metrics(metric(symbol="BTCBUSD_210326"))) == []


def test_open_interest_of_usd_m_is_coins_with_their_dollars():
    """The value is coins times mark in the quote currency."""
    row = metrics(metric()).frames[OPEN_INTEREST].row(0, named=True)
    assert row["observed_at"] == datetime(2026, 2, 5, 0, 5, tzinfo=UTC)
    assert (row["open_interest_native"], row["size_unit"], row["n_sides"]) == (80000.5, "coin", 1)
    assert (row["open_interest_coin"], row["open_interest_usd"]) == (80000.5, 5040031500.0)
    assert row["mark_price"] == pytest.approx(63_000.0)


def test_a_value_in_another_quote_currency_is_no_dollars():
    """ETHBTC trades on USD-M, and its value is bitcoins."""
    row = metrics(metric(symbol="ETHBTC", oi="5000", value="170")).frames[OPEN_INTEREST].row(0, named=True)
    assert (row["open_interest_coin"], row["open_interest_usd"], row["mark_price"]) == (5000.0, None, None)


def test_open_interest_of_coin_m_is_contracts_and_its_value_coins():
    """5,578,700 contracts of 100 USD are 18,265 bitcoins, not 18,265 dollars."""
    row = metrics(metric(symbol="BTCUSD_PERP", oi="5578700", value="18265"), market="cm")
    told = row.frames[OPEN_INTEREST].row(0, named=True)
    assert (told["open_interest_native"], told["size_unit"]) == (5578700.0, "contracts")
    assert (told["open_interest_coin"], told["open_interest_usd"]) == (18265.0, None)


def test_a_zero_is_a_gap_and_not_an_empty_market():
    """473 rows of the BTC files are zero: published, open interest would fall to nothing and come back."""
    parsed = metrics(metric(), metric("2026-02-05 00:10:00", oi="0.0", value="0.0"))
    assert parsed.frames[OPEN_INTEREST].height == 1
    assert rules(parsed) == ["gap"]
    assert parsed.rejects[0].record["create_time"] == "2026-02-05 00:10:00"
    assert metrics(metric(value="0")).frames[OPEN_INTEREST]["open_interest_usd"].to_list() == [None]


def test_of_two_rows_with_one_stamp_the_later_counts():
    """The dumps repeat stamps; two values of one instant would contradict each other."""
    parsed = metrics(metric(oi="1"), metric(oi="2"), metric(oi="0"))
    assert parsed.frames[OPEN_INTEREST]["open_interest_native"].to_list() == [2.0]
    assert rules(parsed) == ["superseded", "gap"]
    assert rules(metrics(metric(oi="1"), metric(oi="x"))) == ["bad_number"]


def test_an_equal_repeat_is_left_to_be_counted_as_a_duplicate():
    """It breaks no rule."""
    parsed = metrics(metric(), metric())
    assert (parsed.frames[OPEN_INTEREST].height, rules(parsed)) == (2, [])


def test_a_trailing_row_of_the_next_day_belongs_to_that_day():
    """A file's name says nothing about its last row."""
    frame = metrics(metric("2026-02-05 23:55:00"), metric("2026-02-06 00:00:00")).frames[OPEN_INTEREST]
    assert frame["fact_date"].to_list() == [date(2026, 2, 5), date(2026, 2, 6)]


def test_rows_that_cannot_be_read_are_rejected():
    """A value that is no number is a fault of the file, not an absent value."""
    parsed = metrics(metric(oi="many"), metric(at="soon"), metric(value="x"), metric(oi=""))
    assert parsed.frames[OPEN_INTEREST].is_empty()
    assert rules(parsed) == ["bad_number", "bad_time", "bad_number", "bad_number"]


def test_a_web_page_in_place_of_a_zip_is_refused():
    """A missing key answers with XML."""
    page = payload("<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", market="um")
    assert rule_of(binance_vision.parse_metrics, page) == "html_payload"
