"""What a feed is: a declaration and a pure parser.

Belongs here: the value types that sources, parsers and the core step exchange. Does not belong here:
particular feeds (beside their parsers in `transforms/parse/`) or fetching (`orchestration/sources/`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from schemas.shape import Shape


class PayloadError(ValueError):
    """The payload as a whole cannot be read; it is quarantined whole with `rule` and this message."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True)
class Payload:
    """Raw bytes with what is known about them.

    `known_at` is the UTC instant at which the bytes became known; `locator` the URL or file name;
    `params` what the inbox map or the request says about them (for example asset, venue).
    """

    feed: str
    content: bytes
    known_at: datetime
    raw_sha256: str
    locator: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reject:
    """One input row that breaks a rule: kept in the quarantine with its record."""

    table: str
    rule: str
    reason: str
    record: dict[str, Any]


@dataclass
class Parsed:
    """What a parser makes of a payload: frames by core table (no lineage columns), and rejects."""

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def rows_in(self) -> int:
        """Rows that the payload held: parsed plus rejected."""
        return sum(frame.height for frame in self.frames.values()) + len(self.rejects)


Parser = Callable[[Payload], Parsed]


@dataclass(frozen=True)
class Feed:
    """A feed: one upstream shape from one source, and the core tables it fills.

    `params` names the parameters that an inbox map must give, with what they mean. `shape` declares what the
    parser reads of a body, or of each of its parts: where it drifts from that, the payload is held.
    """

    name: str
    source: str
    title: str
    tables: tuple[str, ...]
    parse: Parser
    cadence: str
    finality_rule: str
    url: str
    licence: str
    params: dict[str, str] = field(default_factory=dict)
    shape: Shape | tuple[Shape, ...] | None = None

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The declared parts of a body; a feed without any says why in `transforms/parse/undeclared.py`."""
        if self.shape is None:
            return ()
        return (self.shape,) if isinstance(self.shape, Shape) else self.shape
