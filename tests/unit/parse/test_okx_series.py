"""OKX: realised rates only, and open interest in contracts, coins and dollars."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from venue_payloads import body, millis, rule_of, rules

from transforms.parse import okx_series

SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"
AT = millis("2026-02-05T08:00:00+00:00")


def answer(records, **params):
    return body({"code": "0", "msg": "", "data": records}, **params)


def settlement(**changes):
    return {
        "instType": "SWAP",
        "instId": "BTC-USDT-SWAP",
        "fundingRate": "0.0001515032",
        "realizedRate": "0.00015",
        "fundingTime": str(AT),
        "method": "next_period",
    } | changes


def test_the_realised_rate_is_the_settlement_and_not_the_predicted_one():
    """`fundingRate` is what had been expected: the two differ in every captured row."""
    frame = okx_series.parse_funding_history(answer([settlement()])).frames[SETTLEMENTS]
    assert frame.select("settled_at", "rate_ratio", "stated_interval_hours").rows() == [
        (datetime(2026, 2, 5, 8, tzinfo=UTC), 0.00015, None)
    ]


@pytest.mark.parametrize("realised", ["", None])
def test_a_row_with_a_predicted_rate_alone_is_rejected(realised):
    """A prediction published as a settlement would be restated at every payment."""
    parsed = okx_series.parse_funding_history(answer([settlement(realizedRate=realised)]))
    assert parsed.frames[SETTLEMENTS].is_empty()
    assert rules(parsed) == ["not_settled"]


@pytest.mark.parametrize(
    ("symbol", "margin"),
    [
        ("BTC-USDT-SWAP", "linear"),
        ("BTC-USD-SWAP", "inverse"),
        ("BTC-USD-260327", "inverse"),
        ("BTC-USD_UM-SWAP", "linear"),
        ("BTC-USD_UM_XPERP-310404", "linear"),
        ("BTC", None),
    ],
)
def test_the_margin_is_in_the_name(symbol, margin):
    """`USD_UM` is margined in dollars, for all that it begins with USD."""
    assert pl.select(okx_series.margin_type(pl.lit(symbol))).item() == margin


def test_a_perpetual_listed_among_the_futures_has_funding():
    """X-Perps are futures by type and pay like swaps."""
    row = settlement(instType="FUTURES", instId="BTC-USD_UM_XPERP-310404")
    frame = okx_series.parse_funding_history(answer([row])).frames[SETTLEMENTS]
    assert frame.select("asset", "margin_type").rows() == [("BTC", "linear")]


POINT = {"instType": "SWAP", "instId": "BTC-USDT-SWAP", "oi": "2500000", "oiCcy": "25000", "oiUsd": "1575000000",
         "ts": str(AT)}  # fmt: skip


def test_open_interest_in_contracts_with_coins_and_dollars_beside_them():
    """The venue converts by its own contract values; the native quantity stays contracts."""
    row = okx_series.parse_open_interest(answer([POINT])).frames[OPEN_INTEREST].row(0, named=True)
    assert (row["open_interest_native"], row["size_unit"], row["n_sides"]) == (2_500_000.0, "contracts", 1)
    assert (row["open_interest_coin"], row["open_interest_usd"], row["mark_price"]) == (25_000.0, 1.575e9, 63_000.0)


def test_options_are_no_futures():
    """Their open interest is of another market."""
    option = POINT | {"instType": "OPTION", "instId": "BTC-USD-260327-90000-C"}
    assert rules(okx_series.parse_open_interest(answer([POINT, option]))) == ["not_a_future"]
    assert rule_of(okx_series.parse_open_interest, answer([option])) == "not_futures"


def test_a_history_is_of_the_contract_in_the_parameter_and_its_newest_row_may_still_change():
    """Rows are bare lists, newest first; the running period is not over."""
    rows = [[str(AT), "731377.5", "7313.7", "460763100"], [str(AT - 86_400_000), "700000", "7000", "441000000"]]
    frame = okx_series.parse_open_interest_history(answer(rows, inst_id="BTC-USDT-SWAP")).frames[OPEN_INTEREST]
    assert frame.select("observed_at", "symbol", "open_interest_native", "open_interest_usd", "finality").rows() == [
        (datetime(2026, 2, 5, 8, tzinfo=UTC), "BTC-USDT-SWAP", 731377.5, 460763100.0, "preliminary"),
        (datetime(2026, 2, 4, 8, tzinfo=UTC), "BTC-USDT-SWAP", 700000.0, 441000000.0, "final"),
    ]
    assert rule_of(okx_series.parse_open_interest_history, answer(rows)) == "missing_parameter"


@pytest.mark.parametrize("rows", [[["1", "2"]], [{"ts": "1"}], None])
def test_a_history_of_another_shape_is_refused(rows):
    """Columns are told by their place alone."""
    assert rule_of(okx_series.parse_open_interest_history, answer(rows, inst_id="BTC-USDT-SWAP")) == "unexpected_shape"


def test_numbers_that_are_none_are_rejected():
    """Null would say that the venue gave none."""
    broken = [POINT | {"oi": ""}, POINT | {"oiCcy": "x"}, POINT | {"oiUsd": "x"}]
    assert rules(okx_series.parse_open_interest(answer(broken))) == ["bad_number"] * 3
    assert okx_series.parse_open_interest(answer([POINT | {"oiUsd": ""}])).frames[OPEN_INTEREST].height == 1


@pytest.mark.parametrize(
    "parse",
    [okx_series.parse_funding_history, okx_series.parse_open_interest, okx_series.parse_open_interest_history],
)
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """OKX answers 200 with code 50011 when it throttles."""
    throttled = body({"code": "50011", "msg": "Too Many Requests", "data": []}, inst_id="BTC-USDT-SWAP")
    assert rule_of(parse, throttled) == "error_envelope"
