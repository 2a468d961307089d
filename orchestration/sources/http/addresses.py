"""What a request asks for, as text: its URL, the line that the ledger keeps, the name in messages.

Belongs here: URLs, mirrors, and which redirects stay on the same host. Does not belong here: asking.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import httpx

from orchestration.sources.http.contract import Request
from orchestration.sources.http.errors import Permanent

_PORTS = {"http": 80, "https": 443}


def method_of(request: Request) -> str:
    """A request with a body of its own is a POST."""
    return "GET" if request.json_body is None else "POST"


def url_of(request: Request) -> str:
    """The real URL with its query in the order of the parameters; without secrets."""
    if not request.params:
        return request.url
    query = urlencode(dict(request.params), safe=",:", quote_via=quote)
    return f"{request.url}{'&' if '?' in request.url else '?'}{query}"


def locator(request: Request) -> str:
    """Method, URL and body as one line: what a request is, for the ledger and against loops."""
    line = f"{method_of(request)} {url_of(request)}"
    if request.json_body is None:
        return line
    return f"{line} {json.dumps(request.json_body, separators=(',', ':'))}"


def place(request: Request) -> str:
    """Method, host and path: enough to find a request by, and no parameter."""
    url = httpx.URL(request.url)
    return f"{method_of(request)} {url.host}{url.path}"


def mirrored(url: str, mirrors: Mapping[str, str]) -> str:
    """The URL at the mirror of its host, where there is one."""
    for base, mirror in mirrors.items():
        root = base.rstrip("/")
        if url == root or url.startswith((f"{root}/", f"{root}?")):
            return mirror.rstrip("/") + url[len(root) :]
    return url


def same_host(url: httpx.URL, target: httpx.URL, where: str) -> None:
    """Raises `Permanent` where a redirect leads away: another host has other limits and must not see secrets."""
    here = (url.scheme, url.host, url.port or _PORTS.get(url.scheme))
    there = (target.scheme, target.host, target.port or _PORTS.get(target.scheme))
    is_upgrade = here == ("http", url.host, 80) and there == ("https", url.host, 443)
    if here != there and not is_upgrade:
        raise Permanent(f"{where}: redirected to another host ({target.scheme}://{target.host})")
