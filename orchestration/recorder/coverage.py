"""From when until when a channel is proven to have been received whole.

Belongs here: the rule by which a gap opens and closes. Does not belong here: connections, or writing gaps down.

What was sent before a ping was answered has arrived, for a connection keeps the order. So the time up to which
nothing is missing is that of sending the last ping that was answered, and a gap begins there: some seconds
before a connection broke. It ends with the venue's acknowledgement of every subscription, and after a silence
with the next message: an acknowledgement proves nothing of a path that no longer sends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

Reason = Literal["disconnected", "silent", "crashed", "stopped", "not_running"]


@dataclass(frozen=True)
class Gap:
    """A stretch of time in which messages may be missing; without an end it lasts."""

    started_at: datetime
    reason: Reason
    ended_at: datetime | None = None


class Coverage:
    """One channel's coverage. `tell` is told of each gap when it opens and when it closes."""

    def __init__(self, gap: Gap, tell: Callable[[Gap], None]) -> None:
        """Begins in a gap: that of the process before, or that of its own start."""
        self.gap: Gap | None = gap
        self.proven = gap.started_at
        self._tell = tell
        self._needs_acknowledgement = True
        self._needs_data = gap.reason == "silent"
        self._heard = gap.started_at

    def acknowledged(self, now: datetime) -> None:
        """Every subscription is acknowledged."""
        self._needs_acknowledgement = False
        if not self._close(now):
            self._heard = max(self._heard, now)

    def proved(self, sent_at: datetime) -> None:
        """A ping of that instant was answered."""
        if self.gap is None:
            self.proven = max(self.proven, sent_at)

    def heard(self, now: datetime) -> None:
        """A data message came."""
        self._heard = max(self._heard, now)
        self._needs_data = False
        self._close(now)

    def lost(self, reason: Reason, now: datetime) -> None:
        """The connection is gone, or is about to be."""
        self._needs_acknowledgement = True
        self._open(min(self.proven, now), reason)

    def silent(self, now: datetime) -> None:
        """No data for longer than is normal: whether that is true of the market is not known."""
        self._needs_data = True
        self._open(min(self._heard, now), "silent")

    def state(self) -> dict[str, Any]:
        """What a later process must know, as JSON."""
        gap = self.gap
        return {
            "covered_until": self.proven.isoformat(),
            "gap": gap and {"started_at": gap.started_at.isoformat(), "reason": gap.reason},
        }

    def _open(self, started_at: datetime, reason: Reason) -> None:
        if self.gap is None:
            self.gap = Gap(started_at, reason)
            self._tell(self.gap)

    def _close(self, now: datetime) -> bool:
        if self.gap is None or self._needs_acknowledgement or self._needs_data:
            return False
        closed = replace(self.gap, ended_at=max(now, self.gap.started_at))
        self._tell(closed)
        self.gap, self.proven, self._heard = None, closed.ended_at or now, closed.ended_at or now
        return True


def inherited(state: dict[str, Any] | None, now: datetime, reason: Reason = "crashed") -> Gap:
    """The gap in which a channel begins, by the state that the process before left; None: there was none."""
    if state is None:
        return Gap(now, "not_running")
    if (gap := state.get("gap")) is not None:
        return Gap(datetime.fromisoformat(gap["started_at"]), gap["reason"])
    return Gap(datetime.fromisoformat(state["covered_until"]), reason)
