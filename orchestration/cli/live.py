"""How the live feeds stand, as `sluice status` and `sluice feeds` print it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestration.cli.output import instant, say, table, warn

if TYPE_CHECKING:
    from orchestration.resources.settings import Settings
    from orchestration.sources.http.contract import Connector
    from orchestration.store.feed_health import FeedHealth
    from orchestration.store.feed_log import Failure
    from orchestration.store.layout import Layout


def report(settings: Settings) -> None:
    """What is late, failing or lost. Nothing where no live feed was ever fetched, and where all are well."""
    from orchestration.store.feed_log import FeedLog
    from orchestration.store.layout import Layout

    log = FeedLog(Layout(settings.home))
    if not log.exists:
        return
    from orchestration.resources.feeds_on import standing

    now = datetime.now(UTC)
    found = list(standing(settings, now).values())
    late = [(item.feed, instant(item.late_since), _when(item.last_fetch)) for item in found if item.late_since]
    if late:
        warn(f"{len(late)} live feeds are late; facts of the others are made without them")
        table("late", ("feed", "due at", "last fetch"), sorted(late))
    failing = [item.failing for item in found if item.failing]
    if failing:
        table(
            "failing", ("feed", "since", "times", "kind", "last message"),
            [(f.feed, instant(f.since), f.times, "transient" if f.last.is_transient else "permanent", f.last.message)
             for f in failing],
        )  # fmt: skip
    recovered = [item for item in log.failing() if item.recovered_at and (now - item.recovered_at).days < 7]
    if recovered:
        table(
            "recovered in the last 7 days", ("feed", "failed since", "times", "recovered at"),
            [(f.feed, instant(f.since), f.times, _when(f.recovered_at)) for f in recovered],
        )  # fmt: skip
    _missed(found)


def _missed(found: list[FeedHealth]) -> None:
    count = sum(len(item.missed) for item in found)
    if count:
        warn(f"{count} snapshots of the last 35 days were missed and cannot be fetched later")
        table(
            "missed snapshots", ("feed", "missed", "last due at", "its batch", "why"),
            [(item.feed, len(item.missed), instant(last.due_at), last.partition, last.reason)
             for item in found if item.missed for last in item.missed[-1:]],
        )  # fmt: skip


def describe(connector: Connector, found: FeedHealth, layout: Layout) -> None:
    """The lines of `sluice feeds show` for a feed that can be fetched live."""
    from orchestration.store.ledger import Ledger

    changed = Ledger(layout.ledger).last_change(connector.feed)
    lines = [
        ("live", f"off: {found.off}" if found.off else "on, with --feeds http"),
        ("kind", _KINDS[connector.kind]),
        ("due", f"{', '.join(connector.due)} UTC"),
        ("next due", _when(found.next_due)),
        ("limits", connector.limit_note),
        ("reach", connector.reach),
        ("again", f"the {connector.trailing_days} days before a batch" if connector.trailing_days else "no window"),
        ("last change", _when(changed)),
        ("late since", _when(found.late_since) if found.late_since else "not late"),
    ]
    if found.failing:
        last = found.failing.last
        lines.append(("failing", f"since {_when(found.failing.since)}, {found.failing.times} times: {last.message}"))
    if connector.kind == "snapshot":
        lines.append(("missed", f"{len(found.missed)} in the last 35 days"))
    for label, text in lines:
        say(f"{label:<13} {text}".replace("[", r"\["))


_KINDS = {
    "history": "history: any past window within its reach can be fetched",
    "document": "document: one body that tells its own history",
    "snapshot": "snapshot: true of its own minute; what is missed cannot be fetched later",
}


def _when(moment: datetime | None) -> str:
    return instant(moment) if moment else "never"


def columns(connector: Connector | None, found: FeedHealth | None) -> tuple[str, str]:
    """Of a feed in the list: its due readings, and off, late, failing or well."""
    if connector is None or found is None:
        return "", ""
    if found.off:
        return ", ".join(connector.due), "off"
    state = "late" if found.late_since else "failing" if found.failing else ""
    return ", ".join(connector.due), state


def report_unfetched(unfetched: list[Failure]) -> None:
    """A line per feed: what is wrong with a host is wrong with all of its series."""
    by_feed: dict[str, list[Failure]] = {}
    for failure in unfetched:
        by_feed.setdefault(failure.feed, []).append(failure)
    for feed, failures in sorted(by_feed.items()):
        more = f" (and {len(failures) - 1} more of its series)" if len(failures) > 1 else ""
        lasting = "" if failures[0].is_transient else "; it will not mend itself"
        warn(f"not fetched: {feed}: {failures[0].message}{more}{lasting}")
