"""Between the connections and the disk: lines that wait to be written, as many as memory may hold.

Belongs here: the bound. Does not belong here: writing (`segments.py`).
"""

from __future__ import annotations

import asyncio

from orchestration.recorder.segments import Line


class Outlet:
    """Lines per stream. Above `most_bytes` readers wait: the venue then waits too, or ends the connection,
    and that is a gap that shows. Nothing is dropped here.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.waiting = 0
        self._lines: dict[str, list[Line]] = {}
        self._room = asyncio.Event()
        self._room.set()

    @property
    def is_full(self) -> bool:
        """Whether readers wait."""
        return not self._room.is_set()

    def put(self, stream: str, line: Line) -> None:
        """Add a line, also beyond the bound: what has been received is kept."""
        self._lines.setdefault(stream, []).append(line)
        self.waiting += len(line.content)
        if self.waiting >= self.most_bytes:
            self._room.clear()

    async def room(self) -> None:
        """Wait until more may be read."""
        await self._room.wait()

    def take(self) -> dict[str, list[Line]]:
        """All lines that wait. They count until they are `written`."""
        taken, self._lines = self._lines, {}
        return taken

    def written(self, lines: dict[str, list[Line]]) -> None:
        """Lines that were taken are on disk."""
        self.waiting -= sum(len(line.content) for found in lines.values() for line in found)
        if self.waiting < self.most_bytes:
            self._room.set()
