"""What contradicts a figure, why, what cannot be compared, and the sentence that says so (METHOD section 11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rules import CONTRADICTION_REASON
from transforms.facts.confidence import assess
from transforms.facts.confidence_claims import DEFINITION, contradictions, mismatch, sentence, unmatched

KEY = {"confidence_series": "etf_total", "fact_date": date(2026, 2, 5), "asset": "BTC", "entity": "all"}
NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)


def opinion(source, value, hours=0, tier=2, priority=10, **changes):
    known_at = NOON + timedelta(hours=hours)
    return KEY | {"source": source, "value": value, "tier": tier, "priority": priority, "known_at": known_at} | changes


def against(*opinions):
    return contradictions(pl.DataFrame(list(opinions), infer_schema_length=None))


TABLE = opinion("table", -434.1e6, tier=1)


@pytest.mark.parametrize(
    ("reason", "claim"),
    [
        ("sign", opinion("paper", 434.11e6, tier=3)),
        ("unit", opinion("paper", -434.1, tier=3)),
        ("unit", opinion("paper", -4.341e6, tier=3)),
        ("unit", opinion("paper", -5 * 434.1e6, tier=3)),
        ("scope", opinion("floor", -900e6, is_lower_bound=True)),
        ("vendor", opinion("other", -100e6)),
        ("unknown", opinion("paper", 300e6, tier=3)),
        ("unknown", opinion("paper", -100e6, tier=3)),
    ],
)
def test_the_reason_is_what_the_numbers_can_tell(reason, claim):
    """Fails where a reversed sign or a count of contracts is shown as a mere disagreement."""
    (row,) = against(TABLE, claim).to_dicts()
    assert row["contradiction_reason"] == reason in CONTRADICTION_REASON


def test_an_older_value_of_the_anchors_cluster_is_a_restatement():
    """Seed 000 printed −290m, which the table had said the evening before."""
    partial = opinion("farside", -290e6, -12, is_complete=False)
    stale = opinion("paper", -292e6, 3, tier=3)
    (row,) = against(partial, opinion("farside", -434.1e6), stale).to_dicts()
    assert row["contradiction_reason"] == "restatement"


def test_open_interest_counted_on_both_sides_is_another_definition():
    """Bybit's old field is twice the single-sided open interest."""
    series = {"confidence_series": "open_interest"}
    (row,) = against(opinion("own", 10e9, tier=1, **series), opinion("aggregator", 20.1e9, **series)).to_dicts()
    assert row["contradiction_reason"] == "definition"


def test_every_contradicting_source_is_listed_with_its_distance_in_bands():
    """Fails where a copy is hidden, or an agreeing, near or incomplete source is listed."""
    rows = against(
        TABLE,
        opinion("agrees", -434.0e6),
        opinion("near", -450e6),
        opinion("partial", -100e6, is_complete=False),
        opinion("article_a", 300e6, tier=3, cluster="park"),
        opinion("article_b", 300e6, tier=3, cluster="park"),
    )
    band = 0.02 * 434.1e6
    assert rows["source"].to_list() == ["article_a", "article_b"]
    assert rows["cluster"].unique().to_list() == ["park"]
    assert rows["delta_bands"].to_list() == pytest.approx([734.1e6 / band] * 2)
    assert rows["anchor_source"].unique().to_list() == ["table"]


def test_only_the_newest_value_is_contradicted():
    """Fails where a source that has corrected itself stays listed."""
    assert against(TABLE, opinion("other", 300e6, 1), opinion("other", -434e6, 2)).is_empty()


def test_where_the_band_is_nothing_the_distance_is_null():
    """Difficulty is exact: a distance in bands would be infinite."""
    series = {"confidence_series": "difficulty"}
    (row,) = against(opinion("chain", 141.67e12, tier=1, **series), opinion("site", 141.7e12, **series)).to_dicts()
    assert row["delta_bands"] is None


FIGURE = {"entity": "all venues", "metric": "liquidations", "window": "[2026-02-05, 2026-02-06)", "unit": "usd"}


def test_a_claim_that_leaves_a_part_of_its_definition_open_is_listed_and_not_compared():
    """Rolling 24-hour readings of unknown hours rose from 1.45 to 2.65 billion: they do not contradict one another."""
    same = opinion("vendor", 2e9, **FIGURE, confidence_series="liquidations")
    claims = pl.DataFrame(
        [
            same,
            same | {"source": "seed_000", "window": None},
            same | {"source": "seed_002", "entity": "BTC only", "window": "a day"},
        ]
    )
    found = dict(unmatched(claims, FIGURE).select("source", "mismatch").iter_rows())
    assert found == {"seed_000": "window", "seed_002": "entity,window"}
    assert set(FIGURE) < set(DEFINITION)
    compared = claims.with_columns(is_matched=mismatch(FIGURE).is_null(), entity=pl.lit("all"))
    assert assess(compared)["grade"].to_list() == ["C"]
    assert assess(compared.filter(pl.col("source") != "vendor"))["grade"].to_list() == ["U"]


NAMES = {"farside": "Farside", "sosovalue": "SoSoValue", "article_a": "one article"}


def told(*opinions):
    frame = pl.DataFrame(list(opinions), infer_schema_length=None)
    newest = assess(frame).sort("recorded_at").row(-1, named=True)
    return sentence(newest, contradictions(frame).to_dicts(), NAMES)


def test_the_sentence_of_the_methodology():
    """Fails where a reader is not told who agrees, how closely, and who says otherwise."""
    farside = opinion("farside", -434.1e6)
    said = told(
        farside,
        opinion("sosovalue", -434.11e6, priority=20),
        opinion("article_a", 300e6, tier=3, priority=None, cluster="park"),
        opinion("article_b", 300e6, tier=3, priority=None, cluster="park"),
    )
    assert said == ("−434.1m (B; Farside and SoSoValue agree within 0.01m; one article says +300.0m, sign unexplained)")
    assert told(farside) == "−434.1m (C; Farside alone)"
    assert told(farside | {"is_complete": False}) == "−434.1m (U; Farside is not complete)"
    assert told(farside | {"value": None}) == "no value (U; nothing complete with the same definition)"


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e6, 1e9), st.floats(-2e9, 2e9), st.sampled_from(["etf_total", "open_interest", "funding", "difficulty"])
)
def test_a_contradiction_is_listed_exactly_where_it_is_counted(anchor, claim, series):
    """Fails where the grade and the child table tell two stories."""
    pair = [
        opinion("own", anchor, tier=1, confidence_series=series),
        opinion("claim", claim, tier=3, confidence_series=series),
    ]
    frame = pl.DataFrame(pair)
    listed = contradictions(frame)
    assert listed.height == assess(frame)["n_contradicting"].item()
    assert listed["contradiction_reason"].is_in(list(CONTRADICTION_REASON)).all()
