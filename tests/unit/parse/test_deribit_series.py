"""Deribit: the hour's realised rate, and whose position a flagged trade closed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, lines, millis, rule_of, rules

from transforms.parse import deribit, deribit_series

SETTLEMENTS = "core_funding__settlements"
PRINTS = "core_liquidations__prints"
QUOTES = "core_futures__quotes"
AT = millis("2026-02-05T08:00:00+00:00")
HOUR = {"timestamp": AT, "index_price": 63000.1, "prev_index_price": 62950.0, "interest_8h": -9.234260068476106e-05,
        "interest_1h": -4.739622041017375e-07}  # fmt: skip


def funding(*rows, name="BTC-PERPETUAL"):
    return deribit_series.parse_funding_history(body({"jsonrpc": "2.0", "result": list(rows)}, instrument_name=name))


def test_the_rate_of_the_hour_and_never_the_rolling_one():
    """Summed over a day, `interest_8h` counts each hour eight times."""
    frame = funding(HOUR, HOUR | {"timestamp": AT + 3_600_000, "interest_1h": 0}).frames[SETTLEMENTS]
    assert frame.select("settled_at", "rate_ratio", "stated_interval_hours", "margin_type").rows() == [
        (datetime(2026, 2, 5, 8, tzinfo=UTC), -4.739622041017375e-07, 1.0, "inverse"),
        (datetime(2026, 2, 5, 9, tzinfo=UTC), 0.0, 1.0, "inverse"),
    ]


def test_a_linear_perpetual_is_linear():
    """The settlement currency is in the name."""
    frame = funding(HOUR, name="ETH_USDC-PERPETUAL").frames[SETTLEMENTS]
    assert frame.select("asset", "margin_type", "symbol").rows() == [("ETH", "linear", "ETH_USDC-PERPETUAL")]


def test_the_body_names_no_contract():
    """The parameter must, and it must be a perpetual."""
    shape = {"jsonrpc": "2.0", "result": [HOUR]}
    assert rule_of(deribit_series.parse_funding_history, body(shape)) == "missing_parameter"
    dated = body(shape, instrument_name="BTC-27MAR26")
    assert rule_of(deribit_series.parse_funding_history, dated) == "bad_parameter"


def test_an_hour_without_its_rate_is_rejected():
    """The eight-hour rate beside it is no substitute."""
    assert rules(funding(HOUR | {"interest_1h": None})) == ["bad_number"]


def test_book_summaries_bring_open_interest_of_perpetuals_too():
    """Dollars for inverse, coins for linear, as the venue counts."""
    row = {"instrument_name": "BTC-PERPETUAL", "mark_price": 63000.0, "open_interest": 1132329370.0,
           "creation_timestamp": AT}  # fmt: skip
    linear = row | {"instrument_name": "BTC_USDC-PERPETUAL", "open_interest": 2501.5}
    broken = row | {"instrument_name": "ETH-PERPETUAL", "open_interest": "many"}
    parsed = deribit.parse_book_summary(body({"jsonrpc": "2.0", "result": [row, linear, broken]}))
    assert parsed.frames[QUOTES]["open_interest_native"].to_list() == [1132329370.0, 2501.5]
    assert rules(parsed) == ["bad_number"]


def trade(**changes):
    return {
        "trade_seq": 40781986,
        "trade_id": "66460463",
        "timestamp": AT,
        "price": 62480.5,
        "instrument_name": "BTC-PERPETUAL",
        "direction": "sell",
        "amount": 1120,
    } | changes


def page(*trades):
    return {"jsonrpc": "2.0", "result": {"trades": list(trades), "has_more": False}}


@pytest.mark.parametrize(
    ("flag", "direction", "sides"),
    [
        ("T", "sell", ["long"]),
        ("T", "buy", ["short"]),
        ("M", "buy", ["long"]),
        ("M", "sell", ["short"]),
        ("MT", "sell", ["long", "short"]),
        ("MT", "buy", ["short", "long"]),
    ],
)
def test_the_flag_tells_whose_position_was_closed(flag, direction, sides):
    """`direction` is the taker's; where the maker was liquidated the sides change places."""
    frame = deribit_series.parse_trades(body(page(trade(liquidation=flag, direction=direction)))).frames[PRINTS]
    assert frame["liq_side"].to_list() == sides
    assert frame["size_native"].to_list() == [1120.0] * len(sides)


