"""What counts as a new observation, checked against the rule said row by row."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.core.collapse import Collapsed, collapse, drop_uninformative

ETF = TABLES["core_etf__flows"]
PRINTS = TABLES["core_liquidations__prints"]
START = datetime(2026, 2, 5, 22, tzinfo=UTC)


def flow(
    hour: int,
    value: float | None,
    *,
    fund: str = "IBIT",
    printed: float | None = None,
    status: str | None = None,
    finality: str = "final",
    payload: int = 0,
) -> dict:
    return {
        "trade_date": date(2026, 2, 5),
        "asset": "BTC",
        "fund": fund,
        "flow_usd": value,
        "printed_flow_usd": value if printed is None else printed,
        "status": status,
        "finality": finality,
        "source": "farside_etf_flows",
        "raw_sha256": f"{hour * 100 + payload:064x}",
        "known_at": START + timedelta(hours=hour),
        "is_simulated": False,
    }


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ETF.schema)


def run(existing: pl.DataFrame, *rows: dict) -> Collapsed:
    return collapse(existing, frame(*rows), ETF)


def test_a_repeat_of_the_known_value_is_a_duplicate():
    """Fails where every fetch makes a vintage although nothing changed."""
    result = run(frame(flow(0, 5.0)), flow(1, 5.0), flow(2, 5.0))
    assert (result.kept.height, result.duplicates.height, result.conflicts.height) == (0, 2, 0)


def test_a_value_that_comes_back_is_kept_each_time():
    """Fails where repeats are dropped over the whole history and not against the state before."""
    result = run(ETF.empty(), flow(0, 5.0), flow(1, 6.0), flow(2, 5.0))
    assert result.kept["flow_usd"].to_list() == [5.0, 6.0, 5.0]


def test_null_equals_null_and_differs_from_zero():
    """Fails where null is compared by `==`, so that a pending cell is new at every fetch or never."""
    result = run(frame(flow(0, None, status="pending")), flow(1, None, status="pending"), flow(2, 0.0))
    assert result.duplicates["known_at"].to_list() == [START + timedelta(hours=1)]
    assert result.kept["flow_usd"].to_list() == [0.0]


def test_the_order_of_new_rows_does_not_matter():
    """Fails where rows are compared in the order of arrival."""
    result = run(ETF.empty(), flow(2, 6.0), flow(0, 5.0), flow(1, 5.0))
    assert sorted(result.kept["flow_usd"]) == [5.0, 6.0]
    assert result.duplicates["known_at"].to_list() == [START + timedelta(hours=1)]


def test_preliminary_after_final_of_the_same_value_is_a_duplicate():
    """Fails where a live page seen again makes a final number preliminary."""
    soft = {"finality": "preliminary"}
    result = run(frame(flow(0, 5.0)), flow(1, 5.0, **soft), flow(2, 5.0), flow(3, 5.0, **soft))
    assert (result.kept.height, result.duplicates.height) == (0, 3)


def test_final_after_preliminary_of_the_same_value_is_kept():
    """Fails where the confirmation is lost."""
    result = run(frame(flow(0, 5.0, finality="preliminary")), flow(1, 5.0), flow(2, 5.0, finality="preliminary"))
    assert result.kept["finality"].to_list() == ["final"]
    assert result.duplicates.height == 1


def test_one_payload_with_two_values_of_a_key_gives_conflicts():
    """Fails where the first of two contradicting rows wins without a word."""
    result = run(ETF.empty(), flow(0, 5.0), flow(0, 6.0), flow(0, 1.0, fund="FBTC"))
    assert sorted(result.conflicts["flow_usd"]) == [5.0, 6.0]
    assert result.kept["fund"].to_list() == ["FBTC"]


def test_identical_rows_of_one_payload_are_duplicates():
    """Fails where a row printed twice is called a conflict."""
    result = run(ETF.empty(), flow(0, 5.0), flow(0, 5.0))
    assert (result.kept.height, result.duplicates.height, result.conflicts.height) == (1, 1, 0)


def test_payloads_of_one_instant_that_differ_leave_one_state():
    """Fails where two rows of one key and `known_at` break the grain of the table."""
    result = run(ETF.empty(), flow(0, 5.0, payload=1), flow(0, 6.0, payload=2), flow(1, 6.0))
    assert result.kept["flow_usd"].to_list() == [5.0, 6.0]
    assert result.conflicts["flow_usd"].to_list() == [6.0]


def test_a_print_is_kept_once_whatever_is_delivered_again():
    """Fails where an overlapping export counts the same liquidation twice."""
    prints = pl.DataFrame(
        {
            "fact_date": date(2026, 2, 5),
            "event_at": START,
            "venue": "okx",
            "symbol": "BTC-USDT-SWAP",
            "liq_side": "long",
            "size_native": [1.0, 1.0, 2.0],
            "size_unit": "contracts",
            "price": 60000.0,
            "price_kind": "bankruptcy",
            "occurrence": [1, 2, 1],
            "source": "okx_liquidations",
            "raw_sha256": "a" * 64,
            "known_at": START + timedelta(hours=1),
            "is_simulated": False,
        },
        schema_overrides=PRINTS.schema,
    ).select(PRINTS.schema.names())
    assert collapse(PRINTS.empty(), prints, PRINTS).kept.height == 3
    later = prints.with_columns(pl.col("known_at") + timedelta(hours=1), raw_sha256=pl.lit("b" * 64))
    again = collapse(prints.head(2), later, PRINTS)
    assert (again.kept.height, again.duplicates.height) == (1, 2)


def test_a_placeholder_never_supersedes_a_reported_value():
    """Fails where a lossy JSON that prints 0.0 for unknown erases the number of a better page."""
    lossy = {"status": "pending_zero", "finality": "preliminary"}
    result = drop_uninformative(frame(flow(0, 5.0)), frame(flow(1, None, printed=0.0, **lossy), flow(2, 7.0)), ETF)
    assert result.rejects["known_at"].to_list() == [START + timedelta(hours=1)]
    assert result.informative["flow_usd"].to_list() == [7.0]


def test_a_placeholder_over_zero_or_without_a_print_is_a_duplicate():
    """Fails where an empty cell after a reported value is quarantined as if it said something."""
    blank = flow(1, None, status="pending") | {"printed_flow_usd": None}
    zero = flow(1, None, printed=0.0, status="pending_zero", fund="FBTC")
    result = drop_uninformative(frame(flow(0, 5.0), flow(0, 0.0, fund="FBTC")), frame(blank, zero), ETF)
    assert (result.duplicates.height, result.rejects.height, result.informative.height) == (2, 0, 0)


def test_a_placeholder_before_the_report_stays_in_one_batch():
    """Fails where a batch of several fetches is judged by its last value."""
    rows = frame(
        flow(0, None, printed=0.0, status="pending_zero"),
        flow(1, 5.0),
        flow(2, None, printed=0.0, status="pending_zero"),
    )
    result = drop_uninformative(ETF.empty(), rows, ETF)
    assert result.informative["known_at"].to_list() == [START, START + timedelta(hours=1)]
    assert result.rejects["known_at"].to_list() == [START + timedelta(hours=2)]


def said_row_by_row(existing: list[dict], new: list[dict]) -> list[dict]:
    """The rule without vectors: what is kept, one row and one state at a time."""
    tracked = ("flow_usd", "printed_flow_usd", "status")
    state: dict[str, dict] = {row["fund"]: row for row in existing}
    kept = []
    for row in sorted(new, key=lambda r: (r["known_at"], r["raw_sha256"])):
        twins = [r for r in new if (r["fund"], r["raw_sha256"]) == (row["fund"], row["raw_sha256"])]
        if any(twin != row for twin in twins):
            continue
        before = state.get(row["fund"])
        same = before is not None and all(before[c] == row[c] for c in tracked)
        if same and row["finality"] in ("preliminary", before["finality"]):
            continue
        state[row["fund"]] = row
        kept.append(row)
    return kept


observations = st.lists(
    st.builds(
        lambda hour, value, fund, finality: flow(
            hour, value, fund=fund, finality=finality, status="pending" if value is None else None
        ),
        st.integers(0, 6),
        st.sampled_from([None, 0.0, 1.5, 2.5]),
        st.sampled_from(["IBIT", "FBTC"]),
        st.sampled_from(["preliminary", "final"]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(observations, st.integers(0, 7))
def test_collapse_is_the_rule_said_row_by_row_and_may_be_cut_anywhere(rows, at):
    """Fails where a row is lost or counted twice, or where the size of a batch changes the result."""
    whole = run(ETF.empty(), *rows)
    assert sum(part.height for part in whole) == len(rows)
    order = ["fund", "known_at"]
    expected = frame(*said_row_by_row([], rows)).sort(order)
    assert whole.kept.sort(order).equals(expected)

    cut = START + timedelta(hours=at)
    first = run(ETF.empty(), *(r for r in rows if r["known_at"] < cut))
    second = run(first.kept, *(r for r in rows if r["known_at"] >= cut))
    assert pl.concat([first.kept, second.kept]).sort(order).equals(expected)


@settings(max_examples=50, deadline=None)
@given(observations)
def test_delivering_the_newest_state_again_adds_nothing(rows):
    """Fails where a second run of the same input publishes something new."""
    kept = run(ETF.empty(), *rows).kept
    newest = (
        kept.sort("known_at")
        .unique(["fund"], keep="last")
        .with_columns(pl.col("known_at") + timedelta(days=1), raw_sha256=pl.lit("f" * 64))
    )
    again = collapse(kept, newest, ETF)
    assert (again.kept.height, again.conflicts.height) == (0, 0)


def test_tables_without_finality_collapse_on_their_own_columns():
    """Fails where the finality rule is taken for granted."""
    table = replace(ETF, tracked=("flow_usd",))
    result = collapse(frame(flow(0, 5.0, finality="preliminary")), frame(flow(1, 5.0)), table)
    assert result.duplicates.height == 1


@pytest.mark.parametrize("size", [600_000])
def test_a_long_history_collapses_in_seconds(size):
    """Fails where the comparison goes row by row: a back-fill of years would take hours."""
    cells = pl.DataFrame({"n": range(size)}).select(
        trade_date=pl.date(2010, 1, 1) + pl.duration(days=pl.col("n") % 5000),
        asset=pl.lit("BTC"),
        fund=pl.lit("IBIT"),
        flow_usd=(pl.col("n") % 7).cast(pl.Float64),
        printed_flow_usd=(pl.col("n") % 7).cast(pl.Float64),
        status=pl.lit(None, pl.String),
        finality=pl.lit("final"),
        source=pl.lit("farside_etf_flows"),
        raw_sha256=pl.lit("a" * 64),
        known_at=pl.lit(START) + pl.duration(hours=pl.col("n") // 5000),
        is_simulated=pl.lit(False),
    )
    cells = cells.cast(ETF.schema)
    began = time.perf_counter()
    result = collapse(cells.head(30_000), cells.tail(size - 30_000), ETF)
    assert time.perf_counter() - began < 10
    assert sum(part.height for part in result) == size - 30_000
