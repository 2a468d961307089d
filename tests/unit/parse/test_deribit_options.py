"""Deribit's option chains: premiums in coins or dollars, volatilities in points, what a name says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, rule_of, rules

from transforms.parse import deribit_options

QUOTES = "core_options__quotes"
AT = millis("2026-02-05T23:50:00+00:00")


def summary(**changes):
    return {
        "instrument_name": "BTC-27MAR26-90000-C",
        "base_currency": "BTC",
        "quote_currency": "BTC",
        "mark_price": 0.0221,
        "bid_price": 0.0215,
        "ask_price": 0.0225,
        "mark_iv": 62.89,
        "underlying_price": 63900.5,
        "underlying_index": "BTC-27MAR26",
        "estimated_delivery_price": 63000.1,
        "open_interest": 812.5,
        "volume": 12.3,
        "creation_timestamp": AT,
    } | changes


def answer(*rows):
    return body({"jsonrpc": "2.0", "result": list(rows), "testnet": False})


def parse(*rows):
    return deribit_options.parse_option_summary(answer(*rows))


def quotes(*rows):
    return parse(*rows).frames[QUOTES]


def test_premiums_stay_in_coins_and_volatility_is_in_points():
    """62.89 is per cent, as published; a hundredth of it would be an unheard-of calm."""
    row = quotes(summary()).row(0, named=True)
    assert (row["premium_currency"], row["mark_premium"], row["bid_premium"], row["ask_premium"]) == (
        "coin", 0.0221, 0.0215, 0.0225,
    )  # fmt: skip
    assert (row["mark_iv_points"], row["underlying_price"], row["index_price"]) == (62.89, 63900.5, 63000.1)
    assert (row["option_open_interest_coin"], row["option_volume_24h_coin"]) == (812.5, 12.3)
    assert row["quoted_at"] == datetime(2026, 2, 5, 23, 50, tzinfo=UTC)
    assert (row["delta_ratio"], row["bid_iv_points"]) == (None, None)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("BTC-27MAR26-90000-C", ("BTC", "call", 90000.0, datetime(2026, 3, 27, 8, tzinfo=UTC), "coin")),
        ("ETH-6FEB26-1800-P", ("ETH", "put", 1800.0, datetime(2026, 2, 6, 8, tzinfo=UTC), "coin")),
        ("BTC_USDC-27MAR26-90000-P", ("BTC", "put", 90000.0, datetime(2026, 3, 27, 8, tzinfo=UTC), "usd")),
        ("XRP_USDC-27MAR26-0d625-C", ("XRP", "call", 0.625, datetime(2026, 3, 27, 8, tzinfo=UTC), "usd")),
        ("SOL_USDC-6FEB26-80d5-P", ("SOL", "put", 80.5, datetime(2026, 2, 6, 8, tzinfo=UTC), "usd")),
    ],
)
def test_the_name_tells_the_contract(name, told):
    """Expiry is 08:00 UTC, the day has no leading zero, and a small d is a decimal point."""
    frame = quotes(summary(instrument_name=name, mark_price=0.0009, underlying_price=None))
    assert frame.select("asset", "option_type", "strike_price", "expires_at", "premium_currency").row(0) == told


def test_linear_premiums_are_in_dollars():
    """They are many times a coin's worth, and right."""
    row = summary(instrument_name="BTC_USDC-27MAR26-90000-C", mark_price=1412.5, quote_currency="USDC")
    assert quotes(row)["mark_premium"].to_list() == [1412.5]


@pytest.mark.parametrize("absent", ["mark_iv", "underlying_price", "estimated_delivery_price", "bid_price", "volume"])
def test_what_is_not_given_is_null(absent):
    """The documentation's own sample has no volatility; an empty book has no bid."""
    for nothing in (None, ""):
        parsed = parse(summary(**{absent: nothing}))
        assert (rules(parsed), parsed.frames[QUOTES].height) == ([], 1)


def test_a_bid_or_a_volatility_of_zero_is_none():
    """Nobody sells an option for nothing; the venue writes 0 where it has no figure."""
    row = quotes(summary(bid_price=0.0, mark_iv=0)).row(0, named=True)
    assert (row["bid_premium"], row["mark_iv_points"]) == (None, None)


def test_numbers_may_be_text_or_in_exponent_form():
    """Deribit writes floats, integers and exponents for the same field."""
    row = quotes(summary(mark_price="2.21E-2", mark_iv="62.89", open_interest=812, creation_timestamp=str(AT)))
    assert row.select("mark_premium", "mark_iv_points", "option_open_interest_coin").row(0) == (0.0221, 62.89, 812.0)


@pytest.mark.parametrize(
    "change",
    [
        {"mark_price": 80},
        {"instrument_name": "ETH-22FEB19-140-P", "mark_price": 80, "underlying_price": 121.38},
        {"instrument_name": "BTC_USDC-27MAR26-90000-C", "mark_price": 90000.0},
    ],
)
def test_a_premium_above_the_most_its_option_can_be_worth_is_rejected(change):
    """A price in dollars where coins are due; the documentation's sample is one of these."""
    assert rules(parse(summary(**change))) == ["not_in_unit"]


def test_a_put_far_in_the_money_may_cost_more_than_a_coin():
    """Its strike is worth more coins than one."""
    deep = summary(instrument_name="BTC-27MAR26-180000-P", mark_price=1.82)
    assert rules(parse(deep)) == []


def test_combos_and_futures_among_options_are_rejected():
    """A combo is an order on several instruments."""
    rows = [summary(), summary(instrument_name="BTC-CS-27MAR26-70000_75000"), summary(instrument_name="BTC-PERPETUAL")]
    parsed = parse(*rows)
    assert (parsed.frames[QUOTES].height, rules(parsed)) == (1, ["not_an_option", "not_an_option"])


def test_what_cannot_be_read_is_rejected():
    """A null open interest would say that the venue gave none."""
    assert rules(parse(summary(open_interest="many"), summary(creation_timestamp=None))) == ["bad_number", "bad_time"]


def test_another_body_is_refused_whole():
    """Marks of futures are dollars; volatilities as fractions would be a hundredth of what they are."""
    futures = answer(summary(instrument_name="BTC-PERPETUAL"))
    assert rule_of(deribit_options.parse_option_summary, futures) == "not_options"
    fractions = answer(summary(mark_iv=0.6289), summary(mark_iv=0.71))
    assert rule_of(deribit_options.parse_option_summary, fractions) == "not_in_points"
    throttled = body({"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}})
    assert rule_of(deribit_options.parse_option_summary, throttled) == "error_envelope"


def test_a_currency_without_options_is_an_empty_chain():
    """Not every currency has them."""
    assert parse().rows_in == 0
