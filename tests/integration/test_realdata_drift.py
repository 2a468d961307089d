"""No real body that belongs to a feed is held for its shape, and none has a value that its declaration does not know.

The bodies are read where they lie, and never copied.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.sources.files import plan, receive
from orchestration.sources.inbox_map import load
from schemas.feed import Payload
from transforms.parse import FEEDS, drift

MAP = Path(__file__).parents[1] / "fixtures" / "realdata_inbox.toml"
KNOWN_AT = datetime(2027, 1, 1, tzinfo=UTC)
INVERSE = {"symbol": "PI_XBTUSD"}
SPOT, SWAP = ({"inst_id": name, "candle_kind": "trade", "bar": "1m"} for name in ("BTC-USDT", "BTC-USDT-SWAP"))
# Feed, files of a venue, and what the inbox map says of them.
CAPTURED: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("binance_force_orders", ("futures__market_data_json__liquidation_stream",), {}),
    ("binance_klines", ("spot__http_json__klines_response",),
     {"market": "spot", "symbol": "ETHBTC", "candle_kind": "trade", "interval": "1w"}),
    ("bybit_funding_history", ("http_get_funding_history",), {}),
    ("bybit_instruments", ("http_get_instruments_inverse", "http_get_instruments_inverse_symbol_type",
                           "http_get_instruments_linear", "http_get_instruments_linear_symbol_type",
                           "http_get_instruments_option", "http_get_instruments_option_symbol_id"), {}),
    ("bybit_klines", ("http_get_klines_linear",), {"candle_kind": "trade", "interval": "1"}),
    ("bybit_option_tickers", ("ws_ticker_option",), {}),
    ("bybit_tickers", ("ws_ticker_linear",), {}),
    ("coinbase_candles", ("http_candles",), {"product_id": "BTC-USD", "granularity": "ONE_HOUR"}),
    ("coinbase_futures_products", ("http_products_future", "http_products"), {}),
    ("deribit_candles", ("http_get_tradingview_chart_data",),
     {"instrument_name": "BTC-PERPETUAL", "resolution": "1"}),
    ("deribit_instruments", ("http_get_instrument", "http_get_instrument_option", "http_get_instruments",
                             "http_get_instruments_future_combo", "http_get_instruments_option_combo"), {}),
    ("deribit_trades", ("http_get_last_trades", "http_get_last_trades_future_combo",
                        "http_get_last_trades_historical_combo", "http_get_last_trades_option_combo",
                        "http_get_last_trades_perpetual_with_combo_tags", "ws_trades", "ws_trades_option_combo"), {}),
    ("hyperliquid_funding_history", ("http_funding_history",), {}),
    *(("kraken_candles", (f"http_futures_candles_{kind}",), {**INVERSE, "tick_type": kind, "resolution": "1h"})
      for kind in ("trade", "mark", "spot")),
    ("kraken_funding_rates", ("http_futures_historical_funding_rates",), INVERSE),
    ("kraken_history", ("ws_futures_trade", "ws_futures_trade_snapshot"), {}),
    ("kraken_instruments", ("http_futures_instruments", "http_futures_instrument_no_fee_schedule"), {}),
    ("kraken_tickers", ("http_futures_tickers",), {}),
    ("okx_candles", ("http_get_candlesticks",), SPOT),
    ("okx_candles", ("http_get_candlesticks_full",), SWAP),
    ("okx_candles", ("ws_candle",), {**SPOT, "bar": "1Dutc"}),
    ("okx_funding_history", ("http_get_funding_rate_history",), {}),
    ("okx_index_tickers", ("http_get_index_price",), {}),
    ("okx_instruments", ("http_get_instruments_futures", "http_get_instruments_option", "http_get_instruments_spot",
                         "http_get_instruments_swap", "ws_instruments"), {}),
    ("okx_mark_prices", ("http_get_mark_price",), {}),
    ("okx_option_summary", ("http_get_option_summary", "ws_opt_summary"), {}),
    ("tardis_derivative_ticker", ("csv__derivative_ticker_1",), {}),
    ("tardis_options_chain", ("options_chain",), {}),
)  # fmt: skip
BODIES = [(feed, name, params) for feed, names, params in CAPTURED for name in names]


@pytest.mark.parametrize(("feed", "name", "params"), BODIES, ids=[f"{feed}-{name}" for feed, name, _ in BODIES])
def test_no_captured_body_has_drifted(realdata, feed, name, params):
    """The declarations were written from documentation; the bodies are what the venues send."""
    file = next((realdata / "venue_messages" / FEEDS[feed].source).glob(f"{name}.*"))
    payload = Payload(feed, file.read_bytes(), KNOWN_AT, "0" * 64, file.name, params)
    FEEDS[feed].parse(payload)
    found, fields = drift.found(payload, FEEDS[feed].shapes)
    assert found == []
    assert fields


def test_no_export_has_drifted(realdata):
    """Years of files: a declaration that one of them breaks would hold back its history."""
    taken: set[str] = set()
    for item in receive(plan(realdata, load(MAP, set(FEEDS))), FEEDS):
        feed = FEEDS[item.feed]
        payload = Payload(item.feed, item.content, item.known_at, "0" * 64, item.locator, dict(item.params))
        feed.parse(payload)
        assert drift.found(payload, feed.shapes)[0] == [], item.locator
        taken.add(item.feed)
    assert len(taken) == 11, sorted(taken)
