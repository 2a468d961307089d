"""One channel's connection: connect, subscribe, keep alive, read, notice silence, and begin again.

Belongs here: everything that happens on one connection after another. Does not belong here: what a message is
(`protocols.py`), what a gap is (`coverage.py`), or the disk.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from orchestration.recorder.channels import Channel, mirrored
from orchestration.recorder.coverage import Coverage
from orchestration.recorder.health import ChannelHealth
from orchestration.recorder.outlet import Outlet
from orchestration.recorder.protocols import Reading
from orchestration.recorder.segments import decoded, line
from orchestration.recorder.settings import RecorderSettings

log = logging.getLogger("sluice.recorder")

_MOST_MESSAGE_BYTES = 16 * 1024 * 1024


class Lost(Exception):
    """This connection is of no more use; the message says why."""


class Session:
    """One channel, for as long as the recorder runs."""

    def __init__(
        self,
        channel: Channel,
        settings: RecorderSettings,
        outlet: Outlet,
        coverage: Coverage,
        health: ChannelHealth,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.channel, self.health, self.coverage = channel, health, coverage
        self._settings, self._timing, self._outlet, self._clock = settings, settings.timing, outlet, clock
        self._url = mirrored(channel.url, settings.mirrors)
        self._pending: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._last_frame = self._last_data = self._subscribed_at = 0.0
        self._asked: deque[datetime] = deque()
        self._busy = False

    async def run(self) -> None:
        """Record until cancelled."""
        tries = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._connect()
                trouble = "the venue closed the connection"
            except (Lost, OSError, WebSocketException, TimeoutError) as error:
                trouble = f"{type(error).__name__}: {error}" if not isinstance(error, Lost) else str(error)
            except Exception as error:  # whatever it is, the next connection may do without it
                log.exception("%s: a fault in the recorder", self.channel.name)
                trouble = f"fault: {type(error).__name__}: {error}"
            held = self.health.subscribed and self._since(max(self._subscribed_at, began)) > self._timing.steady_seconds
            tries = 0 if held else tries + 1
            self._disconnected(trouble)
            wait = self._backoff(tries)
            log.warning("%s: %s; connecting again in %.1f s", self.channel.name, trouble, wait)
            await asyncio.sleep(wait)

    def _backoff(self, tries: int) -> float:
        timing = self._timing
        most = min(timing.backoff_seconds * 2 ** min(tries, 16), timing.backoff_most_seconds)
        return random.uniform(most / 4, most)

    def _disconnected(self, trouble: str) -> None:
        self.health.connected = self.health.subscribed = False
        self.health.trouble = trouble
        self.coverage.lost("disconnected", self._clock())

    async def _connect(self) -> None:
        """One connection, until it ends. Raises what ended it."""
        opened = connect(
            self._url,
            user_agent_header=self._settings.user_agent,
            open_timeout=self._timing.connect_seconds,
            close_timeout=1,
            ping_interval=None,
            compression=None,
            max_size=_MOST_MESSAGE_BYTES,
            ssl=self._trust(),
        )
        async with opened as socket:
            self.health.connected, self.health.connects = True, self.health.connects + 1
            log.info("%s: connected to %s", self.channel.name, self._url)
            self._last_frame = self._subscribed_at = asyncio.get_running_loop().time()
            self._last_data = self._last_frame
            self._asked.clear()
            await self._subscribe(socket)
            others = [asyncio.create_task(work(socket)) for work in (self._ping, self._keep_alive, self._watch)]
            reading = asyncio.create_task(self._read(socket))
            try:
                done, _ = await asyncio.wait([reading, *others], return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in (reading, *others):
                    task.cancel()
                await asyncio.gather(reading, *others, return_exceptions=True)

    def _trust(self) -> ssl.SSLContext | None:
        """Whom to trust, as for requests: the bundle of the settings, else `SSL_CERT_FILE` or `SSL_CERT_DIR`, else
        certifi's; None where the connection is not encrypted (a mirror on this machine).
        """
        if not self._url.startswith("wss://"):
            return None
        bundle = self._settings.ca_bundle
        return httpx.create_ssl_context() if bundle is None else ssl.create_default_context(cafile=bundle)

    async def _subscribe(self, socket: ClientConnection) -> None:
        dialect = self.channel.protocol
        self._pending, self._refused = dict(dialect.requests(self.channel.topics)), {}
        for text in (*dialect.opening, *self._pending.values()):
            await socket.send(text)

    async def _read(self, socket: ClientConnection) -> None:
        """Take messages in until the connection ends; waits while the disk is behind."""
        while True:
            self._busy = False
            raw = await socket.recv()
            self._busy = True
            now = self._clock()
            self._last_frame = asyncio.get_running_loop().time()
            value, text = decoded(raw)
            reading = self.channel.protocol.read(value)
            if reading.kind in ("data", "unknown"):
                self._outlet.put(self.channel.name, line(now, text))
                self._count(reading, len(text), now)
                if self._outlet.is_full:
                    await self._wait_for_disk()
            else:
                await self._answered(socket, reading, now)

    def _count(self, reading: Reading, size: int, now: datetime) -> None:
        health = self.health
        health.bytes += size
        if reading.kind == "unknown":
            health.unknown += 1
            if health.unknown in (1, 10, 100) or health.unknown % 1000 == 0:
                log.warning("%s: %d messages of an unknown kind, kept", self.channel.name, health.unknown)
            return
        health.messages += 1
        health.last_message_at, self._last_data = now, self._last_frame
        if health.alarms.pop("silent", None):
            log.info("%s: data again, the silence alarm is over", self.channel.name)
        self.coverage.heard(now)
        if reading.stamp and health.skew.stamped(now.timestamp() - reading.stamp / 1000, self._last_frame):
            log.warning(
                "%s: clock skew %s: the venue's stamps lie %.1f s behind this machine's clock",
                self.channel.name, "noted" if health.skew.is_noted else "over", health.skew.seconds,
            )  # fmt: skip

    async def _wait_for_disk(self) -> None:
        self.health.alarms["disk"] = "the disk does not keep up: reading waits"
        log.error("%s: the disk does not keep up with what comes in; reading waits", self.channel.name)
        await self._outlet.room()
        self.health.alarms.pop("disk", None)

    async def _answered(self, socket: ClientConnection, reading: Reading, now: datetime) -> None:
        """Act on a message that is no data."""
        if reading.reply is not None:
            await socket.send(reading.reply)
        if reading.kind == "alive" and self._asked:
            self.coverage.proved(self._asked.popleft())
        elif reading.kind == "control" and reading.detail:
            log.info("%s: %s", self.channel.name, reading.detail)
        elif reading.kind == "refused":
            self._refuse(reading)
        elif reading.kind == "acknowledged":
            self._acknowledge(reading.key, now)

    def _acknowledge(self, key: str | None, now: datetime) -> None:
        """Take an answer off what is waited for; without a key it is the oldest one's."""
        for waiting in (self._pending, self._refused):
            waiting.pop(key if key is not None else next(iter(waiting), ""), None)
        if self._pending or self._refused or self.health.subscribed:
            return
        self.health.subscribed, self.health.trouble = True, ""
        self.health.alarms.pop("refused", None)
        self._subscribed_at = self._last_data = self._last_frame
        log.info("%s: all %d subscriptions acknowledged", self.channel.name, len(self.channel.topics))
        self.coverage.acknowledged(now)

    def _refuse(self, reading: Reading) -> None:
        """A subscription was refused: tried again later, and a gap until it is taken."""
        keys = [reading.key] if reading.key in self._pending else list(self._pending)
        for key in keys:
            self._refused[key] = self._pending.pop(key)
        if keys:
            self.health.alarms["refused"] = reading.detail
        log.error("%s: the venue refuses: %s", self.channel.name, reading.detail)

    async def _ping(self, socket: ClientConnection) -> None:
        """Prove again and again that everything sent so far has arrived; notice a dead connection."""
        while True:
            sent = self._clock()
            try:
                async with asyncio.timeout(self._timing.dead_seconds):
                    await (await socket.ping())
            except TimeoutError:
                if self._since(self._last_frame) >= self._timing.dead_seconds and not self._outlet.is_full:
                    raise Lost("nothing came for too long, not even an answer to a ping") from None
                continue
            self._last_frame = asyncio.get_running_loop().time()
            # The answer overtakes messages that wait to be read; the reader takes all of them when it runs.
            for _ in range(3):
                await asyncio.sleep(0)
            if not self._busy:
                self.coverage.proved(sent)
            await asyncio.sleep(self._timing.ping_seconds)

    async def _keep_alive(self, socket: ClientConnection) -> None:
        wanted = self.channel.protocol.keep_alive
        while True:
            await asyncio.sleep(wanted.seconds if wanted else 3600.0)
            if wanted:
                self._asked.append(self._clock())
                await socket.send(wanted.text)

    async def _watch(self, socket: ClientConnection) -> None:
        """Acknowledgements that do not come, refusals to try again, and silence."""
        step = min(1.0, self.channel.silence_seconds / 5)
        retried = self._subscribed_at
        while True:
            await asyncio.sleep(step)
            if self._pending and self._since(retried) > self._timing.acknowledge_seconds:
                raise Lost(f"no answer to {len(self._pending)} subscriptions")
            if self._refused and self._since(retried) > self._timing.retry_refused_seconds:
                retried = asyncio.get_running_loop().time()
                self._pending, self._refused = {**self._pending, **self._refused}, {}
                for text in list(self._pending.values()):
                    await socket.send(text)
            self._notice_silence()

    def _notice_silence(self) -> None:
        quiet, threshold = self._since(self._last_data), self.channel.silence_seconds
        if quiet > threshold and "silent" not in self.health.alarms:
            self.health.alarms["silent"] = f"no data for {threshold:.0f} s while connected"
            log.error("%s: silence alarm: no data for %.0f s while connected", self.channel.name, quiet)
            self.coverage.silent(self._clock())
        if quiet > threshold * self._timing.silence_factor:
            raise Lost(f"no data for {quiet:.0f} s")

    def _since(self, monotonic: float) -> float:
        return asyncio.get_running_loop().time() - monotonic

    def report(self) -> dict[str, Any]:
        """The channel's health."""
        gap = self.coverage.gap
        self.health.gap_since = gap.started_at if gap is not None else None
        return {"venue": self.channel.venue, "url": self._url, **self.health.report()}
