"""Limits of hosts, kept across all threads of a run: how much may be asked for in any window of time.

Belongs here: the arithmetic of one limit, waiting for room, and pauses that a host asks for. Does not belong
here: what counts as a request to pause (`throttles.py`), or which limits there are (`venues/`).

A host counts a request at some instant between its sending and its answer, so a request takes room from before
it is sent until a whole window after its answer began. However long the way, no window of the host's then holds
more than the limit; counting at the time of sending (as token buckets do) allows more whenever answers are late.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from orchestration.sources.http.contract import Limit
from orchestration.sources.http.errors import Banned, Permanent, Transient

# The share of a documented amount that is used: others may use the same address.
HEADROOM = 0.9
# Hosts' clocks and ours do not tick alike: windows are taken a little longer than documented.
STRETCH = 1.02
# How often, in seconds of the real clock, a waiting thread looks whether it is to stop.
_LOOK_SECONDS = 0.5


class Stopped(Transient):
    """The run was stopped while a request waited."""


class Pace:
    """The time in which limits and waits are counted: `rate` of its seconds pass in one real second."""

    def __init__(self, rate: float = 1.0) -> None:
        self._rate = rate
        self._stopped = threading.Event()

    def monotonic(self) -> float:
        """Seconds of this time since some instant."""
        return time.monotonic() * self._rate

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this time; raises `Stopped` once `stop` was called."""
        if self._stopped.wait(max(0.0, seconds) / self._rate):
            raise Stopped("stopped while waiting")

    def real(self, seconds: float) -> float:
        """How long that is by the real clock."""
        return seconds / self._rate

    def check(self) -> None:
        """Raises `Stopped` once `stop` was called."""
        if self._stopped.is_set():
            raise Stopped("stopped while waiting")

    def stop(self) -> None:
        """End every wait, now and from now on."""
        self._stopped.set()


@dataclass
class Lease:
    """Room taken by one request: for as long as it is under way, then until `until`."""

    size: float
    hold: float
    until: float | None = None


class Window:
    """One limit's arithmetic, without clock or threads. `amount` overrides the limit's own."""

    def __init__(self, limit: Limit, amount: float | None = None) -> None:
        self.amount = limit.amount if amount is None else amount
        self.usable = self.amount * HEADROOM
        self._limit = limit
        self._leases: list[Lease] = []

    def wait(self, now: float, weight: float) -> float | None:
        """Seconds until so much fits; 0 is now, None where it hangs on a request that is still under way."""
        self._leases = [lease for lease in self._leases if lease.until is None or lease.until > now]
        size, room = self._size(weight)
        used = sum(lease.size for lease in self._leases)
        if self._fits(used, size, room):
            return 0.0
        for lease in sorted(self._finished(), key=lambda lease: lease.until or 0.0):
            used -= lease.size
            if self._fits(used, size, room):
                return (lease.until or now) - now
        return None

    def take(self, weight: float) -> Lease:
        """Take the room that `wait` said is there."""
        gap = self._limit.seconds / self.usable * weight if self._limit.spread else self._limit.seconds * STRETCH
        lease = Lease(self._size(weight)[0], gap)
        self._leases.append(lease)
        return lease

    def done(self, lease: Lease, now: float) -> None:
        """The host has counted this request by now."""
        lease.until = now + lease.hold

    def _finished(self) -> list[Lease]:
        return [lease for lease in self._leases if lease.until is not None]

    def _size(self, weight: float) -> tuple[float, float]:
        """What a request takes, and of how much: with `spread` all there is."""
        return (1.0, 1.0) if self._limit.spread else (float(weight), self.usable)

    @staticmethod
    def _fits(used: float, size: float, room: float) -> bool:
        """A request that is larger than the headroom leaves, yet within the limit, goes alone."""
        return used <= 0 or used + size <= room


@dataclass
class _Gate:
    """One limit as the threads share it. `queue` keeps them in order, so that a heavy request has its turn."""

    limit: Limit
    window: Window
    changed: threading.Condition = field(default_factory=threading.Condition)
    queue: deque[object] = field(default_factory=deque)
    paused_until: float = float("-inf")


class Limits:
    """All limits of a run. `amounts` override the documented ones; no wait is longer than `longest_pause`."""

    def __init__(
        self, limits: Mapping[str, Limit], amounts: Mapping[str, float], pace: Pace, longest_pause: float
    ) -> None:
        self._pace = pace
        self._longest = longest_pause
        self._gates = {name: _Gate(limit, Window(limit, amounts.get(name))) for name, limit in limits.items()}

    def limit(self, name: str) -> Limit:
        """The limit of this name; an unknown name is a fault of the connector."""
        return self._gate(name).limit

    def usable(self, name: str) -> float:
        """How much of the limit is used at most, in its seconds."""
        return self._gate(name).window.usable

    @contextmanager
    def slot(self, name: str, weight: float) -> Iterator[None]:
        """Wait for room, and hold it while the request is under way.

        Raises `Banned` where the host asked for a longer pause than is waited for.
        """
        gate = self._gate(name)
        if weight > gate.window.amount:
            raise Permanent(f"a request of weight {weight} never fits into the limit {name} ({gate.window.amount:g})")
        lease = self._take(gate, name, weight)
        try:
            yield
        finally:
            with gate.changed:
                gate.window.done(lease, self._pace.monotonic())
                gate.changed.notify_all()

    def pause(self, name: str, seconds: float, whole_venue: bool = False) -> None:
        """Let nobody begin a request of this limit for so long; `whole_venue`: of any limit of its venue."""
        venue = name.partition(".")[0] + "."
        names = [each for each in self._gates if each.startswith(venue)] if whole_venue else []
        until = self._pace.monotonic() + seconds
        for gate in [self._gate(each) for each in {name, *names}]:
            with gate.changed:
                gate.paused_until = max(gate.paused_until, until)

    def _gate(self, name: str) -> _Gate:
        try:
            return self._gates[name]
        except KeyError:
            raise Permanent(f"there is no limit named {name}: declare it in the venue's LIMITS") from None

    def _take(self, gate: _Gate, name: str, weight: float) -> Lease:
        turn = object()
        with gate.changed:
            gate.queue.append(turn)
            try:
                while True:
                    self._pace.check()
                    wait = self._wait(gate, name, weight) if gate.queue[0] is turn else None
                    if wait is not None and wait <= 0:
                        return gate.window.take(weight)
                    look = _LOOK_SECONDS if wait is None else min(_LOOK_SECONDS, self._pace.real(wait))
                    gate.changed.wait(look)
            finally:
                gate.queue.remove(turn)
                gate.changed.notify_all()

    def _wait(self, gate: _Gate, name: str, weight: float) -> float | None:
        now = self._pace.monotonic()
        paused = gate.paused_until - now
        if paused > self._longest:
            raise Banned(f"{name}: the host asked for a pause of another {paused:.0f} s", paused)
        wait = gate.window.wait(now, weight)
        return None if wait is None else max(wait, paused, 0.0)
