"""Totals of ETF flows: what a source's table amounts to at every instant, and the sum since launch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import confidence
from schemas.tables import TABLES
from transforms.facts import confidence as grading
from transforms.facts.etf_totals import cumulative_flow, fund_launches, source_totals, whole_from_first

DAY = date(2026, 2, 5)
FUNDS = pl.DataFrame(
    [("BTC", "IBIT", date(2024, 1, 11)), ("BTC", "FBTC", date(2024, 1, 11)), ("BTC", "MSBT", date(2026, 4, 8))],
    ["asset", "fund", "launch_date"],
    orient="row",
)
FARSIDE, SOSOVALUE = "farside_etf_flows", "sosovalue_etf_flows"


def at(hour: int, day: int = 6) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def cells(*rows: tuple, source: str = FARSIDE) -> pl.DataFrame:
    """(fund, flow, status, finality, known at)."""
    return pl.DataFrame(
        [
            {"trade_date": DAY, "asset": "BTC", "fund": fund, "flow_usd": flow, "printed_flow_usd": flow,
             "status": status, "finality": finality, "source": source, "raw_sha256": "a" * 64,
             "known_at": known, "is_simulated": False}
            for fund, flow, status, finality, known in rows
        ],
        schema=TABLES["core_etf__flows"].schema,
    )  # fmt: skip


def printed(*rows: tuple, source: str = FARSIDE, day: date = DAY) -> pl.DataFrame:
    """(total, status, finality, known at)."""
    return pl.DataFrame(
        [
            {"trade_date": day, "asset": "BTC", "printed_total_usd": total, "status": status, "finality": finality,
             "source": source, "raw_sha256": "a" * 64,
             "known_at": known, "is_simulated": False}
            for total, status, finality, known in rows
        ],
        schema=TABLES["core_etf__totals"].schema,
    )  # fmt: skip


def states(totals: pl.DataFrame) -> list[tuple]:
    return totals.select(
        "recorded_at", "flow_usd", "printed_total_usd", "n_funds_reported", "n_funds_expected", "status", "finality"
    ).rows()


def test_a_total_is_partial_until_every_fund_has_reported():
    """Nothing reported is null and not zero; a restated cell moves the sum; funds yet to launch do not count."""
    table = cells(
        ("IBIT", None, "pending", "preliminary", at(0)),
        ("FBTC", None, "pending_zero", "preliminary", at(0)),
        ("MSBT", None, "not_launched", "final", at(0)),
        ("IBIT", 10.1, None, "preliminary", at(1)),
        ("FBTC", 20.2, None, "final", at(6)),
        ("IBIT", 10.1, None, "final", at(6)),
        ("IBIT", 12.5, None, "final", at(6, 9)),
    )
    assert states(source_totals(table, printed((30.0, None, "final", at(6))), FUNDS)) == [
        (at(0), None, None, 0, 2, "pending", "preliminary"),
        (at(1), 10.1, None, 1, 2, "partial", "preliminary"),
        (at(6), 30.3, 30.0, 2, 2, None, "final"),
        (at(6, 9), 32.7, 30.0, 2, 2, None, "final"),
    ]


def test_a_total_without_a_launched_fund_is_partial_until_its_column_appears():
    """A table that does not yet have a fund's column looks complete and is not."""
    table = cells(("IBIT", 5.0, None, "final", at(6)), ("FBTC", 7.0, None, "final", at(6, 9)))
    totals = source_totals(table, printed(), FUNDS)
    assert states(totals) == [
        (at(6), 5.0, None, 1, 2, "partial", "preliminary"),
        (at(6, 9), 12.0, None, 2, 2, None, "final"),
    ]
    assert totals["is_new_fund"].to_list() == [False, True]


def test_a_printed_total_without_its_funds_is_a_total():
    """SoSoValue's history gives no cells, and is the only independent opinion beside Farside."""
    total = printed((-434.11, None, "final", at(6)), source=SOSOVALUE)
    assert states(source_totals(cells(), total, FUNDS)) == [(at(6), -434.11, -434.11, None, 2, None, "final")]
    early = printed((-290.0, "partial", "preliminary", at(2)), source=SOSOVALUE)
    assert states(source_totals(cells(), early, FUNDS)) == [(at(2), -290.0, -290.0, None, 2, "partial", "preliminary")]


def test_a_printed_total_that_is_only_the_sum_so_far_is_no_total():
    """Farside prints the sum of what has reported: whole it looks, and is not."""
    table = cells(("IBIT", 10.0, None, "final", at(6)), ("FBTC", None, "missing", "final", at(6)))
    assert states(source_totals(table, printed((10.0, "partial", "final", at(6))), FUNDS)) == [
        (at(6), 10.0, 10.0, 1, 2, "partial", "final")
    ]


def test_a_rebuild_of_some_funds_is_no_total():
    """One issuer of eleven would stand as a partial total that never fills up."""
    some = cells(("IBIT", 10.0, None, "final", at(6)), source="issuer_rebuild")
    assert whole_from_first(source_totals(some, printed(), FUNDS)).is_empty()
    both = pl.concat([some, cells(("FBTC", 20.0, None, "final", at(9)), source="issuer_rebuild")])
    assert whole_from_first(source_totals(both, printed(), FUNDS))["flow_usd"].to_list() == [30.0]


def test_sources_do_not_fill_each_others_gaps():
    """A sum of two tables is a number that nobody printed."""
    table = cells(("IBIT", 10.0, None, "final", at(6)), ("FBTC", None, "pending", "preliminary", at(6)))
    other = cells(("FBTC", 20.0, None, "final", at(6)), source="tftc_etf_flows")
    totals = source_totals(pl.concat([table, other]), printed(), FUNDS)
    assert set(totals["status"]) == {"partial"}
    assert sorted(totals["flow_usd"]) == [10.0, 20.0]


