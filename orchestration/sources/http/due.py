"""When a feed is fetched, and which day's batch a fetch belongs to.

Belongs here: clock readings to instants, the rule of the batch day, which fetch serves which due instant. Does
not belong here: what was fetched (`orchestration/store/`), or who starts a run (`orchestration/automation/`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from orchestration.sources.http.contract import Connector, Kind

DAY = timedelta(days=1)
# From which reading on a fetch tells of its own day. Before it, it tells of the day before: a snapshot shortly
# after midnight is the state at the end of that day, a page in the morning has the session of that day, and
# a history of a day is whole only when the day is over.
_OWN_DAY_FROM: dict[Kind, time] = {"snapshot": time(6), "document": time(18)}


def reading(text: str) -> time:
    """A clock reading "HH:MM". Raises `ValueError` for anything else."""
    hours, _, minutes = text.partition(":")
    if len(text) != 5 or not (hours.isdigit() and minutes.isdigit()):
        raise ValueError(f"{text!r} is no clock reading like '08:20'")
    return time(int(hours), int(minutes))


def batch_day(now: datetime, connector: Connector) -> date:
    """The day of the batch that a fetch at `now` belongs to."""
    moment = now.astimezone(UTC)
    first = _OWN_DAY_FROM.get(connector.kind)
    is_own = first is not None and moment.time() >= first
    return moment.date() if is_own else moment.date() - DAY


def instants(connector: Connector, start: datetime, end: datetime) -> Iterator[datetime]:
    """The due instants of a connector from `start` on and before `end`, oldest first."""
    clock = sorted(reading(text) for text in connector.due)
    day = start.astimezone(UTC).date()
    while day <= end.astimezone(UTC).date():
        for at in clock:
            moment = datetime.combine(day, at, UTC)
            if start <= moment < end:
                yield moment
        day += DAY


def last_due(connector: Connector, now: datetime) -> datetime | None:
    """The newest due instant that has come."""
    return max(instants(connector, now - DAY, now + timedelta(microseconds=1)), default=None)


def next_due(connector: Connector, now: datetime) -> datetime | None:
    """The next due instant after `now`."""
    return min(instants(connector, now + timedelta(microseconds=1), now + DAY + DAY), default=None)


def serves(connector: Connector, at: datetime, grace: timedelta) -> datetime | None:
    """The due instant that a fetch at `at` is of: the newest that has come, unless its grace is over."""
    due = last_due(connector, at)
    return due if due is not None and at - due <= grace else None


def too_late(connector: Connector, now: datetime, grace: timedelta) -> str | None:
    """Why a snapshot must not be fetched at `now`; None where it may, and for every other kind.

    What a snapshot says at another time is not what it said at its own: landed, it would stand for a minute
    of which it knows nothing.
    """
    if connector.kind != "snapshot" or serves(connector, now, grace) is not None:
        return None
    last, coming = last_due(connector, now), next_due(connector, now)
    minutes = int(grace.total_seconds() // 60)
    missed = f"it was due at {last:%Y-%m-%d %H:%M}Z, more than {minutes} minutes ago, and " if last else ""
    return f"{connector.feed}: {missed}cannot be fetched later; next at {coming:%Y-%m-%d %H:%M}Z"


def readings(connectors: Iterable[Connector]) -> list[str]:
    """All distinct due readings, in the order of the day."""
    return sorted({text for connector in connectors for text in connector.due})


def due_at(connectors: Iterable[Connector], text: str) -> Sequence[Connector]:
    """The connectors that are due at a reading."""
    return [connector for connector in connectors if text in connector.due]
