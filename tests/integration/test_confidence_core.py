"""Assessments out of core: who competes, which dates are computed, and when all of them are."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from made_up_core import DAYS, at, put, rows_of

from orchestration.store.core_store import CoreStore
from orchestration.store.derive import confidence, opinions
from orchestration.store.layout import Layout
from orchestration.store.lineage import inputs_of
from schemas import confidence as rules
from schemas.tables import TABLES

ASSESSMENTS = TABLES["core_confidence__assessments"]
CONTRADICTIONS = TABLES["core_confidence__contradictions"]


@pytest.fixture
def core(tmp_path):
    """An empty core."""
    store = CoreStore(Layout(tmp_path))
    store.ensure()
    return store


def store(core, name, rows, days):
    core.replace_dates(TABLES[name], days, rows_of(name, rows))


def cell(source, flow, hour=6, **changes):
    day = DAYS[0]
    return {"trade_date": day, "fund": "IBIT", "source": source, "flow_usd": flow, "known_at": at(day, hour)} | changes


def answers(core, series):
    frame = core.read(ASSESSMENTS).filter(confidence_series=series).sort("recorded_at")
    return frame.select("source", "anchor_value", "n_clusters", "n_contradicting", "grade").rows()


def test_every_graded_series_of_a_fact_has_opinions():
    """A band whose series nobody fills would leave a fact ungraded without a word."""
    filled = {each.series for each in opinions.present()}
    graded = rules.bands().filter(pl.col("fact").is_in(list(TABLES)))
    assert set(graded["series"]) <= filled <= set(rules.bands()["series"])


def test_the_assessments_come_after_every_table_that_holds_opinions():
    """A table that is not among the inputs might be derived after what compares its rows."""
    held = {each.table for each in opinions.present()} | {"core_stablecoins__assets"}
    assert set(ASSESSMENTS.inputs) == set(CONTRADICTIONS.inputs) == held


def test_a_copy_is_no_second_opinion_and_an_independent_table_is(core):
    """Five sites that repeat Farside would make an A of one table."""
    rows = [
        cell("farside_etf_flows", 100e6),
        cell("coinglass_etf_flows", 100e6, 7),
        cell("theblock_etf_flows", 100e6, 8),
        cell("sosovalue_etf_flows", 101e6, 9),
    ]
    store(core, "core_etf__flows", rows, DAYS[:1])
    confidence.derive(core, 0)
    assert answers(core, "etf_fund") == [
        ("farside_etf_flows", 100e6, 1, 0, "C"),
        ("farside_etf_flows", 100e6, 2, 0, "B"),
    ]


def test_a_part_day_is_ungraded_and_gives_way_to_a_whole_one(core):
    """A part day of the better source would contradict everybody every evening."""
    keys = {"fact_date": DAYS[0], "entity": "all_exchanges", "metric": "netflow", "unit": "coin"}
    part = {**keys, "source": "cryptoquant_exchange_flows", "value": 900.0, "finality": "preliminary"}
    rows = [
        part | {"known_at": at(DAYS[0], 1)},
        {**keys, "source": "coinmetrics_exchange_flows", "value": 5000.0, "known_at": at(DAYS[0], 2)},
        part | {"known_at": at(DAYS[0], 3), "value": 9000.0, "finality": "final"},
    ]
    store(core, "core_exchange__flows", rows, DAYS[:1])
    confidence.derive(core, 0)
    assert answers(core, "exchange_netflow") == [
        ("cryptoquant_exchange_flows", 900.0, 1, 0, "U"),
        ("coinmetrics_exchange_flows", 5000.0, 1, 0, "C"),
        ("cryptoquant_exchange_flows", 9000.0, 1, 1, "X"),
    ]
    (row,) = core.read(CONTRADICTIONS).to_dicts()
    assert (row["source"], row["contradiction_reason"]) == ("coinmetrics_exchange_flows", "vendor")


def test_own_sums_of_a_feed_that_drops_prints_are_no_raw_data(core):
    """An 8 % sample of a burst would be graded like a complete record."""
    instant = datetime(2026, 1, 30, 12, tzinfo=UTC)
    keys = {"fact_date": DAYS[0], "liq_side": "long", "event_at": instant, "known_at": at(DAYS[0])}
    prints = [
        {**keys, "venue": venue, "source": f"{venue}_liquidations", "notional_usd": value, "occurrence": n}
        for venue in ("bybit", "okx")
        for n, value in enumerate((0.1, 0.2, 0.3))
    ]
    store(core, "core_liquidations__events", prints, DAYS[:1])
    confidence.derive(core, 0)
    found = core.read(ASSESSMENTS).select("entity", "anchor_value", "grade").sort("entity").rows()
    assert found == [("bybit|long|venue_prints", 0.6, "B"), ("okx|long|venue_prints", 0.6, "C")]


def test_units_of_another_peg_are_not_compared_with_dollars(core):
    """8,000 million roubles against 100 million dollars would be a contradiction of nothing."""
    keys = {"fact_date": DAYS[0], "chain": "all", "known_at": at(DAYS[0])}
    tokens = {**keys, "source": "defillama_stablecoin", "circulating_peg": 8e9}
    dollars = {**keys, "source": "artemis_stablecoins", "circulating_usd": 1e8}
    rows = [row | {"stablecoin_id": identity} for row in (tokens, dollars) for identity in ("1", "258")]
    store(core, "core_stablecoins__supply", rows, DAYS[:1])
    confidence.derive(core, 0)
    found = core.read(ASSESSMENTS).select("asset", "source", "anchor_value", "grade").sort("asset").rows()
    assert found == [("1", "defillama_stablecoin", 8e9, "X"), ("258", "defillama_stablecoin", None, "U")]


def test_a_contradiction_leads_to_the_rows_of_both_sides(core):
    """A reader who is told of a contradiction must be able to look at what the two sources sent."""
    rows = [
        cell("farside_etf_flows", 100e6),
        cell("sosovalue_etf_flows", -100e6),
        cell("farside_etf_flows", 5.0, fund="FBTC"),
    ]
    store(core, "core_etf__flows", rows, DAYS[:1])
    confidence.derive(core, 0)
    (row,) = core.read(CONTRADICTIONS).to_dicts()
    found = inputs_of(core, TABLES["fct_contradictions"], row)
    assert {name: set(frame["source"]) for name, frame in found.items()} == {
        "core_etf__flows": {"farside_etf_flows", "sosovalue_etf_flows"}
    }
    assert set(found["core_etf__flows"]["fund"]) == {"IBIT"}


def test_only_changed_dates_are_computed_again(core, monkeypatch):
    """A day's run that assessed the history would cost as much as the history."""
    put(core.layout, "core_etf__flows", DAYS)
    confidence.derive(core, 0)
    before, mark = core.read(ASSESSMENTS), core.last_mark()
    asked = []
    read = opinions.opinions
    monkeypatch.setattr(confidence, "opinions", lambda c, dates, r: asked.append(dates) or read(c, dates, r))
    put(core.layout, "core_etf__flows", DAYS[2:3], shift=0.5)
    confidence.derive(core, mark)
    assert asked == [[DAYS[2]]]
    after = core.read(ASSESSMENTS)
    changed = after.join(before, on=after.columns, how="anti", nulls_equal=True)
    assert set(changed["fact_date"]) == {DAYS[2]}


