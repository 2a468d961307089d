"""Binance: what its forced orders, instruments and mark prices mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, lines, millis

from schemas.feed import PayloadError
from transforms.parse import binance

AT = millis("2026-02-05T18:00:00+00:00")
PRINTS = "core_liquidations__prints"
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"


def order(**changes):
    fields = {
        "s": "BTCUSDT",
        "S": "SELL",
        "q": "0.5",
        "p": "62400",
        "ap": "62655.5",
        "X": "FILLED",
        "l": "0.014",
        "z": "0.5",
        "T": AT,
    }
    return {"e": "forceOrder", "E": AT, "o": fields | changes}


def prints(*messages):
    parsed = binance.parse_force_orders(lines(*messages))
    return parsed.frames[PRINTS], parsed.rejects


def test_worked_example_of_sides_sizes_and_prices(example):
    """SELL closes a long; size is z and price is the average fill, or notional is off by a factor of 35."""
    case = example("liq_01")
    for given, want in zip(case["inputs"]["rows"], case["expected"]["rows"], strict=True):
        if given["venue"] != "binance":
            continue
        frame, rejects = prints(order(**given["raw"], s=given["symbol"]))
        row = frame.row(0, named=True)
        assert (row["liq_side"], row["size_native"], row["price"], row["price_kind"], row["size_unit"]) == (
            want["liquidated_position"],
            want["base_qty"],
            want["price_used"],
            "average_fill",
            "coin",
        )
        assert not rejects


def test_stamp_is_milliseconds_and_the_day_is_utc():
    """A local day would move the evening's liquidations to another date."""
    row = prints(order())[0].row(0, named=True)
    assert row["event_at"] == datetime(2026, 2, 5, 18, tzinfo=UTC)
    assert row["fact_date"] == row["event_at"].date()


def test_coin_m_counts_contracts_by_st_and_without_it_by_the_symbol():
    """On the merged stream contracts of 100 USD would be taken for bitcoins."""
    by_st = order() | {"st": 2}
    frame, _ = prints(
        by_st,
        order(s="BTCUSD_PERP"),
        order(s="BTCUSD_260327"),
        order(s="BTCUSDT_260327"),
        order(s="BTCBUSD_210129"),
        order(s="ETHUSD_PERP") | {"st": 1},
    )
    assert frame["size_unit"].to_list() == ["contracts", "contracts", "contracts", "coin", "coin", "coin"]


def test_size_falls_back_to_q_never_to_l():
    """`l` is the last partial fill only."""
    message = order()
    del message["o"]["z"]
    assert prints(message)[0]["size_native"].to_list() == [0.5]


def test_price_falls_back_to_the_order_price_and_says_so():
    """An average of 0 means that there is none; a print at price 0 would weigh nothing."""
    frame, _ = prints(order(ap="0"), order(ap=""))
    assert frame["price"].to_list() == [62400.0, 62400.0]
    assert frame["price_kind"].to_list() == ["order", "order"]


def test_unfilled_orders_are_rejected_and_partly_filled_ones_kept():
    """A NEW order closed nothing; a partly filled one closed z."""
    frame, rejects = prints(order(X="NEW", z="0"), order(X="PARTIALLY_FILLED", z="0.2"), order(X="EXPIRED", z=""))
    assert frame["size_native"].to_list() == [0.2]
    assert [reject.rule for reject in rejects] == ["not_filled", "not_filled"]


def test_identical_prints_are_numbered_within_a_message_only():
    """Across messages a repeat is the same print; inside one message it is another one."""
    both = {"stream": "!forceOrder@arr", "data": [order(), order()]}
    frame, _ = prints(both, order())
    assert frame["occurrence"].to_list() == [1, 2, 1]


def test_a_recorders_wrapper_is_taken_off():
    """Recorders add the time of receipt; the message inside is the same."""
    frame, rejects = prints({"received_at": "2026-02-05T18:00:01Z", "message": order()})
    assert frame.height == 1
    assert not rejects


def test_acknowledgements_are_no_rows_and_other_messages_are_rejected():
    """Nothing is lost silently, but a subscription's answer is no data."""
    empty = {"stream": "!forceOrder@arr", "data": None}
    frame, rejects = prints({"result": None, "id": 1}, {"e": "markPriceUpdate", "s": "BTCUSDT"}, empty, order())
    assert frame.height == 1
    assert [reject.rule for reject in rejects] == ["unknown_message", "unexpected_shape"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"S": "HOLD"}, "unknown_side"),
        ({"T": "soon"}, "bad_time"),
        ({"T": 0}, "bad_time"),
        ({"z": "NaN"}, "bad_number"),
        ({"ap": "1,5"}, "bad_number"),
        ({"ap": "", "p": "inf"}, "bad_number"),
        ({"T": millis("2026-02-06T06:06:00+00:00")}, "future_date"),
    ],
)
def test_a_print_that_cannot_be_read_is_rejected_with_its_record(change, rule):
    """A bad print must neither vanish nor stop the others."""
    frame, rejects = prints(order(**change), order())
    assert frame.height == 1
    assert [reject.rule for reject in rejects] == [rule]
    assert rejects[0].record["s"] == "BTCUSDT"


def test_a_stamp_within_clock_tolerance_is_kept():
    """The venue's clock may run a little ahead of ours."""
    assert prints(order(T=millis("2026-02-06T06:04:00+00:00")))[0].height == 1


