"""Runs by the feeds' own publication times: which feeds a run lands, and how its tags say so.

Belongs here: due readings to runs, runs to tags and back. Does not belong here: Dagster (`schedules.py`), or
the rule of the batch day (`orchestration/sources/http/due.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from orchestration.sources.http.contract import Connector
from orchestration.sources.http.due import batch_day, due_at

READING_TAG = "sluice/due"
INSTANT_TAG = "sluice/due_at"
SORT_TAG = "sluice/sort"
SNAPSHOTS, OTHERS = "snapshots", "others"
# Dagster starts queued runs of higher priority first.
_PRIORITY = {SNAPSHOTS: "10", OTHERS: "0"}


@dataclass(frozen=True)
class DueRun:
    """What one run lands: the feeds of one due instant whose batch is of one day.

    Snapshots are runs of their own, so that none waits for the pages of a history.
    """

    at: datetime
    day: date
    sort: str
    feeds: frozenset[str]

    @property
    def reading(self) -> str:
        """The clock reading."""
        return f"{self.at:%H:%M}"

    @property
    def tags(self) -> dict[str, str]:
        """What the run says of itself."""
        return {
            READING_TAG: self.reading,
            INSTANT_TAG: self.at.isoformat(),
            SORT_TAG: self.sort,
            "dagster/priority": _PRIORITY[self.sort],
        }

    @property
    def key(self) -> str:
        """The same for the same feeds of the same due instant: such a run is not asked for twice."""
        return f"{self.at:%Y-%m-%dT%H:%M}Z {self.sort} {self.day}"


def runs_at(connectors: Iterable[Connector], at: datetime) -> list[DueRun]:
    """The runs of a due instant, snapshots first."""
    moment = at.astimezone(UTC).replace(second=0, microsecond=0)
    groups: dict[tuple[bool, date], set[str]] = {}
    for connector in due_at(connectors, f"{moment:%H:%M}"):
        group = (connector.kind != "snapshot", batch_day(moment, connector))
        groups.setdefault(group, set()).add(connector.feed)
    return [
        DueRun(moment, day, OTHERS if is_other else SNAPSHOTS, frozenset(groups[is_other, day]))
        for is_other, day in sorted(groups)
    ]


def run_of(tags: Mapping[str, str], day: date, connectors: Iterable[Connector]) -> DueRun | None:
    """The due run that these tags of a run of `day` speak of; None for a run that is of no due instant."""
    if INSTANT_TAG not in tags:
        return None
    at, sort = datetime.fromisoformat(tags[INSTANT_TAG]), tags.get(SORT_TAG, OTHERS)
    found = (run for run in runs_at(connectors, at) if (run.sort, run.day) == (sort, day))
    return next(found, DueRun(at, day, sort, frozenset()))


def full_run(connectors: Iterable[Connector]) -> frozenset[str]:
    """The feeds of a run that is of no due instant: everything that can be fetched at any time."""
    return frozenset(connector.feed for connector in connectors if connector.kind != "snapshot")
