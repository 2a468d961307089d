"""How the warehouse stands, and what of it is a cause of an alarm. Pure.

Belongs here: the rule of each kind. Does not belong here: reading the data directory (`standing.py`), or what was
told already (`ledger.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from orchestration.alerts.causes import Cause, Kind, RunEnd, cause

_SHOWN = 3


@dataclass(frozen=True)
class FeedStands:
    """A live feed: late since when, why the last fetch failed, and its snapshots that were missed."""

    feed: str
    late_since: datetime | None = None
    last_fetch: datetime | None = None
    trouble: str = ""
    missed: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True)
class GapStands:
    """A stretch in which a recorder's channel may lack messages; without an end it lasts."""

    instance: str
    channel: str
    reason: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Contradicted:
    """A figure of grade X in the release that readers see. `of` is its grain without the date."""

    series: str
    of: str
    day: date
    value: float | None = None


@dataclass(frozen=True)
class Standing:
    """What was looked at. A kind that is not in `looked_at` has no say: nothing begins and nothing ends by it."""

    now: datetime
    looked_at: frozenset[Kind] = frozenset()
    run: RunEnd | None = None
    refused: tuple[tuple[str, str, str], ...] = ()
    feeds: tuple[FeedStands, ...] = ()
    gaps: tuple[GapStands, ...] = ()
    contradicted: tuple[Contradicted, ...] = ()
    drifts: tuple[tuple[str, str, str, str], ...] = ()
    gap_grace: timedelta = field(default=timedelta(minutes=5))


def causes(standing: Standing) -> list[Cause]:
    """Every cause that there is, each key once, in the order of the kinds."""
    found: dict[str, Cause] = {}
    for kind, rule in RULES.items():
        if kind in standing.looked_at:
            for item in rule(standing):
                found.setdefault(item.key, item)
    return list(found.values())


def _failures(standing: Standing) -> Iterator[Cause]:
    """The last run ended by an error; one that was refused has worked."""
    run = standing.run
    if run is not None and run.outcome == "failed":
        yield cause("failure", run.what, f"{run.what}: {run.message} ({_instant(run.at)}). Readers keep their release")


def _refusals(standing: Standing) -> Iterator[Cause]:
    """Each check that refuses the newest candidate, over its partitions."""
    grouped: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for check, table, observed in standing.refused:
        grouped[check, table].append(observed)
    for (check, table), found in grouped.items():
        more = f", and {len(found) - 1} more partitions" if len(found) > 1 else ""
        yield cause("refusal", f"{check}/{table}", f"{check} on {table}: {found[0]}{more}. Readers keep their release")


def _late(standing: Standing) -> Iterator[Cause]:
    for item in standing.feeds:
        if item.late_since is not None:
            last = f"last fetched {_instant(item.last_fetch)}" if item.last_fetch else "never fetched"
            why = f"; {item.trouble}" if item.trouble else ""
            yield cause("late", item.feed, f"{item.feed} was due at {_instant(item.late_since)}; {last}{why}")


def _missed(standing: Standing) -> Iterator[Cause]:
    """Each snapshot is a loss of its own and stays one."""
    for item in standing.feeds:
        for due_at, reason in item.missed:
            text = f"{item.feed} of {_instant(due_at)} was not taken and cannot be fetched later: {reason}"
            yield cause("missed", f"{item.feed}/{due_at:%Y-%m-%dT%H:%MZ}", text, is_over=True)


def _silences(standing: Standing) -> Iterator[Cause]:
    for gap in standing.gaps:
        if gap.reason == "silent":
            yield _gap("silence", gap)


def _gaps(standing: Standing) -> Iterator[Cause]:
    """Longer than a connection takes to be made anew."""
    for gap in standing.gaps:
        if gap.reason != "silent" and (gap.ended_at or standing.now) - gap.started_at >= standing.gap_grace:
            yield _gap("gap", gap)


def _gap(kind: Kind, gap: GapStands) -> Cause:
    span = f"since {_instant(gap.started_at)}"
    if gap.ended_at is not None:
        span = f"from {_instant(gap.started_at)} until {_instant(gap.ended_at)}"
    subject = f"{gap.instance}/{gap.channel}/{gap.started_at:%Y-%m-%dT%H:%M:%SZ}"
    return cause(
        kind, subject, f"{gap.channel} of recorder {gap.instance}: {gap.reason} {span}", gap.ended_at is not None
    )


def _contradictions(standing: Standing) -> Iterator[Cause]:
    """One cause per series and entity, however many days it lasts."""
    grouped: defaultdict[tuple[str, str], list[Contradicted]] = defaultdict(list)
    for item in standing.contradicted:
        grouped[item.series, item.of].append(item)
    for (series, of), items in grouped.items():
        newest = sorted(items, key=lambda item: item.day, reverse=True)
        shown = ", ".join(f"{item.day} ({_value(item.value)})" for item in newest[:_SHOWN])
        more = f" and {len(items) - _SHOWN} more days" if len(items) > _SHOWN else ""
        yield cause("contradiction", f"{series}/{of}", f"{series} of {of} has grade X on {shown}{more}")


def _drifts(standing: Standing) -> Iterator[Cause]:
    for feed, kind, name, detail in standing.drifts:
        yield cause("drift", f"{feed}/{kind}/{name}", f"{feed}: {kind} {name}: {detail}. Its payloads are held")


RULES: Mapping[Kind, Callable[[Standing], Iterable[Cause]]] = {
    "failure": _failures,
    "refusal": _refusals,
    "late": _late,
    "missed": _missed,
    "silence": _silences,
    "gap": _gaps,
    "contradiction": _contradictions,
    "drift": _drifts,
}


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"


def _value(number: float | None) -> str:
    return "no value" if number is None else f"{number:,.6g}"
