"""The price path that drives every feed, and the calendar of its days.

Belongs here: spot prices by minute and the trading sessions. Does not belong here: futures
(`contracts.py`), flows, liquidations. Knots are public readings of the crash of February 2026 or
lie on the way between them; what happens between two knots is invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from orchestration.sources.sample.payload import at, days_between, rng

SCENARIO_START = date(2025, 11, 1)
SCENARIO_END = date(2026, 2, 28)
# Funding, open interest and second sources are recorded from here on: the demo stays quick.
RECORDED_FROM = date(2026, 1, 15)
ASSETS = ("BTC", "ETH", "SOL")
HOLIDAYS = frozenset({date(2025, 11, 27), date(2025, 12, 25), date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16)})

# Instant (UTC), BTC, ETH, SOL.
_KNOTS: tuple[tuple[str, float, float, float], ...] = (
    ("2025-11-01T00:00", 110_000, 3_860, 187.0),
    ("2025-11-05T00:00", 101_600, 3_290, 155.0),
    ("2025-11-10T00:00", 105_300, 3_560, 166.0),
    ("2025-11-15T00:00", 94_700, 3_120, 139.0),
    ("2025-11-21T00:00", 86_700, 2_830, 133.0),
    ("2025-11-22T00:00", 84_600, 2_760, 127.0),
    ("2025-11-28T00:00", 91_200, 3_030, 141.0),
    ("2025-12-02T00:00", 86_400, 2_800, 127.0),
    ("2025-12-10T00:00", 92_700, 3_310, 138.0),
    ("2025-12-18T00:00", 86_200, 2_830, 123.0),
    ("2025-12-31T00:00", 88_300, 2_970, 125.0),
    ("2026-01-06T00:00", 93_900, 3_230, 138.0),
    ("2026-01-14T00:00", 95_500, 3_320, 146.0),
    ("2026-01-19T00:00", 93_500, 3_280, 142.0),
    ("2026-01-21T00:00", 88_400, 2_940, 127.0),
    ("2026-01-26T00:00", 86_500, 2_820, 119.0),
    ("2026-01-29T00:00", 89_100, 3_010, 125.0),
    ("2026-01-30T00:00", 84_500, 2_810, 117.0),
    ("2026-01-31T00:00", 84_000, 2_700, 117.0),
    ("2026-02-01T00:00", 78_600, 2_440, 105.0),
    ("2026-02-02T00:00", 76_900, 2_270, 101.0),
    ("2026-02-03T00:00", 78_700, 2_340, 104.0),
    ("2026-02-04T00:00", 75_700, 2_230, 98.0),
    ("2026-02-05T00:00", 73_100, 2_151, 92.0),
    ("2026-02-05T10:00", 70_800, 2_085, 90.0),
    ("2026-02-05T15:00", 68_400, 2_005, 86.5),
    ("2026-02-05T20:00", 64_900, 1_900, 81.5),
    ("2026-02-06T00:00", 62_750, 1_820, 78.0),
    ("2026-02-06T00:25", 60_000, 1_752, 70.0),
    ("2026-02-06T03:00", 64_600, 1_885, 78.5),
    ("2026-02-06T12:00", 66_900, 1_950, 81.0),
    ("2026-02-06T20:00", 71_400, 2_085, 88.5),
    ("2026-02-07T00:00", 70_100, 2_060, 87.0),
    ("2026-02-11T00:00", 68_900, 2_020, 84.0),
    ("2026-02-14T00:00", 69_200, 2_040, 85.5),
    ("2026-02-19T00:00", 66_700, 1_965, 82.0),
    ("2026-02-23T00:00", 67_600, 1_990, 85.0),
    ("2026-02-24T00:00", 65_600, 1_910, 81.5),
    ("2026-02-24T13:00", 63_800, 1_835, 76.5),
    ("2026-02-25T00:00", 65_400, 1_895, 80.5),
    ("2026-02-26T00:00", 68_300, 2_050, 87.0),
    ("2026-02-28T00:00", 66_200, 1_950, 82.5),
    ("2026-03-02T00:00", 66_600, 1_965, 83.0),
)
# From, to, lowest and highest BTC price: what the public figures rule out.
_LIMITS: tuple[tuple[str, str, float, float], ...] = (
    ("2025-11-01T00:00", "2026-02-06T00:00", 62_600, 112_000),
    ("2026-02-06T00:00", "2026-02-07T00:00", 60_000, 71_422),
    ("2026-02-07T00:00", "2026-02-24T00:00", 64_600, 71_400),
    ("2026-02-25T00:00", "2026-03-02T00:00", 64_600, 71_400),
)
_DAILY_NOISE = 0.011
_OWN_NOISE = {"BTC": 0.0, "ETH": 0.006, "SOL": 0.008}
_BETA = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.3}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_ORIGIN = _instant(_KNOTS[0][0])


def _minute(instant: datetime) -> int:
    return int((instant - _ORIGIN).total_seconds() // 60)


class Market:
    """Spot prices in USD by minute, from the first to the last knot."""

    def __init__(self, seed: int) -> None:
        minutes = [_minute(_instant(knot[0])) for knot in _KNOTS]
        common = _bridges(minutes, rng(seed, "market"))
        self._paths: dict[str, NDArray[np.float64]] = {}
        for column, asset in enumerate(ASSETS, start=1):
            line = np.interp(np.arange(minutes[-1] + 1), minutes, np.log([float(k[column]) for k in _KNOTS]))
            own = _bridges(minutes, rng(seed, "market", asset)) * _OWN_NOISE[asset]
            self._paths[asset] = np.exp(line + _BETA[asset] * _DAILY_NOISE * common + own)
        for start, end, low, high in _LIMITS:
            part = slice(_minute(_instant(start)), _minute(_instant(end)))
            self._paths["BTC"][part] = self._paths["BTC"][part].clip(low, high)

    def price(self, asset: str, instant: datetime) -> float:
        """Spot price in USD at the minute of `instant`."""
        return float(self._paths[asset][_minute(instant)])

    def day(self, asset: str, day: date) -> NDArray[np.float64]:
        """The 1,441 prices from 00:00 of `day` to 00:00 of the next, both included."""
        first = _minute(at(day))
        return self._paths[asset][first : first + 1441]

    def change(self, asset: str, day: date) -> float:
        """Log return over the UTC day."""
        path = self.day(asset, day)
        return float(np.log(path[-1] / path[0]))


@lru_cache(maxsize=4)
def market(seed: int) -> Market:
    """The market of a seed, made once."""
    return Market(seed)


def _bridges(minutes: list[int], random: np.random.Generator) -> NDArray[np.float64]:
    """Brownian bridges that are zero at every knot, in units of one day's standard deviation."""
    path = np.zeros(minutes[-1] + 1)
    for first, last in pairwise(minutes):
        steps = random.standard_normal(last - first) / np.sqrt(1440)
        walk = np.concatenate([[0.0], np.cumsum(steps)])
        path[first : last + 1] = walk - np.linspace(0.0, walk[-1], walk.size)
    return path


def is_weekday(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def is_session(day: date) -> bool:
    """Whether New York trades on that day."""
    return is_weekday(day) and day not in HOLIDAYS


@lru_cache(maxsize=1)
def sessions() -> tuple[date, ...]:
    """The New York sessions of the scenario, in order."""
    return tuple(day for day in days_between(SCENARIO_START, SCENARIO_END) if is_session(day))


def trailing(day: date, count: int) -> Iterator[date]:
    """The last `count` days up to `day`, newest first, not before the scenario starts."""
    for n in range(count):
        if (earlier := day - timedelta(days=n)) >= SCENARIO_START:
            yield earlier
