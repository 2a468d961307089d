"""Grades: which opinion is the value, who agrees with it, and how far it can be trusted (METHOD section 11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.confidence import bands, sources
from schemas.rules import GRADES
from transforms.facts.confidence import as_of, assess
from transforms.facts.confidence_claims import contradictions

KEY = {"confidence_series": "etf_total", "fact_date": date(2026, 2, 5), "asset": "BTC", "entity": "all"}
NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
ORDER = "ABCXU"
MILLION = 1e6


def opinion(source, value, hours=0, **changes):
    """What one vendor's table says of the ETF total of 5 February, known so many hours after noon."""
    known_at = NOON + timedelta(hours=hours)
    return KEY | {"source": source, "value": value, "tier": 2, "priority": 10, "known_at": known_at} | changes


def article(source, value, hours=0, **changes):
    return opinion(source, value, hours, **({"tier": 3, "priority": None} | changes))


def assessed(*opinions):
    return assess(pl.DataFrame(list(opinions), infer_schema_length=None))


def newest(*opinions):
    return assessed(*opinions).sort("recorded_at").row(-1, named=True)


def grade(*opinions):
    return newest(*opinions)["grade"]


def of_example(case):
    """The opinions of etf_23, in dollars."""
    inputs = case["inputs"]
    ranks = {name: n for n, name in enumerate(inputs["source_priority"])}
    return pl.DataFrame(
        [
            KEY
            | {
                "source": row["source"],
                "cluster": inputs["source_cluster"][row["source"]],
                "tier": 2 if row["source"] in ranks else 3,
                "priority": ranks.get(row["source"]),
                "value": row["value_usd_m"] * MILLION,
                "is_complete": row["funds_reported"] in (None, row["funds_expected"]),
                "known_at": datetime.fromisoformat(row["known_at"]),
            }
            for row in inputs["vintages"]
        ]
    )


def test_worked_example_of_a_restated_and_contradicted_total(example):
    """Fails where a partial table is final, an average is published, or two copies of an article count twice."""
    case = example("etf_23")
    answers = assess(of_example(case))
    for instant, expected in case["expected"].items():
        (found,) = as_of(answers, datetime.fromisoformat(instant)).to_dicts()
        assert found["anchor_value"] / MILLION == pytest.approx(expected["value_usd_m"], rel=1e-12)
        assert found["source"] == expected["chosen_source"]
        assert found["is_complete"] == (expected["status"] == "final")
        assert found["agreeing"] == expected["agreeing_sources"]
        assert found["n_clusters"] == expected["agreeing_clusters"]
        assert found["contradicting"] == expected["contradicting_sources"]
        assert found["n_contradicting"] == expected["contradicting_clusters"]
        spread = expected["max_abs_diff_among_agreeing"]
        assert found["max_abs_diff"] / MILLION == pytest.approx(spread, abs=1e-9)
    assert answers.sort("recorded_at")["grade"].to_list() == ["U", "C", "B", "B", "B"]


def seed_claims():
    """The claims of the seeds that METHOD grades; the index of our own is illustrative, as it says there."""
    oi, liq = {"confidence_series": "open_interest"}, {"confidence_series": "liquidations", "entity": "24h"}
    price, rr = {"confidence_series": "price"}, {"confidence_series": "risk_reversal"}
    return [
        opinion("farside", -434.1e6, cluster="issuer_tables"),
        opinion("sosovalue", -434.11e6, priority=20),
        article("seed_000", -290e6, is_complete=False),
        article("seed_001", 300e6, cluster="park"),
        article("seed_004", 300e6, cluster="park"),
        opinion("own_index", 62_800.0, tier=1, **price),
        article("seed_000", 62_900.0, **price),
        article("seed_002", 62_600.0, **price),
        article("seed_000", 80e9, **oi),
        article("seed_002", 62e9, **oi),
        article("seed_000", 1.45e9, is_matched=False, **liq),
        article("seed_001", 2.6e9, cluster="park", is_matched=False, **liq),
        article("seed_002", 1e9, is_matched=False, **liq),
        article("seed_000", -13.0, cluster="block_scholes", **rr),
        article("seed_002", -13.0, cluster="block_scholes", **rr),
    ]


def test_the_seeds_are_graded_as_the_methodology_says():
    """Fails where a seed's own High for a reversed or partial figure would be believed."""
    grades = dict(assessed(*seed_claims()).select("confidence_series", "grade").iter_rows())
    assert grades == {"etf_total": "B", "price": "A", "open_interest": "X", "liquidations": "U", "risk_reversal": "C"}