def test_a_changed_band_grades_the_whole_history_again(core, monkeypatch):
    """Old dates would keep grades by a rule that nobody can read any more."""
    days = DAYS[:2]
    rows = [cell(source, flow, trade_date=day, known_at=at(day)) for day in days
            for source, flow in (("farside_etf_flows", 100e6), ("sosovalue_etf_flows", 130e6))]  # fmt: skip
    store(core, "core_etf__flows", rows, days)
    confidence.derive(core, 0)
    assert core.read(ASSESSMENTS)["grade"].to_list() == ["X", "X"]
    wide = rules.bands().with_columns(band_absolute=pl.lit(50e6))
    monkeypatch.setattr(rules, "bands", lambda: wide)
    confidence.derive(core, core.last_mark())
    assert core.read(ASSESSMENTS)["grade"].to_list() == ["B", "B"]
    assert core.read(CONTRADICTIONS).is_empty()


def test_deriving_twice_changes_nothing(core):
    """A run without news would publish a release without news."""
    put(core.layout, "core_etf__flows", DAYS)
    confidence.derive(core, 0)
    before, mark = core.read(ASSESSMENTS), core.last_mark()
    confidence.derive(core, 0)
    assert core.last_mark() == mark
    assert core.read(ASSESSMENTS).equals(before)
    assert before.height == 3 * len(DAYS)
    assert before["recorded_at"].min() > datetime.combine(DAYS[0], datetime.min.time(), UTC) + timedelta(days=1)
