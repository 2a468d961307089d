"""The tables of claims: nothing lost of what was claimed, and every claim has a check or says what it lacks."""

from __future__ import annotations

import csv
import re

import polars as pl
import pytest

from schemas import claims, confidence
from schemas.rules import CONTRADICTION_REASON
from schemas.tables import FACTS
from transforms.facts.claims import evaluate

CLAIMS, CHECKS, MEASURES = claims.claims(), claims.checks(), claims.measures()
# Of the figures as they were printed: unit to base unit.
FACTORS = {"USD m": 1e6, "USD bn": 1e9, "USD tn": 1e12, "pct": 0.01, "m shares": 1e6, "m (over)": 1e6}


@pytest.fixture(scope="session")
def printed(realdata) -> dict[str, dict[str, str]]:
    """The list of claims as it was handed over, by id."""
    with (realdata.parent / "claims.csv").open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def test_no_claim_is_lost_and_windows_and_named_sources_stay(printed):
    """A figure that is not in the table can be neither reproduced nor refuted."""
    assert CLAIMS["claim_id"].to_list() == list(printed)
    assert CLAIMS["claim_id"].is_unique().all()
    assert CLAIMS["claim_series"].to_list() == [row["series"] for row in printed.values()]
    assert CLAIMS["article"].to_list() == [row["seed_file"][:3] for row in printed.values()]
    for row in CLAIMS.iter_rows(named=True):
        start, end = (printed[row["claim_id"]][name] for name in ("period_start_utc", "period_end_utc"))
        found = [f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "" for at in (row["claim_starts_at"], row["claim_ends_at"])]
        assert found == [start, end], row["claim_id"]


def test_values_are_the_printed_ones_in_base_units(printed):
    """Millions taken for dollars, or per cent for fractions, refute everything."""
    for row in CLAIMS.iter_rows(named=True):
        source = printed[row["claim_id"]]
        numbers = re.fullmatch(r"(?:[<>]=? )?(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?", source["value"])
        if numbers is None:
            assert row["claim_operator"] in ("text", "lt", "gt"), row
            continue
        factor = next((f for unit, f in FACTORS.items() if source["unit"].startswith(unit)), 1.0)
        bounds = [float(number) * factor for number in numbers.groups() if number]
        stated = [bound for bound in (row["claimed_low"], row["claimed_high"]) if bound is not None]
        assert sorted({*stated}) == pytest.approx(sorted({*bounds})), row["claim_id"]


def test_bounds_are_open_where_the_claim_is_a_bound():
    """ "Over 230m" is not refuted by 300m."""
    is_open = {"gt": (False, True), "ge": (False, True), "lt": (True, False), "le": (True, False), "text": (True, True)}
    for row in CLAIMS.iter_rows(named=True):
        found = row["claimed_low"] is None, row["claimed_high"] is None
        assert found == is_open.get(row["claim_operator"], (False, False)), row["claim_id"]
    assert CLAIMS.filter(claim_operator="text")["claimed_text"].null_count() == 0
    assert CLAIMS.filter(pl.col("claimed_low") > pl.col("claimed_high")).is_empty()


def test_a_duplicate_points_to_the_same_claim_of_the_other_copy(printed):
    """Counted twice, one article would confirm itself."""
    copies = CLAIMS.filter(pl.col("duplicate_of").is_not_null())
    assert set(copies["claim_id"]) == {name for name, row in printed.items() if "duplicate of seed" in row["note"]}
    originals = copies.join(CLAIMS, left_on="duplicate_of", right_on="claim_id", suffix="_original")
    assert originals.height == copies.height
    assert originals["duplicate_of_original"].null_count() == copies.height
    for name in ("claim_subject", "claim_metric", "claimed_low", "claimed_high", "claimed_text", "claim_starts_at"):
        assert originals[name].eq_missing(originals[f"{name}_original"]).all(), name
    assert set(originals["article"]) == {"004"}
    assert set(originals["article_original"]) == {"001"}


def test_no_words_of_the_articles_are_carried_over(printed):
    """The figures are facts; the prose is its authors'."""
    quotes = [row["quote_of_at_most_12_words"] for row in printed.values()]
    words = [text for table in claims.texts().values() for text in re.split(r'[,\n"]', table) if len(text.split()) > 4]
    assert not [text for text in words if any(text.strip().lower() in quote.lower() for quote in quotes)]


def test_every_claim_that_counts_has_a_check_or_says_what_is_missing():
    """ "Not computable" without a reason is no answer."""
    originals = set(CLAIMS.filter(pl.col("duplicate_of").is_null())["claim_id"])
    assert set(CHECKS["claim_id"]) == originals
    idle = CHECKS.filter(pl.col("measure").is_null())
    assert idle["missing"].null_count() == 0
    fed = CHECKS.filter(pl.col("measure") != "arithmetic")
    assert fed["missing"].null_count() == 0


def test_codes_are_of_their_closed_lists():
    """A misspelt measure would leave a claim undecided for ever."""
    assert set(CLAIMS["claim_operator"]) <= set(claims.OPERATORS)
    assert set(CLAIMS["claim_unit"]) | set(MEASURES["measured_unit"].drop_nulls()) <= set(claims.UNITS)
    assert set(CHECKS["measure"].drop_nulls()) <= set(MEASURES["measure"])
    assert set(CHECKS["takes"].drop_nulls()) <= set(claims.TAKES)
    assert set(CHECKS["compares"].drop_nulls()) == {"value", "sign"}
    assert set(CHECKS["record"].drop_nulls()) <= {"lowest"}
    assert set(CHECKS["likely_reason"].drop_nulls()) <= set(CONTRADICTION_REASON)
    assert set(MEASURES["fact"].drop_nulls()) <= {fact.name for fact in FACTS}
    assert set(MEASURES["confidence_series"].drop_nulls()) <= set(confidence.bands()["series"])


def test_a_sum_says_of_how_many_values_it_is():
    """Three of four days add up to something, too."""
    assert CHECKS.filter(takes="sum")["n_expected"].null_count() == 0
    assert CHECKS.filter(pl.col("takes") != "sum")["n_expected"].count() == 0


def test_values_by_arithmetic_are_what_the_formulas_give():
    """The table is read by SQL, which has no normal distribution; the functions have the last word."""
    rows = CHECKS.filter(measure="arithmetic")
    assert rows.height == 3
    found = [evaluate(formula, arguments) for formula, arguments in rows.select("formula", "arguments").rows()]
    assert rows["computed_value"].to_list() == pytest.approx(found, rel=1e-12, abs=0), found


def test_the_tolerance_is_half_of_the_last_digit_and_of_round_numbers_at_most_a_twentieth():
    """ "About 1 billion" is not half a billion; "434.1" is not 434."""
    of = dict(CLAIMS.select("claim_id", "tolerance").rows())
    assert of["ETFF-002-018"] == pytest.approx(0.05e6)
    assert of["LIQ-000-004"] == pytest.approx(0.5e6)
    assert of["LIQ-002-009"] == pytest.approx(50e6)
    assert of["XAST-001-006"] == pytest.approx(0.005e-2)
