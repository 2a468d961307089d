"""Hyperliquid: jitter in the stamps, contexts joined to names by position, markets of builders."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import KNOWN_AT, body, payload, rule_of, rules

from transforms.parse import hyperliquid

SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"


def settlement(**changes):
    return {"coin": "ETH", "fundingRate": "-0.00022196", "premium": "-0.00052196", "time": 1683849600076} | changes


def test_stamps_that_are_late_are_floored():
    """They are late by some milliseconds, or seconds: an interval would come out at 59.99 minutes."""
    rows = [settlement(), settlement(time=1683853204500)]
    frame = hyperliquid.parse_funding_history(body(rows)).frames[SETTLEMENTS]
    assert frame["settled_at"].to_list() == [
        datetime(2023, 5, 12, 0, tzinfo=UTC),
        datetime(2023, 5, 12, 1, tzinfo=UTC),
    ]
    assert frame.select("venue", "symbol", "asset", "margin_type", "rate_ratio", "stated_interval_hours").row(0) == (
        "hyperliquid",
        "ETH",
        "ETH",
        "linear",
        -0.00022196,
        None,
    )


def test_markets_of_builders_are_rejected():
    """`xyz:TSLA` is a share."""
    assert rules(hyperliquid.parse_funding_history(body([settlement(coin="xyz:TSLA"), settlement()]))) == ["not_crypto"]


def context(**changes):
    return {"funding": "-0.0000015186", "openInterest": "27353.17682", "markPx": "77562.0", "oraclePx": "77605.0",
            "premium": None, "midPx": None} | changes  # fmt: skip


def contexts(names, told):
    return hyperliquid.parse_asset_contexts(body([{"universe": names}, told]))


def test_contexts_are_joined_to_names_by_position():
    """A context does not say whose it is."""
    frame = contexts(
        [{"name": "BTC", "szDecimals": 5}, {"name": "kPEPE"}],
        [context(), context(openInterest="5", markPx="0.01")],
    ).frames[OPEN_INTEREST]
    told = ("symbol", "asset", "open_interest_native", "size_unit", "n_sides", "open_interest_coin", "mark_price")
    assert frame.select(told).rows() == [
        ("BTC", "BTC", 27353.17682, "coin", 1, 27353.17682, 77562.0),
        ("kPEPE", "KPEPE", 5.0, "coin", 1, 5.0, 0.01),
    ]


def test_the_minute_it_became_known_is_the_instant():
    """The body has no stamp of its own."""
    received = KNOWN_AT.replace(minute=5, second=42)
    raw = body([{"universe": [{"name": "BTC"}]}, [context()]]).content
    frame = hyperliquid.parse_asset_contexts(payload(raw, known_at=received)).frames[OPEN_INTEREST]
    assert frame["observed_at"].to_list() == [KNOWN_AT.replace(minute=5)]


def test_lists_of_different_lengths_are_refused():
    """One name too many, and every coin behind it has its neighbour's open interest."""
    two = [{"name": "BTC"}, {"name": "ETH"}]
    assert rule_of(hyperliquid.parse_asset_contexts, body([{"universe": two}, [context()]])) == "unexpected_shape"
    assert rule_of(hyperliquid.parse_asset_contexts, body({"universe": two})) == "unexpected_shape"


def test_delisted_and_builders_markets_are_rejected_in_their_place():
    """They keep their place in both lists; left out before the join, they would shift the others."""
    names = [{"name": "MATIC", "isDelisted": True}, {"name": "xyz:TSLA"}, {"name": "BTC", "isDelisted": False}]
    parsed = contexts(names, [context(openInterest="0.0"), context(), context(openInterest="7")])
    assert parsed.frames[OPEN_INTEREST].select("symbol", "open_interest_native").rows() == [("BTC", 7.0)]
    assert rules(parsed) == ["delisted", "not_crypto"]


def test_numbers_that_are_none_are_rejected():
    """Null would say that the venue gave none; a missing mark is one that was not given."""
    parsed = contexts(
        [{"name": n} for n in "ABC"], [context(openInterest=""), context(markPx="x"), context(markPx=None)]
    )
    assert rules(parsed) == ["bad_number", "bad_number"]
    assert parsed.frames[OPEN_INTEREST]["mark_price"].to_list() == [None]


@pytest.mark.parametrize("parse", [hyperliquid.parse_funding_history, hyperliquid.parse_asset_contexts])
def test_a_plain_text_answer_is_an_error(parse):
    """Hyperliquid answers a bad request with a sentence."""
    assert rule_of(parse, payload("Failed to deserialize the JSON body")) == "bad_json"
