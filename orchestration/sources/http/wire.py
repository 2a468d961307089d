"""The connections: direct or through the environment's proxy, each exchange within one deadline, secrets put in last.

Belongs here: what is between httpx's client and the sockets. Does not belong here: what an answer means, limits
and retries (`transport.py`).

httpx's own time-outs are per read, so a host that sends a byte now and then could hold a thread for hours, within
headers as well as bodies. A secret is put in here, below httpx, whose errors and log print the request's URL.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import h2.exceptions
import httpcore
import httpx

from orchestration.redaction import redact
from orchestration.sources.base import SourceError
from orchestration.sources.http.errors import Permanent, Transient, Unanswered, Unreachable
from orchestration.sources.http.settings import HttpSettings

SECRET = "secret"
"""The request's extension that carries a `Carried`."""

_NO_URL = (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol)
_MISSPOKEN = (httpcore.LocalProtocolError, httpx.LocalProtocolError, h2.exceptions.H2Error)
_UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpcore.ConnectError, httpcore.ConnectTimeout)
_BROKEN = (
    httpx.HTTPError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.ConnectionNotAvailable,
    OSError,
)
# Connections that a host closes at about the same instant are not worth reusing.
_IDLE_SECONDS = 20.0


@dataclass(frozen=True, repr=False)
class Carried:
    """A secret on its way: the header or query parameter and its whole value. Never shown."""

    name: str
    value: str
    in_query: bool


class _Deadline(threading.local):
    """When the exchange of this thread has to be over, by the monotonic clock."""

    at: float | None = None

    def left(self, timeout: float | None) -> float | None:
        """The time-out, or what is left of the exchange's time, if that is less."""
        if self.at is None:
            return timeout
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the exchange took longer than total_seconds")
        return left if timeout is None else min(timeout, left)


_deadline = _Deadline()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything that this thread sends and reads in here is over after so many seconds."""
    _deadline.at = time.monotonic() + seconds
    try:
        yield
    finally:
        _deadline.at = None


class _Open:
    """The sockets that are open, so that they can be broken off while other threads wait for them."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[_Stream] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_over = False

    def add(self, stream: _Stream) -> None:
        """Raises `httpcore.ConnectError` after `abort`."""
        with self._lock:
            if not self._is_over:
                self._streams.add(stream)
                return
        stream.close()
        raise httpcore.ConnectError("stopped")

    def abort(self) -> None:
        """Whoever reads or writes sees the end of the connection; none is opened from now on."""
        with self._lock:
            self._is_over = True
            streams = list(self._streams)
        for stream in streams:
            with suppress(OSError):
                # Not the method of a TLS socket, which would take its state from under the thread that reads.
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)


class _Stream(httpcore.NetworkStream):
    """A socket on which every step heeds the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, among: _Open) -> None:
        self._inner, self._among = inner, among
        among.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _deadline.left(timeout)), self._among)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Sockets(httpcore.SyncBackend):
    """Opens such sockets."""

    def __init__(self) -> None:
        self.open = _Open()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        inner = super().connect_tcp(host, port, _deadline.left(timeout), local_address, socket_options)
        return _Stream(inner, self.open)


@contextmanager
def faults(where: str) -> Iterator[None]:
    """Faults of the connection become `Transient`; their own text may hold a URL, and is given without its query."""
    try:
        yield
    except (httpx.InvalidURL, *_NO_URL):
        raise Permanent(f"{where}: this is no URL that can be asked") from None
    except _MISSPOKEN as error:
        # Its text may quote the header that is not valid.
        raise Transient(f"{where}: {type(error).__name__}") from None
    except _BROKEN as error:
        said = redact(str(error)).split("?", 1)[0].strip()
        if "CERTIFICATE_VERIFY_FAILED" in said:
            hint = "name its CA with http.ca_bundle or SSL_CERT_FILE"
            raise Permanent(f"{where}: the host's certificate is not trusted; {hint}") from None
        kind = Unreachable if isinstance(error, _UNCONNECTED) else Unanswered
        raise kind(f"{where}: {type(error).__name__}{f': {said}' if said else ''}") from None


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        yield from self._inner

    def close(self) -> None:
        self._inner.close()


class Wire(httpx.BaseTransport):
    """Pools of connections: one for direct ones, one for each proxy that the environment names."""

    def __init__(self, settings: HttpSettings) -> None:
        context, self._sockets = _trusted(settings), _Sockets()
        most = settings.concurrency + settings.per_host
        options: dict[str, Any] = {
            "ssl_context": context,
            "max_connections": most,
            "max_keepalive_connections": most,
            "keepalive_expiry": _IDLE_SECONDS,
            "http1": True,
            "http2": True,
            "network_backend": self._sockets,
        }
        self._direct = httpcore.ConnectionPool(**options)
        self._named = getproxies_environment()
        self._proxies = {
            scheme: _proxy(self._named.get(scheme) or self._named.get("all"), context, options)
            for scheme in ("http", "https")
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, and return the answer with its body still to be read."""
        answer = self._pool(request.url).handle_request(_as_sent(request))
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def abort(self) -> None:
        """Break off every exchange, whichever thread waits for it; nothing can be asked for afterwards."""
        self._sockets.open.abort()

    def close(self) -> None:
        """Close every connection."""
        for pool in (self._direct, *self._proxies.values()):
            if pool is not None:
                pool.close()

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        proxy = self._proxies.get(url.scheme)
        host = url.host if url.port is None else f"{url.host}:{url.port}"
        if proxy is None or proxy_bypass_environment(host, self._named):
            return self._direct
        return proxy


def _as_sent(request: httpx.Request) -> httpcore.Request:
    carried: Carried | None = request.extensions.get(SECRET)
    target, headers = request.url.raw_path, list(request.headers.raw)
    if carried is not None and carried.in_query:
        pair = f"{quote(carried.name, safe='')}={quote(carried.value, safe='')}"
        target += (b"&" if b"?" in target else b"?") + pair.encode()
    elif carried is not None:
        headers.append((carried.name.encode(), carried.value.encode()))
    url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=target)
    extensions = {name: value for name, value in request.extensions.items() if name != SECRET}
    return httpcore.Request(request.method, url, headers=headers, content=request.stream, extensions=extensions)


def _trusted(settings: HttpSettings) -> ssl.SSLContext:
    """The bundle of the settings, else `SSL_CERT_FILE` or `SSL_CERT_DIR`, else certifi's."""
    try:
        if settings.ca_bundle is not None:
            return ssl.create_default_context(cafile=str(settings.ca_bundle))
        return httpx.create_ssl_context()
    except OSError as error:
        named = settings.ca_bundle or "SSL_CERT_FILE or SSL_CERT_DIR"
        raise SourceError(f"the CA bundle ({named}) cannot be used: {error.strerror or error}") from None


def _proxy(url: str | None, context: ssl.SSLContext, options: dict[str, Any]) -> httpcore.HTTPProxy | None:
    """A pool of connections through this proxy; its URL may hold a password, so no error repeats it."""
    if not url:
        return None
    try:
        parsed = httpx.URL(url if "://" in url else f"http://{url}")
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SourceError("the proxy that the environment names is not an http:// or https:// URL with a host")
    user, _, password = parsed.userinfo.decode().partition(":")
    return httpcore.HTTPProxy(
        httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=b"/"),
        proxy_auth=(unquote(user), unquote(password)) if user else None,
        proxy_ssl_context=context if parsed.scheme == "https" else None,
        **options,
    )
