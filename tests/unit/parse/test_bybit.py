"""Bybit: position sides, units by margin, and perpetuals that claim a delivery."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, lines, millis

from schemas.feed import PayloadError
from transforms.parse import bybit

AT = millis("2026-02-05T18:00:00+00:00")
PRINTS = "core_liquidations__prints"
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"


def message(*rows):
    return {"topic": f"allLiquidation.{rows[0]['s']}", "type": "snapshot", "ts": AT, "data": list(rows)}


def closed(**changes):
    return {"T": AT, "s": "BTCUSDT", "S": "Buy", "v": "1.2", "p": "62210"} | changes


def prints(*messages):
    parsed = bybit.parse_liquidations(lines(*messages))
    return parsed.frames[PRINTS], parsed.rejects


def answer(records, category="linear", **top):
    return body({"retCode": 0, "retMsg": "OK", "result": {"category": category, "list": records}, "time": AT} | top)


def test_worked_example_buy_is_a_closed_long(example):
    """Bybit gives the position's side: read as an order side, longs and shorts change places."""
    case = example("liq_01")
    for given, want in zip(case["inputs"]["rows"], case["expected"]["rows"], strict=True):
        if given["venue"] != "bybit":
            continue
        row = prints(message(closed(**given["raw"], s=given["symbol"])))[0].row(0, named=True)
        assert (row["liq_side"], row["size_native"], row["price"], row["price_kind"], row["size_unit"]) == (
            want["liquidated_position"],
            want["base_qty"],
            want["price_used"],
            "bankruptcy",
            "coin",
        )


def test_inverse_sizes_are_usd():
    """250,000 on BTCUSD is dollars, not bitcoins."""
    symbols = ["BTCUSD", "ETHUSDH26", "BTCUSDT", "BTCPERP", "BTCUSDT-27MAR26", "BTC-27MAR26"]
    frame, _ = prints(*(message(closed(s=symbol)) for symbol in symbols))
    assert frame["size_unit"].to_list() == ["usd", "usd", "coin", "coin", "coin", "coin"]


def test_identical_rows_of_one_message_are_both_kept():
    """Plain DISTINCT drops real liquidations."""
    frame, _ = prints(message(closed(), closed()), message(closed()))
    assert frame["occurrence"].to_list() == [1, 2, 1]


def test_answers_are_no_rows_and_other_topics_are_rejected():
    """Pongs and subscription answers are no data; a trade in the file is a mistake that must show."""
    frame, rejects = prints(
        {"success": True, "ret_msg": "", "op": "subscribe", "conn_id": "x"},
        {"op": "pong", "req_id": "1"},
        {"topic": "publicTrade.BTCUSDT", "data": []},
        {"topic": "allLiquidation.BTCUSDT", "data": None},
        message(closed(v="many"), closed()),
    )
    assert frame.height == 1
    assert [reject.rule for reject in rejects] == ["unknown_message", "unexpected_shape", "bad_number"]


def contract(**changes):
    return {
        "symbol": "BTCUSDT",
        "contractType": "LinearPerpetual",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "symbolType": "",
    } | changes


def test_a_perpetual_with_a_delivery_time_is_a_perpetual():
    """Seen in a captured body: it would become a dated future with a nonsense basis."""
    frame = bybit.parse_instruments(answer([contract(deliveryTime="1774598400000")])).frames[CONTRACTS]
    assert frame.row(0, named=True)["instrument_kind"] == "perpetual"
    assert frame["expires_at"].null_count() == 1


def test_contract_values_by_margin():
    """Linear sizes are coins, inverse sizes dollars."""
    inverse = contract(
        symbol="BTCUSDH26",
        contractType="InverseFutures",
        quoteCoin="USD",
        settleCoin="BTC",
        deliveryTime="1774598400000",
    )
    frame = bybit.parse_instruments(answer([contract(), inverse])).frames[CONTRACTS]
    told = frame.select("margin_type", "contract_value", "contract_value_currency", "instrument_kind").rows()
    assert told == [("linear", 1.0, "BTC", "perpetual"), ("inverse", 1.0, "USD", "dated")]
    assert frame["expires_at"].to_list() == [None, datetime(2026, 3, 27, 8, tzinfo=UTC)]


def test_only_crypto_contracts_are_kept():
    """Shares and commodities trade there too, and spot pairs bear the perpetuals' symbols."""
    spot = {"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "status": "Trading"}
    parsed = bybit.parse_instruments(
        answer(
            [
                contract(),
                contract(symbolType="stock"),
                contract(symbolType="innovation", symbol="NEWUSDT"),
                spot,
            ]
        )
    )
    assert parsed.frames[CONTRACTS]["symbol"].to_list() == ["BTCUSDT", "NEWUSDT"]
    assert sorted(reject.rule for reject in parsed.rejects) == ["not_a_contract", "not_crypto"]


TICKER = {"symbol": "BTCUSDH26", "markPrice": "63900", "indexPrice": "63000", "openInterest": "240113967"}


def test_tickers_are_stamped_by_the_body_and_keep_open_interest_as_given():
    """Rows carry no time of their own."""
    row = bybit.parse_tickers(answer([TICKER])).frames[QUOTES].row(0, named=True)
    assert row["quoted_at"] == row["index_at"] == datetime(2026, 2, 5, 18, tzinfo=UTC)
    assert (row["future_price"], row["index_price"], row["open_interest_native"]) == (
        63900.0,
        63000.0,
        240113967.0,
    )


def test_a_blank_index_is_no_index():
    """Empty text means that the venue gave none: null, not a fault."""
    row = bybit.parse_tickers(answer([TICKER | {"indexPrice": ""}])).frames[QUOTES].row(0, named=True)
    assert (row["index_price"], row["index_at"]) == (None, None)


def test_options_and_spot_pairs_are_no_futures():
    """Their marks are premiums and prices of other things."""
    option = TICKER | {"symbol": "BTC-27MAR26-90000-C", "markIv": "0.7"}
    with pytest.raises(PayloadError, match="not of futures"):
        bybit.parse_tickers(answer([option], "option"))
    parsed = bybit.parse_tickers(answer([TICKER, option]))
    assert [reject.rule for reject in parsed.rejects] == ["not_a_future"]


@pytest.mark.parametrize("parse", [bybit.parse_instruments, bybit.parse_tickers])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Bybit answers 200 with retCode 10006 when it throttles."""
    with pytest.raises(PayloadError) as caught:
        parse(body({"retCode": 10006, "retMsg": "Too many visits!", "result": {}}))
    assert caught.value.rule == "error_envelope"
