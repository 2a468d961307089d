"""What several venues' connectors share: windows in pieces that are one page each, instants, objects of errors.

Belongs here: arithmetic of instants, and reading an answer for what it says of itself. Does not belong here: any
one venue's limits or words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Reply
from orchestration.sources.http.errors import Transient

# A settlement at 24:00 is of the day that it ends, and venues stamp it some milliseconds late.
_LATENESS = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def pieces(start: datetime, end: datetime, longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Spans of at most `longest` from `start` to `end`, oldest first; none where `end` is not after `start`.

    Neighbours share their edge, so that no row is lost whether a venue counts its bounds in or out.
    """
    while start < end:
        stop = min(start + longest, end)
        yield start, stop
        start = stop


def settled(batch: Batch, trailing_days: int) -> tuple[datetime, datetime]:
    """The window of a batch with the settlement that ends its last day."""
    start, end = batch.window(trailing_days)
    return start, min(end + _LATENESS, batch.now)


def instant(millis: float) -> datetime:
    """The UTC instant of milliseconds since 1970."""
    return datetime.fromtimestamp(millis / 1000, UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 with milliseconds and a Z, for example 2026-02-05T18:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def said(reply: Reply) -> dict[str, Any]:
    """The object that a reply is; empty for lists and for pages of others.

    An object that is cut short says nothing of what the venue meant, whatever its status: raises `Transient`.
    """
    if reply.content[:1] != b"{":
        return {}
    try:
        return dict(reply.json())
    except ValueError:
        raise Transient(f"{reply.request.url}: the answer is cut short") from None
