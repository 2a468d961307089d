"""How far a coin trades from its peg."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.facts.stablecoin_pegs import deviation_bps, is_thin, peg, peg_daily, usd_prices

PRICES = TABLES["core_stablecoins__prices"]
NOON = datetime(2026, 2, 5, 12, tzinfo=UTC)
PRIORITY = {"first": 1, "second": 2}


def test_worked_example_of_pairs_crosses_and_a_thin_book(example):
    """A book of 20,000 dollars at 0.97 is no depeg, and a cross is worth what its other coin is."""
    case = example("stable_30")
    schema = {"venue": pl.String, "pair": pl.String, "price": pl.Float64, "vol": pl.Float64, "usdc_usd": pl.Float64}
    named = {"vol": "volume_usd", "usdc_usd": "cross_usd"}
    quotes = pl.DataFrame(case["inputs"]["quotes"], schema=schema).rename(named)
    floor, expected = case["inputs"]["min_volume_usd"], case["expected"]
    priced = usd_prices(quotes, "USDT")
    assert dict(priced.select("venue", "price_usd").iter_rows()) == pytest.approx(expected["usd_prices"], rel=1e-12)
    assert priced.filter(is_thin(floor))["venue"].to_list() == expected["excluded"]
    found = peg(priced, floor).row(0, named=True)
    assert found["price_usd"] == pytest.approx(expected["volume_weighted_median"], rel=1e-12)
    assert found["vwap_usd"] == pytest.approx(expected["vwap"], rel=1e-12)
    assert found["deviation_bps"] == pytest.approx(expected["deviation_bp_median"], rel=1e-9)
    assert found["vwap_deviation_bps"] == pytest.approx(expected["deviation_bp_vwap"], rel=1e-9)
    assert (found["n_quotes"], found["n_excluded"]) == (4, 1)


@pytest.mark.parametrize(
    ("pair", "price", "cross", "found"),
    [
        ("USDT/USD", 0.999, None, 0.999),
        ("USDT/USDC", 0.998, 1.001, 0.998 * 1.001),
        ("USDC/USDT", 1.002, 1.001, 1.001 / 1.002),
        ("USDC/USDT", 1.002, None, None),
        ("USDC/USDT", 0.0, 1.0, None),
        ("USDT/USD", 0.0, None, None),
        ("DAI/USD", 0.999, None, None),
    ],
)
def test_a_cross_is_turned_the_right_way_round(pair, price, cross, found):
    """Multiplied instead of divided, a coin above its peg shows below it."""
    schema = {"pair": pl.String, "price": pl.Float64, "cross_usd": pl.Float64}
    quote = pl.DataFrame([(pair, price, cross)], schema=schema, orient="row")
    assert usd_prices(quote, "USDT")["price_usd"].item() == (None if found is None else pytest.approx(found))
    if cross is None:
        bare = usd_prices(quote.drop("cross_usd"), "USDT")["price_usd"].item()
        assert bare == (None if found is None else pytest.approx(found)), "dollar pairs need no column for crosses"


def test_without_a_book_above_the_floor_there_is_no_peg():
    """Neither zero nor the thin book's price."""
    thin = pl.DataFrame({"price_usd": [0.97], "volume_usd": [1.0]})
    assert peg(thin).row(0) == (None, None, 0, 1, None, None, "thin_market")


books = st.lists(st.tuples(st.integers(9000, 11000), st.integers(1, 50)), min_size=1, max_size=8)


@given(books)
def test_median_and_mean_lie_between_the_books_and_the_order_does_not_matter(rows):
    """The book that reaches half of the volume is one of the books."""
    frame = pl.DataFrame({"price_usd": [p / 1e4 for p, _ in rows], "volume_usd": [v * 1e6 for _, v in rows]})
    found = peg(frame).row(0, named=True)
    assert found["price_usd"] in frame["price_usd"].to_list()
    assert frame["price_usd"].min() - 1e-12 <= found["vwap_usd"] <= frame["price_usd"].max() + 1e-12
    assert peg(frame.reverse())["price_usd"].item() == found["price_usd"]
    below = frame.filter(pl.col("price_usd") < found["price_usd"])["volume_usd"].sum()
    assert below < frame["volume_usd"].sum() / 2


def test_a_deviation_below_the_peg_is_negative():
    """The sign tells a discount from a premium."""
    assert pl.select(deviation_bps(pl.lit(0.9987))).item() == pytest.approx(-13.0)


def price(usd: float | None, at: datetime = NOON, known_at: datetime | None = None, **changes) -> dict:
    row = {"fact_date": at.date(), "priced_at": at, "stablecoin_id": "1", "venue": "all", "symbol": "USD",
           "price_usd": usd, "volume_usd": None, "status": None, "finality": "final", "source": "first",
           "raw_sha256": "a" * 64, "known_at": known_at or at, "is_simulated": False}  # fmt: skip
    return row | changes


def daily(*rows: dict) -> pl.DataFrame:
    return peg_daily(pl.DataFrame(list(rows), schema=PRICES.schema), PRIORITY)


def test_the_last_price_of_the_day_by_the_best_vendor_counts_and_is_kept_as_it_was_known():
    """A better vendor that comes later takes over from then on, and not before."""
    later = NOON + timedelta(hours=6)
    found = daily(
        price(0.999, source="second"),
        price(0.998, later, source="second"),
        price(0.9991, NOON, later + timedelta(hours=1), source="first"),
    )
    assert found.select("recorded_at", "price_usd", "priced_at", "source", "peg_method").rows() == [
        (NOON, 0.999, NOON, "second", "vendor_price"),
        (later, 0.998, later, "second", "vendor_price"),
        (later + timedelta(hours=1), 0.9991, NOON, "first", "vendor_price"),
    ]


def test_books_with_a_volume_come_before_a_vendors_price():
    """A vendor's one number cannot be checked, the books can."""
    kraken = price(0.9990, venue="kraken", symbol="USDT/USD", volume_usd=9e6, source="second")
    thin = price(0.97, venue="thin", symbol="USDT/USD", volume_usd=1.0, source="second")
    found = daily(price(1.0), kraken, thin)
    assert found.select("price_usd", "vwap_usd", "peg_method", "n_quotes", "n_excluded", "source").rows() == [
        (0.999, 0.999, "volume_weighted_median", 1, 2, "second")
    ]
    only_thin = daily(thin)
    assert only_thin.select("price_usd", "n_quotes", "n_excluded").rows() == [(None, 0, 1)]
