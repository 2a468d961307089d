"""Settled funding of perpetuals at five venues, fetched after the day is over.

Belongs here: the venues' shapes. Does not belong here: the rates (`perpetuals.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.sources.sample.instruments import bybit_body, deribit_body
from orchestration.sources.sample.market import ASSETS, RECORDED_FROM, market
from orchestration.sources.sample.payload import SamplePayload, at, millis, payload
from orchestration.sources.sample.perpetuals import interval_hours, rate

COINS = ("BTC", "ETH")


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The settlements of (00:00, 24:00] of one day, known at 00:20 UTC of the next."""
    if day < RECORDED_FROM:
        return
    known_at = at(day, 0, 20, plus_days=1)

    def fetched(feed: str, path: str, body: Any, **params: str) -> SamplePayload:
        return payload(feed, f"{path}#{day}", body, known_at, day, **params)

    binance = [_binance(asset, stamp, seed) for asset in ASSETS for stamp in stamps("binance", asset, day)]
    yield fetched("binance_funding_history", "binance/fapi/v1/fundingRate", binance)
    for asset in COINS:
        rows = [_bybit(asset, stamp, seed) for stamp in stamps("bybit", asset, day)][::-1]
        body = bybit_body({"category": "linear", "list": rows}, known_at)
        path = f"bybit/v5/market/funding/history?category=linear&symbol={asset}USDT"
        yield fetched("bybit_funding_history", path, body, category="linear")
        okx = [_okx(asset, stamp, seed) for stamp in stamps("okx", asset, day)][::-1]
        path = f"okx/api/v5/public/funding-rate-history?instId={asset}-USDT-SWAP"
        yield fetched("okx_funding_history", path, {"code": "0", "msg": "", "data": okx})
        hyperliquid = [_hyperliquid(asset, stamp, seed) for stamp in stamps("hyperliquid", asset, day)]
        yield fetched("hyperliquid_funding_history", f"hyperliquid/info/fundingHistory?coin={asset}", hyperliquid)
    deribit = [_deribit("BTC", stamp, seed) for stamp in stamps("deribit", "BTC", day)]
    path = "deribit/api/v2/public/get_funding_rate_history?instrument_name=BTC-PERPETUAL"
    yield fetched("deribit_funding_history", path, deribit_body(deribit, known_at), instrument_name="BTC-PERPETUAL")


def stamps(venue: str, asset: str, day: date) -> Iterator[datetime]:
    """Settlement instants of (00:00, 24:00]; the first stamp of a new day belongs to the day before."""
    stamp, end = at(day), at(day, plus_days=1)
    while stamp < end:
        stamp += timedelta(hours=interval_hours(venue, asset, stamp + timedelta(seconds=1)))
        yield stamp


def _binance(asset: str, stamp: datetime, seed: int) -> dict[str, Any]:
    return {
        "symbol": f"{asset}USDT", "fundingTime": millis(stamp) + 2,
        "fundingRate": f"{rate('binance', asset, stamp, seed):.8f}",
        "markPrice": f"{market(seed).price(asset, stamp):.8f}",
    }  # fmt: skip


def _bybit(asset: str, stamp: datetime, seed: int) -> dict[str, str]:
    return {
        "symbol": f"{asset}USDT", "fundingRate": f"{rate('bybit', asset, stamp, seed):.8f}",
        "fundingRateTimestamp": str(millis(stamp)),
    }  # fmt: skip


def _okx(asset: str, stamp: datetime, seed: int) -> dict[str, str]:
    realised = f"{rate('okx', asset, stamp, seed):.13f}"
    return {
        "formulaType": "noRate", "fundingRate": realised, "fundingTime": str(millis(stamp)),
        "instId": f"{asset}-USDT-SWAP", "instType": "SWAP", "method": "next_period", "realizedRate": realised,
    }  # fmt: skip


def _hyperliquid(asset: str, stamp: datetime, seed: int) -> dict[str, Any]:
    return {
        "coin": asset, "fundingRate": f"{rate('hyperliquid', asset, stamp, seed):.10f}", "premium": "0.0",
        "time": millis(stamp) + 76,
    }  # fmt: skip


def _deribit(asset: str, stamp: datetime, seed: int) -> dict[str, Any]:
    price = round(market(seed).price(asset, stamp), 2)
    hourly = rate("deribit", asset, stamp, seed)
    return {
        "timestamp": millis(stamp), "index_price": price, "prev_index_price": price,
        "interest_8h": hourly * 8, "interest_1h": hourly,
    }  # fmt: skip
