"""The sample feeds: a seeded, deterministic scenario of 2025-11-01 … 2026-02-28 in vendors' wire shapes.

Everything here is a SIMULATION calibrated on public figures of the crash of February 2026: no row comes
from a vendor. Each locator starts with `sample://`, each payload has the parameter `simulated`, and a
body says so wherever its shape has room for it. One price path drives prices, futures, liquidations and
flows. The same seed gives the same bytes, for a part of the range as for the whole.

Belongs here: making payloads. Does not belong here: landing or reading them. Imports numpy and the
standard library only; `python -m orchestration.sources.sample --out DIR` writes the payloads as files
with an inbox map. The faults planted on purpose, with what the warehouse must make of each, are `DIRT`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from orchestration.sources.sample import (
    cryptoquant,
    defillama,
    etf_vendors,
    farside,
    funding,
    instruments,
    liquidation_messages,
    open_interest,
    quotes,
    second_opinions,
    settlements,
    tardis,
)
from orchestration.sources.sample.dirt import DIRT, Dirt
from orchestration.sources.sample.market import SCENARIO_END, SCENARIO_START
from orchestration.sources.sample.payload import SamplePayload, days_between

__all__ = ["DEFAULT_SEED", "DIRT", "SCENARIO_END", "SCENARIO_START", "Dirt", "SamplePayload", "generate"]

DEFAULT_SEED = 20260205
_SOURCES = (
    instruments,
    settlements,
    quotes,
    liquidation_messages,
    defillama,
    farside,
    tardis,
    cryptoquant,
    funding,
    open_interest,
    etf_vendors,
    second_opinions,
)


def generate(start: date, end: date, seed: int = DEFAULT_SEED) -> Iterator[SamplePayload]:
    """The payloads of the daily batches from `start` to `end`, both included, by day and then `known_at`.

    Days outside the scenario have none. Raises ValueError where `end` is before `start`.
    """
    if end < start:
        raise ValueError(f"the range ends ({end}) before it starts ({start})")
    for day in days_between(max(start, SCENARIO_START), min(end, SCENARIO_END)):
        batch = [payload for source in _SOURCES for payload in source.generate(day, seed)]
        yield from sorted(batch, key=lambda payload: payload.known_at)
