"""OKX: candles whose volumes are contracts, coins and quote currency, and days of UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse.okx_candles import parse_candles

CANDLES = "core_market__candles"
AT = str(millis("2026-02-05T08:00:00+00:00"))
SWAP = {"inst_id": "BTC-USDT-SWAP", "candle_kind": "trade", "bar": "1H"}
ROW = [AT, "102806.1", "102820.4", "102801.1", "102810.4", "1040.37", "10.4037", "1069603.34883", "1"]
PRICED = [*ROW[:5], "1"]


def answer(rows, **told):
    return body({"code": "0", "msg": "", "data": rows}, **told)


def candle(row, **told):
    return parse_candles(answer([row], **told)).frames[CANDLES].row(0, named=True)


def test_the_volume_in_coins_is_the_second_of_three():
    """The first is contracts, a hundred times as many."""
    row = candle(ROW, **SWAP)
    assert (row["volume_coin"], row["volume_quote"]) == (10.4037, 1069603.34883)
    assert [row[name] for name in ("open_price", "high_price", "low_price", "close_price")] == [
        102806.1, 102820.4, 102801.1, 102810.4,
    ]  # fmt: skip
    assert (row["opened_at"], row["interval_seconds"]) == (datetime(2026, 2, 5, 8, tzinfo=UTC), 3600)


def test_of_a_spot_pair_the_first_volume_is_coins():
    """There are no contracts, and the second is the quote currency already."""
    row = candle([*ROW[:5], "45.5", "4677873.2", "4677873.2", "1"], **SWAP | {"inst_id": "BTC-USDT"})
    assert (row["volume_coin"], row["volume_quote"], row["instrument_kind"]) == (45.5, 4677873.2, "spot")


@pytest.mark.parametrize("kind", ["mark", "index"])
def test_marks_and_indexes_have_no_volume(kind):
    """Their rows end with the flag where trades have their volume."""
    row = candle(PRICED, **SWAP | {"candle_kind": kind})
    assert (row["candle_kind"], row["volume_coin"], row["volume_quote"], row["finality"]) == (kind, None, None, "final")


@pytest.mark.parametrize("kind", ["trade", "mark"])
def test_an_unconfirmed_candle_is_preliminary_whatever_the_clock_says(kind):
    """`confirm` 0: its close is the price of the moment."""
    row = (ROW if kind == "trade" else PRICED)[:-1]
    told = SWAP | {"candle_kind": kind}
    assert candle([*row, "0"], **told)["finality"] == "preliminary"
    assert candle([*row, "1"], **told)["finality"] == "final"
    assert rules(parse_candles(answer([[*row, ""]], **told))) == ["bad_flag"]


@pytest.mark.parametrize(
    ("symbol", "instrument", "quote"),
    [
        ("BTC-USDT-SWAP", "perpetual", "USDT"),
        ("BTC-USD-SWAP", "perpetual", "USD"),
        ("BTC-USD_UM_XPERP-310404", "perpetual", "USD"),
        ("BTC-USD-260327", "dated", "USD"),
        ("BTC-USD", "spot", "USD"),
    ],
)
def test_the_instrument_by_its_id(symbol, instrument, quote):
    """An X-Perp has a date in its name and none in life."""
    row = candle(PRICED, **SWAP | {"inst_id": symbol, "candle_kind": "mark"})
    told = (row["symbol"], row["asset"], row["instrument_kind"], row["quote_currency"])
    assert told == (symbol, "BTC", instrument, quote)


@pytest.mark.parametrize("bar", ["1D", "6H", "12H", "1W"])
def test_a_bar_of_utc_8_is_refused(bar):
    """A day that begins at 16:00 UTC would pass for the day of its stamp."""
    assert rule_of(parse_candles, answer([ROW], **SWAP | {"bar": bar})) == "bad_parameter"
    assert candle(ROW, **SWAP | {"bar": f"{bar}utc"})["interval_seconds"] >= 6 * 3600


def test_what_the_body_does_not_say_must_be_told():
    """Neither instrument nor kind nor bar stand in it."""
    for name in SWAP:
        assert rule_of(parse_candles, answer([ROW], **{k: v for k, v in SWAP.items() if k != name})) == (
            "missing_parameter"
        )
    assert rule_of(parse_candles, answer([ROW], **SWAP | {"candle_kind": "premium"})) == "bad_parameter"


def test_rows_of_another_shape_are_refused_and_bad_ones_rejected():
    """A row of six elements is a mark's."""
    assert rule_of(parse_candles, answer([PRICED], **SWAP)) == "unexpected_shape"
    assert rule_of(parse_candles, answer([{"ts": AT}], **SWAP)) == "unexpected_shape"
    broken = [["0", *ROW[1:]], [*ROW[:5], "x", *ROW[6:]], [ROW[0], "0", *ROW[2:]]]
    assert rules(parse_candles(answer(broken, **SWAP))) == ["bad_time", "bad_number", "not_positive"]


def test_an_error_inside_a_successful_response_is_an_error():
    """OKX answers 200 with code 50011 when it throttles."""
    throttled = body({"code": "50011", "msg": "Too Many Requests", "data": []}, **SWAP)
    assert rule_of(parse_candles, throttled) == "error_envelope"


@pytest.mark.parametrize(
    ("name", "inst_id", "bar", "coins", "finality"),
    [
        ("http_get_candlesticks_full", "BTC-USDT-SWAP", "1m", [10.4037, 71.6404], ["final", "final"]),
        ("http_get_candlesticks", "BTC-USDT", "1m", [778.838, 0.123], ["preliminary", "preliminary"]),
        ("ws_candle", "BTC-USDT", "1Dutc", [45247.0], ["final"]),
    ],
)
def test_captured_candles(realdata, name, inst_id, bar, coins, finality):
    """Also in a websocket's envelope, which has no code."""
    text = (realdata / f"venue_messages/okx/{name}.json").read_text("utf-8")
    frame = parse_candles(payload(text, **SWAP | {"inst_id": inst_id, "bar": bar})).frames[CANDLES]
    assert frame["volume_coin"].to_list() == coins
    assert frame["finality"].to_list() == finality
