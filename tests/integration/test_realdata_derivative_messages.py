"""Captured bodies of Deribit, Kraken and Coinbase that belong to a feed and hold nothing of it, or need a second look.

The bodies are read where they lie, and never copied.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.feed import Parsed, Payload, PayloadError
from transforms.parse import FEEDS

KNOWN_AT = datetime(2027, 1, 1, tzinfo=UTC)
PRINTS = "core_liquidations__prints"
CONTRACTS = "core_instruments__contracts"


@pytest.fixture
def messages(realdata) -> Path:
    return realdata / "venue_messages"


def parse(feed: str, content: bytes | str, **params: str) -> Parsed:
    raw = content.encode() if isinstance(content, str) else content
    return FEEDS[feed].parse(Payload(feed, raw, KNOWN_AT, "0" * 64, "a file", params))


def rules(parsed: Parsed) -> set[str]:
    return {reject.rule for reject in parsed.rejects}


@pytest.mark.parametrize("name", ["http_get_instruments_future_combo.json", "http_get_instruments_option_combo.json"])
def test_combos_are_no_instruments(messages, name):
    """A combo is an order on several instruments; as a future it would have a price of spreads."""
    parsed = parse("deribit_instruments", (messages / "deribit" / name).read_bytes())
    assert parsed.frames[CONTRACTS].is_empty()
    assert rules(parsed) == {"not_an_instrument"}


def test_an_options_contract_is_one_coin(messages):
    """Strikes and rights are the quotes'; the contract is of the coin."""
    raw = (messages / "deribit" / "http_get_instrument_option.json").read_bytes()
    frame = parse("deribit_instruments", raw).frames[CONTRACTS]
    told = ("symbol", "instrument_kind", "contract_value", "contract_value_currency", "expires_at")
    assert frame.select(told).rows() == [
        ("BTC-27DEC24-100000-C", "option", 1.0, "BTC", datetime(2024, 12, 27, 12, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "http_get_last_trades_future_combo.json",
        "http_get_last_trades_historical_combo.json",
        "ws_trades_option_combo.json",
    ],
)
def test_trades_of_combos_without_a_flag_are_no_data(messages, name):
    """None of them is a liquidation: no rows, no rejects."""
    parsed = parse("deribit_trades", (messages / "deribit" / name).read_bytes())
    assert (parsed.rows_in, parsed.frames[PRINTS].height) == (0, 0)


def flagged(body: dict[str, Any], flag: str) -> dict[str, Any]:
    trades = body["result"]["trades"] if "result" in body else body["params"]["data"]
    for trade in trades:
        trade["liquidation"] = flag
    return body


@pytest.mark.parametrize("name", ["http_get_last_trades.json", "ws_trades.json"])
def test_were_the_captured_trades_liquidations_they_would_be_dollars_of_the_right_side(messages, name):
    """`direction` is the taker's: a forced sale closes a long of the taker, or a short of the maker."""
    body = json.loads((messages / "deribit" / name).read_text("utf-8"))
    trades = body["result"]["trades"] if "result" in body else body["params"]["data"]
    for flag, closed_by_a_sale in (("T", "long"), ("M", "short")):
        frame = parse("deribit_trades", json.dumps(flagged(body, flag))).frames[PRINTS]
        assert frame["size_native"].to_list() == [trade["amount"] for trade in trades]
        assert frame["size_unit"].unique().to_list() == ["usd"]
        other = {"long": "short", "short": "long"}[closed_by_a_sale]
        want = [closed_by_a_sale if trade["direction"] == "sell" else other for trade in trades]
        assert frame["liq_side"].to_list() == want


@pytest.mark.parametrize(
    "feed", ["deribit_instruments", "deribit_book_summary", "deribit_option_summary", "deribit_trades"]
)
def test_the_captured_error_is_an_error_to_every_feed(messages, feed):
    """Throttling must not look like a day without contracts."""
    raw = (messages / "deribit" / "ws_error.json").read_bytes()
    with pytest.raises(PayloadError) as caught:
        parse(feed, raw)
    assert caught.value.rule == "error_envelope"


def test_were_the_captured_trades_of_kraken_liquidations_they_would_be_dollars(messages):
    """PI_XBTUSD: one contract is one dollar, and `side` is the taker's."""
    body = json.loads((messages / "kraken" / "ws_futures_trade_snapshot.json").read_text("utf-8"))
    for trade in body["trades"]:
        trade["type"] = "liquidation"
    frame = parse("kraken_history", json.dumps(body)).frames[PRINTS]
    assert frame["size_native"].to_list() == [trade["qty"] for trade in body["trades"]]
    assert frame["size_unit"].unique().to_list() == ["usd"]
    sides = [{"sell": "long", "buy": "short"}[trade["side"]] for trade in body["trades"]]
    assert frame["liq_side"].to_list() == sides


def test_the_captured_spot_products_of_coinbase_are_no_futures(messages):
    """They come from the same address without its filter."""
    parsed = parse("coinbase_futures_products", (messages / "coinbase" / "http_products.json").read_bytes())
    assert all(frame.is_empty() for frame in parsed.frames.values())
    assert rules(parsed) == {"not_a_future"}
