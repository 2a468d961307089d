"""Inflow and outflow of exchanges: what is internal, and what late labels restate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.facts.exchange_flows import exchange_flow_versions, exchange_flows, issued_through_treasury, labels_at

NOON = datetime(2026, 2, 5, 12, tzinfo=UTC)
DAY = date(2026, 2, 5)
LABELS = {"address": pl.String, "entity": pl.String, "entity_kind": pl.String, "label_version": pl.Int32,
          "known_at": pl.Datetime("us", "UTC")}  # fmt: skip
TRANSFERS = {"from_address": pl.String, "to_address": pl.String, "amount_coin": pl.Float64,
             "block_at": pl.Datetime("us", "UTC")}  # fmt: skip


def labels(*rows: tuple[str, str | None, str, int]) -> pl.DataFrame:
    """Address, entity, kind and version; a version becomes known a day after the one before."""
    told = [(*row, NOON + timedelta(days=row[3])) for row in rows]
    return pl.DataFrame(told, schema=LABELS, orient="row")


def transfers(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame([(*row, NOON) for row in rows], schema=TRANSFERS, orient="row")


KNOWN = labels(
    ("b1", "binance", "exchange", 1), ("b2", "binance", "exchange", 1), ("k1", "kraken", "exchange", 1),
    ("t1", "tether", "treasury", 1),
)  # fmt: skip


def flows(moved: pl.DataFrame, known: pl.DataFrame = KNOWN) -> dict[str, tuple]:
    found = exchange_flows(moved, labels_at(known))
    return {row[1]: row[2:] for row in found.iter_rows()}


def test_transfers_inside_an_entity_and_between_venues_for_all_are_internal():
    """A cold wallet that fills a hot one is no inflow, and neither is Binance to Kraken to all exchanges."""
    moved = transfers(("x", "b1", 10.0), ("b1", "b2", 500.0), ("b2", "k1", 7.0), ("k1", "x", 4.0), ("x", "y", 99.0))
    assert flows(moved) == {
        "all_exchanges": (10.0, 4.0, 6.0, 507.0),
        "binance": (10.0, 7.0, 3.0, 500.0),
        "kraken": (7.0, 4.0, 3.0, 0.0),
    }


def test_a_label_that_comes_late_restates_the_day_under_its_version():
    """120 of an outflow of 190 went to an address that turns out to be an exchange's."""
    moved = transfers(("b1", "late", 120.0), ("b1", "x", 70.0))
    told = pl.concat([KNOWN, labels(("late", "okx", "exchange", 2))])
    everyone = exchange_flow_versions(moved, told).filter(entity="all_exchanges")
    assert everyone.select("label_version", "outflow_coin", "netflow_coin", "internal_coin", "known_at").rows() == [
        (1, 190.0, -190.0, 0.0, NOON + timedelta(days=1)),
        (2, 70.0, -70.0, 120.0, NOON + timedelta(days=2)),
    ]


def test_labels_without_versions_are_labels_of_exchanges_and_the_newest_count_once():
    """Fails where a table with an address's old and new label counts every transfer twice."""
    moved = transfers(("hot", "x", 70.0), ("hot", "cold", 120.0))
    bare = pl.DataFrame({"address": ["hot", "cold"], "entity": ["upbit", "upbit"]})
    assert exchange_flows(moved, bare).filter(entity="upbit").row(0)[2:] == (0.0, 70.0, -70.0, 120.0)
    twice = pl.concat([bare.with_columns(label_version=1, entity=pl.lit("unsure")), bare.with_columns(label_version=2)])
    assert exchange_flows(moved, twice).equals(exchange_flows(moved, bare))
    assert exchange_flow_versions(moved, bare.clear()).is_empty()


def test_a_label_may_be_taken_back_and_labels_are_read_as_of_an_instant():
    """A wrong label corrected counts from its correction, and not before."""
    told = pl.concat([KNOWN, labels(("k1", None, "exchange", 2))])
    assert labels_at(told)["address"].to_list() == ["b1", "b2", "t1"]
    assert labels_at(told, known_at=NOON + timedelta(days=1))["address"].to_list() == ["b1", "b2", "k1", "t1"]
    assert labels_at(told, label_version=1)["address"].to_list() == ["b1", "b2", "k1", "t1"]


def test_from_the_treasury_to_an_exchange_is_issuance_and_inflow_at_once():
    """Taken off the inflow, the coins would have come to the exchange from nowhere."""
    moved = transfers(("t1", "b1", 100.0), ("t1", "x", 30.0), ("k1", "t1", 20.0))
    assert flows(moved)["all_exchanges"] == (100.0, 20.0, 80.0, 0.0)
    assert issued_through_treasury(moved, labels_at(KNOWN)).row(0) == (DAY, 130.0, 20.0, 100.0)


def test_a_transfer_belongs_to_the_day_of_its_block():
    """The day is UTC's."""
    moved = transfers(("x", "b1", 1.0), ("x", "b1", 2.0)).with_columns(
        block_at=pl.Series([NOON.replace(hour=23, minute=59), NOON + timedelta(hours=12)])
    )
    found = exchange_flows(moved, labels_at(KNOWN)).filter(entity="binance")
    assert found.select("fact_date", "inflow_coin").rows() == [(DAY, 1.0), (DAY + timedelta(days=1), 2.0)]


addresses = st.sampled_from(["b1", "b2", "k1", "t1", "late", "x", "y"])
moves = st.lists(st.tuples(addresses, addresses, st.integers(1, 1000).map(float)), min_size=1, max_size=10)


@given(moves, st.sampled_from(["binance", "okx", None]), st.randoms())
def test_netflows_sum_over_entities_and_relabelling_conserves_coins(rows, owner, random):
    """A new label moves coins between inside and outside; it makes none."""
    told = pl.concat([KNOWN, labels(("late", owner, "exchange", 2))])
    newest = flows(transfers(*rows), told)
    everyone = newest.pop("all_exchanges", (0.0, 0.0, 0.0, 0.0))
    assert sum(row[2] for row in newest.values()) == pytest.approx(everyone[2])
    own = set(labels_at(told).filter(entity_kind="exchange")["address"])
    balance = sum((to in own) * n - (out in own) * n for out, to, n in rows)
    assert everyone[2] == pytest.approx(balance)
    assert flows(transfers(*random.sample(rows, len(rows))), told).get("all_exchanges", everyone) == everyone
    touched = sum(n for out, to, n in rows if out in own or to in own)
    assert sum(everyone[:2]) + everyone[3] == pytest.approx(touched)
