"""What a feed shows of the liquidations: throttles, saturation, collectors beside one another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.core.instruments import validity
from transforms.core.notional import conform
from transforms.facts.liquidation_coverage import collectors, coverage_ratio, saturation_ratio, throttled

PRINTS, CONTRACTS = TABLES["core_liquidations__prints"], TABLES["core_instruments__contracts"]
EVENT_AT = datetime(2026, 2, 5, 22, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)
LATER = KNOWN_AT + timedelta(hours=5)


def test_worked_example_of_one_burst_under_two_rules(example):
    """Fails where the rule's change is not a break in level, or the sum is scaled up to hide it (liq_07)."""
    case = example("liq_07")
    given_rows, expected = case["inputs"], case["expected"]
    burst = pl.DataFrame(given_rows["rows"]).select(
        "symbol", notional_usd="usd_m", event_at=pl.from_epoch("ts", time_unit="ms").dt.replace_time_zone("UTC")
    )
    total = burst["notional_usd"].sum()
    assert total == pytest.approx(expected["true_usd_m"], rel=1e-12)
    for rule in ("latest", "largest"):
        kept = throttled(burst, rule, given_rows["bucket_ms"])
        observed = kept["notional_usd"].sum()
        assert observed == pytest.approx(expected[f"snapshot_{rule}_usd_m"], rel=1e-12)
        share = kept.select(coverage_ratio(pl.lit(observed), pl.lit(total))).item()
        assert share == pytest.approx(expected[f"coverage_{rule}"], rel=1e-12)
        full = kept.select(saturation_ratio(pl.col("event_at"), given_rows["window_seconds"])).item()
        assert (kept.height, full) == (expected["events_kept"], pytest.approx(expected["saturation_ratio"], rel=1e-12))


def test_an_unknown_rule_is_refused():
    """Fails where any other word is taken for one of the two rules."""
    frame = pl.DataFrame({"symbol": ["A"], "event_at": [EVENT_AT], "notional_usd": [1.0]})
    with pytest.raises(KeyError, match="newest"):
        throttled(frame, "newest")


def test_contracts_are_throttled_apart():
    """Fails where one symbol's print drops another's."""
    frame = pl.DataFrame({"symbol": ["A", "B"], "event_at": [EVENT_AT] * 2, "notional_usd": [1.0, 2.0]})
    assert throttled(frame, "largest").height == 2


def test_a_share_of_nothing_is_null():
    """Fails where a benchmark of zero gives infinity."""
    frame = pl.DataFrame({"o": [1.0, 1.0, None], "b": [0.0, None, 4.0]})
    assert frame.select(coverage_ratio(pl.col("o"), pl.col("b"))).to_series().to_list() == [None, None, None]


bursts = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 1000)), min_size=1, max_size=30)


@given(bursts)
def test_a_throttled_feed_shows_no_more_than_there_was_and_the_largest_shows_most(rows):
    """Fails where a throttle adds something, or drops a bucket altogether."""
    frame = pl.DataFrame(
        {
            "symbol": "A",
            "event_at": [EVENT_AT + timedelta(milliseconds=ms) for ms, _ in rows],
            "notional_usd": [float(usd) for _, usd in rows],
        }
    )
    latest, largest = throttled(frame, "latest"), throttled(frame, "largest")
    assert latest.height == largest.height == len({ms // 1000 for ms, _ in rows})
    assert latest["notional_usd"].sum() <= largest["notional_usd"].sum() <= frame["notional_usd"].sum()
    assert throttled(latest, "latest").equals(latest)


def row(
    seconds: int, size: float, source: str = "bybit_liquidations", known_at: datetime = KNOWN_AT, n: int = 1
) -> dict:
    return {
        "fact_date": EVENT_AT.date(), "event_at": EVENT_AT + timedelta(seconds=seconds), "venue": "bybit",
        "symbol": "BTCUSDT", "liq_side": "long", "size_native": size, "size_unit": "coin", "price": 100.0,
        "price_kind": "bankruptcy", "occurrence": n, "source": source, "raw_sha256": "a" * 64,
        "known_at": known_at, "is_simulated": False,
    }  # fmt: skip


def shares(*rows: dict) -> pl.DataFrame:
    prints = pl.DataFrame(list(rows), schema=PRINTS.schema)
    return collectors(prints, conform(prints, validity(CONTRACTS.empty())))


def told(frame: pl.DataFrame) -> list[tuple]:
    return frame.sort("recorded_at", "source").select("source", "observed_usd", "benchmark_usd", "recorded_at").rows()


def test_each_collector_stands_beside_the_union_from_when_there_are_two():
    """Fails where one collector alone is called complete, or a union of both double counts."""
    other = "tardis_liquidations"
    found = shares(row(1, 1.0), row(2, 2.0), row(2, 2.0, other, LATER), row(3, 4.0, other, LATER))
    assert told(found) == [
        ("bybit_liquidations", 300.0, 700.0, LATER),
        ("tardis_liquidations", 600.0, 700.0, LATER),
    ]


def test_one_collector_has_nothing_to_be_compared_with():
    """Fails where a feed is its own benchmark."""
    assert shares(row(1, 1.0), row(2, 2.0)).is_empty()


def test_a_collector_that_saw_a_print_less_often_saw_less():
    """Fails where multiplicity is forgotten in the comparison."""
    found = shares(row(1, 1.0), row(1, 1.0, n=2), row(1, 1.0, "tardis_liquidations"))
    assert [(source, seen, union) for source, seen, union, _ in told(found)] == [
        ("bybit_liquidations", 200.0, 200.0),
        ("tardis_liquidations", 100.0, 200.0),
    ]


def test_a_side_that_a_collector_missed_is_zero_of_it():
    """Fails where a collector without one short print looks as if it did not collect."""
    short = row(5, 3.0) | {"liq_side": "short"}
    found = shares(row(1, 1.0), short, row(1, 1.0, "tardis_liquidations")).filter(pl.col("liq_side") == "short")
    assert [(source, seen, union) for source, seen, union, _ in told(found)] == [
        ("bybit_liquidations", 300.0, 300.0),
        ("tardis_liquidations", 0.0, 300.0),
    ]


collected = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(collected, st.randoms(use_true_random=False))
def test_shares_lie_between_zero_and_one_and_do_not_depend_on_the_order(rows, random):
    """Fails where a collector sees more than all of them together."""
    prints = [
        row(second, 1.0 + second, name, n=n)
        for n, (second, *has) in enumerate(rows, start=1)
        for name, seen in zip(("bybit_liquidations", "tardis_liquidations"), has, strict=True)
        if seen
    ]
    found = shares(*prints)
    assert (found["observed_usd"] <= found["benchmark_usd"]).all()
    assert shares(*random.sample(prints, len(prints))).equals(found)
