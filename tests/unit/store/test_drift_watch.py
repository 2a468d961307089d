"""Drift is remembered per feed, with the payload in which it was first seen; held bodies wait whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from test_ingest import FEED, give

from orchestration.store.drift import Drifts
from orchestration.store.ingest import ingest
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.quarantine import Quarantine
from schemas.shape import Shape

SHAPED = replace(FEED, shape=Shape("", reads={"2026-02-05": "number"}))
START = datetime(2026, 2, 6, tzinfo=UTC)


def test_a_new_field_is_told_once_and_its_rows_are_taken(tmp_path) -> None:
    """A field more is no reason to stop; nobody hearing of it is how units get mixed up."""
    layout = Layout(tmp_path)
    give(
        layout,
        (1, '{"2026-02-05": 1}'),
        (2, '{"2026-02-05": 1, "2026-02-06": 2}'),
        (3, '{"2026-02-05": 1, "2026-02-06": 3}'),
    )
    report = ingest(layout, SHAPED)
    found = Drifts(layout.drifts).all()
    assert [(d.kind, d.field, d.known_at) for d in found] == [
        ("new_field", "2026-02-06", (START + timedelta(hours=2)).isoformat())
    ]
    assert found[0].sha256 in {fetch.sha256 for fetch in Ledger(layout.ledger).fetches()}
    assert (report.quarantined, report.published) == (0, 3)


def test_a_body_without_what_the_parser_reads_is_held_whole(tmp_path) -> None:
    """A renamed field must not become a day of nulls."""
    layout = Layout(tmp_path)
    give(layout, (1, '{"2026-02-05": 1}'), (2, '{"2026-02-07": 2}'))
    report = ingest(layout, SHAPED)
    assert report.published == 1
    rejects = Quarantine(layout.quarantine).read()
    assert rejects["rule"].to_list() == ["schema_drift"]
    assert {d.kind for d in Drifts(layout.drifts).all()} == {"missing_field", "new_field"}


def test_processing_again_gives_the_same_drift(tmp_path) -> None:
    """The memory is rebuilt with core; it must not grow by it."""
    layout = Layout(tmp_path)
    give(layout, (1, '{"2026-02-05": 1}'), (2, '{"2026-02-05": 1, "2026-02-06": 2}'))
    ingest(layout, SHAPED)
    before = Drifts(layout.drifts).all()
    ingest(layout, SHAPED, again=True)
    assert Drifts(layout.drifts).all() == before


def test_a_feed_without_a_declared_shape_is_not_watched(tmp_path) -> None:
    """Files of one's own making have no vendor to drift."""
    layout = Layout(tmp_path)
    give(layout, (1, '{"2026-02-05": 1}'))
    ingest(layout, FEED)
    assert Drifts(layout.drifts).all() == []
