"""Kraken Futures: what prefixes say, tickers with index rows among them, relative funding."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from venue_payloads import body, rule_of, rules

from transforms.parse import kraken

SETTLEMENTS = "core_funding__settlements"
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"
INDEXES = "core_futures__indexes"
SERVER_TIME = "2026-02-05T18:00:00.123Z"


def answer(name, records, **params):
    return body({"result": "success", "serverTime": SERVER_TIME, name: records}, **params)


def contract(**changes):
    return {
        "symbol": "PI_XBTUSD",
        "type": "futures_inverse",
        "contractSize": 1,
        "openingDate": "2018-08-31T00:00:00Z",
        "base": "BTC",
        "quote": "USD",
    } | changes


def test_the_prefix_tells_kind_and_margin():
    """P never expires and F does; I is inverse and F linear."""
    dated = {"lastTradingTime": "2026-03-27T16:00:00.000Z"}
    frame = kraken.parse_instruments(
        answer(
            "instruments",
            [
                contract(),
                contract(symbol="PF_ETHUSD", type="flexible_futures", base="ETH"),
                contract(symbol="FI_XBTUSD_260327", **dated),
                contract(symbol="FF_XBTUSD_260327", type="flexible_futures", **dated),
            ],
        )
    ).frames[CONTRACTS]
    told = ("instrument_kind", "margin_type", "contract_value_currency", "settle_currency", "expires_at")
    expiry = datetime(2026, 3, 27, 16, tzinfo=UTC)
    assert frame.select(told).rows() == [
        ("perpetual", "inverse", "USD", "BTC", None),
        ("perpetual", "linear", "ETH", "USD", None),
        ("dated", "inverse", "USD", "BTC", expiry),
        ("dated", "linear", "BTC", "USD", expiry),
    ]
    assert frame["contract_value"].to_list() == [1.0] * 4


def test_old_instruments_name_their_coin_in_the_symbol_alone():
    """XBT is bitcoin, in the base and in the symbol."""
    rows = [contract(base=None, quote=None), contract(base="XBT")]
    frame = kraken.parse_instruments(answer("instruments", rows)).frames[CONTRACTS]
    assert frame.select("asset", "quote_currency").rows() == [("BTC", "USD")] * 2


def test_shares_and_other_instruments_are_rejected():
    """Apple trades beside bitcoin, with a small x."""
    rows = [contract(symbol="PF_AAPLxUSD", base="AAPLx"), contract(symbol="OPT_X"), contract(contractSize=None)]
    parsed = kraken.parse_instruments(answer("instruments", [*rows, contract(symbol="FI_XBTUSD_260327")]))
    assert rules(parsed) == ["not_crypto", "not_a_contract", "bad_number", "bad_time"]


def ticker(**changes):
    return {
        "symbol": "PI_XBTUSD",
        "tag": "perpetual",
        "pair": "BTC:USD",
        "markPrice": 91506.6009839176,
        "indexPrice": 91468.38,
        "openInterest": 21279580.0,
        "fundingRate": -3.995839963e-09,
    } | changes


def test_tickers_are_stamped_by_the_body_and_bring_open_interest_as_given():
    """Dollars for PI_, coins for PF_; dated contracts and perpetuals alike."""
    rows = [ticker(), ticker(symbol="PF_XBTUSD", openInterest=2101.5), ticker(symbol="FI_XBTUSD_260327")]
    frame = kraken.parse_tickers(answer("tickers", rows)).frames[QUOTES]
    assert frame["quoted_at"].unique().to_list() == [datetime(2026, 2, 5, 18, 0, 0, 123_000, tzinfo=UTC)]
    assert frame.select("symbol", "future_price", "index_price", "open_interest_native").rows() == [
        ("PI_XBTUSD", 91506.6009839176, 91468.38, 21279580.0),
        ("PF_XBTUSD", 91506.6009839176, 91468.38, 2101.5),
        ("FI_XBTUSD_260327", 91506.6009839176, 91468.38, 21279580.0),
    ]


def test_index_rows_are_indexes_with_their_own_time():
    """They are mixed in without a tag; taken for futures they would have no mark."""
    index = {"symbol": "in_xbtusd", "last": 91468.4, "lastTime": "2026-02-05T17:59:58.000Z"}
    parsed = kraken.parse_tickers(answer("tickers", [index, ticker()]))
    assert parsed.frames[QUOTES].height == 1
    assert parsed.frames[INDEXES].select("quoted_at", "asset", "quote_currency", "index_price").rows() == [
        (datetime(2026, 2, 5, 17, 59, 58, tzinfo=UTC), "BTC", "USD", 91468.4)
    ]
    assert rules(parsed) == []


def test_ticker_rows_of_other_things_are_rejected():
    """Each with its reason, and the contracts beside them are read."""
    rows = [
        ticker(symbol="PF_AAPLxUSD"),
        ticker(symbol="rr_xbtusd"),
        ticker(markPrice=None),
        ticker(openInterest="many"),
        {"symbol": "in_odd", "last": 1.0, "lastTime": SERVER_TIME},
        ticker(),
    ]
    parsed = kraken.parse_tickers(answer("tickers", rows))
    assert parsed.frames[QUOTES].height == 1
    assert rules(parsed) == ["not_crypto", "not_a_future", "bad_number", "bad_number", "unknown_pair"]


def test_tickers_without_a_time_are_refused():
    """The rows have none of their own."""
    assert rule_of(kraken.parse_tickers, body({"result": "success", "tickers": [ticker()]})) == "no_server_time"


RATES = [
    {"timestamp": "2025-07-11T08:00:00.000Z", "relativeFundingRate": 0.0001, "fundingRate": 0.00005},
    {"timestamp": "2025-07-10T00:00:00Z", "relativeFundingRate": -1.6898883333333e-05, "fundingRate": -8.1e-10},
]


def rates(records=RATES, symbol="PI_XBTUSD"):
    return kraken.parse_funding_rates(answer("rates", records, symbol=symbol))


def test_the_relative_rate_in_any_order_and_the_interval_left_to_the_stamps():
    """`fundingRate` is money per contract: a hundred thousand times too small."""
    frame = rates().frames[SETTLEMENTS]
    assert frame.select("settled_at", "fact_date", "rate_ratio", "stated_interval_hours").rows() == [
        (datetime(2025, 7, 11, 8, tzinfo=UTC), date(2025, 7, 11), 0.0001, None),
        (datetime(2025, 7, 10, 0, tzinfo=UTC), date(2025, 7, 9), -1.6898883333333e-05, None),
    ]


@given(st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(order):
    """The venue promises none."""
    rows = [{"timestamp": f"2025-07-11T0{n}:00:00.000Z", "relativeFundingRate": n / 1e5} for n in order]
    frame = rates(rows).frames[SETTLEMENTS].sort("settled_at")
    assert frame["rate_ratio"].to_list() == [n / 1e5 for n in range(6)]


@pytest.mark.parametrize(
    ("symbol", "asset", "margin"), [("PI_XBTUSD", "BTC", "inverse"), ("PF_XBTUSD", "BTC", "linear")]
)
def test_the_contract_is_the_parameters(symbol, asset, margin):
    """The body names none, and XBT is bitcoin."""
    assert rates(symbol=symbol).frames[SETTLEMENTS].select("asset", "margin_type").row(0) == (asset, margin)
    assert rule_of(kraken.parse_funding_rates, answer("rates", RATES)) == "missing_parameter"
    dated = answer("rates", RATES, symbol="FI_XBTUSD_260327")
    assert rule_of(kraken.parse_funding_rates, dated) == "bad_parameter"


def test_a_row_without_the_relative_rate_is_rejected():
    """The absolute one is of another unit."""
    assert rules(rates([RATES[0] | {"relativeFundingRate": None}])) == ["bad_number"]
    assert rules(rates(symbol="PF_AAPLxUSD")) == ["not_crypto"] * 2


@pytest.mark.parametrize(
    "error",
    [
        {"result": "error", "error": "apiLimitExceeded", "serverTime": SERVER_TIME},
        {"status": "BAD_REQUEST", "result": "error", "errors": [{"code": 0, "message": "bad"}]},
    ],
)
@pytest.mark.parametrize("parse", [kraken.parse_instruments, kraken.parse_tickers, kraken.parse_funding_rates])
def test_an_error_inside_a_successful_response_is_an_error(parse, error):
    """Kraken answers 200 when it throttles."""
    assert rule_of(parse, body(error, symbol="PI_XBTUSD")) == "error_envelope"


def test_iso_stamps_of_any_precision():
    """Seconds, milliseconds, microseconds and offsets all occur."""
    stamps = ["2018-08-31T00:00:00Z", "2018-08-31T00:00:00.000Z", "2018-08-31T02:00:00.000000+02:00", "soon", None]
    told = pl.DataFrame({"t": stamps}).select(kraken.iso("t")).to_series().to_list()
    assert told == [datetime(2018, 8, 31, tzinfo=UTC)] * 3 + [None] * 2
