"""The `sample` transport: the simulated payloads of `sample/`, as any transport hands them over.

Belongs here: turning simulated payloads into received ones. Does not belong here: the simulation.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date
from functools import lru_cache

from orchestration.sources.base import Received

FIRST, LAST = date(2025, 11, 1), date(2026, 2, 28)


@lru_cache(maxsize=1)
def _payloads(start: date, end: date) -> tuple[Received, ...]:
    from orchestration.sources.sample import generate

    return tuple(
        Received(
            feed=payload.feed,
            transport="sample",
            locator=payload.locator,
            content=payload.content,
            known_at=payload.known_at,
            partition=payload.partition,
            params=payload.params,
        )
        for payload in generate(start, end)
    )


def receive(feeds: Container[str], window: tuple[date, date] | None) -> Iterator[Received]:
    """Simulated payloads of these feeds whose batch day lies in the window (None: all there are)."""
    start, end = window or (FIRST, LAST)
    start, end = max(start, FIRST), min(end, LAST)
    if start > end:
        return
    for item in _payloads(start, end):
        if item.feed in feeds:
            yield item
