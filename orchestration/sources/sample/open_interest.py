"""Open interest of perpetuals by the hour, fetched after the day is over, and one snapshot.

Belongs here: the venues' shapes, Bybit's two sides among them. Does not belong here: how much is open
(`perpetuals.py`), dated futures (`quotes.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from orchestration.sources.sample.instruments import bybit_body
from orchestration.sources.sample.market import RECORDED_FROM, market
from orchestration.sources.sample.payload import SamplePayload, at, millis, payload
from orchestration.sources.sample.perpetuals import open_coins, rate

COINS = ("BTC", "ETH")
_OKX_COINS_PER_CONTRACT = {"BTC": 0.01, "ETH": 0.1}


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """Every full hour of one day, known at 00:25 UTC of the next."""
    if day < RECORDED_FROM:
        return
    known_at = at(day, 0, 25, plus_days=1)
    hours = [at(day, hour) for hour in range(24)]

    def fetched(feed: str, path: str, body: Any, **params: str) -> SamplePayload:
        return payload(feed, f"{path}#{day}", body, known_at, day, **params)

    for asset in COINS:
        path = f"binance/futures/data/openInterestHist?symbol={asset}USDT&period=1h"
        yield fetched("binance_open_interest", path, [_binance(asset, hour, seed) for hour in hours])
        rows = [_bybit(asset, hour, seed) for hour in reversed(hours)]
        body = bybit_body(
            {"symbol": f"{asset}USDT", "category": "linear", "list": rows, "nextPageCursor": ""}, known_at
        )
        path = f"bybit/v5/market/open-interest?category=linear&symbol={asset}USDT&intervalTime=1h"
        yield fetched("bybit_open_interest", path, body, category="linear", symbol=f"{asset}USDT")
        inst_id = f"{asset}-USDT-SWAP"
        # The newest row is the running hour's.
        newest_first = [at(day, plus_days=1), *reversed(hours)]
        okx = {"code": "0", "msg": "", "data": [_okx(asset, hour, seed) for hour in newest_first]}
        path = f"okx/api/v5/rubik/stat/contracts/open-interest-history?instId={inst_id}&period=1H"
        yield fetched("okx_open_interest_history", path, okx, inst_id=inst_id)
    taken = at(day, 23, 55)
    path = f"hyperliquid/info/metaAndAssetCtxs#{day}"
    yield payload("hyperliquid_asset_contexts", path, _hyperliquid(taken, seed), taken, day)


def _binance(asset: str, hour: datetime, seed: int) -> dict[str, Any]:
    coins = open_coins("binance", asset, hour, seed)
    return {
        "symbol": f"{asset}USDT", "sumOpenInterest": f"{coins:.8f}",
        "sumOpenInterestValue": f"{coins * market(seed).price(asset, hour):.8f}", "timestamp": millis(hour),
    }  # fmt: skip


def _bybit(asset: str, hour: datetime, seed: int) -> dict[str, str]:
    """Both sides, as the venue counted before June 2026."""
    return {"openInterest": f"{2 * open_coins('bybit', asset, hour, seed):.8f}", "timestamp": str(millis(hour))}


def _okx(asset: str, hour: datetime, seed: int) -> list[str]:
    coins = open_coins("okx", asset, hour, seed)
    dollars = coins * market(seed).price(asset, hour)
    return [str(millis(hour)), f"{coins / _OKX_COINS_PER_CONTRACT[asset]:.4f}", f"{coins:.6f}", f"{dollars:.2f}"]


def _hyperliquid(taken: datetime, seed: int) -> list[Any]:
    universe = [{"name": asset, "szDecimals": 5, "maxLeverage": 40} for asset in COINS]
    contexts = []
    for asset in COINS:
        price = f"{market(seed).price(asset, taken):.1f}"
        contexts.append({
            "funding": f"{rate('hyperliquid', asset, taken, seed):.10f}", "prevDayPx": price,
            "openInterest": f"{open_coins('hyperliquid', asset, taken, seed):.5f}", "dayNtlVlm": "0.0",
            "premium": None, "oraclePx": price, "markPx": price, "midPx": None, "impactPxs": None,
            "dayBaseVlm": "0.0",
        })  # fmt: skip
    return [{"universe": universe}, contexts]
