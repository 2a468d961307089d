"""The venues' websockets: real sockets, the subscription protocols as documented, faults on demand, a log.

Belongs here: what a venue's server says and how it misbehaves. Does not belong here: what a recorder makes of it.
Written from the venues' documents, not from the recorder.

One port for all venues: the path is `/<client>/<venue's host>/<venue's path>`, so that a mirror per host leads here
and each client's messages are logged apart. Every data message bears a number of its own, as its size.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import struct
import threading
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType

from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from loopback.socket_messages import DATA, SPOKEN, number_of

HOSTS = ("fstream.binance.com", "dstream.binance.com", "stream.bybit.com", "ws.okx.com:8443", "www.deribit.com")


@dataclass
class Delivered:
    """Data messages that were handed to connections of one client and channel: when, and which, in order."""

    at: array[float] = field(default_factory=lambda: array("d"))
    number: array[int] = field(default_factory=lambda: array("q"))


@dataclass
class Faults:
    """What goes wrong, to be switched on and off at any time. The sets hold channels (`*`: all).

    `mute`: connected, answering pings, sending no data. `frozen`: not even that. `deaf`: answers pings, but no
    request. `refusing`: connections are refused. `rejecting`: subscriptions get the venue's error. `repeats`,
    `swaps`: the share of messages that are sent twice, or after the next one. `clock`: seconds by which the
    venue's clock is ahead.
    """

    mute: set[str] = field(default_factory=set)
    frozen: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)
    rejecting: set[str] = field(default_factory=set)
    repeats: float = 0.0
    swaps: float = 0.0
    clock: float = 0.0

    def on(self, which: set[str], channel: str) -> bool:
        return bool({"*", channel} & which)


def channel_of(path: str) -> str:
    """Which of the venues' streams a path is; `dead` is Binance's old path, which acknowledges and sends nothing."""
    names = {
        "/fstream.binance.com/market/ws": "binance_usdm",
        "/dstream.binance.com/market/ws": "binance_coinm",
        "/fstream.binance.com/ws": "dead",
        "/stream.bybit.com/v5/public/linear": "bybit_linear",
        "/stream.bybit.com/v5/public/inverse": "bybit_inverse",
        "/ws.okx.com:8443/ws/v5/public": "okx",
        "/www.deribit.com/ws/api/v2": "deribit_trades",
    }
    return names.get(path, "unknown")


@dataclass(eq=False)
class _Peer:
    """One connection: what it subscribed to, by topic."""

    socket: ServerConnection
    client: str
    channel: str
    topics: set[str] = field(default_factory=set)
    held: str | None = None
    frozen: bool = False

    @property
    def label(self) -> str:
        """The channel by the recorder's name: OKX has one path for two of them."""
        if self.channel != "okx":
            return self.channel
        return "okx_futures" if "FUTURES" in self.topics else "okx_swap"


