"""Tardis tickers print the rate that is due next: which of the printed rates was paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from venue_payloads import KNOWN_AT, payload, rules

from transforms.parse import tardis, tardis_funding

SETTLEMENTS = "core_funding__settlements"
QUOTES = "core_futures__quotes"
HEADER = (
    "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,"
    "open_interest,last_price,index_price,mark_price"
)
DAY = datetime(2026, 2, 5, tzinfo=UTC)


def micros(clock):
    return int((DAY + timedelta(hours=clock)).timestamp() * 1_000_000)


def tick(at, due, rate, exchange="binance-futures", symbol="BTCUSDT", mark="63000"):
    """A row at `at` hours of the day, with the rate due at `due` hours; blank where None."""
    funding = "," if due is None else f"{micros(due)},{rate}"
    stamp = micros(at)
    return f"{exchange},{symbol},{stamp},{stamp + 9},{funding},0.9,1000,63000,62990,{mark}"


def parse(*rows, known_at=KNOWN_AT):
    return tardis.parse_derivative_ticker(payload("\n".join([HEADER, *rows]) + "\n", known_at=known_at))


def settled(*rows, **options):
    return parse(*rows, **options).frames[SETTLEMENTS].select("settled_at", "rate_ratio").rows()


def test_the_last_rate_before_its_stamp_is_settled_once_a_later_stamp_shows():
    """The earlier ones were expectations, and the one still due at the end of the file is one too."""
    rows = [tick(7, 8, 0.0003), tick(7.99, 8, 0.0001), tick(8.001, 16, 0.0002), tick(9, 16, 0.0004)]
    assert settled(*rows) == [(DAY + timedelta(hours=8), 0.0001)]


def test_a_predicted_rate_is_never_a_settlement():
    """Without a later stamp nothing says that this one passed with this rate."""
    assert settled(tick(1, 8, 0.0003), tick(2, 8, 0.0004)) == []
    assert settled(tick(1, None, None)) == []


def test_a_row_later_than_its_own_stamp_settles_nothing():
    """A venue may go on printing the old stamp for a moment, with the next interval's rate."""
    rows = [tick(7.99, 8, 0.0001), tick(8.0001, 8, 0.0009), tick(8.001, 16, 0.0009)]
    assert settled(*rows) == [(DAY + timedelta(hours=8), 0.0001)]


def test_a_stamp_at_the_end_of_a_days_file_is_settled_by_the_rate_just_before():
    """A day's file ends at midnight: the settlement of 24:00 would be missing every day."""
    rows = [tick(16.001, 24, 0.0003), tick(23.9999, 24, 0.0002)]
    parsed = parse(*rows)
    told = parsed.frames[SETTLEMENTS].select("settled_at", "fact_date", "rate_ratio").rows()
    assert told == [(DAY + timedelta(hours=24), date(2026, 2, 5), 0.0002)]
    assert settled(*rows, known_at=DAY + timedelta(hours=23.99995)) == []


def test_a_rate_seen_too_long_before_its_stamp_is_rejected_as_stale():
    """After an outage the last rate seen is hours old: a prediction, not what was paid."""
    parsed = parse(tick(1, 8, 0.0003), tick(9, 16, 0.0004))
    assert parsed.frames[SETTLEMENTS].is_empty()
    assert rules(parsed) == ["stale_rate"]
    assert parsed.rejects[0].record["funding_rate"] == "0.0003"


def test_intervals_may_change_within_a_day():
    """An hour's notice: the stamp of 08:00 is put forward to 04:00 and comes again."""
    rows = [tick(1, 8, 0.5), tick(2, 4, 0.0001), tick(3.99, 4, 0.0002), tick(4.01, 8, 0.0003), tick(7.99, 8, 0.0004),
            tick(8.01, 9, 0.1)]  # fmt: skip
    assert settled(*rows) == [(DAY + timedelta(hours=4), 0.0002), (DAY + timedelta(hours=8), 0.0004)]


def test_each_contract_by_itself():
    """A grouped file holds several; another's later stamp says nothing of this one's."""
    rows = [tick(7.99, 8, 0.0001), tick(8.01, 16, 0.0003, symbol="ETHUSDT"), tick(7.99, 16, 0.7, symbol="SOLUSDT")]
    assert settled(*rows, known_at=DAY + timedelta(hours=7.995)) == []
    assert settled(*rows, tick(8.01, 16, 0.3)) == [(DAY + timedelta(hours=8), 0.0001)]


def test_every_row_is_a_quote_and_a_settlement_is_one_row_more():
    """The account of a file: rows of each table plus rejects."""
    parsed = parse(tick(7.99, 8, 0.0001), tick(8.01, 16, 0.0002), tick(9, 16, "x", mark="many"))
    assert (parsed.frames[QUOTES].height, parsed.frames[SETTLEMENTS].height, rules(parsed)) == (2, 1, ["bad_number"])
    assert parsed.rows_in == 4
    assert rules(parse(tick(7.99, 8, "x"), tick(8.01, 16, 0.0002))) == ["bad_number"]


@pytest.mark.parametrize(
    ("exchange", "symbol", "venue", "asset", "margin"),
    [
        ("binance-futures", "BTCUSDT", "binance", "BTC", "linear"),
        ("binance-delivery", "BTCUSD_PERP", "binance", "BTC", "inverse"),
        ("bybit", "BTCUSDT", "bybit", "BTC", "linear"),
        ("bybit", "BTCUSD", "bybit", "BTC", "inverse"),
        ("okex-swap", "BTC-USDT-SWAP", "okx", "BTC", "linear"),
        ("okex-swap", "BTC-USD-SWAP", "okx", "BTC", "inverse"),
        ("cryptofacilities", "PF_XBTUSD", "kraken", "BTC", "linear"),
        ("cryptofacilities", "PI_XBTUSD", "kraken", "BTC", "inverse"),
        ("bitmex", "XBTUSD", "bitmex", "BTC", "inverse"),
        ("bitmex", "XBTUSDT", "bitmex", "BTC", "linear"),
        ("bitmex", "ETHUSD", "bitmex", "ETH", None),
    ],
)
def test_margin_and_asset_by_exchange(exchange, symbol, venue, asset, margin):
    """Coin-margined and dollar-margined funding are never weighted together; BitMEX's ether is a quanto."""
    rows = [tick(7.99, 8, 0.0001, exchange, symbol), tick(8.01, 16, 0.0002, exchange, symbol)]
    frame = parse(*rows).frames[SETTLEMENTS]
    assert frame.select("venue", "asset", "margin_type").row(0) == (venue, asset, margin)


@given(st.lists(st.integers(-99, 99), min_size=2, max_size=12))
def test_of_any_run_of_rates_only_the_last_before_the_stamp_counts(rates):
    """However often the expectation moved."""
    step = tardis_funding.MAX_RATE_AGE_SECONDS / 3600
    rows = [tick(8 - step * (len(rates) - n) / len(rates), 8, rate / 1e6) for n, rate in enumerate(rates)]
    assert settled(*rows, tick(8.5, 16, 0.5)) == [(DAY + timedelta(hours=8), rates[-1] / 1e6)]
