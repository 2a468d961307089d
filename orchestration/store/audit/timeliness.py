"""Checks of volume and freshness: warnings, since a quiet market and an old file are no faults.

Belongs here: newest dates and rows per day, per dated fact. Does not belong here: values.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from statistics import median

import polars as pl

from orchestration.store.audit.scope import EVERY, WARNING, AuditRow, Key, Scope, row
from orchestration.store.objects import Manifest
from schemas import rules
from schemas.tables import FACTS, Table

FRESH = "timeliness.fresh"
VOLUME = "timeliness.volume"
_RECENT_MONTHS = 3
_RECENT_DAYS = 28


def expected(manifest: Manifest) -> set[Key]:
    """Freshness and volume of each fact that has rows."""
    return {Key(name, fact.name, EVERY) for fact in _filled(manifest) for name in (FRESH, VOLUME)}


def _filled(manifest: Manifest) -> list[Table]:
    """Facts that have rows: one without any is of feeds that are not here, and not late."""
    return [fact for fact in FACTS if any(o.rows for o in manifest.of(fact.name).values())]


def checks(scope: Scope) -> Iterator[AuditRow]:
    """Freshness and volume of each fact, from its newest months.

    A fact is fresh by the day on which anything was last learned, not by the clock: files of last year
    are not late, a feed that stopped while the others go on is.
    """
    facts = _filled(scope.manifest)
    recent = {fact.name: _recent(scope, fact) for fact in facts}
    frames = [frame for found in recent.values() for frame in found if "recorded_at" in frame.columns]
    learned = [frame["recorded_at"].max() for frame in frames]
    today = max([when for when in learned if isinstance(when, datetime)], default=scope.as_of).astimezone(UTC).date()
    for fact in facts:
        days = _rows_per_day(fact, recent[fact.name])
        yield _fresh(fact, days, today)
        yield _volume(fact, days)


def _recent(scope: Scope, fact: Table) -> list[pl.DataFrame]:
    """The newest months that have rows."""
    refs = list(scope.manifest.of(fact.name).values())[-_RECENT_MONTHS:]
    return [scope.read(ref) for ref in refs if ref.rows]


def _rows_per_day(fact: Table, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Columns `day`, `rows`, oldest first; days without a row are absent."""
    column = fact.date_column or ""
    dates = [f[column].rename("day") for f in frames if f.schema.get(column) == pl.Date]
    day = pl.concat(dates) if dates else pl.Series("day", [], dtype=pl.Date)
    return day.drop_nulls().value_counts(name="rows").sort("day")


def _fresh(fact: Table, days: pl.DataFrame, today: date) -> AuditRow:
    newest = days.select(pl.col("day").last()).item() if days.height else None
    age = (today - newest).days if newest else None
    oldest_allowed = rules.FRESH_DAYS + fact.period_days - 1
    return row(
        Key(FRESH, fact.name, EVERY),
        age is not None and age <= oldest_allowed,
        f"newest {newest}, {age} days old" if newest else "no rows",
        f"at most {oldest_allowed} days old",
        "the newest date is recent, by the last day on which anything was learned",
        WARNING,
    )


def _volume(fact: Table, days: pl.DataFrame) -> AuditRow:
    """Rows of the newest whole day against the median of the days before it."""
    recent = days.head(-1).tail(_RECENT_DAYS + 1)["rows"].to_list()
    observed = recent[-1] if recent else None
    usual = median(recent[:-1]) if len(recent) > 1 else None
    low, high = rules.VOLUME_RATIO
    within = usual is None or low * usual <= recent[-1] <= high * usual
    return row(
        Key(VOLUME, fact.name, EVERY),
        within,
        f"{observed} rows" if observed is not None else "no whole day",
        f"{low:g} to {high:g} times the usual {usual:g}" if usual is not None else "nothing to compare with",
        "the newest whole day has about as many rows as the days before",
        WARNING,
    )