class Sockets:
    """The running server, on a thread of its own. `rate` is messages a second, over all connections.

    With `tls` it speaks wss:// as the venues do.
    """

    def __init__(self, rate: float = 100.0, seed: int = 7, tls: ssl.SSLContext | None = None) -> None:
        self.rate, self.faults, self._tls = rate, Faults(), tls
        self.delivered: dict[tuple[str, str], Delivered] = defaultdict(Delivered)
        self.uncertain: set[int] = set()
        self.heard: Counter[str] = Counter()
        self._peers: set[_Peer] = set()
        self._chance = random.Random(seed)
        self._number = 0

    def __enter__(self) -> Sockets:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def mirrors(self, client: str) -> list[str]:
        """The recorder's options that lead a client here."""
        return [f"--mirror=wss://{host}=ws://127.0.0.1:{self.port}/{client}/{host}" for host in HOSTS]

    def connected(self, client: str | None = None) -> set[str]:
        """Channels to which somebody is subscribed now."""
        return {peer.label for peer in list(self._peers) if peer.topics and client in (None, peer.client)}

    def kill(self, channels: Iterable[str] = ("*",), client: str | None = None, torn: bool = True) -> None:
        """Reset connections, some in the middle of a message."""
        wanted = set(channels)

        def reset() -> None:
            for peer in list(self._peers):
                if {"*", peer.label} & wanted and client in (None, peer.client):
                    _reset(peer.socket, torn)

        self._loop.call_soon_threadsafe(reset)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with serve(
            self._talk,
            "127.0.0.1",
            0,
            process_request=self._admit,
            ping_interval=None,
            compression=None,
            close_timeout=0.2,
            ssl=self._tls,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            sending = asyncio.create_task(self._send_forever())
            ready.set()
            await self._stop.wait()
            sending.cancel()
            server.close(close_connections=True)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        _, _, path = request.path.removeprefix("/").partition("/")
        channel = channel_of("/" + path)
        if channel == "unknown":
            return connection.respond(HTTPStatus.NOT_FOUND, "no such path\n")
        if self.faults.on(self.faults.refusing, channel):
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "try later\n")
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        client, _, path = (socket.request.path if socket.request else "").removeprefix("/").partition("/")
        peer = _Peer(socket, client, channel_of("/" + path))
        self._peers.add(peer)
        try:
            async for text in socket:
                if self.faults.on(self.faults.deaf, "okx_swap" if peer.channel == "okx" else peer.channel):
                    continue
                for answer in self._answers(peer, str(text)):
                    await socket.send(answer)
        except ConnectionClosed:
            pass
        finally:
            self._peers.discard(peer)

    def _answers(self, peer: _Peer, text: str) -> list[str]:
        self.heard[f"{peer.label} {text}"] += 1
        if text == "ping":
            return ["pong"]
        rejected = self.faults.on(self.faults.rejecting, peer.label)
        topics, answers = SPOKEN[peer.channel.partition("_")[0]](json.loads(text), rejected)
        # The venue counts a client as subscribed before its answer is on the way.
        peer.topics |= topics
        return [json.dumps(answer) for answer in answers]

    async def _send_forever(self) -> None:
        """Data to one subscribed connection after another, at the rate."""
        started, sent, beat = time.monotonic(), 0.0, time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            due, started = (now - started) * self.rate + sent, now
            whole = int(due)
            sent = due - whole
            for peer in self._peers:
                self._freeze(peer)
            peers = [peer for peer in self._peers if self._sends_to(peer)]
            for _ in range(whole if peers else 0):
                await self._say(self._chance.choice(peers))
            if now - beat > 1.0:
                beat = now
                await self._ask_for_life()

    def _freeze(self, peer: _Peer) -> None:
        """Stop listening, as a connection whose other end is gone: not even pings are answered."""
        is_frozen = self.faults.on(self.faults.frozen, peer.label)
        if is_frozen and peer.socket.transport.is_reading():
            peer.socket.transport.pause_reading()
        elif not is_frozen and peer.frozen:
            peer.socket.transport.resume_reading()
        peer.frozen = is_frozen

    def _sends_to(self, peer: _Peer) -> bool:
        faults = self.faults
        silent = faults.on(faults.mute, peer.label) or faults.on(faults.frozen, peer.label)
        return bool(peer.topics) and peer.channel != "dead" and not silent

    async def _ask_for_life(self) -> None:
        """Deribit asks its clients whether they live."""
        asked = json.dumps({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}})
        for peer in [peer for peer in self._peers if peer.channel == "deribit_trades" and self._sends_to(peer)]:
            await _quietly(peer.socket, asked)

    async def _say(self, peer: _Peer) -> None:
        """One data message; or two, where it is repeated; or the one held back, after it."""
        self._number += 1
        topic = self._chance.choice(sorted(peer.topics))
        text = json.dumps(DATA[peer.channel.partition("_")[0]](self._number, time.time() + self.faults.clock, topic))
        if peer.held is None and self._chance.random() < self.faults.swaps:
            peer.held = text
            return
        texts = [text] * (2 if self._chance.random() < self.faults.repeats else 1)
        if peer.held is not None:
            texts, peer.held = [*texts, peer.held], None
        for one in texts:
            at, number = time.time(), number_of(json.loads(one))
            if not await _quietly(peer.socket, one):
                # The connection broke meanwhile: it may have arrived, or not.
                self.uncertain.add(number)
                return
            log = self.delivered[peer.client, peer.label]
            log.at.append(at)
            log.number.append(number)


async def _quietly(connection: ServerConnection, text: str) -> bool:
    """Send, and say whether the connection took it."""
    try:
        await connection.send(text)
    except ConnectionClosed:
        return False
    return True


def _reset(connection: ServerConnection, torn: bool) -> None:
    """Break a connection without a word (RST), with half a message on the wire."""
    found = connection.transport.get_extra_info("socket")
    if torn:
        connection.transport.write(b"\x81\x7e\x01\x00" + b'{"e":"force')
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()
