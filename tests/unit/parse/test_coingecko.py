"""CoinGecko: totals, rankings, what is unknown, and errors inside an answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.feed import Parsed, Payload, PayloadError
from transforms.parse import FEEDS, drift

KNOWN_AT = datetime(2026, 2, 6, 0, 20, tzinfo=UTC)
GLOBAL = {
    "data": {
        "active_cryptocurrencies": 17512,
        "markets": 1403,
        "total_market_cap": {"btc": 34_000_000.5, "usd": 2_250_000_000_000.25},
        "total_volume": {"usd": "310000000000"},
        "market_cap_percentage": {"btc": 57.25, "eth": 10.5},
        "market_cap_change_percentage_24h_usd": -12.5,
        "updated_at": 1_770_336_768,
    }
}


def coin(**changed: Any) -> dict[str, Any]:
    whole = {
        "id": "bitcoin", "symbol": "btc", "name": "Bitcoin", "current_price": 64_000, "market_cap": 1_280_000_000_000,
        "market_cap_rank": 1, "fully_diluted_valuation": 1_344_000_000_000, "total_volume": 9.5e10,
        "circulating_supply": 19_990_000.0, "total_supply": 19_990_000.0, "max_supply": 21_000_000.0,
        "last_updated": "2026-02-06T00:19:41.641Z", "price_change_percentage_24h_in_currency": -12.5,
        "price_change_percentage_7d_in_currency": -25, "price_change_percentage_30d_in_currency": "3.125",
    }  # fmt: skip
    return {**whole, **changed}


def parsed(feed: str, body: Any, **params: str) -> Parsed:
    return FEEDS[feed].parse(Payload(feed, json.dumps(body).encode(), KNOWN_AT, "a" * 64, "x", params))


def markets(*coins: Any, category: str = "all") -> Parsed:
    return parsed("coingecko_markets", list(coins), category=category)


def only(result: Parsed) -> dict[str, Any]:
    assert result.rejects == []
    (frame,) = result.frames.values()
    return frame.row(0, named=True)


def test_totals_are_of_the_instant_that_the_page_says_in_dollars_and_fractions():
    """The page is kept for ten minutes: the instant of the fetch is not that of the totals."""
    row = only(parsed("coingecko_global", GLOBAL))
    assert (row["observed_at"], row["fact_date"]) == (datetime(2026, 2, 6, 0, 12, 48, tzinfo=UTC), date(2026, 2, 6))
    assert (row["total_market_cap_usd"], row["total_volume_24h_usd"]) == (2_250_000_000_000.25, 310e9)
    assert (row["btc_share_ratio"], row["eth_share_ratio"]) == (0.5725, 0.105)
    assert (row["market_cap_change_24h_ratio"], row["n_coins"]) == (-0.125, 17512)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"updated_at": None}, "bad_time"),
        ({"updated_at": 1_770_336_768_000}, "bad_time"),
        ({"updated_at": 1_770_396_768}, "future_date"),
        ({"total_market_cap": {"btc": 34e6}}, "bad_number"),
        ({"total_volume": {"usd": "a lot"}}, "bad_number"),
    ],
)
def test_totals_without_instant_or_dollars_are_rejected(changed, rule):
    """A total in another currency, or of no known instant, would be taken for the day's."""
    result = parsed("coingecko_global", {"data": GLOBAL["data"] | changed})
    assert [reject.rule for reject in result.rejects] == [rule]


def test_a_coin_is_of_the_snapshot_with_changes_as_fractions():
    """A percentage beside fractions is wrong by a hundred; the coin's own stamp is another instant than the read's."""
    row = only(markets(coin()))
    assert (row["observed_at"], row["price_updated_at"]) == (KNOWN_AT, datetime(2026, 2, 6, 0, 19, 41, 641000, UTC))
    assert (row["category"], row["coin_id"], row["coin_symbol"], row["market_cap_rank"]) == ("all", "bitcoin", "btc", 1)
    assert [row[f"price_change_{period}_ratio"] for period in ("24h", "7d", "30d")] == [-0.125, -0.25, 0.03125]
    assert (row["price_usd"], row["market_cap_usd"], row["fully_diluted_usd"]) == (64_000.0, 1.28e12, 1.344e12)
    assert (row["volume_24h_usd"], row["circulating_coin"]) == (9.5e10, 19_990_000.0)


