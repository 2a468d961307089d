"""How the recorder behaves: which channels, when segments roll, how long it waits for what.

Belongs here: the values with their defaults. Does not belong here: reading them (`orchestration/resources/`,
`orchestration/cli/record.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.recorder.channels import Channel
from orchestration.recorder.segments import Roll
from orchestration.sources.http.settings import USER_AGENT


@dataclass(frozen=True)
class Timing:
    """Seconds. Reconnecting waits a random part of `backoff_seconds`, doubled each time up to the most;
    it begins anew once a subscription has held for `steady_seconds`. A connection on which nothing, not even
    an answer to a ping, came for `dead_seconds` is given up. A silence alarm reconnects after
    `silence_factor` times the channel's threshold.
    """

    connect_seconds: float = 10.0
    acknowledge_seconds: float = 10.0
    ping_seconds: float = 5.0
    dead_seconds: float = 30.0
    backoff_seconds: float = 1.0
    backoff_most_seconds: float = 30.0
    steady_seconds: float = 30.0
    retry_refused_seconds: float = 60.0
    silence_factor: float = 1.5
    flush_seconds: float = 0.5


@dataclass(frozen=True)
class RecorderSettings:
    """`mirrors` put another base in place of a scheme and host: {"wss://stream.bybit.com": "ws://…"}.
    `most_bytes` are what may wait in memory for the disk.
    """

    channels: tuple[Channel, ...]
    instance: str = "main"
    roll: Roll = field(default_factory=Roll)
    timing: Timing = field(default_factory=Timing)
    port: int = 8712
    most_bytes: int = 64 * 1024 * 1024
    mirrors: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: Path | None = None
    user_agent: str = USER_AGENT
