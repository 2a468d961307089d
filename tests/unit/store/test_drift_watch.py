"""Drift is remembered per feed, with the payload in which it was first seen; held bodies wait whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_ingest import FEED, give

from orchestration.store.drift import Drifts
from orchestration.store.ingest import ingest
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.quarantine import Quarantine
from schemas.feed import Parsed, Payload, PayloadError, Reject
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


def _parser(result: Callable[[Payload], Parsed]) -> Callable[[Payload], Parsed]:
    def parse(payload: Payload) -> Parsed:
        body = json.loads(payload.content)
        return result(payload) if "odd" in body else FEED.parse(payload)

    return parse


def _refusing(rule: str) -> Callable[[Payload], Parsed]:
    def refuse(payload: Payload) -> Parsed:
        raise PayloadError(rule, "columns ['NEWB'] are no fund that is known")

    return refuse


def test_a_new_fund_for_which_a_table_is_refused_is_drift_that_is_held(tmp_path) -> None:
    """A fund without a column of its own in the facts would be missing from every total."""
    layout = Layout(tmp_path)
    give(layout, (1, '{"2026-02-05": 1}'), (2, '{"2026-02-05": 1, "odd": 2}'))
    ingest(layout, replace(FEED, parse=_parser(_refusing("unknown_fund_column"))))
    found = Drifts(layout.drifts).all()
    assert [(d.kind, d.field, d.is_held) for d in found] == [("new_value", "fund", True)]
    assert "NEWB" in found[0].detail
    assert Quarantine(layout.quarantine).read()["rule"].to_list() == ["unknown_fund_column"]


@pytest.mark.parametrize("rule", ["error_envelope", "bad_json", "html_payload", "no_rows", "missing_parameter"])
def test_a_refusal_of_another_matter_is_no_drift(tmp_path, rule) -> None:
    """Throttling and challenge pages come every day; among them a renamed field would not be seen."""
    layout = Layout(tmp_path)
    give(layout, (1, '{"2026-02-05": 1, "odd": 2}'))
    ingest(layout, replace(SHAPED, parse=_parser(_refusing(rule))))
    assert Drifts(layout.drifts).all() == []
    assert Quarantine(layout.quarantine).read()["rule"].to_list() == [rule]


def test_a_value_that_no_rule_knows_is_told_and_its_row_alone_refused(tmp_path) -> None:
    """The other rows of the body are good."""
    layout = Layout(tmp_path)
    unknown = Reject("*", "unknown_stablecoin", "the reference does not name this coin", {"symbol": "USYC"})

    def parse(payload: Payload) -> Parsed:
        parsed = FEED.parse(payload)
        return Parsed(parsed.frames, [*parsed.rejects, unknown, unknown])

    give(layout, (1, '{"2026-02-05": 1}'))
    report = ingest(layout, replace(FEED, parse=parse))
    found = Drifts(layout.drifts).all()
    assert [(d.kind, d.field, d.detail, d.is_held) for d in found] == [("new_value", "stablecoin", "'USYC'", False)]
    assert (report.published, report.quarantined) == (1, 2)


def test_a_parser_that_stumbles_over_drift_is_told_as_drift(tmp_path) -> None:
    """A traceback says less than the name of the field that is gone."""
    layout = Layout(tmp_path)

    def crash(payload: Payload) -> Parsed:
        raise KeyError("2026-02-05")

    give(layout, (1, '{"2026-02-07": 1}'))
    ingest(layout, replace(SHAPED, parse=crash))
    assert Quarantine(layout.quarantine).read()["rule"].to_list() == ["schema_drift"]


def test_a_report_names_the_drift_that_is_new_in_it(tmp_path) -> None:
    """Told in every run, it would be read in none."""
    layout = Layout(tmp_path)
    give(layout, (1, '{"2026-02-05": 1}'), (2, '{"2026-02-05": 1, "2026-02-06": 2}'))
    assert [d.field for d in ingest(layout, SHAPED).drifts] == ["2026-02-06"]
    assert ingest(layout, SHAPED).drifts == []
    assert ingest(layout, SHAPED, again=True).drifts == []
