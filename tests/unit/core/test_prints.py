"""Each print as often as it happened, however often and by whomever it was delivered."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.prints import maximum_multiplicity, occurrence

MESSAGE = ("collector", "message")
KEY = ("venue", "symbol", "ts", "side", "size", "price")


def delivered(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """Rows of (collector, message, size): prints that differ in nothing but the size."""
    common = {"venue": "okx", "symbol": "BTC-USDT-SWAP", "ts": 1770307200120, "side": "sell", "price": 62180.5}
    names = ("collector", "message", "size")
    return pl.DataFrame([common | dict(zip(names, row, strict=True)) for row in rows])


def counts(frame: pl.DataFrame) -> dict[float, int]:
    return Counter(maximum_multiplicity(frame, MESSAGE, KEY)["size"].to_list())


def test_identical_rows_of_one_message_are_genuine():
    """Fails where DISTINCT drops real prints, as a vendor's did for OKX."""
    assert counts(delivered(("a", 1, 5.0), ("a", 1, 5.0), ("a", 1, 5.0))) == {5.0: 3}


def test_a_message_delivered_again_adds_nothing():
    """Fails where a reconnect's snapshot counts twice."""
    assert counts(delivered(("a", 1, 5.0), ("a", 2, 5.0), ("a", 2, 7.0))) == {5.0: 1, 7.0: 1}


def test_across_collectors_the_largest_multiplicity_of_one_message_counts():
    """Fails where a union of two collectors double counts, or the smaller of them wins."""
    rows = delivered(("a", 1, 5.0), ("a", 1, 5.0), ("b", 9, 5.0), ("b", 9, 5.0), ("b", 9, 5.0), ("b", 9, 7.0))
    assert counts(rows) == {5.0: 3, 7.0: 1}


def test_prints_that_differ_in_any_part_of_the_key_are_apart():
    """Fails where a part of the key is forgotten."""
    base = delivered(("a", 1, 5.0))
    others = [pl.lit("bybit").alias("venue"), pl.lit("X").alias("symbol"), pl.lit(1, pl.Int64).alias("ts"),
              pl.lit("buy").alias("side"), pl.lit(6.0).alias("size"), pl.lit(1.0).alias("price")]  # fmt: skip
    frame = pl.concat([base, *(base.with_columns(other) for other in others)])
    assert maximum_multiplicity(frame, MESSAGE, KEY).height == 7


def test_occurrences_are_numbered_within_a_message():
    """Fails where the numbers run on over messages, so that a repeat looks new."""
    frame = delivered(("a", 1, 5.0), ("a", 1, 5.0), ("a", 2, 5.0))
    assert frame.select(occurrence(MESSAGE, KEY)).to_series().to_list() == [1, 2, 1]


rows_of_messages = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.sampled_from([5.0, 7.0])), min_size=1
)


@given(rows_of_messages, st.randoms(use_true_random=False))
def test_order_and_redelivery_do_not_matter_and_the_count_is_the_definition(rows, random):
    """Fails where the count depends on who came first, or a message delivered again changes it."""
    found = counts(delivered(*rows))
    per_message = Counter(rows)
    definition: dict[float, int] = {}
    for (_, _, size), n in per_message.items():
        definition[size] = max(definition.get(size, 0), n)
    assert found == definition
    shuffled = random.sample(rows, len(rows))
    assert counts(delivered(*shuffled)) == found
    again = [("again", message, size) for collector, message, size in rows if collector == "a"]
    assert counts(delivered(*rows, *again)) == found
    assert set(found) == {size for *_, size in rows}
    assert sum(found.values()) <= len(rows)
