"""A host that is slow holds up its own series only: the room for requests goes round the hosts."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from replies import reply

from orchestration.sources.http.contract import Batch, Connector, Reply, Request, one
from orchestration.sources.http.engine import fetch
from orchestration.sources.http.settings import HttpSettings

BATCH = Batch(date(2026, 3, 30), date(2026, 3, 31), datetime(2026, 4, 1, tzinfo=UTC))
SLOW = ("slow", "slower")


class Slow:
    """Two hosts that answer only once every other one has; all others at once."""

    def __init__(self, others: int) -> None:
        self.settings = HttpSettings(concurrency=8, per_host=4)
        self._left, self._rest = others, threading.Event()
        self._lock = threading.Lock()
        self.waited: Counter[bool] = Counter()

    def has(self, variable: str) -> bool:
        return True

    def lanes(self, request: Request) -> int:
        return self.settings.per_host

    def stop(self) -> None:
        self._rest.set()

    def get(self, request: Request, refuse: Any = None) -> Reply:
        if request.limit.partition(".")[0] in SLOW:
            self.waited[self._rest.wait(5.0)] += 1
        else:
            with self._lock:
                self._left -= 1
                if not self._left:
                    self._rest.set()
        return reply(request, b"[1]")


def _connector(host: str, count: int) -> Connector:
    def series(batch: Batch) -> Any:
        return (one(Request(f"https://{host}.example/{number}", f"{host}.class")) for number in range(count))

    return Connector(host, series, "history", ("00:30",), "", "")


def test_slow_hosts_do_not_take_all_the_room():
    """Freed room that went to the first host with work would leave the others waiting until the slow ones end."""
    hosts = [*SLOW, *(f"venue{number}" for number in range(8))]
    transport = Slow(others=8 * 12)
    asked = [(_connector(host, 12), BATCH) for host in hosts]
    ended = [result.feed for result in fetch(asked, transport)]
    assert transport.waited[False] == 0, "a series of a slow host waited in vain for those of the others"
    assert set(ended[:8]) == set(hosts) - set(SLOW)
