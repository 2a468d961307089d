"""The recorder: all channels, one writer, one state file.

Belongs here: starting (with what the process before left), committing every half second, stopping. Does not
belong here: connections (`session.py`), files (`segments.py`, `salvage.py`).

Every commit writes what came in, puts it on disk, and then says in `state.json` up to when each channel is
covered. A process that dies leaves that file, and the next one declares the gap that follows from it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.recorder.channels import GAPS, Channel
from orchestration.recorder.coverage import Coverage, Gap, inherited
from orchestration.recorder.health import ChannelHealth, serve
from orchestration.recorder.outlet import Outlet
from orchestration.recorder.salvage import salvage
from orchestration.recorder.segments import DiskError, Spool, line
from orchestration.recorder.session import Session
from orchestration.recorder.settings import RecorderSettings
from orchestration.recorder.state import STATE, gap_line, locked, read_state
from orchestration.sources.base import SourceError
from orchestration.store.atomic import make_dir, write_json
from orchestration.store.layout import Layout

log = logging.getLogger("sluice.recorder")

# A connection may be away for so long before it is an alarm.
_AWAY_SECONDS = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _Kept:
    """A channel of earlier runs that is not recorded now; its gap stays open."""

    venue: str
    state: dict[str, Any]


class Recorder:
    """One instance on one data directory."""

    def __init__(self, layout: Layout, settings: RecorderSettings, clock: Callable[[], datetime] = _now) -> None:
        if not re.fullmatch(r"[a-z0-9_-]{1,32}", settings.instance):
            raise SourceError(f"{settings.instance!r} cannot name a recorder: use a-z, 0-9, _ and -")
        self.settings, self._clock = settings, clock
        self.folder = layout.recorder / settings.instance
        self.port = settings.port
        self._outlet = Outlet(settings.most_bytes)
        self._spool = Spool(self.folder, settings.roll, clock)
        self._sessions: list[Session] = []
        self._kept: dict[str, _Kept] = {}
        self._started_at = clock()
        self._names: Mapping[str, str] = {}
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Record until `stop` is set, then seal everything.

        Raises `SourceError` where another recorder has this instance or the port, `DiskError` where the disk
        fails: what was written is then kept, and the next start seals it and declares the gap.
        """
        make_dir(self.folder)
        # Who lands segments holds it for an instant.
        with locked(self.folder, seconds=2.0) as free:
            if not free:
                raise SourceError(
                    f"a recorder {self.settings.instance!r} runs already on this data directory; "
                    "a second one beside it needs a name of its own: --instance second"
                )
            self._begin()
            server = await self._serve()
            try:
                await self._record(stop)
            finally:
                server.close()

    async def _serve(self) -> asyncio.Server:
        try:
            server = await serve(self.report, self.settings.port)
        except OSError as error:
            port = self.settings.port
            raise SourceError(f"port {port} of 127.0.0.1 is taken: name another with --port ({error})") from error
        self.port = server.sockets[0].getsockname()[1]
        log.info("health: http://127.0.0.1:%d/", self.port)
        return server

    def _begin(self) -> None:
        """Mend what a crash left, and begin every channel in the gap that it left or that the start is."""
        now = self._clock()
        for mended in salvage(self.folder, now):
            where = mended.path.name if mended.path else "nothing"
            log.warning("salvaged %s/%s: %d lines", mended.stream, where, mended.lines)
            if mended.cut_bytes:
                log.warning("salvaged %s: %d torn bytes cut", mended.stream, mended.cut_bytes)
        before = read_state(self.folder)["channels"]
        for channel in self.settings.channels:
            state = before.pop(channel.name, None)
            gap = inherited(state, now)
            self._sessions.append(self._session(channel, gap))
            if state is None or state["gap"] is None:
                self._tell(channel.venue, channel.name, gap)
        for name, state in before.items():
            gap = inherited(state, now, "not_running")
            if state["gap"] is None:
                self._tell(state["venue"], name, gap)
            ended = {"started_at": gap.started_at.isoformat(), "reason": gap.reason}
            self._kept[name] = _Kept(state["venue"], {**state, "gap": ended})

    def _session(self, channel: Channel, gap: Gap) -> Session:
        health = ChannelHealth()

        def tell(found: Gap) -> None:
            health.gaps += found.ended_at is None
            self._tell(channel.venue, channel.name, found)

        coverage = Coverage(gap, tell)
        return Session(channel, self.settings, self._outlet, coverage, health, self._clock)

    def _tell(self, venue: str, channel: str, gap: Gap) -> None:
        text = gap_line(self.settings.instance, venue, channel, gap)
        self._outlet.put(GAPS, line(self._clock(), text))
        log.info("gap of %s", text)

    async def _record(self, stop: asyncio.Event) -> None:
        running = [asyncio.create_task(session.run(), name=session.channel.name) for session in self._sessions]
        writing = asyncio.create_task(self._write_forever())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*running, writing, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled([*running, stopping])
            if not writing.done():
                # Not cancelled inside a commit: half of one would be lost.
                self._stopping = True
            failure = (await asyncio.gather(writing, return_exceptions=True))[0]
        if isinstance(failure, BaseException):
            log.error("%s", failure)
            raise failure
        await self._end()

    async def _end(self) -> None:
        """Declare where each channel stops, and seal."""
        now = self._clock()
        for session in self._sessions:
            session.health.connected = session.health.subscribed = False
            session.coverage.lost("stopped", now)
        await self._commit()
        await asyncio.to_thread(self._spool.seal_all)
        log.info("stopped; every segment is sealed")

    async def _write_forever(self) -> None:
        while not self._stopping:
            began = asyncio.get_running_loop().time()
            await self._commit()
            took = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(self.settings.timing.flush_seconds - took, 0.01))

    async def _commit(self) -> None:
        """Put on disk what has come in, then say up to when each channel is covered."""
        lines = self._outlet.take()
        state = self._state()
        await asyncio.to_thread(self._put, lines, state)
        self._outlet.written(lines)
        self._names = self._spool.names()

    def _put(self, lines: dict[str, Any], state: dict[str, Any]) -> None:
        self._spool.commit(lines)
        try:
            write_json(self.folder / STATE, state)
        except OSError as error:
            raise DiskError(f"cannot write {self.folder / STATE}: {error.strerror or error}") from error

    def _state(self) -> dict[str, Any]:
        live = {s.channel.name: {"venue": s.channel.venue, **s.coverage.state()} for s in self._sessions}
        kept = {name: {**found.state, "venue": found.venue} for name, found in self._kept.items()}
        return {"written_at": self._clock().isoformat(), "channels": {**kept, **live}}

    def report(self) -> dict[str, Any]:
        """Health as JSON: per channel and as a whole."""
        now, told = self._clock(), {}
        for session in self._sessions:
            channel = session.report()
            gap = session.coverage.gap
            if gap is not None and not session.health.subscribed:
                away = (now - max(gap.started_at, self._started_at)).total_seconds()
                if away > _AWAY_SECONDS:
                    channel["alarms"] = {**channel["alarms"], "away": f"not subscribed for {away:.0f} s"}
            told[session.channel.name] = {**channel, "segment": self._names.get(session.channel.name)}
        return {
            "alarm": any(channel["alarms"] for channel in told.values()),
            "instance": self.settings.instance,
            "started_at": self._started_at.isoformat(),
            "waiting_bytes": self._outlet.waiting,
            "channels": told,
        }


async def _cancelled(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
