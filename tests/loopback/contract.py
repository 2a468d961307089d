"""What a venue of the loopback server is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from orchestration.sources.sample import SamplePayload, generate


@dataclass(frozen=True)
class Ask:
    """A request as the server got it. `host` is the venue's own host name, `path` starts with a slash."""

    method: str
    host: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any = None


@dataclass(frozen=True)
class Answer:
    """What goes back. `body` that is neither text nor bytes is sent as JSON."""

    body: Any
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass(frozen=True)
class Budget:
    """What the venue allows: `amount` of `weight(ask)` in any `seconds`; the server counts what breaks it."""

    name: str
    amount: float
    seconds: float
    applies: Callable[[Ask], bool]
    weight: Callable[[Ask], float] = lambda ask: 1.0


class Venue(Protocol):
    """One venue: its hosts, its budgets and its answers at the world's instant."""

    hosts: tuple[str, ...]
    budgets: tuple[Budget, ...]

    def answer(self, ask: Ask, world: World) -> Answer:
        """The honest answer; faults are added by the server. An unknown path is a 404 as the venue words it."""
        ...


class World:
    """What the venues know at `now`: simulated payloads (the sample pack's and the extras') until then."""

    def __init__(self, first: date, last: date, extras: Callable[[date], list[SamplePayload]]) -> None:
        self.now = datetime.min
        made = list(generate(first, last))
        day = first
        while day <= last:
            made += extras(day)
            day += timedelta(days=1)
        self.all = sorted(made, key=lambda payload: payload.known_at)
        self._by_feed: dict[str, list[SamplePayload]] = {}
        for payload in self.all:
            self._by_feed.setdefault(payload.feed, []).append(payload)

    def payloads(self, feed: str, **told: str) -> list[SamplePayload]:
        """Payloads of a feed that are known by now, oldest first, with these parameters."""
        return [
            item
            for item in self._by_feed.get(feed, [])
            if item.known_at <= self.now and all(item.params.get(key) == value for key, value in told.items())
        ]

    def newest(self, feed: str, **told: str) -> SamplePayload | None:
        """The last payload known by now: what a snapshot or a document of that feed says."""
        found = self.payloads(feed, **told)
        return found[-1] if found else None

    def rows(self, feed: str, unpack: Callable[[Any], list[Any]], key: Callable[[Any], Any], **told: str) -> list[Any]:
        """Rows of all payloads known by now, in order of `key`; of one key the newest payload's row."""
        found: dict[Any, Any] = {}
        for item in self.payloads(feed, **told):
            for row in unpack(json.loads(item.content)):
                found[key(row)] = row
        return [found[at] for at in sorted(found)]