@pytest.mark.parametrize(
    ("expected", "opinions"),
    [
        ("A", [opinion("own", 100e6, tier=1), opinion("vendor", 101e6)]),
        ("B", [opinion("own", 100e6, tier=1)]),
        ("B", [opinion("own", 100e6, tier=1), opinion("vendor", 101e6), article("paper", 300e6)]),
        ("B", [opinion("own", 100e6, tier=1, is_lower_bound=True), opinion("vendor", 101e6)]),
        ("B", [opinion("one", 100e6), opinion("two", 101e6)]),
        ("B", [opinion("one", 100e6), opinion("two", 101e6), article("paper", 300e6)]),
        ("C", [opinion("one", 100e6)]),
        ("C", [opinion("one", 100e6), opinion("copy", 100e6, cluster="one")]),
        ("C", [opinion("one", 100e6), opinion("near", 110e6)]),
        ("C", [opinion("model", 100e6, tier=1, is_model=True), opinion("other_model", 100e6, is_model=True)]),
        ("X", [opinion("own", 100e6, tier=1), article("paper", 300e6)]),
        ("X", [opinion("one", 100e6), opinion("two", 101e6), article("a", 300e6), article("b", -300e6)]),
        ("U", [opinion("one", 100e6, is_complete=False)]),
        ("U", [opinion("one", 100e6, is_matched=False), opinion("two", 100e6, is_matched=False)]),
        ("U", [opinion("one", None)]),
    ],
)
def test_each_row_of_the_table_of_grades(expected, opinions):
    """Fails where a grade promises more than its sources."""
    assert grade(*opinions) == expected


def test_a_bare_list_of_claims_is_enough_and_a_key_in_part_unknown_loses_none():
    """Fails where a claim without a date, or without the day it became known, drops out in silence."""
    said = {"source": ["table", "vendor", "paper"], "value": [50e9, 51e9, 80e9], "tier": [2, 2, 3]}
    bare = pl.DataFrame(said).with_columns(confidence_series=pl.lit("open_interest"))
    (found,) = assess(bare).to_dicts()
    assert (found["anchor_value"], found["grade"], found["contradicting"]) == (50e9, "B", ["paper"])
    assert [row["source"] for row in contradictions(bare).to_dicts()] == ["paper"]


def test_a_tier_one_needs_coverage():
    """A sum over a tenth of the prints is not recomputed from raw feeds."""
    whole, part = ({"tier": 1, "coverage_ratio": share} for share in (0.95, 0.94))
    assert grade(opinion("own", 100e6, **whole), opinion("vendor", 100e6)) == "A"
    assert grade(opinion("own", 100e6, **part), opinion("vendor", 100e6)) == "B"
    assert grade(opinion("own", 100e6, **part)) == "C"


def test_the_anchor_is_complete_first_then_of_the_best_tier_then_of_the_first_priority():
    """Fails where a part day of a good source hides a whole day of another, or where a mean is published."""
    own = opinion("own", 90e6, tier=1, priority=99, is_complete=False)
    first, second = opinion("first", 100e6, priority=1), opinion("second", 104e6, priority=2)
    assert newest(own, second, first)["source"] == "first"
    assert newest(own | {"is_complete": True}, second, first)["source"] == "own"
    assert newest(own, second, first)["anchor_value"] == 100e6


def test_a_source_without_a_priority_is_the_value_only_where_no_other_has_one():
    """An article's round number must not replace a table that is still filling."""
    table = opinion("table", 90e6, is_complete=False)
    assert newest(table, article("paper", 100e6))["source"] == "table"
    assert newest(opinion("table", None), article("paper", 100e6))["source"] == "paper"


def test_the_band_is_the_larger_of_the_absolute_and_the_relative():
    """Fails where 5 million is a contradiction of 500 million, or 2 % of a million is."""
    assert newest(opinion("one", 1e6), opinion("two", 5.9e6, priority=20))["n_clusters"] == 2
    assert newest(opinion("one", 500e6), opinion("two", 510e6, priority=20))["n_clusters"] == 2
    assert newest(opinion("one", 500e6), opinion("two", 510.1e6, priority=20))["n_clusters"] == 1


@pytest.mark.parametrize(("delta", "low", "against"), [(5e6, 95e6, 0), (15e6, 85e6, 0), (15.1e6, 100e6, 1)])
def test_near_widens_the_range_and_three_bands_contradict(delta, low, against):
    """Fails where a value that comes near is shown as a contradiction, or one beyond three bands is not."""
    found = newest(opinion("one", 100e6), opinion("two", 100e6 - delta, priority=20))
    assert (found["low"], found["high"], found["n_contradicting"]) == (low, 100e6, against)


def test_an_opinion_that_is_not_complete_is_compared_with_nothing():
    """A partial table would contradict the whole one every evening."""
    found = newest(opinion("one", 100e6), opinion("two", 30e6, is_complete=False))
    assert (found["grade"], found["n_contradicting"], found["low"]) == ("C", 0, 100e6)


