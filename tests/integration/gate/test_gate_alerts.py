"""What the gate refuses, and what a release holds of grade X, are causes of alarms."""

from __future__ import annotations

import polars as pl
from marts import AS_OF, DAYS, change, marts
from steps import more_etf, prepared, publish

from orchestration.alerts.rules import causes
from orchestration.alerts.standing import look
from orchestration.resources.settings import Settings
from orchestration.store.layout import Layout


def found(layout: Layout, *kinds: str) -> list[str]:
    return [item.key for item in causes(look(Settings(layout.home), AS_OF)) if item.kind in kinds]


def test_a_refused_candidate_is_an_alarm_per_check_and_table_until_one_passes(layout: Layout) -> None:
    """Readers keep an old release and see nothing; somebody has to know."""
    assert found(layout, "refusal") == []
    prepared(layout, change(marts(), "fct_etf_flows_daily", pl.lit(True), finality="x"))
    keys = found(layout, "refusal")
    assert "refusal/contract.one_of/fct_etf_flows_daily" in keys
    assert len(keys) == len(set(keys))
    prepared(layout, more_etf())
    assert found(layout, "refusal") == []


def test_a_contradicted_headline_figure_is_an_alarm_and_one_that_is_not_published_yet_is_none(layout: Layout) -> None:
    """What readers see counts, and only the newest days of it: history was told when it was new."""
    newest = pl.col("trade_date") == DAYS[-1]
    graded = change(more_etf(), "fct_etf_totals_daily", newest, grade="X")
    prepared(layout, graded)
    assert found(layout, "contradiction") == []
    publish(layout, graded)
    (key,) = found(layout, "contradiction")
    assert key.startswith("contradiction/etf_total/")
