"""Deribit: amounts in USD for reversed futures, and an index beside every mark."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis

from schemas.feed import PayloadError
from transforms.parse import deribit

AT = millis("2026-02-05T18:00:00+00:00")
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"
INDEXES = "core_futures__indexes"


def answer(result, **params):
    return body({"jsonrpc": "2.0", "result": result, "usIn": AT * 1000, "usOut": AT * 1000 + 7, "usDiff": 7}, **params)


def contract(**changes):
    return {
        "instrument_name": "BTC-27MAR26",
        "kind": "future",
        "instrument_type": "reversed",
        "contract_size": 10.0,
        "settlement_period": "month",
        "expiration_timestamp": 1774598400000,
        "creation_timestamp": 1750000000000,
        "base_currency": "BTC",
        "quote_currency": "USD",
        "settlement_currency": "BTC",
    } | changes


def test_a_unit_of_a_reversed_future_is_one_dollar_whatever_the_lot():
    """`contract_size` 10 is the lot: amounts are already USD, and would be counted tenfold."""
    linear = contract(
        instrument_name="BTC_USDC-27MAR26",
        instrument_type="linear",
        quote_currency="USDC",
        contract_size=0.001,
    )
    frame = deribit.parse_instruments(answer([contract(), linear])).frames[CONTRACTS]
    told = frame.select("margin_type", "contract_value", "contract_value_currency").rows()
    assert told == [("inverse", 1.0, "USD"), ("linear", 1.0, "BTC")]
    assert frame["expires_at"][0] == datetime(2026, 3, 27, 8, tzinfo=UTC)


@pytest.mark.parametrize("change", [{"settlement_period": "perpetual"}, {"expiration_timestamp": 32503708800000}])
def test_perpetuals_do_not_expire_in_the_year_3000(change):
    """Either sign of a perpetual is enough."""
    row = deribit.parse_instruments(answer([contract(**change)])).frames[CONTRACTS].row(0, named=True)
    assert (row["instrument_kind"], row["expires_at"]) == ("perpetual", None)


def test_combos_and_unknown_margins_are_rejected():
    """A combo is an order on several instruments; an unknown margin has no known unit."""
    parsed = deribit.parse_instruments(answer([contract(kind="future_combo"), contract(instrument_type="quanto")]))
    assert [reject.rule for reject in parsed.rejects] == ["not_an_instrument", "unknown_margin"]


def summary(**changes):
    return {
        "instrument_name": "BTC-27MAR26",
        "mark_price": 63900.5,
        "estimated_delivery_price": 63000.1,
        "open_interest": 1.5e8,
        "creation_timestamp": AT,
        "base_currency": "BTC",
        "bid_price": None,
    } | changes


def quoted(*rows):
    return deribit.parse_book_summary(answer(list(rows))).frames[QUOTES]


def test_book_summary_pairs_mark_and_index_of_one_instant():
    """Open interest stays in USD, as given."""
    row = quoted(summary()).row(0, named=True)
    assert (row["future_price"], row["index_price"], row["open_interest_native"]) == (63900.5, 63000.1, 1.5e8)
    assert row["quoted_at"] == row["index_at"] == datetime(2026, 2, 5, 18, tzinfo=UTC)


def test_underlying_price_comes_before_the_estimated_delivery_price():
    """In the last half hour the latter is a running average."""
    assert quoted(summary(underlying_price=62990.0))["index_price"].to_list() == [62990.0]


def test_without_an_index_the_quote_is_kept():
    """The index may come from its own feed."""
    row = quoted(summary(estimated_delivery_price=None)).row(0, named=True)
    assert (row["index_price"], row["index_at"]) == (None, None)


def test_numbers_in_exponent_form_are_numbers():
    """Deribit writes floats, integers and exponents for the same field."""
    frame = quoted(summary(mark_price="6.39E4", creation_timestamp=float(AT)))
    assert frame["future_price"].to_list() == [63900.0]


def test_options_and_combos_are_no_futures():
    """An option's mark is in coin; a body of kind=option belongs to another feed."""
    option = summary(instrument_name="BTC-27MAR26-90000-C", mark_price=0.02)
    combo = summary(instrument_name="BTC-FS-27MAR26_PERP", mark_price=-12.5)
    with pytest.raises(PayloadError, match="not of futures"):
        deribit.parse_book_summary(answer([option]))
    parsed = deribit.parse_book_summary(answer([summary(instrument_name="BTC-PERPETUAL"), option, combo]))
    assert [reject.rule for reject in parsed.rejects] == ["not_a_future", "not_a_future"]


def test_the_index_is_named_by_its_parameter():
    """The body has a price and no name."""
    row = deribit.parse_index(answer({"index_price": 63000.1}, index_name="btc_usd")).frames[INDEXES].row(0, named=True)
    assert (row["asset"], row["quote_currency"], row["index_price"]) == ("BTC", "USD", 63000.1)
    assert row["quoted_at"] == datetime(2026, 2, 5, 18, 0, 0, 7, tzinfo=UTC)
    with pytest.raises(PayloadError, match="index_name"):
        deribit.parse_index(answer({"index_price": 63000.1}))


@pytest.mark.parametrize("parse", [deribit.parse_instruments, deribit.parse_book_summary])
def test_an_error_body_is_an_error(parse):
    """Otherwise throttling would look like a day without contracts."""
    with pytest.raises(PayloadError) as caught:
        parse(body({"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}}))
    assert caught.value.rule == "error_envelope"