def test_a_models_output_neither_confirms_nor_contradicts_an_observation():
    """Fails where a model that was fitted to a series confirms it."""
    model = opinion("model", 100e6, is_model=True)
    assert newest(opinion("one", 100e6), model)["n_clusters"] == 1
    assert grade(opinion("one", 100e6), model | {"value": 300e6}) == "C"


def test_a_series_without_a_band_is_an_error():
    """Fails where a misspelt series would be compared with no band, and so agree with nothing."""
    with pytest.raises(ValueError, match="no band for the series"):
        assessed(opinion("one", 1.0, confidence_series="etf_totals"))


def test_bands_can_be_changed_without_code():
    """Fails where a band is written into the comparison."""
    rows = pl.DataFrame([opinion("one", 100e6), opinion("two", 130e6, priority=20)])
    wide = bands().with_columns(band_absolute=pl.lit(50e6))
    assert (assess(rows)["grade"].item(), assess(rows, wide)["grade"].item()) == ("X", "B")


def test_every_source_has_a_cluster_and_one_of_three_tiers():
    """A typing error in the table would make a copy a second opinion."""
    table = sources()
    assert table.null_count().sum_horizontal().item() == 0
    assert set(table["tier"]) <= {1, 2, 3}
    assert table["source"].is_unique().all()
    copies = table.filter(pl.col("source").str.contains("farside|coinglass_etf|theblock"))
    assert copies["cluster"].unique().to_list() == ["issuer_tables"]


VALUES = st.one_of(st.none(), st.floats(-5e8, 5e8).map(lambda value: round(value, -5)))
OPINIONS = st.lists(
    st.builds(
        lambda source, cluster, value, hours, **facts: opinion(
            source, value, hours, cluster=cluster, priority=ord(source), **facts
        ),
        st.sampled_from("abcd"), st.sampled_from(["one", "two", "three"]), VALUES, st.integers(0, 4),
        tier=st.integers(1, 3), is_complete=st.booleans(), is_lower_bound=st.booleans(),
    ),
    min_size=1, max_size=8, unique_by=lambda row: (row["source"], row["known_at"]),
)  # fmt: skip
quick = settings(max_examples=60, deadline=None)


@quick
@given(OPINIONS, st.randoms(use_true_random=False))
def test_the_order_of_opinions_does_not_matter(opinions, random):
    """Fails where the file that is read first is believed first."""
    shuffled = random.sample(opinions, len(opinions))
    assert assessed(*opinions).equals(assessed(*shuffled))


@quick
@given(OPINIONS)
def test_delivering_again_changes_nothing(opinions):
    """Fails where the same message twice is a second opinion or a new vintage."""
    last = max(row["known_at"] for row in opinions)
    newest_rows = {row["source"]: row for row in sorted(opinions, key=lambda row: row["known_at"])}
    again = [row | {"known_at": last + timedelta(hours=1)} for row in newest_rows.values()]
    assert assessed(*opinions, *opinions, *again).equals(assessed(*opinions))


@quick
@given(OPINIONS)
def test_a_copy_of_a_source_never_changes_the_grade(opinions):
    """Ten sites that quote one vendor are one source."""
    whole = [row | {"known_at": NOON} for row in opinions]
    unique = list({row["source"]: row for row in whole}.values())
    copied = [row | {"source": f"{row['source']}_copy", "priority": row["priority"] + 100} for row in unique]
    for copy in copied:
        assert grade(*unique, copy) == grade(*unique)


@quick
@given(OPINIONS)
def test_a_contradiction_never_improves_the_grade(opinions):
    """Fails where somebody who disagrees makes a figure more certain."""
    before = newest(*opinions)
    if before["grade"] == "U":
        return
    against = article("against", before["anchor_value"] + 2e9, hours=9, cluster="against")
    after = newest(*opinions, against)
    assert ORDER.index(after["grade"]) >= ORDER.index(before["grade"])
    assert after["anchor_value"] == before["anchor_value"]


@quick
@given(OPINIONS)
def test_the_value_lies_in_its_range_and_is_one_that_somebody_gave(opinions):
    """Fails where a mean is published, or a range that leaves its value out."""
    for row in assessed(*opinions).iter_rows(named=True):
        assert row["grade"] in GRADES
        if row["anchor_value"] is None:
            assert (row["low"], row["high"], row["grade"]) == (None, None, "U")
        else:
            assert row["low"] <= row["anchor_value"] <= row["high"]
            assert row["anchor_value"] in {each["value"] for each in opinions}
            assert row["n_clusters"] >= 1


@quick
@given(OPINIONS, st.integers(0, 5))
def test_what_was_known_then_does_not_depend_on_what_came_later(opinions, hours):
    """Fails where the future leaks into an as-of answer."""
    instant = NOON + timedelta(hours=hours)
    known = [row for row in opinions if row["known_at"] <= instant]
    if known:
        assert as_of(assessed(*opinions), instant).equals(as_of(assessed(*known), instant))
