"""Assessments of every graded figure and the sources that contradict it, for the dates that changed.

Belongs here: which dates are due. Does not belong here: what an opinion is (`opinions.py`), or how
opinions are compared (`transforms/facts/confidence.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive.opinions import Rules, opinions, present, rules_of
from schemas import confidence
from schemas.tables.confidence import OPINION_KEY

_REMEMBERED = "confidence_rules"
_TRACKED = ("source", "anchor_value", "low", "high", "n_clusters", "n_contradicting", "grade")


def derive(core: CoreStore, after: int) -> None:
    """Assessments and contradictions of the dates marked later than `after`; of all, where a rule changed."""
    from transforms.facts.confidence import assess
    from transforms.facts.confidence_claims import contradictions
    from transforms.facts.vintage_cuts import drop_unchanged

    assessments, rules = table_of("core_confidence__assessments"), rules_of(core)
    fingerprint = _fingerprint(rules)
    tables = sorted({each.table for each in present()})
    if core.remembered(_REMEMBERED) == fingerprint:
        due: Iterable[date] = set().union(*(core.pending_dates(name, after) for name in tables))
    else:
        due = set().union(*(_dates(core, name) for name in tables))
    for dates in _years(due):
        found = opinions(core, dates, rules)
        rows = assess(found).select(assessments.column_names)
        core.replace_dates(assessments, dates, drop_unchanged(rows, OPINION_KEY, _TRACKED))
        core.replace_dates(table_of("core_confidence__contradictions"), dates, contradictions(found))
    if core.remembered(_REMEMBERED) != fingerprint:
        core.remember(_REMEMBERED, fingerprint)


def _years(dates: Iterable[date]) -> Iterator[list[date]]:
    """Dates by calendar year: whole partitions, and no more rows at a time than a year has."""
    for _, days in groupby(sorted(dates), key=lambda day: day.year):
        yield list(days)


def _dates(core: CoreStore, name: str) -> set[date]:
    table = table_of(name)
    return set(core.scan(table).select(pl.col(table.date_column or "").unique()).collect().to_series())


def _fingerprint(rules: Rules) -> int:
    """A number that changes with any band, source, peg or regime."""
    frames = (confidence.bands(), confidence.sources(), rules.pegs, rules.regimes)
    return zlib.crc32("\n".join(frame.write_csv() for frame in frames).encode())
