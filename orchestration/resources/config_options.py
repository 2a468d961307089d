"""`[sources.NAME]`: the options that connectors read, each with what it means.

Belongs here: their names, so that a mistyped one is noticed, and the page of the configuration. Does not belong
here: their defaults (each connector has its own) or their values' checks.
"""

from __future__ import annotations

_INTERVALS = 'candles\' intervals, as the venue names them: a list like ["1h", "1d"]'
_EXTRA_FUNDS = 'funds that are not known here, per asset: { BTC = "TICKER:YYYY-MM-DD" } (launch), with commas between'

OPTIONS: dict[str, dict[str, str]] = {
    "binance": {
        "candle_interval": 'interval of candles, as the venue names it: "1h"',
        "expired_quarterlies": "true: files of quarterly contracts that have expired, too (data.binance.vision)",
    },
    "bybit": {
        "candle_intervals": _INTERVALS,
        "open_interest_interval": "5m, 15m, 30m, 1h, 4h or 1d",
    },
    "coingecko": {"categories": "categories whose first 250 coins are ranked"},
    "coinglass": {"exchanges": "exchanges whose liquidations are asked for", "extra_funds": _EXTRA_FUNDS},
    "coinmetrics": {"metrics": "metrics asked for, by the vendor's names"},
    "defillama": {
        "chains": "chains beside the sum of all",
        "chart_ids": "ids of coins whose charts are asked for",
        "ids": "ids of coins whose own series are asked for",
        "price_coins": "coins whose prices are asked for, by CoinGecko's ids",
    },
    "farside": {"pages": "address per asset", "extra_funds": _EXTRA_FUNDS},
    "fred": {"series": "ids of series"},
    "ishares": {"products": "product's address per fund", "workbook_urls": "workbook's address per fund"},
    "okx": {"candle_intervals": _INTERVALS},
    "sosovalue": {
        "interface": "v1 or v2, as the key is of",
        "calls": "calls of v2",
        "funds": "with v1: asset per fund",
        "extra_funds": _EXTRA_FUNDS,
    },
    "tardis": {
        "liquidation_exchanges": "exchanges, by Tardis' names",
        "ticker_exchanges": "exchanges whose derivative tickers are asked for; these files are large",
        "options_chain_exchanges": "exchanges whose option chains are asked for; a day of it is very large",
        "symbols": "symbols asked for, in place of those of the assets",
    },
    "tftc": {"extra_funds": _EXTRA_FUNDS},
    "theblock": {"extra_funds": _EXTRA_FUNDS},
}
# What a connector is told of a key that is optional to it: whether there is one, never the key.
KEYS_OF: dict[str, str] = {"coingecko": "COINGECKO_API_KEY", "tardis": "TARDIS_API_KEY"}
HAS_KEY = "has_key"
