"""How a data directory stands, as the rules take it.

Belongs here: reading the store, each kind for itself. Does not belong here: what of it is an alarm (`rules.py`).

What cannot be read is not looked at: no alarm ends because the disk could not be read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl

from orchestration.alerts.causes import Kind
from orchestration.alerts.ledger import AlertLedger
from orchestration.alerts.rules import Contradicted, FeedStands, GapStands, Standing
from orchestration.resources.settings import Settings
from orchestration.store.layout import Layout

_log = logging.getLogger("sluice.alerts")
_GAPS = "core_recorder__gaps"
_DAYS_OF_GAPS = 7


def look(settings: Settings, now: datetime) -> Standing:
    """Everything that is on. Writes nothing."""
    alerts, layout = settings.config.alerts, Layout(settings.home)
    standing = Standing(now, gap_grace=timedelta(minutes=alerts.gap_minutes))
    readers: list[tuple[tuple[Kind, ...], Callable[[Standing], Standing]]] = [
        (("failure",), lambda s: replace(s, run=AlertLedger(layout.alerts).last_run())),
        (("refusal",), lambda s: replace(s, refused=_refused(layout))),
        (("late", "missed"), lambda s: replace(s, feeds=_feeds(settings, now))),
        (("silence", "gap"), lambda s: replace(s, gaps=_gaps(settings, layout, now))),
        (("contradiction",), lambda s: replace(s, contradicted=_contradicted(layout, alerts.contradiction_days))),
        (("drift",), lambda s: replace(s, drifts=_drifts(layout))),
    ]
    for kinds, read in readers:
        on = frozenset(kinds) - frozenset(alerts.off)
        if on:
            try:
                standing = replace(read(standing), looked_at=standing.looked_at | on)
            except Exception as error:
                _log.warning("not looked at for alarms: %s (%s: %s)", ", ".join(kinds), type(error).__name__, error)
    return standing


def _refused(layout: Layout) -> tuple[tuple[str, str, str], ...]:
    from orchestration.store import releases

    rows = releases.refused(layout)
    return () if rows is None else tuple(rows.select("check", "table", "observed").iter_rows())


def _feeds(settings: Settings, now: datetime) -> tuple[FeedStands, ...]:
    """Live feeds of which there is something to say; none where no live feed was ever asked for."""
    from orchestration.resources.feeds_on import standing
    from orchestration.store.feed_health import unwell
    from orchestration.store.feed_log import FeedLog

    if not FeedLog(Layout(settings.home)).exists:
        return ()
    return tuple(
        FeedStands(
            item.feed,
            item.late_since,
            item.last_fetch,
            item.failing.last.message if item.failing else "",
            tuple((missed.due_at, missed.reason) for missed in item.missed),
        )
        for item in unwell(standing(settings, now))
    )


def _gaps(settings: Settings, layout: Layout, now: datetime) -> tuple[GapStands, ...]:
    """Open gaps by the recorders' own states, and those that closed in the last days, as core has them."""
    found = {(gap.instance, gap.channel, gap.started_at): gap for gap in _closed(layout, now)}
    for gap in _open(settings, layout):
        found[gap.instance, gap.channel, gap.started_at] = gap
    return tuple(found[key] for key in sorted(found))


def _open(settings: Settings, layout: Layout) -> list[GapStands]:
    from orchestration.recorder.channels import chosen
    from orchestration.recorder.state import STATE, locked, read_state

    config = settings.config
    wanted = {channel.name for channel in chosen(config.assets, config.recorder.venues)}
    found = []
    for folder in sorted(path.parent for path in layout.recorder.glob(f"*/{STATE}")):
        with locked(folder) as dead:
            state = read_state(folder)
        for name, channel in state["channels"].items():
            gap, covered = channel["gap"], datetime.fromisoformat(channel["covered_until"])
            if gap is not None and (gap["reason"] != "not_running" or name in wanted):
                began = datetime.fromisoformat(gap["started_at"])
                found.append(GapStands(folder.name, name, gap["reason"], began))
            elif gap is None and dead:
                found.append(GapStands(folder.name, name, "crashed", covered))
    return found


def _closed(layout: Layout, now: datetime) -> list[GapStands]:
    from orchestration.store.core_store import CoreStore
    from schemas.tables import TABLES

    if not any((layout.core / _GAPS).glob("month=*/data.parquet")):
        return []
    since = now - timedelta(days=_DAYS_OF_GAPS)
    rows = CoreStore(layout).scan(TABLES[_GAPS]).filter(pl.col("gap_ended_at") >= since)
    names = ("recorder_instance", "channel", "gap_reason", "gap_started_at", "gap_ended_at")
    return [GapStands(*row) for row in rows.select(names).unique().sort(names).collect().iter_rows()]


def _contradicted(layout: Layout, days: int) -> tuple[Contradicted, ...]:
    """Figures of grade X on the newest days of each headline series of the release."""
    from orchestration.store import releases
    from schemas import confidence
    from schemas.tables import TABLES

    if releases.current(layout) is None:
        return ()
    found = []
    with releases.open_release(layout) as connection:
        bands = confidence.bands().filter("is_headline")
        for series, fact, measure in bands.select("series", "fact", "measure").rows():
            table = TABLES[fact]
            day = table.date_column or ""
            of = ", ".join(name for name in table.grain if name != day)
            rows = connection.execute(
                f"select concat_ws(' ', {of}), {day}, {measure} from {fact}"
                f" where grade = 'X' and {day} > (select max({day}) from {fact}) - interval {int(days)} day"
            ).fetchall()
            found += [Contradicted(series, str(who), _day(when), value) for who, when, value in rows]
    return tuple(found)


def _day(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _drifts(layout: Layout) -> tuple[tuple[str, str, str, str], ...]:
    from orchestration.store.drift import Drifts
    from schemas.shape import HELD

    return tuple((d.feed, d.kind, d.field, d.detail) for d in Drifts(layout.drifts).all() if d.kind in HELD)
