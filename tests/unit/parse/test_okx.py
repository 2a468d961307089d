"""OKX: contracts, bankruptcy prices, X-Perps, and indexes apart from marks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, lines, millis

from schemas.feed import PayloadError
from transforms.parse import okx

AT = str(millis("2026-02-05T18:00:00+00:00"))
PRINTS = "core_liquidations__prints"
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"
INDEXES = "core_futures__indexes"


def detail(**changes):
    return {
        "side": "sell",
        "posSide": "long",
        "sz": "350",
        "bkPx": "62180.5",
        "bkLoss": "0",
        "ccy": "",
        "ts": AT,
    } | changes


def message(*details, symbol="BTC-USDT-SWAP", kind="SWAP"):
    order = {"instId": symbol, "instType": kind, "instFamily": "BTC-USDT", "details": list(details)}
    return {"arg": {"channel": "liquidation-orders", "instType": kind}, "data": [order]}


def prints(*messages):
    parsed = okx.parse_liquidations(lines(*messages))
    return parsed.frames[PRINTS], parsed.rejects


def answer(*records):
    return body({"code": "0", "msg": "", "data": list(records)})


def test_worked_example_of_sides_and_contracts(example):
    """Sizes are contracts: the coin quantity is left to the instrument of the time."""
    case = example("liq_01")
    for given, want in zip(case["inputs"]["rows"], case["expected"]["rows"], strict=True):
        if given["venue"] != "okx":
            continue
        row = prints(message(detail(**given["raw"]), symbol=given["symbol"]))[0].row(0, named=True)
        assert (row["liq_side"], row["price"], row["price_kind"]) == (
            want["liquidated_position"],
            want["price_used"],
            "bankruptcy",
        )
        assert row["size_unit"] == "contracts"
        assert row["size_native"] * given["contract_value"] == pytest.approx(want["base_qty"])


def test_the_order_side_tells_in_net_mode_too():
    """`posSide` is `net` for many accounts and says nothing."""
    assert prints(message(detail(side="buy", posSide="net")))[0]["liq_side"].to_list() == ["short"]


def test_a_message_holds_several_details_and_orders():
    """Taking the first detail only loses most of a cascade."""
    two = message(detail(), detail(sz="1"))
    two["data"] += message(detail(), symbol="ETH-USDT-SWAP")["data"]
    assert prints(two)[0].select("symbol", "size_native").rows() == [
        ("BTC-USDT-SWAP", 350.0),
        ("BTC-USDT-SWAP", 1.0),
        ("ETH-USDT-SWAP", 350.0),
    ]


def test_one_order_without_its_envelope_is_understood():
    """Some recorders keep only the element of `data`."""
    assert prints(message(detail())["data"][0])[0].height == 1


def test_events_and_pongs_are_no_rows():
    """The bare word pong is no JSON, and no fault either."""
    frame, rejects = prints({"event": "subscribe", "arg": {}}, "pong", "ping", message(detail()))
    assert frame.height == 1
    assert not rejects


def test_lines_that_are_no_liquidations_are_rejected():
    """Broken lines, other channels, margin and option liquidations: kept with their record."""
    _, rejects = prints(
        '{"arg": {"chan',
        {"arg": {"channel": "trades"}, "data": []},
        message(detail(), symbol="BTC-USDT", kind="MARGIN"),
        message(detail(side="?")),
    )
    assert [reject.rule for reject in rejects] == [
        "bad_json",
        "unknown_message",
        "not_a_future",
        "unknown_side",
    ]
    assert rejects[2].record["instId"] == "BTC-USDT"


def contract(**changes):
    return {
        "instId": "BTC-USD-260327",
        "instType": "FUTURES",
        "instFamily": "BTC-USD",
        "uly": "BTC-USD",
        "baseCcy": "",
        "quoteCcy": "",
        "settleCcy": "BTC",
        "ctType": "inverse",
        "ctVal": "100",
        "ctMult": "1",
        "ctValCcy": "USD",
        "expTime": "1774598400000",
        "listTime": "1733472600725",
        "ruleType": "normal",
        "alias": "quarter",
    } | changes


def described(*records):
    return okx.parse_instruments(answer(*records)).frames[CONTRACTS]


def test_contract_value_is_value_times_multiplier():
    """An option's contract is 1 × 0.01 bitcoin."""
    option = contract(
        instId="BTC-USD-260327-90000-C",
        instType="OPTION",
        ctType="",
        ctVal="1",
        ctMult="0.01",
        ctValCcy="BTC",
    )
    frame = described(contract(), option)
    told = frame.select("instrument_kind", "margin_type", "contract_value", "contract_value_currency").rows()
    assert told == [("dated", "inverse", 100.0, "USD"), ("option", None, 0.01, "BTC")]
    assert frame["expires_at"][0] == datetime(2026, 3, 27, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"instId": "BTC-USD_UM_XPERP-310404", "instFamily": "BTC-USD_UM", "uly": "BTC-USD"},
        {"ruleType": "xperp"},
    ],
)
def test_an_x_perp_is_a_perpetual(change):
    """It is listed as a future expiring in 2031 and pays funding."""
    row = described(contract(expTime="1932969600000", **change)).row(0, named=True)
    assert (row["instrument_kind"], row["expires_at"]) == ("perpetual", None)
    assert (row["asset"], row["quote_currency"]) == ("BTC", "USD")


