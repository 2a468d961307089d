"""Hyperliquid's candles: rows that name their coin and their interval."""

from __future__ import annotations

from datetime import UTC, datetime

from venue_payloads import body, millis, payload, rule_of, rules

from transforms.parse import hyperliquid_candles

CANDLES = "core_market__candles"
AT = millis("2026-02-06T05:00:00+00:00")


def bar(**changes):
    return {"t": AT, "T": AT + 3_599_999, "s": "BTC", "i": "1h", "o": "62000.5", "c": "62100", "h": "62200",
            "l": "61900", "v": "106.51", "n": 2784} | changes  # fmt: skip


def candles(*rows):
    return hyperliquid_candles.parse_candles(body(list(rows)))


def test_a_row_is_a_candle_of_its_coin_with_volume_in_coins():
    """The running hour is preliminary."""
    frame = candles(bar(), bar(t=AT + 3_600_000)).frames[CANDLES]
    told = ("opened_at", "symbol", "asset", "instrument_kind", "volume_coin", "volume_quote", "finality")
    assert frame.select(told).rows() == [
        (datetime(2026, 2, 6, 5, tzinfo=UTC), "BTC", "BTC", "perpetual", 106.51, None, "final"),
        (datetime(2026, 2, 6, 6, tzinfo=UTC), "BTC", "BTC", "perpetual", 106.51, None, "preliminary"),
    ]
    assert frame.select("open_price", "high_price", "low_price", "close_price").row(0) == (62000.5, 62200, 61900, 62100)


def test_the_interval_is_the_rows_own():
    """The body of another interval must not be read as hours."""
    assert candles(bar(i="1d")).frames[CANDLES]["interval_seconds"].to_list() == [86_400]
    assert rule_of(hyperliquid_candles.parse_candles, body([bar(), bar(i="1d")])) == "unexpected_shape"
    assert rule_of(hyperliquid_candles.parse_candles, body([bar(i="1M")])) == "bad_parameter"


def test_spot_pairs_and_builders_markets_are_rejected():
    """`@107` is a spot pair of the venue's own token, `xyz:TSLA` a share."""
    parsed = candles(bar(s="@107"), bar(s="PURR/USDC"), bar(s="xyz:TSLA"), bar(s=None), bar())
    assert rules(parsed) == ["not_a_perpetual", "not_a_perpetual", "not_crypto", "no_symbol"]
    assert parsed.frames[CANDLES].height == 1


def test_no_candles_are_no_rows_and_a_sentence_is_an_error():
    """Older hours than the latest 5,000 are an empty list."""
    assert candles().rows_in == 0
    assert rule_of(hyperliquid_candles.parse_candles, payload("Failed to deserialize the JSON body")) == "bad_json"
    assert rule_of(hyperliquid_candles.parse_candles, body(None)) == "unexpected_shape"
