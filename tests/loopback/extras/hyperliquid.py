"""Hyperliquid's candles, which the sample pack lacks."""

from __future__ import annotations

from datetime import date, timedelta

from loopback.extras._bars import hours, in_scenario
from orchestration.sources.sample.payload import SamplePayload, at, millis, payload

_MILLISECOND = timedelta(milliseconds=1)


def payloads(day: date) -> list[SamplePayload]:
    """The payloads of one day's batch."""
    return [_candles(coin, day) for coin in ("BTC", "ETH")] if in_scenario(day) else []


def _candles(coin: str, day: date) -> SamplePayload:
    rows = [
        {
            "t": millis(bar.opened_at), "T": millis(bar.opened_at + timedelta(hours=1) - _MILLISECOND), "s": coin,
            "i": "1h", "o": str(bar.open), "c": str(bar.close), "h": str(bar.high), "l": str(bar.low),
            "v": str(bar.coins), "n": 321,
        }
        for bar in hours("hyperliquid", coin, day)
    ]  # fmt: skip
    path = f"hyperliquid/info/candleSnapshot?coin={coin}&interval=1h#{day}"
    return payload("hyperliquid_candles", path, rows, at(day, 0, 30, plus_days=1), day)
