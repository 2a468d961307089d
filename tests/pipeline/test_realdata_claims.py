"""What the real exports say to every claim of the articles: verdicts worked out from the files by hand."""

from __future__ import annotations

import json

import polars as pl
import pytest
from published import query

# claim -> the value in the files, in m USD unless it is a fraction or a multiple
REPRODUCED = {
    "ETFF-000-001": 561.8,
    "ETFF-000-002": -544.9,
    "ETFF-000-003": -544.9,
    "ETFF-000-005": -434.1,  # "280m or more"
    "ETFF-001-006": -528.3,  # the lowest up to then: -523.2 before, on 18 November 2025
    "ETFF-001-007": -373.4,
    "ETFF-001-012": 231.6,
    "ETFF-002-016": 561.8 - 272.0 - 544.9 - 434.1,
    "ETFF-002-017": -544.9,
    "ETFF-002-018": -434.1,
    "LIQ-002-009": 688.5 + 204.8,
    "STBL-000-001": 187_293.5,  # 187,311.4 at the quarter's end
    "STBL-003-003": -1_631.3,  # on 19 February; -1,776 on the 28th, -1,861 over the month
    "XAST-001-004": 0.000465258,
    "XAST-001-006": 0.002699796,
}
# claim -> the value in the files and the likely reason
REFUTED = {
    "ETFF-000-004": (-434.1, "restatement"),
    "ETFF-001-009": (-175.3, "window"),  # 231.6 and 371.1 on 6 February
    "ETFF-001-010": (-175.3, "window"),
    "ETFF-001-011": (-434.1, "window"),
    "XAST-001-005": (5.802791, "unknown"),
}
# Decided by the files of funding, which the articles' claims do not say the venue of.
FUNDING = {"FUND-000-001": "refuted", "FUND-000-002": "refuted", "FUND-002-003": "reproduced"}


@pytest.fixture(scope="module")
def checks(realdata_home) -> pl.DataFrame:
    """All claims with their verdicts on the real exports."""
    return query(realdata_home, "select * from fct_claim_checks")


def test_every_claim_has_a_verdict_and_the_copies_of_an_article_are_not_counted(checks):
    """181 figures were claimed, 34 of them twice."""
    assert checks.height == 181
    assert checks["is_counted"].sum() == 147


def test_the_files_decide_just_these_claims(checks):
    """A claim that the files can decide must be decided, and no other."""
    counted = checks.filter("is_counted")
    decided = counted.filter(pl.col("verdict") != "not_computable")
    expected = {**dict.fromkeys(REPRODUCED, "reproduced"), **dict.fromkeys(REFUTED, "refuted"), **FUNDING}
    assert dict(decided.select("claim_id", "verdict").rows()) == expected


@pytest.mark.parametrize("claim", [*REPRODUCED, *REFUTED])
def test_the_measured_value_is_the_one_in_the_files(claim, checks):
    """A right verdict from a wrong number is luck."""
    row = checks.row(by_predicate=pl.col("claim_id") == claim, named=True)
    value = REPRODUCED[claim] if claim in REPRODUCED else REFUTED[claim][0]
    scale = 1e6 if row["measured_unit"] == "usd" else 1.0
    assert row["measured_value"] / scale == pytest.approx(value, rel=1e-4)
    assert row["difference"] is not None
    assert not row["is_simulated"]


def test_a_refuted_claim_says_by_how_much_and_the_likely_reason(checks):
    """The session after the one named has the sign and the size of what was claimed."""
    refuted = checks.filter(pl.col("claim_id").is_in(list(REFUTED)))
    assert dict(refuted.select("claim_id", "likely_reason").rows()) == {name: why for name, (_, why) in REFUTED.items()}
    assert refuted["reason_text"].null_count() == 0
    assert refuted.filter(claim_id="ETFF-000-004")["difference"].item() == pytest.approx(-134.1e6)
    assert "+231.6m" in refuted.filter(claim_id="ETFF-001-010")["reason_text"].item()


def test_a_copy_has_the_verdict_of_its_original(checks):
    """Two verdicts on one sentence would be one too many."""
    copies = checks.filter(pl.col("duplicate_of").is_not_null())
    both = copies.join(checks, left_on="duplicate_of", right_on="claim_id", suffix="_original")
    assert both.height == 34
    for name in ("verdict", "measured_value", "likely_reason", "missing"):
        assert both[name].eq_missing(both[f"{name}_original"]).all(), name


def test_an_undecided_claim_says_what_is_missing(checks):
    """ "Not computable" alone leaves the reader where he was."""
    undecided = checks.filter(verdict="not_computable")
    assert undecided["missing"].null_count() == 0
    assert undecided["likely_reason"].count() == 0
    missing = dict(undecided.select("claim_id", "missing").rows())
    assert "single prints" in missing["LIQ-000-001"]
    assert "settlement_csv" in missing["BASIS-000-001"]
    assert missing["OI-000-001"].startswith("the sum at hand is a floor")
    assert "stablecoins moved to and from exchanges" in missing["EXFL-000-001"]


def test_the_command_prints_the_counts_then_each_claim(realdata_home, sluice):
    """The question that it answers is how far the articles can be trusted."""
    said = sluice(realdata_home)("claims", "--series", "etf_flows").stdout
    assert said.splitlines()[0] == "19 claims, and 10 copies of them: 10 reproduced, 4 refuted, 5 not computable"
    assert "simulation" not in said
    only = sluice(realdata_home)("claims", "--verdict", "refuted").stdout
    assert only.splitlines()[0].startswith("147 claims, and 34 copies of them:")
    assert "ETFF-000-004" in only
    assert "ETFF-002-018" not in only


def test_json_has_every_column_of_the_chosen_claims(realdata_home, sluice, checks):
    """A program must not read a table that is drawn for people."""
    said = sluice(realdata_home)("claims", "--series", "liquidations", "--verdict", "reproduced", "--json").stdout
    (row,) = json.loads(said)
    assert row["claim_id"] == "LIQ-002-009"
    assert list(row) == checks.columns


def test_an_unknown_series_is_wrong_use_and_names_the_known_ones(realdata_home, sluice):
    """An empty table would look like an answer."""
    done = sluice(realdata_home)("claims", "--series", "nope", code=2)
    assert "known: basis_term_structure" in " ".join(done.stderr.split())


def test_what_the_sample_feeds_say_is_called_a_simulation(sample_home, sluice):
    """A verdict on an article from made-up data must not pass for a finding."""
    said = sluice(sample_home)("claims", "--series", "etf_flows").stdout
    assert "Measured on the sample feeds: a simulation" in said
