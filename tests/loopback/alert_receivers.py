"""A webhook and a mail server that keep what they are told, and can be made to fail in the ways such things fail.

Belongs here: real sockets. Does not belong here: any assertion.
"""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

# As long as Slack's, and as secret.
HOOK_PATH = "/services/T0LOOPBACK/B0LOOPBACK/h00kS3cr3tOfTheTest"


class _Server:
    """A server in a thread, on a free port."""

    server: Any

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@dataclass
class Hook(_Server):
    """Keeps every body in `bodies`. Answers with `status`, after `delay` seconds, `trickle` byte by byte."""

    status: int = 200
    delay: float = 0.0
    trickle: bool = False
    certificate: ssl.SSLContext | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                hook.bodies.append(json.loads(body) | {"path": self.path})
                hook.headers.append(dict(self.headers.items()))
                time.sleep(hook.delay)
                self.close_connection = True
                with suppress(OSError):
                    if hook.trickle:
                        for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 400:
                            self.wfile.write(bytes([sign]))
                            time.sleep(0.05)
                    self.send_response(hook.status)
                    self.send_header("Location", f"http://127.0.0.1:{hook.port}/elsewhere")
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Bodies are kept by the hook."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if self.certificate:
            # The handshake is the reader's: one that fails must not end the server.
            self.server.socket = self.certificate.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.server.handle_error = lambda request, address: None

    @property
    def url(self) -> str:
        """The secret address."""
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}{HOOK_PATH}"

    @property
    def lines(self) -> list[str]:
        """All lines told so far, without the heads."""
        return [
            line
            for body in self.bodies
            for block in body["blocks"]
            if block["type"] == "section"
            for line in block["text"]["text"].splitlines()
        ]


@dataclass
class Post(_Server):
    """A mail server that keeps every message in `mails`, as it came. `answers` replaces the reply to a verb."""

    answers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    certificate: ssl.SSLContext | None = None
    implicit: bool = False
    mails: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        post = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    post.converse(self.request)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def converse(self, socket: Any) -> None:
        """One connection."""
        is_secured = self.implicit
        if self.implicit and self.certificate:
            socket = self.certificate.wrap_socket(socket, server_side=True)
        stream = socket.makefile("rb")
        time.sleep(self.delay)
        socket.sendall(b"220 loopback\r\n")
        while line := stream.readline():
            text = line.decode("latin-1").strip()
            verb = text.partition(" ")[0].upper()
            self.said.append(text)
            if verb == "STARTTLS" and self.certificate:
                socket.sendall(b"220 go ahead\r\n")
                socket = self.certificate.wrap_socket(socket, server_side=True)
                stream, is_secured = socket.makefile("rb"), True
                continue
            if verb == "DATA" and "DATA" not in self.answers:
                socket.sendall(b"354 end with a dot\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += stream.readline()
                self.mails.append(body[:-3])
                self.secured.append(is_secured)
                socket.sendall(b"250 taken\r\n")
                continue
            socket.sendall((self.answers.get(verb) or self._usual(verb)).encode() + b"\r\n")
            if verb == "QUIT":
                return

    def _usual(self, verb: str) -> str:
        if verb == "EHLO":
            offered = ["250-STARTTLS"] if self.certificate and not self.implicit else []
            return "\r\n".join(["250-loopback", *offered, "250 AUTH PLAIN"])
        return {"AUTH": "235 welcome", "QUIT": "221 bye"}.get(verb, "250 ok")
