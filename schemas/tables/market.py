"""Core tables of prices over time, which later facts read; no fact of its own yet."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import OBSERVED

# The kind of instrument is in the key: at Binance and Bybit spot and perpetual have one name (BTCUSDT).
_KEY = ("opened_at", "venue", "symbol", "instrument_kind", "candle_kind", "interval_seconds")
_BAR = ("open_price", "high_price", "low_price", "close_price", "volume_coin", "volume_quote")

CORE = (
    Table(
        "core_market__candles",
        "core",
        "market",
        "Prices of an interval as the venues publish them: of trades, of the mark, of the index.",
        grain=(*_KEY, "source", "known_at"),
        column_names=("fact_date", *_KEY, "asset", "quote_currency", *_BAR, *OBSERVED),
        date_column="fact_date",
        tracked=(*_BAR, "finality"),
        absent={
            "volume_coin": "Marks, indexes and premiums have no volume.",
            "volume_quote": "Marks, indexes and premiums have no volume.",
            "quote_currency": "Some venues' symbols do not say it.",
        },
    ),
)
