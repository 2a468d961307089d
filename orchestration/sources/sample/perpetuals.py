"""Perpetuals of the scenario: what they pay and how much of them is open.

Belongs here: rates per interval and open interest by venue, asset and instant. Does not belong here: how a
venue writes them down (`funding.py`, `open_interest.py`). Everything is invented: rates follow the price
of the last day, and open interest in coins falls in the crash by about a tenth.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import rng

_ORDINARY_8H = 0.00005
_PER_DAY_RETURN = 0.0035
_NOISE_8H = 0.00002
_CAP_8H = 0.003
# From, to: a venue settles Solana every four hours in these days.
SHORT_INTERVAL = (datetime(2026, 2, 5, 8, tzinfo=UTC), datetime(2026, 2, 8, tzinfo=UTC))
_OPEN_COINS: dict[tuple[str, str], float] = {
    ("binance", "BTC"): 92_000.0,
    ("binance", "ETH"): 2_100_000.0,
    ("bybit", "BTC"): 51_000.0,
    ("bybit", "ETH"): 900_000.0,
    ("okx", "BTC"): 31_000.0,
    ("okx", "ETH"): 610_000.0,
    ("hyperliquid", "BTC"): 27_000.0,
    ("hyperliquid", "ETH"): 540_000.0,
}
_CRASH_STARTS, _CRASH_ENDS = datetime(2026, 2, 4, 12, tzinfo=UTC), datetime(2026, 2, 6, 3, tzinfo=UTC)
_CLOSED_SHARE = 0.11


def interval_hours(venue: str, asset: str, settled_at: datetime) -> int:
    """Hours that a settlement pays for."""
    if venue in ("deribit", "hyperliquid"):
        return 1
    is_short = venue == "binance" and asset == "SOL" and SHORT_INTERVAL[0] < settled_at <= SHORT_INTERVAL[1]
    return 4 if is_short else 8


def rate(venue: str, asset: str, settled_at: datetime, seed: int) -> float:
    """Realised rate of the interval that ends at `settled_at`; negative: shorts pay longs."""
    path = market(seed)
    earlier = max(settled_at - timedelta(hours=24), datetime(2025, 11, 1, tzinfo=UTC))
    change = float(np.log(path.price(asset, settled_at) / path.price(asset, earlier)))
    noise = float(rng(seed, "funding", venue, asset, settled_at).normal(0, _NOISE_8H))
    rate_8h = float(np.clip(_ORDINARY_8H + _PER_DAY_RETURN * change + noise, -_CAP_8H, _CAP_8H))
    return rate_8h * interval_hours(venue, asset, settled_at) / 8


def open_coins(venue: str, asset: str, instant: datetime, seed: int) -> float:
    """Open interest of a venue's dollar-margined perpetual in coins, counted on one side."""
    span = (_CRASH_ENDS - _CRASH_STARTS).total_seconds()
    gone = float(np.clip((instant - _CRASH_STARTS).total_seconds() / span, 0, 1)) * _CLOSED_SHARE
    jitter = float(rng(seed, "open interest", venue, asset, instant).normal(0, 0.004))
    return _OPEN_COINS[venue, asset] * (1 - gone) * (1 + jitter)