def test_assets_other_than_crypto_are_rejected():
    """OKX lists shares under the same types; `instCategory` tells where it is given."""
    parsed = okx.parse_instruments(
        answer(contract(instCategory="1"), contract(instCategory="3", instId="MUU-USDT-SWAP"))
    )
    assert parsed.frames[CONTRACTS].height == 1
    assert [reject.rule for reject in parsed.rejects] == ["not_crypto"]


def test_a_contract_without_a_value_is_rejected():
    """Its liquidations could not be converted, and nobody would know why."""
    parsed = okx.parse_instruments(answer(contract(ctVal=""), contract(instType="EVENT")))
    assert [reject.rule for reject in parsed.rejects] == ["bad_number", "unknown_kind"]


def test_marks_have_no_index_and_indexes_come_by_pair():
    """A USDT-quoted future must find the USDT index, not the dollar one."""
    mark = okx.parse_mark_prices(
        answer({"instType": "FUTURES", "instId": "BTC-USD-260327", "markPx": "63900", "ts": AT})
    )
    row = mark.frames[QUOTES].row(0, named=True)
    assert (row["future_price"], row["index_price"], row["index_at"]) == (63900.0, None, None)
    index = okx.parse_index_tickers(answer({"instId": "BTC-USDT", "idxPx": "63000", "ts": AT}))
    found = index.frames[INDEXES].row(0, named=True)
    assert (found["asset"], found["quote_currency"], found["index_price"]) == ("BTC", "USDT", 63000.0)
    assert found["quoted_at"] == datetime(2026, 2, 5, 18, tzinfo=UTC)


def test_option_marks_are_refused():
    """They are quoted in coin."""
    option = {"instType": "OPTION", "instId": "BTC-USD-260327-90000-C", "markPx": "0.02", "ts": AT}
    future = {"instType": "SWAP", "instId": "BTC-USD-SWAP", "markPx": "63000", "ts": AT}
    with pytest.raises(PayloadError, match="not of futures"):
        okx.parse_mark_prices(answer(option))
    assert [r.rule for r in okx.parse_mark_prices(answer(option, future)).rejects] == ["not_a_future"]


@pytest.mark.parametrize("parse", [okx.parse_instruments, okx.parse_mark_prices, okx.parse_index_tickers])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """OKX answers 200 with code 50011 when it throttles."""
    with pytest.raises(PayloadError) as caught:
        parse(body({"code": "50011", "msg": "Too Many Requests", "data": []}))
    assert caught.value.rule == "error_envelope"