FLOWS = st.floats(-1e9, 1e9).map(lambda usd: round(usd, 2))


@settings(deadline=None)
@given(st.lists(FLOWS, min_size=2, max_size=2), st.permutations(range(4)))
def test_the_funds_sum_to_the_total_in_any_order_and_however_often(flows, order):
    """Order of arrival and delivery again change nothing."""
    rows = [
        ("IBIT", None, "pending", "preliminary", at(1)),
        ("FBTC", None, "pending", "preliminary", at(2)),
        ("IBIT", flows[0], None, "final", at(6)),
        ("FBTC", flows[1], None, "final", at(7)),
    ]
    totals = source_totals(cells(*rows), printed(), FUNDS)
    assert totals["flow_usd"].to_list()[-1] == pytest.approx(sum(flows), abs=0.01)
    again = [(*row[:-1], row[-1] + timedelta(days=1)) for row in rows[2:]]
    assert source_totals(cells(*(rows[n] for n in order), *again), printed(), FUNDS).equals(totals)


@settings(deadline=None)
@given(st.integers(1, 4))
def test_what_is_known_later_does_not_change_what_was_known(n):
    """An as-of answer is the same whenever it is asked for."""
    rows = [
        ("IBIT", None, "pending", "preliminary", at(1)),
        ("FBTC", 1.0, None, "preliminary", at(2)),
        ("IBIT", 3.0, None, "final", at(6)),
        ("FBTC", 2.0, None, "final", at(7)),
    ]
    then = source_totals(cells(*rows[:n]), printed(), FUNDS)
    now = source_totals(cells(*rows), printed(), FUNDS).filter(pl.col("recorded_at") <= rows[n - 1][-1])
    assert now.equals(then)


def test_the_sum_since_launch_counts_what_the_funds_started_with_once():
    """Counted with every day it would grow without a flow."""
    days = pl.DataFrame(
        {
            "trade_date": [date(2026, 2, 3), date(2026, 2, 2), date(2026, 2, 4)],
            "asset": "BTC",
            "flow_usd": [-2.0, 5.0, None],
        }
    )
    assert cumulative_flow(days, 100.0)["cumulative_flow_usd"].to_list() == [105.0, 103.0, 103.0]


def test_every_fund_has_a_launch():
    """A fund without one would never be expected."""
    assert fund_launches().filter(asset="BTC").height >= 12
    assert fund_launches()["launch_date"].null_count() == 0


def test_worked_example_of_a_total_that_is_partial_final_and_contradicted(example):
    """The value is the best complete source's, at every instant; copies of an article are one voice."""
    case = example("etf_23")
    totals = pl.concat(_totals_of(vintage) for vintage in case["inputs"]["vintages"])
    opinions = totals.select(
        confidence_series=pl.lit("etf_total"),
        fact_date="trade_date",
        asset="asset",
        entity=pl.lit("all"),
        source="source",
        value="flow_usd",
        known_at="recorded_at",
        is_complete=pl.col("status").is_null(),
        cluster=pl.col("source").replace_strict(case["inputs"]["source_cluster"]),
        tier=pl.when(pl.col("source").str.starts_with("opinion")).then(3).otherwise(2),
        priority=pl.col("source").replace_strict(
            {name: n for n, name in enumerate(case["inputs"]["source_priority"])}, default=None
        ),
    )
    assessed = grading.assess(opinions, confidence.bands())
    prior = [(date.fromisoformat(day), "BTC", usd * 1e6) for day, usd in case["inputs"]["prior_days_usd_m"].items()]
    for instant, expected in case["expected"].items():
        row = grading.as_of(assessed, datetime.fromisoformat(instant)).row(0, named=True)
        days = pl.DataFrame(
            [*prior, (DAY, "BTC", row["anchor_value"])], ["trade_date", "asset", "flow_usd"], orient="row"
        )
        found = {
            "value_usd_m": row["anchor_value"] / 1e6,
            "chosen_source": row["source"],
            "status": "final" if row["is_complete"] else "partial",
            "agreeing_sources": row["agreeing"],
            "agreeing_clusters": row["n_clusters"],
            "contradicting_sources": row["contradicting"],
            "contradicting_clusters": row["n_contradicting"],
            "max_abs_diff_among_agreeing": pytest.approx(row["max_abs_diff"] / 1e6, abs=1e-9),
            "cumulative_since_2026_02_02": pytest.approx(
                cumulative_flow(days)["cumulative_flow_usd"][-1] / 1e6, abs=1e-9
            ),
        }
        assert found == expected, instant


def _totals_of(vintage: dict) -> pl.DataFrame:
    """A vintage of the example: a table of that many funds, or an article's bare number."""
    known, usd = datetime.fromisoformat(vintage["known_at"]), vintage["value_usd_m"] * 1e6
    tickers = fund_launches().filter((pl.col("asset") == "BTC") & (pl.col("launch_date") <= DAY))["fund"].sort()
    assert len(tickers) == vintage["funds_expected"]
    if vintage["funds_reported"] is None:
        return source_totals(cells(), printed((usd, None, "final", known), source=vintage["source"]))
    first, *others = tickers[: vintage["funds_reported"]]
    reported = [(first, usd, None, "final", known), *((fund, 0.0, None, "final", known) for fund in others)]
    return source_totals(cells(*reported, source=vintage["source"]), printed())
