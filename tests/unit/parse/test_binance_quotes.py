"""Binance's marks of USD-M and delivery prices, and the list of spot symbols that is no list of contracts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import binance

QUOTES = "core_futures__quotes"
AT = millis("2026-02-05T23:55:00+00:00")
MIDNIGHT = millis("2025-12-26T00:00:00+00:00")


def mark(**changes):
    return {
        "symbol": "BTCUSDT_260327", "markPrice": "63105.50000000", "indexPrice": "62900.10000000",
        "estimatedSettlePrice": "62899.9", "lastFundingRate": "", "interestRate": "", "nextFundingTime": 0, "time": AT,
    } | changes  # fmt: skip


def test_marks_of_usd_m_of_one_symbol_or_of_all():
    """With a symbol the venue answers with one object, without with a list."""
    one = binance.parse_usdm_premium_index(body(mark())).frames[QUOTES]
    row = one.row(0, named=True)
    assert (row["quoted_at"], row["fact_date"]) == (datetime(2026, 2, 5, 23, 55, tzinfo=UTC), date(2026, 2, 5))
    assert (row["future_price"], row["price_kind"], row["index_price"]) == (63105.5, "mark", 62900.1)
    assert (row["venue"], row["symbol"]) == ("binance", "BTCUSDT_260327")
    assert binance.parse_usdm_premium_index(body([mark(), mark(symbol="BTCUSDT")])).frames[QUOTES].height == 2


@pytest.mark.parametrize(
    ("parse", "symbol"),
    [(binance.parse_usdm_premium_index, "BTCUSD_260327"), (binance.parse_coinm_premium_index, "BTCUSDT_260327")],
)
def test_a_mark_of_the_other_margin_family_is_rejected(parse, symbol):
    """The two answers look alike, and their prices are in other currencies."""
    assert rules(parse(body([mark(symbol=symbol), mark(symbol="")]))) == ["other_market", "no_symbol"]


def test_a_delivery_is_at_eight_of_the_day_that_names_the_contract():
    """`deliveryTime` is a midnight: taken as it is, the price would be of a contract with eight hours to live."""
    rows = [{"deliveryTime": MIDNIGHT, "deliveryPrice": 87123.4}, {"deliveryTime": MIDNIGHT + 1, "deliveryPrice": "1"}]
    parsed = binance.parse_delivery_prices(body(rows, pair="BTCUSDT"))
    told = parsed.frames[QUOTES].select("quoted_at", "symbol", "future_price", "price_kind", "index_price").rows()
    assert told[0] == (datetime(2025, 12, 26, 8, tzinfo=UTC), "BTCUSDT_251226", 87123.4, "settle", None)
    assert told[1][:3] == (datetime(2025, 12, 26, 8, tzinfo=UTC), "BTCUSDT_251226", 1.0)


def test_delivery_prices_of_coin_m_are_named_by_its_pair():
    """The pair is in the request only."""
    rows = [{"deliveryTime": MIDNIGHT, "deliveryPrice": 87123.4}]
    assert binance.parse_delivery_prices(body(rows, pair="BTCUSD")).frames[QUOTES]["symbol"].to_list() == [
        "BTCUSD_251226"
    ]
    assert rule_of(binance.parse_delivery_prices, body(rows)) == "missing_parameter"


def test_a_delivery_without_price_or_day_is_rejected():
    """A contract that is listed as delivered may have no price yet."""
    rows = [{"deliveryTime": MIDNIGHT, "deliveryPrice": None}, {"deliveryTime": 0, "deliveryPrice": 1}]
    assert rules(binance.parse_delivery_prices(body(rows, pair="BTCUSDT"))) == ["bad_number", "bad_time"]


@pytest.mark.parametrize("parse", [binance.parse_usdm_premium_index, binance.parse_delivery_prices])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Binance answers with a code and a message."""
    assert rule_of(parse, body({"code": -1121, "msg": "Invalid symbol."}, pair="BTCUSDT")) == "error_envelope"


@pytest.mark.parametrize("parse", [binance.parse_usdm_instruments, binance.parse_coinm_instruments])
def test_the_list_of_spot_symbols_is_no_list_of_contracts(parse, realdata):
    """Spot names are those of USD-M: as contracts they would be described twice, once without an expiry."""
    content = (realdata / "venue_messages/binance/spot__http_json__exchange_info_response.json").read_bytes()
    assert rule_of(parse, payload(content)) == "unexpected_shape"
