"""Bybit: funding by category, and open interest that counts one side or both."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from venue_payloads import body, millis, rule_of, rules

from schemas.rules import OPEN_INTEREST_SIDES
from transforms.parse import bybit, bybit_series

SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"
QUOTES = "core_futures__quotes"
AT = millis("2026-02-05T08:00:00+00:00")


def answer(records, kind="linear", name="BTCUSDT", **params):
    result = {"category": kind, "symbol": name, "list": records}
    result = {key: value for key, value in result.items() if value is not None}
    return body({"retCode": 0, "retMsg": "OK", "result": result, "time": AT + 9}, **params)


def settlement(**changes):
    return {"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingRateTimestamp": str(AT)} | changes


def point(**changes):
    return {"openInterest": "63910691.00000000", "timestamp": str(AT)} | changes


def test_settlements_in_any_order_with_the_margin_of_their_category():
    """Pages come newest first."""
    rows = [settlement(), settlement(fundingRateTimestamp=str(AT - 28_800_000), fundingRate="-0.00015")]
    frame = bybit_series.parse_funding_history(answer(rows)).frames[SETTLEMENTS]
    assert frame.select("settled_at", "rate_ratio", "margin_type").rows() == [
        (datetime(2026, 2, 5, 8, tzinfo=UTC), 0.0001, "linear"),
        (datetime(2026, 2, 5, 0, tzinfo=UTC), -0.00015, "linear"),
    ]
    inverse = bybit_series.parse_funding_history(answer([settlement(symbol="BTCUSD")], "inverse"))
    assert inverse.frames[SETTLEMENTS].select("asset", "margin_type").rows() == [("BTC", "inverse")]


def test_caps_are_taken_only_from_the_row_itself():
    """Limits of today are not those of an old settlement."""
    frame = bybit_series.parse_funding_history(
        answer([settlement(), settlement(upperFundingRate="0.005", lowerFundingRate="-0.005")])
    ).frames[SETTLEMENTS]
    assert frame.select("rate_cap_ratio", "rate_floor_ratio").rows() == [(None, None), (0.005, -0.005)]


def test_the_category_is_the_bodys_or_the_parameters_and_never_two():
    """Read in the wrong category, dollars become coins."""
    of = bybit_series.parse_funding_history(answer([settlement()], None, category="inverse"))
    assert of.frames[SETTLEMENTS]["margin_type"].to_list() == ["inverse"]
    assert rule_of(bybit_series.parse_funding_history, answer([settlement()], None)) == "missing_parameter"
    clash = answer([settlement()], "linear", category="inverse")
    assert rule_of(bybit_series.parse_funding_history, clash) == "bad_parameter"
    assert rule_of(bybit_series.parse_open_interest, answer([point()], "option")) == "not_futures"
    assert rule_of(bybit_series.parse_open_interest, answer([point()], name=None)) == "missing_parameter"


def test_open_interest_counts_both_sides_until_a_single_sided_figure_is_given():
    """Raw, a series breaks by half on 2026-06-11."""
    rows = [point(), point(openInterest="63910691.0", singleOpenInterest="31955346"), point(singleOpenInterest="")]
    frame = bybit_series.parse_open_interest(answer(rows, "inverse", "BTCUSD")).frames[OPEN_INTEREST]
    assert frame.select("open_interest_native", "n_sides", "size_unit").rows() == [
        (63910691.0, 2, "usd"),
        (31955346.0, 1, "usd"),
        (63910691.0, 2, "usd"),
    ]


def test_linear_open_interest_is_coins():
    """The unit goes by category."""
    row = bybit_series.parse_open_interest(answer([point(openInterest="55000.1")])).frames[OPEN_INTEREST]
    assert row.select("size_unit", "margin_type", "asset", "symbol").rows() == [("coin", "linear", "BTC", "BTCUSDT")]


@pytest.mark.parametrize(
    ("both", "single", "disagree"),
    [("200", "100", []), ("200", "100.9", []), ("200", "102", ["sides_disagree"]), ("200", "200", ["sides_disagree"]),
     ("0", "0", []), ("200", "0", ["sides_disagree"]), ("200", "x", ["bad_number"])],
)  # fmt: skip
def test_the_factor_two_is_confirmed_where_both_figures_are_given(both, single, disagree):
    """If Bybit changes what it counts, halving would halve what is already halved."""
    row = point(openInterest=both, singleOpenInterest=single)
    assert rules(bybit_series.parse_open_interest(answer([row]))) == disagree


@given(st.floats(1e-3, 1e12))
def test_twice_a_figure_always_agrees_with_it_and_itself_never(single):
    """The rule's tolerance must not depend on the size of the market."""
    frame = pl.DataFrame({"single": [single, single], "both": [2 * single, single]})
    told = frame.select(bybit_series.sides_disagree(pl.col("both"), pl.col("single"))).to_series()
    assert told.to_list() == [False, True]


def test_tickers_bring_open_interest_of_perpetuals_too_counting_both_sides():
    """One number of sides holds for all quotes of a venue, so the single-sided field is left alone here."""
    record = {"symbol": "BTCUSD", "markPrice": "114898.43", "indexPrice": "114890.92", "deliveryTime": "0",
              "openInterest": "240113967", "singleOpenInterest": "120056984"}  # fmt: skip
    quote = bybit.parse_tickers(answer([record], "inverse")).frames[QUOTES].row(0, named=True)
    assert (quote["symbol"], quote["open_interest_native"]) == ("BTCUSD", 240113967.0)
    assert OPEN_INTEREST_SIDES["bybit"] == 2


@pytest.mark.parametrize("parse", [bybit_series.parse_funding_history, bybit_series.parse_open_interest])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Bybit answers 200 with retCode 10006 when it throttles."""
    assert rule_of(parse, body({"retCode": 10006, "retMsg": "Too many visits!", "result": {}})) == "error_envelope"
