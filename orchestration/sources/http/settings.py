"""How the http transport behaves: time-outs, tries, sizes, concurrency, mirrors.

Belongs here: the values with their defaults. Does not belong here: reading them from a file or the
environment (`orchestration/resources/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

USER_AGENT = "sluice/0.1 (self-hosted market data warehouse; batch)"


@dataclass(frozen=True)
class HttpSettings:
    """`mirrors` put another base in place of a scheme and host, for example
    {"https://api.bybit.com": "https://api.bytick.com"}. `limits` override a limit's amount per its seconds.
    `pace` is how many seconds of limits and waits pass in one second of the clock: 1 except in tests.
    """

    user_agent: str = USER_AGENT
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 180.0
    attempts: int = 6
    backoff_seconds: float = 1.0
    backoff_most_seconds: float = 60.0
    ban_most_seconds: float = 900.0
    max_body_bytes: int = 128 * 1024 * 1024
    concurrency: int = 8
    per_host: int = 4
    ca_bundle: Path | None = None
    mirrors: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    pace: float = 1.0
