"""What holds for every print: units cancel, sums agree, the order of arrival does not matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rules import LARGEST, SMALLEST_POSITIVE
from schemas.tables import TABLES
from transforms.core.instruments import validity
from transforms.core.notional import conform, inverse_notional, linear_notional, quanto_notional

PRINTS, CONTRACTS = TABLES["core_liquidations__prints"], TABLES["core_instruments__contracts"]
EVENT_AT = datetime(2026, 2, 5, 22, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)
LINEAGE = {"raw_sha256": "a" * 64, "known_at": KNOWN_AT, "is_simulated": False}

positive = st.floats(1e-6, 1e6)


def one(**values: float) -> pl.DataFrame:
    return pl.DataFrame({name: [value] for name, value in values.items()})


@given(positive, positive, positive)
def test_contracts_times_their_value_are_coins(contracts, value, price):
    """Fails where a size in contracts and the same size in coins are worth different sums."""
    frame = one(n=contracts, v=value, p=price)
    in_contracts = frame.select(linear_notional(pl.col("n"), pl.col("v"), pl.col("p"))).item()
    in_coins = frame.select(linear_notional(pl.col("n") * pl.col("v"), pl.lit(1.0), pl.col("p"))).item()
    assert in_contracts == pytest.approx(in_coins, rel=1e-12)


@given(positive, positive, positive)
def test_an_inverse_contract_and_a_linear_one_of_as_many_coins_are_worth_the_same(contracts, face, price):
    """Fails where the price enters the dollars of an inverse contract, or does not cancel out of its coins."""
    frame = one(n=contracts, f=face, p=price).with_columns(usd=inverse_notional(pl.col("n"), pl.col("f")))
    again = frame.select(linear_notional(pl.col("usd") / pl.col("p"), pl.lit(1.0), pl.col("p"))).item()
    assert again == pytest.approx(frame["usd"].item(), rel=1e-12)


@given(positive, positive, positive, positive)
def test_a_quanto_contract_is_so_many_settlement_coins_times_their_index(contracts, multiplier, price, index):
    """Fails where the settlement coin's price enters twice, or not at all."""
    frame = one(n=contracts, m=multiplier, p=price, i=index)
    usd = frame.select(quanto_notional(*(pl.col(name) for name in "nmpi"))).item()
    coins = frame.select(linear_notional(pl.col("n"), pl.col("m"), pl.col("p"))).item()
    assert usd == pytest.approx(coins * index, rel=1e-12)


def test_no_numbers_that_core_takes_make_an_infinite_sum():
    """Fails where a feed of absurd numbers makes a fact infinite, and the gate refuses the whole release for it."""
    largest = one(n=LARGEST, m=LARGEST, p=LARGEST, i=LARGEST, s=SMALLEST_POSITIVE)
    usd = quanto_notional(*(pl.col(name) for name in "nmpi"))
    assert largest.select((usd / pl.col("s") * 1e9).is_finite()).item()


# Venue, symbol, size unit: linear in coins, inverse in dollars, linear in contracts of 0.01 coin.
MARKETS = (("bybit", "BTCUSDT", "coin"), ("deribit", "BTC-PERPETUAL", "usd"), ("okx", "BTC-USDT-SWAP", "contracts"))
drawn = st.lists(
    st.tuples(st.sampled_from(MARKETS), st.sampled_from(["long", "short"]), st.integers(1, 99), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


def delivered(rows: list[tuple]) -> pl.DataFrame:
    """Prints of several venues, each numbered apart, known in the hour given last."""
    return pl.DataFrame(
        [
            {
                "fact_date": EVENT_AT.date(),
                "event_at": EVENT_AT + timedelta(seconds=n),
                "venue": venue,
                "symbol": symbol,
                "liq_side": side,
                "size_native": float(size),
                "size_unit": unit,
                "price": 50_000.0,
                "price_kind": "fill",
                "occurrence": 1,
                "source": f"{venue}_liquidations",
                **LINEAGE,
                "known_at": KNOWN_AT + timedelta(hours=hour),
            }
            for n, ((venue, symbol, unit), side, size, hour) in enumerate(rows)
        ],
        schema=PRINTS.schema,
    )


def instruments() -> pl.DataFrame:
    swap = {
        "venue": "okx",
        "symbol": "BTC-USDT-SWAP",
        "asset": "BTC",
        "quote_currency": "USDT",
        "settle_currency": "USDT",
        "instrument_kind": "perpetual",
        "margin_type": "linear",
        "contract_value": 0.01,
        "contract_value_currency": "BTC",
        "source": "okx_instruments",
        **LINEAGE,
    }
    return validity(pl.DataFrame([swap], schema=CONTRACTS.schema))


@settings(max_examples=60, deadline=None)
@given(drawn)
def test_sums_by_venue_and_by_side_are_the_total_and_worth_their_coins(rows):
    """Fails where a print is lost or doubled on the way, or coins and dollars come apart."""
    events = conform(delivered(rows), instruments())
    assert events.height == len(rows)
    total = events["notional_usd"].sum()
    for part in ("venue", "liq_side"):
        assert events.group_by(part).agg(pl.col("notional_usd").sum())["notional_usd"].sum() == pytest.approx(total)
    assert total == pytest.approx(events["quantity_coin"].sum() * 50_000.0)


@settings(max_examples=60, deadline=None)
@given(drawn, st.randoms(use_true_random=False))
def test_order_of_arrival_and_redelivery_change_nothing(rows, random):
    """Fails where what is published depends on which file was read first, or on one that was read twice."""
    prints = delivered(rows)
    events = conform(prints, instruments())
    shuffled = prints[random.sample(range(prints.height), prints.height)]
    assert conform(shuffled, instruments()).equals(events)
    again = prints.with_columns(pl.col("known_at") + pl.duration(days=1), raw_sha256=pl.lit("b" * 64))
    assert conform(pl.concat([again, prints]), instruments()).equals(events)