def test_null_stays_null_and_an_unknown_supply_is_not_zero():
    """The vendor prints 0 where it does not know the supply: a market value of zero would be a figure."""
    unknown = dict.fromkeys(
        ("market_cap_rank", "fully_diluted_valuation", "last_updated", "price_change_percentage_30d_in_currency")
    )
    row = only(markets(coin(**unknown, market_cap=0, circulating_supply=0.0, total_volume=0)))
    nulls = ("market_cap_rank", "fully_diluted_usd", "price_updated_at", "price_change_30d_ratio", "market_cap_usd",
             "circulating_coin")  # fmt: skip
    assert [row[name] for name in nulls] == [None] * len(nulls)
    assert row["volume_24h_usd"] == 0.0


def test_coins_that_share_a_symbol_are_two_and_changes_not_asked_for_are_null():
    """Symbols are not unique: keyed by them, one coin's price would replace the other's."""
    bare = {name: value for name, value in coin(id="bridged-btc").items() if "percentage" not in name}
    (frame,) = markets(coin(), bare).frames.values()
    assert frame["coin_id"].to_list() == ["bitcoin", "bridged-btc"]
    assert frame["price_change_24h_ratio"].to_list() == [-0.125, None]
    assert frame["coin_symbol"].to_list() == ["btc", "btc"]


def test_the_category_is_told():
    """The body does not say which ranking it is: stablecoins would be counted as the whole market."""
    assert only(markets(coin(), category="stablecoins"))["category"] == "stablecoins"
    with pytest.raises(PayloadError) as refused:
        parsed("coingecko_markets", [coin()])
    assert refused.value.rule == "missing_parameter"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"id": None}, "no_id"),
        ({"current_price": "dear"}, "bad_number"),
        ({"last_updated": "yesterday"}, "bad_time"),
        ({"last_updated": "2026-02-07T00:00:00Z"}, "future_date"),
    ],
)
def test_a_coin_that_cannot_be_is_rejected_and_the_others_are_kept(changed, rule):
    """One bad coin must not lose a ranking that cannot be fetched again."""
    result = markets(coin(**changed), coin())
    assert [reject.rule for reject in result.rejects] == [rule]
    assert sum(frame.height for frame in result.frames.values()) == 1


@pytest.mark.parametrize(
    ("feed", "body", "rule"),
    [
        ("coingecko_markets", {"status": {"error_code": 429, "error_message": "Throttled"}}, "error_envelope"),
        ("coingecko_global", {"error": "coin not found"}, "error_envelope"),
        ("coingecko_global", {"data": []}, "unexpected_shape"),
        ("coingecko_global", [], "unexpected_shape"),
        ("coingecko_markets", {"data": []}, "unexpected_shape"),
        ("coingecko_markets", ["bitcoin"], "unexpected_shape"),
        ("coingecko_markets", [], "no_rows"),
    ],
)
def test_a_body_that_is_no_answer_is_refused(feed, body, rule):
    """An error inside a successful answer would otherwise count as a market without coins."""
    with pytest.raises(PayloadError) as refused:
        parsed(feed, body, category="all")
    assert refused.value.rule == rule


def drifts(feed: str, body: Any) -> list[tuple[str, str]]:
    shape = FEEDS[feed].shape
    assert shape is not None
    payload = Payload(feed, json.dumps(body).encode(), KNOWN_AT, "a" * 64, "x", {})
    return [(found.kind, found.field) for found in drift.compare(shape, drift.records(payload, shape))]


def test_a_field_that_was_renamed_is_drift_and_not_a_market_of_nulls():
    """Every figure of a coin may be null, so no rule would miss the price."""
    assert drifts("coingecko_markets", [coin(), coin(id="x", market_cap_rank=None)]) == []
    assert drifts("coingecko_global", GLOBAL) == []
    renamed = {name: value for name, value in coin().items() if name != "current_price"} | {"price": 1}
    assert drifts("coingecko_markets", [renamed]) == [("missing_field", "current_price")]
