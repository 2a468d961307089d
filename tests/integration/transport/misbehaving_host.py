"""A host on the loopback that answers by script, and a forward proxy: what the transport is tested against."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from orchestration.sources.http.contract import Request

GOOD = b'{"rows": [1, 2, 3]}'
CHALLENGE = b"<!DOCTYPE html><html><title>Just a moment...</title></html>"
Act = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Seen:
    """One request as the host got it, and when."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    connection: int


@dataclass
class Host:
    """What each path answers, one act after the other, the last of them from then on."""

    port: int = 0
    acts: dict[str, list[Act]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    at_once: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, path: str, *acts: Act) -> str:
        """Set what a path answers; its URL."""
        self.acts[path] = list(acts)
        return self.base + path


def ask(url: str, **kw: Any) -> Request:
    """A request that no limit holds up."""
    return Request(url, kw.pop("limit", "venue.free"), **kw)


def answer(body: Any = GOOD, status: int = 200, **headers: str) -> Act:
    """A whole answer; header names are written with underscores."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        named = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in named.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return act


def reset_in_the_body(handler: BaseHTTPRequestHandler) -> None:
    """Half the body, then a reset of the connection."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.wfile.write(GOOD[: len(GOOD) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def closed_without_length(content: bytes) -> Act:
    """A body that ends where the connection does, as if it were whole."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    return act


def drip(where: str) -> Act:
    """A byte now and then, in the body or already in the headers: each in time, the whole never."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n")
        handler.wfile.write(b"X-Long: " if where == "headers" else b"\r\n")
        try:
            for _ in range(100):
                handler.wfile.write(b"1")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    return act


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on a free port of the loopback; gives the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def host() -> Iterator[Host]:
    """A host that answers by its script."""
    made, lock = Host(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _take(self) -> None:
            path = self.path.split("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                port = self.client_address[1]
                made.seen.append(Seen(self.command, self.path, headers, body, time.monotonic(), port))
                acts, count = made.acts[path], made.asked[path]
                made.asked[path] += 1
                made.at_once += 1
                made.most_at_once = max(made.most_at_once, made.at_once)
            try:
                acts[min(count, len(acts) - 1)](self)
            finally:
                with lock:
                    made.at_once -= 1

        do_GET = do_POST = _take

        def log_message(self, format: str, *args: object) -> None:
            """Kept by the host."""

    with serving(Handler) as port:
        made.port = port
        yield made


@contextmanager
def forward_proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy that passes on requests for absolute URLs, tunnels CONNECT, and notes each target."""
    targets: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            targets.append(f"{self.path} {self.headers.get('Proxy-Authorization', '')}".strip())
            parts = urlsplit(self.path)
            onward = HTTPConnection(parts.hostname or "", parts.port or 80)
            onward.request("GET", parts.path)
            got = onward.getresponse()
            content = got.read()
            self.send_response_only(got.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_CONNECT(self) -> None:
            targets.append(self.path)
            name, _, port = self.path.partition(":")
            with socket.create_connection((name, int(port))) as onward:
                self.send_response_only(200)
                self.end_headers()
                self.wfile.flush()
                other = threading.Thread(target=_pass_on, args=(onward, self.connection), daemon=True)
                other.start()
                _pass_on(self.connection, onward)
                other.join(5)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Noted in the targets."""

    with serving(Handler) as port:
        yield f"127.0.0.1:{port}", targets


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@dataclass
class SecureHost:
    """A host that speaks HTTP/2 over TLS; `versions` are those of the requests that it got."""

    port: int
    versions: list[str]


@contextmanager
def secure_host(folder: Path) -> Iterator[tuple[SecureHost, Path]]:
    """Serve HTTP/2 with a certificate of an authority of our own; gives the host and the authority's bundle."""
    authority = trustme.CA()
    issued, key, chain, bundle = authority.issue_cert("localhost"), *(folder / name for name in ("key", "chain", "ca"))
    issued.private_key_pem.write_to_path(str(key))
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(str(bundle))
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    made = SecureHost(port, [])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            return await send({"type": "lifespan.shutdown.complete"})
        made.versions.append(scope["http_version"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        return await send({"type": "http.response.body", "body": GOOD})

    config = Config.from_mapping(
        bind=[f"fd://{listening.detach()}"], certfile=str(chain), keyfile=str(key), errorlog=None, graceful_timeout=0.1
    )
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(serve(app, config, shutdown_trigger=stop.wait),), daemon=True
    )
    thread.start()
    try:
        yield made, bundle
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
