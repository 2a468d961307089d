"""What the extras share: hours of the sample's price path, and the days that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.sources.sample import DEFAULT_SEED, SCENARIO_END, SCENARIO_START
from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import at, rng

SEED = DEFAULT_SEED


@dataclass(frozen=True)
class Bar:
    """One hour's prices in USD and its volume in coins."""

    opened_at: datetime
    open: float
    high: float
    low: float
    close: float
    coins: float


def in_scenario(day: date) -> bool:
    """Whether the sample has prices of that day."""
    return SCENARIO_START <= day <= SCENARIO_END


def hours(venue: str, asset: str, day: date, factor: float = 1.0) -> Iterator[Bar]:
    """The 24 hours of a day, times `factor` (a mark is a little above the index)."""
    path = market(SEED).day(asset, day) * factor
    volumes = rng(SEED, "volume", venue, asset, day).uniform(40, 400, 24)
    for hour in range(24):
        prices = path[hour * 60 : hour * 60 + 61]
        yield Bar(
            at(day, hour),
            round(float(prices[0]), 2),
            round(float(prices.max()), 2),
            round(float(prices.min()), 2),
            round(float(prices[-1]), 2),
            round(float(volumes[hour]), 4),
        )
