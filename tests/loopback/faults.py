"""Faults of a venue, on demand: what goes wrong, drawn by a seed, on the socket or in the body.

Belongs here: the faults of HTTP answers. Does not belong here: when the server is asked for them (`server.py`),
and faults of websockets (`sockets.py`).
"""

from __future__ import annotations

import gzip
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback.contract import Answer, Ask

CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
_BOMB_BYTES = 24 * 1024 * 1024
_BOMB = gzip.compress(b"[" + b"0," * (_BOMB_BYTES // 2) + b"0]", 9)
_STARTS = ("startTime", "start_timestamp", "since", "begin", "start")
Write = Callable[[BaseHTTPRequestHandler, Answer], None]


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The answer as it is."""
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.content_type)
    handler.send_header("Content-Length", str(len(answer.content)))
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(answer.content)


def _reset_in_the_body(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.content_type)
    handler.send_header("Content-Length", str(len(answer.content) + 64))
    handler.end_headers()
    handler.wfile.write(answer.content[: len(answer.content) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def _drip(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """A byte now and then: each comes in time, the body never does."""
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.content_type)
    handler.send_header("Content-Length", str(len(answer.content) + 64))
    handler.end_headers()
    handler.close_connection = True
    try:
        for at in range(80):
            handler.wfile.write(answer.content[at : at + 1] or b" ")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def _gzip_bomb(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    send(handler, Answer(_BOMB, content_type=answer.content_type, headers={"Content-Encoding": "gzip"}))


def _challenge(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    send(handler, Answer(CHALLENGE, content_type="text/html; charset=UTF-8", headers={"cf-mitigated": "challenge"}))


def _truncated(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Half a body that claims to be whole."""
    send(handler, replace(answer, body=answer.content[: max(1, len(answer.content) // 2)]))


def _other_type(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    send(handler, Answer(CHALLENGE, content_type="application/octet-stream"))


def _status(code: int, **headers: str) -> Write:
    def write(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        send(handler, Answer({"code": -1003, "msg": "Too many requests"}, code, headers=named))

    return write


def _clock_jump(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The answer, by a server whose clock is years off."""
    send(handler, replace(answer, headers={**answer.headers, "Date": "Thu, 01 Jan 1998 00:00:00 GMT"}))


def _repeated_rows(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The body's longest list has its last row twice."""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return send(handler, answer)
    lists = sorted(_lists(body), key=len)
    if not lists or not lists[-1] or not isinstance(lists[-1][-1], dict | list):
        return send(handler, answer)
    lists[-1].append(lists[-1][-1])
    return send(handler, replace(answer, body=json.dumps(body)))


def _lists(body: Any) -> list[list[Any]]:
    """Lists of records; arrays side by side (a chart) and pairs of unlike things are not."""
    if isinstance(body, list):
        return [body] if len({type(item) for item in body}) == 1 else []
    if isinstance(body, dict):
        inner = [found for value in body.values() for found in _lists(value)]
        return inner if len({len(found) for found in inner}) == len(inner) else []
    return []


# Faults that an honest client gets over by asking again, and some that it has to bear.
WIRE: dict[str, Write] = {
    "reset": _reset_in_the_body,
    "drip": _drip,
    "gzip bomb": _gzip_bomb,
    "challenge": _challenge,
    "truncated": _truncated,
    "other type": _other_type,
    "500": _status(500),
    "503": _status(503, Retry_After="1"),
    "408": _status(408),
    "418": _status(418, Retry_After="2"),
    "clock jump": _clock_jump,
    "repeated rows": _repeated_rows,
}
STORM, OVERLAP = "429 storm", "overlapping page"
KINDS = (*WIRE, STORM, OVERLAP)


def earlier(ask: Ask) -> Ask:
    """The same question from an hour earlier on: what comes overlaps with what was sent before."""
    name = next((name for name in _STARTS if ask.params.get(name, "").isdigit()), None)
    if name is None or len(ask.params[name]) != 13:
        return ask
    start = int(ask.params[name]) - int(timedelta(hours=1).total_seconds() * 1000)
    return replace(ask, params={**ask.params, name: str(start)})


@dataclass
class Faults:
    """Draws a fault for `rate` of the requests, each kind as often as the others."""

    rate: float = 0.0
    seed: int = 1
    kinds: tuple[str, ...] = KINDS
    drawn: Counter[str] = field(default_factory=Counter)
    storms: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def draw(self, ask: Ask) -> str | None:
        """The fault of this request, if any. A storm lasts for the next requests to the host as well."""
        with self._lock:
            left = self.storms.get(ask.host, 0)
            if left:
                self.storms[ask.host] = left - 1
                return STORM
            if self._random.random() >= self.rate:
                return None
            kind = self._random.choice(self.kinds)
            if kind == "418" and "binance" not in ask.host:
                kind = "503"
            self.drawn[kind] += 1
            if kind == STORM:
                self.storms[ask.host] = 2
            return kind


STORM_ANSWER = _status(429, Retry_After="1")