def test_a_negative_price_is_no_price():
    """Zero and below stand for none: kept, they would turn the notional round."""
    frame, rejects = prints(order(ap="", p="-1"))
    assert frame.is_empty()
    assert [reject.rule for reject in rejects] == ["bad_number"]


def contract(**changes):
    return {
        "symbol": "BTCUSD_260327",
        "contractType": "CURRENT_QUARTER",
        "deliveryDate": 1774598400000,
        "onboardDate": 1750000000000,
        "baseAsset": "BTC",
        "quoteAsset": "USD",
        "marginAsset": "BTC",
        "underlyingType": "COIN",
        "contractSize": 100,
    } | changes


def test_coin_m_contracts_are_worth_their_contract_size_in_usd():
    """10 USD for most coins, 100 for bitcoin: read, never assumed."""
    frame = binance.parse_coinm_instruments(body({"symbols": [contract()]})).frames[CONTRACTS]
    row = frame.row(0, named=True)
    assert (row["margin_type"], row["contract_value"], row["contract_value_currency"]) == (
        "inverse",
        100.0,
        "USD",
    )
    assert (row["instrument_kind"], row["expires_at"]) == ("dated", datetime(2026, 3, 27, 8, tzinfo=UTC))


def test_usd_m_contracts_are_one_coin():
    """A USD-M size is already in coins."""
    listed = contract(symbol="BTCUSDT_260327", quoteAsset="USDT", marginAsset="USDT")
    del listed["contractSize"]
    row = binance.parse_usdm_instruments(body({"symbols": [listed]})).frames[CONTRACTS].row(0, named=True)
    assert (row["margin_type"], row["contract_value"], row["contract_value_currency"]) == (
        "linear",
        1.0,
        "BTC",
    )


def test_one_margin_familys_list_is_refused_by_the_other_feed():
    """A file in the wrong folder would make contracts of 100 USD into bitcoins."""
    with pytest.raises(PayloadError, match="not USD-M"):
        binance.parse_usdm_instruments(body({"symbols": [contract()]}))
    listed = contract()
    del listed["contractSize"]
    with pytest.raises(PayloadError, match="not COIN-M"):
        binance.parse_coinm_instruments(body({"symbols": [listed]}))


def test_perpetuals_are_told_by_type_or_by_the_sentinel_and_never_expire():
    """A perpetual with the year-2100 delivery date must not become a node at 74 years."""
    frame = binance.parse_coinm_instruments(
        body(
            {
                "symbols": [
                    contract(symbol="BTCUSD_PERP", contractType="PERPETUAL", deliveryDate=4133404800000),
                    contract(symbol="XUSD_PERP", contractType="", deliveryDate=4133404800000),
                    contract(symbol="YUSD_PERP", contractType="PERPETUAL_DELIVERING"),
                ]
            }
        )
    ).frames[CONTRACTS]
    assert frame["instrument_kind"].to_list() == ["perpetual"] * 3
    assert frame["expires_at"].null_count() == 3


def test_underlyings_that_are_no_coins_are_rejected():
    """Gold and shares are listed among the futures."""
    parsed = binance.parse_coinm_instruments(body({"symbols": [contract(), contract(underlyingType="COMMODITY")]}))
    assert parsed.frames[CONTRACTS].height == 1
    assert [reject.rule for reject in parsed.rejects] == ["not_crypto"]


def test_a_dated_contract_without_expiry_is_rejected():
    """It could never be annualised, and would look like a perpetual."""
    parsed = binance.parse_coinm_instruments(body({"symbols": [contract(deliveryDate=0)]}))
    assert [reject.rule for reject in parsed.rejects] == ["bad_time"]


PREMIUM = {
    "symbol": "BTCUSD_260327",
    "markPrice": "63900.5",
    "indexPrice": "63000.1",
    "time": AT,
    "nextFundingTime": 0,
    "lastFundingRate": "",
}


def test_premium_index_gives_mark_and_index_of_one_instant():
    """Basis needs both legs at the same time; the row carries them."""
    frame = binance.parse_coinm_premium_index(body([PREMIUM, PREMIUM | {"symbol": "BTCUSD_PERP"}])).frames[QUOTES]
    row = frame.row(0, named=True)
    assert (row["future_price"], row["index_price"], row["price_kind"]) == (63900.5, 63000.1, "mark")
    assert row["quoted_at"] == row["index_at"] == datetime(2026, 2, 5, 18, tzinfo=UTC)
    assert frame.height == 2
    assert frame["open_interest_native"].null_count() == 2


def test_an_unreadable_mark_or_index_is_rejected():
    """Null would say that the venue gave none."""
    parsed = binance.parse_coinm_premium_index(body([PREMIUM | {"markPrice": ""}, PREMIUM | {"indexPrice": "n/a"}]))
    assert [reject.rule for reject in parsed.rejects] == ["bad_number", "bad_number"]


def test_an_error_inside_a_successful_response_is_an_error():
    """Otherwise a refusal would be landed as an empty day."""
    with pytest.raises(PayloadError) as caught:
        binance.parse_coinm_premium_index(body({"code": -1121, "msg": "Invalid symbol."}))
    assert caught.value.rule == "error_envelope"


def test_feeds_name_their_source_and_tables():
    """Every frame that a feed gives must be of a table that it declares."""
    assert {feed.source for feed in binance.FEEDS} == {"binance"}
    assert {table for feed in binance.FEEDS for table in feed.tables} == {PRINTS, CONTRACTS, QUOTES}
