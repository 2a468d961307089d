"""What the recorder tells of itself, and the HTTP endpoint that tells it.

Belongs here: the state per channel, clock skew, JSON over HTTP on one's own machine. Does not belong here: what
raises an alarm (`session.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

# Venues stamp when they send; beyond this one of the two clocks is wrong, or the connection lags.
SKEW_SECONDS = 5.0
_SKEW_WINDOW = 60.0


@dataclass
class Skew:
    """By how much the venue's stamps lie behind our clock (negative: ahead of it), at least, in a minute.

    The least of a minute leaves out batches, repeats and snapshots of what was long ago. A stamp that is ahead
    needs no minute: nothing arrives before it is sent.
    """

    seconds: float | None = None
    is_noted: bool = False
    _least: float | None = None
    _since: float | None = None

    def stamped(self, behind: float, monotonic: float) -> bool:
        """Take a message's delay; true where the note has just changed."""
        self._least = behind if self._least is None else min(self._least, behind)
        if self._since is None:
            self._since = monotonic
        if behind >= -SKEW_SECONDS and monotonic - self._since < _SKEW_WINDOW:
            return False
        self.seconds, self._least, self._since = self._least, None, monotonic
        was, self.is_noted = self.is_noted, abs(self.seconds) > SKEW_SECONDS
        return was != self.is_noted


@dataclass
class ChannelHealth:
    """One channel as it is now. `alarms` are what is wrong, by kind: silent, refused, disk."""

    connected: bool = False
    subscribed: bool = False
    last_message_at: datetime | None = None
    messages: int = 0
    unknown: int = 0
    bytes: int = 0
    connects: int = 0
    gaps: int = 0
    gap_since: datetime | None = None
    alarms: dict[str, str] = field(default_factory=dict)
    skew: Skew = field(default_factory=Skew)
    trouble: str = ""

    def report(self) -> dict[str, Any]:
        """As JSON, without what is only for reckoning."""
        told = {name: value for name, value in asdict(self).items() if name != "skew"}
        for name in ("last_message_at", "gap_since"):
            told[name] = told[name] and told[name].isoformat()
        told["reconnects"] = max(told.pop("connects") - 1, 0)
        skew = self.skew.seconds
        return {**told, "skew_seconds": skew and round(skew, 3), "skew_noted": self.skew.is_noted}


async def serve(report: Callable[[], dict[str, Any]], port: int) -> asyncio.Server:
    """Answer every GET on 127.0.0.1 with the report: 200, or 503 while `report()["alarm"]` holds."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(head, report))
                await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port, limit=16 * 1024)


def _response(head: bytes, report: Callable[[], dict[str, Any]]) -> bytes:
    if not head.startswith((b"GET ", b"HEAD ")):
        status, body = "405 Method Not Allowed", b"{}\n"
    else:
        told = report()
        status = "503 Service Unavailable" if told["alarm"] else "200 OK"
        body = json.dumps(told, indent=2).encode() + b"\n"
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    end = "\r\nConnection: close\r\n\r\n"
    return "\r\n".join(lines).encode() + end.encode() + (b"" if head.startswith(b"HEAD ") else body)
