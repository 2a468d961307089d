"""Binance over REST: settled funding, and open interest in two units and two shapes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, rule_of, rules

from transforms.parse import binance_series

SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"
AT = millis("2026-02-05T08:00:00+00:00")


def settlement(**changes):
    return {"symbol": "BTCUSDT", "fundingRate": "-0.00037500", "fundingTime": AT + 4, "markPrice": "63000"} | changes


def test_funding_of_both_margin_families():
    """The symbol tells which: COIN-M is inverse."""
    parsed = binance_series.parse_funding_history(body([settlement(), settlement(symbol="ETHUSD_PERP")]))
    told = parsed.frames[SETTLEMENTS].select("settled_at", "symbol", "asset", "margin_type", "rate_ratio").rows()
    at = datetime(2026, 2, 5, 8, tzinfo=UTC)
    assert told == [
        (at, "BTCUSDT", "BTC", "linear", -0.000375),
        (at, "ETHUSD_PERP", "ETH", "inverse", -0.000375),
    ]


def test_a_special_rate_is_a_dividend_and_no_funding():
    """Since 2026-07-28 stocks' dividends come among the rates."""
    parsed = binance_series.parse_funding_history(
        body([settlement(rateType="Special", symbol="TSLAUSDT"), settlement(rateType="Normal")])
    )
    assert parsed.frames[SETTLEMENTS]["symbol"].to_list() == ["BTCUSDT"]
    assert rules(parsed) == ["special_rate"]


def test_a_blank_rate_is_rejected():
    """Zero would be a rate."""
    assert rules(binance_series.parse_funding_history(body([settlement(fundingRate="")]))) == ["bad_number"]


@pytest.mark.parametrize(
    ("record", "native", "unit", "coins", "dollars"),
    [
        ({"openInterest": "10659.509", "symbol": "BTCUSDT", "time": AT}, 10659.509, "coin", 10659.509, None),
        (
            {"openInterest": "15004", "symbol": "BTCUSD_260327", "pair": "BTCUSD", "contractType": "CURRENT_QUARTER",
             "time": AT},
            15004.0, "contracts", None, None,
        ),
        (
            {"symbol": "BTCUSDT", "sumOpenInterest": "20403.637", "sumOpenInterestValue": "150570784.078",
             "timestamp": str(AT)},
            20403.637, "coin", 20403.637, 150570784.078,
        ),
        (
            {"pair": "BTCUSD", "contractType": "PERPETUAL", "sumOpenInterest": "20403",
             "sumOpenInterestValue": "176196512.234", "timestamp": AT},
            20403.0, "contracts", None, None,
        ),
    ],
)  # fmt: skip
def test_each_shape_of_open_interest_in_its_own_unit(record, native, unit, coins, dollars):
    """COIN-M counts contracts, and the value in its own documentation is no number of coins."""
    row = binance_series.parse_open_interest(body([record])).frames[OPEN_INTEREST].row(0, named=True)
    assert row["observed_at"] == datetime(2026, 2, 5, 8, tzinfo=UTC)
    assert (row["open_interest_native"], row["size_unit"]) == (native, unit)
    assert (row["open_interest_coin"], row["open_interest_usd"]) == (coins, dollars)
    assert row["margin_type"] == ("linear" if unit == "coin" else "inverse")


def test_one_object_is_a_list_of_one():
    """`openInterest` answers with a single object."""
    parsed = binance_series.parse_open_interest(body({"openInterest": "1", "symbol": "ETHUSDT", "time": AT}))
    assert parsed.frames[OPEN_INTEREST]["asset"].to_list() == ["ETH"]


def test_a_pairs_total_is_never_beside_its_contracts():
    """ALL adds up what the contracts give; CURRENT_QUARTER is another contract every quarter."""
    total = {"pair": "BTCUSD", "sumOpenInterest": "9", "sumOpenInterestValue": "1", "timestamp": AT}
    rows = [total | {"contractType": kind} for kind in ("ALL", "CURRENT_QUARTER", "PERPETUAL")]
    parsed = binance_series.parse_open_interest(body(rows))
    assert parsed.frames[OPEN_INTEREST]["symbol"].to_list() == ["BTCUSD_PERP"]
    assert rules(parsed) == ["not_a_contract", "not_a_contract"]


@pytest.mark.parametrize("parse", [binance_series.parse_funding_history, binance_series.parse_open_interest])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Binance answers with a code and a message."""
    assert rule_of(parse, body({"code": -1121, "msg": "Invalid symbol."})) == "error_envelope"