def test_amounts_are_usd_for_inverse_and_coins_for_linear_at_the_price_traded():
    """1,120 on BTC-PERPETUAL is dollars."""
    frame = deribit_series.parse_trades(
        body(page(trade(liquidation="T"), trade(liquidation="T", instrument_name="BTC_USDC-PERPETUAL", amount=0.5)))
    ).frames[PRINTS]
    assert frame.select("size_native", "size_unit", "price", "price_kind").rows() == [
        (1120.0, "usd", 62480.5, "fill"),
        (0.5, "coin", 62480.5, "fill"),
    ]


def test_ordinary_trades_are_no_rows_and_no_rejects():
    """They are the market's, not this feed's: a page of a thousand holds one liquidation or none."""
    parsed = deribit_series.parse_trades(body(page(trade(), trade(liquidation="none"), trade(liquidation="M"))))
    assert (parsed.frames[PRINTS].height, rules(parsed)) == (1, [])
    empty = deribit_series.parse_trades(body(page(trade())))
    assert (empty.rows_in, empty.frames[PRINTS].is_empty()) == (0, True)


def test_flagged_options_combos_and_unknown_flags_are_rejected():
    """Options trade in coin, and combos are several instruments."""
    parsed = deribit_series.parse_trades(
        body(
            page(
                trade(liquidation="T", instrument_name="BTC-27MAR26-90000-C"),
                trade(liquidation="T", instrument_name="BTC-FS-27MAR26_PERP"),
                trade(liquidation="X"),
                trade(liquidation="T", direction="zero"),
            )
        )
    )
    assert parsed.frames[PRINTS].is_empty()
    assert rules(parsed) == ["not_a_future", "not_a_future", "unknown_flag", "unknown_side"]


def test_pages_and_messages_may_be_recorded_line_by_line():
    """Identical prints of one page are genuine; of another page they are a repeat."""
    streamed = {"method": "subscription", "params": {"channel": "trades.future.BTC.100ms",
                "data": [trade(liquidation="T", timestamp=AT + 1)]}}  # fmt: skip
    twice = page(trade(liquidation="T"), trade(liquidation="T", trade_id="66460464"))
    parsed = deribit_series.parse_trades(lines({"id": 1, "result": ["trades"]}, streamed, twice, page(), {"a": 1}))
    assert parsed.frames[PRINTS]["occurrence"].to_list() == [1, 1, 2]
    assert rules(parsed) == ["unknown_message"]


def test_a_trade_twice_on_a_page_is_one_trade_and_twins_are_two():
    """Ids tell them apart: a page that repeats its last row must not double a liquidation."""
    forced, twin = trade(liquidation="MT"), trade(liquidation="MT", trade_id="66460464")
    frame = deribit_series.parse_trades(body(page(forced, twin, forced))).frames[PRINTS]
    assert frame.select("liq_side", "occurrence").rows() == [
        ("long", 1), ("short", 1), ("long", 2), ("short", 2), ("long", 1), ("short", 1),
    ]  # fmt: skip
    nameless = trade(liquidation="T", trade_id=None)
    assert deribit_series.parse_trades(body(page(nameless, nameless))).frames[PRINTS]["occurrence"].to_list() == [1, 2]


@pytest.mark.parametrize("parse", [deribit_series.parse_funding_history, deribit_series.parse_trades])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Deribit answers with an error object."""
    throttled = {"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}}
    assert rule_of(parse, body(throttled, instrument_name="BTC-PERPETUAL")) == "error_envelope"
