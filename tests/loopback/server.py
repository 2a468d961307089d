"""The server: real sockets, one port for all venues, a log of every request, budgets counted.

Belongs here: taking requests, counting, faults. Does not belong here: what a venue answers (`venues/`).

A venue's host is the first part of the path (`/fapi.binance.com/fapi/v1/…`), so that a mirror per host leads here.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from loopback import faults as fault
from loopback.contract import Answer, Ask, Budget, Venue, World
from loopback.faults import Faults


@dataclass(frozen=True)
class Entry:
    """One request in the log: when (in paced seconds), what was asked, what came of it."""

    at: float
    ask: Ask
    status: int
    fault: str | None


@dataclass
class Loopback:
    """The running server. `pace` is how many seconds of the venues' budgets pass in one real second.

    `broken` names each request that went beyond a budget; it was answered with 429.
    """

    world: World
    venues: Iterable[Venue]
    faults: Faults = field(default_factory=Faults)
    pace: float = 1.0
    log: list[Entry] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hosts = {host: venue for venue in self.venues for host in venue.hosts}
        self._spent: dict[str, deque[tuple[float, float]]] = defaultdict(deque)
        self._lock = threading.Lock()

    def __enter__(self) -> Loopback:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def mirrors(self) -> dict[str, str]:
        """The settings that send every venue's requests here."""
        return {f"https://{host}": f"http://127.0.0.1:{self.port}/{host}" for host in self.hosts}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                loopback.take(self, "GET")

            def do_POST(self) -> None:
                loopback.take(self, "POST")

            def log_message(self, format: str, *args: object) -> None:
                """The log is kept by the server."""

        return Handler

    def take(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        """Answer one request, honestly or with a fault."""
        ask = _ask(handler, method)
        kind = self.faults.draw(ask)
        answer = self._answer(ask, kind)
        try:
            if answer.status != 429 and kind == fault.STORM:
                answer = Answer("", 429)
                fault.STORM_ANSWER(handler, answer)
            else:
                fault.WIRE.get(kind or "", fault.send)(handler, answer)
        except OSError:
            handler.close_connection = True
        with self._lock:
            self.log.append(Entry(time.monotonic() * self.pace, ask, answer.status, kind))

    def _answer(self, ask: Ask, kind: str | None) -> Answer:
        venue = self.hosts.get(ask.host)
        if venue is None:
            self.failed.append(f"{ask.host}{ask.path}: no such host")
            return Answer({"message": f"no venue {ask.host}"}, 404)
        over = [budget.name for budget in venue.budgets if budget.applies(ask) and self._over(budget, ask)]
        if over:
            self.broken.append(f"{over[0]}: {ask.host}{ask.path} {dict(ask.params)}")
            return Answer({"code": -1003, "msg": "Too many requests"}, 429, headers={"Retry-After": "60"})
        try:
            # A venue reads the world's payloads, which any number of threads may do.
            return venue.answer(fault.earlier(ask) if kind == fault.OVERLAP else ask, self.world)
        except Exception as error:  # a fault of the test's own must show, not look like the venue's
            self.failed.append(f"{ask.host}{ask.path} {dict(ask.params)}: {type(error).__name__}: {error}")
            return Answer({"message": "the loopback server failed"}, 501)

    def _over(self, budget: Budget, ask: Ask) -> bool:
        """Count the request; whether it goes beyond the budget in the window that ends with it."""
        now, weight = time.monotonic() * self.pace, budget.weight(ask)
        with self._lock:
            spent = self._spent[budget.name]
            while spent and spent[0][0] <= now - budget.seconds:
                spent.popleft()
            spent.append((now, weight))
            return sum(amount for _, amount in spent) > budget.amount


def _ask(handler: BaseHTTPRequestHandler, method: str) -> Ask:
    parts = urlsplit(handler.path)
    _, host, *rest = parts.path.split("/", 2)
    length = int(handler.headers.get("Content-Length") or 0)
    body = handler.rfile.read(length) if length else b""
    headers = {name.lower(): value for name, value in handler.headers.items()}
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Ask(method, host, "/" + (rest[0] if rest else ""), params, headers, json.loads(body) if body else None)
