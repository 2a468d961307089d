"""Liquidations of the scenario: what a vendor counts per day, and the prints that a venue lets through.

Belongs here: daily totals and single prints in neutral units (USD, price, instant). Does not belong
here: how a venue writes them down (`liquidation_messages.py`, `tardis.py`). The venues' prints add up
to less than the vendor's total, as they do outside: not every venue is read, and feeds drop prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orchestration.sources.sample.market import ASSETS, market
from orchestration.sources.sample.payload import at, millis, rng

SIDES = ("long", "short")
# Day, BTC liquidated on the long and the short side over all venues, USD.
_KNOWN_DAYS = {
    date(2026, 2, 5): (688_500_000.0, 204_800_000.0),
    date(2026, 2, 6): (236_000_000.0, 318_000_000.0),
}
_CAP_USD = 560_000_000.0
_FLOOR_USD = 9_000_000.0
_USD_PER_MOVE = 6.0e9
_QUIET_MOVE = 0.020
_ASSET_SHARE = {"BTC": 1.0, "ETH": 0.456, "SOL": 0.104}
_VENUE_SHARE = {"binance": 0.30, "bybit": 0.27, "okx": 0.13, "deribit": 0.02}
_MEAN_PRINT_USD = 95_000.0
_INVERSE_SHARE = 0.16


@dataclass(frozen=True)
class Prints:
    """Prints of one venue, asset, side and margin on one day, in order of time."""

    venue: str
    asset: str
    side: str
    is_inverse: bool
    stamps_ms: NDArray[np.int64]
    prices: NDArray[np.float64]
    notionals_usd: NDArray[np.float64]


@lru_cache(maxsize=1024)
def vendor_total(day: date, asset: str, side: str, seed: int) -> float:
    """What a vendor counts over all venues on a UTC day, USD."""
    if day in _KNOWN_DAYS:
        total = _KNOWN_DAYS[day][SIDES.index(side)]
    else:
        hourly = np.diff(np.log(market(seed).day("BTC", day)[::60]))
        against = -hourly if side == "long" else hourly
        move = max(float(against.clip(0.0).sum()) - _QUIET_MOVE, 0.0)
        total = _FLOOR_USD + _CAP_USD * float(np.tanh(_USD_PER_MOVE * move / _CAP_USD))
        total *= float(rng(seed, "liquidations", day, side).uniform(0.85, 1.15))
        if side == "short":
            total *= 0.55
    if asset == "BTC":
        return total
    return total * _ASSET_SHARE[asset] * float(rng(seed, "liquidations", day, asset, side).uniform(0.85, 1.15))


def prints(venue: str, day: date, seed: int) -> list[Prints]:
    """Every print of a venue on a UTC day: linear contracts of all coins, inverse of BTC and ETH."""
    found = []
    for asset in ASSETS:
        for side in SIDES:
            for is_inverse in (False, True) if asset != "SOL" else (False,):
                part = _prints(venue, day, asset, side, is_inverse, seed)
                found.append(part)
    return found


def _prints(venue: str, day: date, asset: str, side: str, is_inverse: bool, seed: int) -> Prints:
    random = rng(seed, "prints", venue, day, asset, side, is_inverse)
    margin_share = _INVERSE_SHARE if is_inverse else 1 - _INVERSE_SHARE * (asset != "SOL")
    target = vendor_total(day, asset, side, seed) * _VENUE_SHARE[venue] * margin_share
    target *= float(random.uniform(0.85, 1.0))
    count = max(2, round(target / _MEAN_PRINT_USD))
    path = market(seed).day(asset, day)
    against = np.diff(np.log(path)) * (-1 if side == "long" else 1)
    weights = against.clip(0.0) + 1e-6
    minutes = np.sort(random.choice(1440, size=count, p=weights / weights.sum()))
    stamps = millis(at(day)) + minutes * 60_000 + random.integers(0, 60_000, count)
    sizes = random.lognormal(0.0, 1.25, count)
    order = np.argsort(stamps, kind="stable")
    slip = random.uniform(0.0005, 0.003, count) * (-1 if side == "long" else 1)
    return Prints(
        venue=venue,
        asset=asset,
        side=side,
        is_inverse=is_inverse,
        stamps_ms=stamps[order].astype(np.int64),
        prices=(path[minutes] * (1 + slip))[order],
        notionals_usd=sizes * (target / sizes.sum()),
    )


def one_per_second(part: Prints) -> Prints:
    """What is left where a venue sends at most one print per contract and second: the latest."""
    seconds = part.stamps_ms // 1000
    keep = np.append(seconds[1:] != seconds[:-1], True)
    return Prints(
        part.venue,
        part.asset,
        part.side,
        part.is_inverse,
        part.stamps_ms[keep],
        part.prices[keep],
        part.notionals_usd[keep],
    )
