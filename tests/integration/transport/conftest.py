"""A host that misbehaves, and transports whose waits pass quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from misbehaving_host import Host, host

from orchestration.sources.http.contract import Limit
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.transport import Transport

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
PACE = 200.0
LIMITS = {
    limit.name: limit
    for limit in (
        Limit("venue.free", 1e6, 1.0, ""),
        Limit("venue.five", 5, 20.0, ""),
        Limit("binance.futures", 2400, 60.0, ""),
        Limit("binance.data", 1000, 300.0, ""),
    )
}
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
Make = Callable[..., Transport]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests may name a proxy or a bundle."""
    for name in (*PROXIES, *map(str.lower, PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def venue() -> Iterator[Host]:
    """The host; `script` says what it answers."""
    with host() as made:
        yield made


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes transports with these settings changed; they are closed after the test."""
    made: list[Transport] = []

    def build(secrets: dict[str, str] | None = None, **changes: Any) -> Transport:
        settings = {"pace": PACE, "read_seconds": 2.0, "total_seconds": 4.0, "backoff_seconds": 0.2, **changes}
        made.append(Transport(HttpSettings(**settings), LIMITS, secrets or {}, lambda: NOW))
        return made[-1]

    yield build
    for transport in made:
        transport.close()
