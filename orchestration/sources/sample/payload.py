"""What the generator yields, and the one source of randomness.

Belongs here: the payload value type, its instants, and random numbers that depend on the seed and on
a name only, so that a part of the scenario is the same whether made alone or with the rest. Does not
belong here: any feed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
HTML = "text/html"
GZIP = "application/gzip"

NOTICE = "Sluice sample feed: a simulation, not the vendor's data"


@dataclass(frozen=True)
class SamplePayload:
    """One simulated fetch: the bytes, when they became known, and which daily batch fetches them.

    `known_at` is the simulated UTC instant of the fetch, `partition` the day whose batch it belongs
    to, `params` what the parser is told; `params["simulated"]` is always "true".
    """

    feed: str
    locator: str
    content: bytes
    known_at: datetime
    partition: date
    params: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON


def payload(
    feed: str, path: str, content: Any, known_at: datetime, partition: date, kind: str = JSON, **params: str
) -> SamplePayload:
    """Build a payload; text is encoded, and anything that is neither text nor bytes becomes JSON."""
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else compact(content)).encode()
    return SamplePayload(feed, f"sample://{path}", content, known_at, partition, {**params, "simulated": "true"}, kind)


def compact(value: Any) -> str:
    """JSON without spaces, as the venues send it."""
    return json.dumps(value, separators=(",", ":"))


def rng(seed: int, *names: object) -> np.random.Generator:
    """A generator that depends on the seed and the names, and on nothing drawn before."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(digest[:8], "big")]))


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0, plus_days: int = 0) -> datetime:
    """The UTC instant of a clock reading on `day`, or `plus_days` later."""
    return datetime.combine(day, time(hour, minute, second), UTC) + timedelta(days=plus_days)


def millis(instant: datetime) -> int:
    """Milliseconds since 1970, as most venues write an instant."""
    return int(instant.timestamp() * 1000)


def days_between(start: date, end: date) -> list[date]:
    """Every day from `start` to `end`, both included."""
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]
