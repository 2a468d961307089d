"""Open interest: one side, native to coin to dollars, price and quantity (METHOD section 5)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.facts.open_interest import (
    conform,
    decompose,
    level_breaks,
    price_effect,
    price_effect_start_weights,
    quantity_effect,
    quantity_effect_end_price,
    sides_ratio,
    single_sided,
    single_sided_of,
)

_PRINTED = {
    "open_interest_native": 10.0,
    "size_unit": "contracts",
    "n_sides": 1,
    "open_interest_coin": None,
    "open_interest_usd": None,
    "margin_type": "linear",
    "contract_value": 0.01,
    "contract_value_currency": "BTC",
    "quote_currency": "USDT",
    "mark_price": 50_000.0,
}
_TYPES = {
    **{name: pl.Float64 for name in ("open_interest_coin", "open_interest_usd", "contract_value", "mark_price")},
    **{name: pl.String for name in ("margin_type", "contract_value_currency", "quote_currency")},
    "open_interest_native": pl.Float64,
}


def conformed(**changes) -> dict:
    return conform(pl.DataFrame([_PRINTED | changes], schema_overrides=_TYPES)).row(0, named=True)


def coins_and_dollars(row: dict) -> tuple:
    return row["open_interest_coin"], row["open_interest_usd"], row["status"]


def value(expression: pl.Expr) -> float:
    return pl.select(expression).item()


def test_linear_contracts_are_coins_first_and_dollars_by_the_mark():
    """Fails where the contract value or the mark is left out."""
    assert coins_and_dollars(conformed()) == (0.1, 5_000.0, None)
    assert coins_and_dollars(conformed(size_unit="coin")) == (10.0, 500_000.0, None)


def test_inverse_contracts_are_dollars_first_and_coins_by_the_mark():
    """Fails where the price is multiplied into a dollar quantity."""
    inverse = {"margin_type": "inverse", "contract_value": 100.0, "contract_value_currency": "USD"}
    assert coins_and_dollars(conformed(**inverse)) == (0.02, 1_000.0, None)
    assert coins_and_dollars(conformed(**inverse, size_unit="usd")) == (10.0 / 50_000.0, 10.0, None)


def test_both_sides_are_halved():
    """Fails where longs and shorts are added: everything is twice too much."""
    assert value(single_sided(pl.lit(10.0), pl.lit(2))) == 5.0
    assert conformed(size_unit="coin", n_sides=2)["open_interest_coin"] == 5.0


def test_what_the_feed_gives_serves_where_ours_cannot_be_computed():
    """Fails where an unknown instrument loses coins and dollars that the feed itself printed (OKX)."""
    unknown = {"contract_value": None, "margin_type": "linear", "mark_price": None}
    found = conformed(**unknown, open_interest_coin=0.2, open_interest_usd=9_000.0)
    assert coins_and_dollars(found) == (0.2, 9_000.0, None)
    assert found["mark_price"] == pytest.approx(45_000.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contract_value": None}, (None, None, "no_instrument")),
        ({"mark_price": None}, (0.1, None, "no_price")),
        ({"quote_currency": "EUR"}, (0.1, None, "no_price")),
        ({"margin_type": "quanto"}, (None, None, "no_price")),
        ({"open_interest_native": None}, (None, None, "missing")),
        ({"size_unit": "usd", "margin_type": None, "mark_price": None}, (None, 10.0, None)),
        ({"open_interest_native": 0.0}, (0.0, 0.0, None)),
    ],
)
def test_what_cannot_be_known_is_null_with_its_reason(changes, expected):
    """Fails where an unknown contract counts as one coin, or euros as dollars."""
    assert coins_and_dollars(conformed(**changes)) == expected


def test_the_new_field_is_taken_as_it_is_and_the_old_one_halved():
    """Fails where Bybit's history doubles, or `singleOpenInterest` is halved again."""
    rows = pl.DataFrame(
        {
            "observed_at": [date(2026, 6, 9), date(2026, 6, 10), date(2026, 6, 11), date(2026, 6, 12)],
            "both_sides_open_interest": [100.0, 102.0, 104.0, None],
            "single_side_open_interest": [None, None, 52.0, 53.0],
        }
    )
    both, single = pl.col("both_sides_open_interest"), pl.col("single_side_open_interest")
    assert rows.select(single_sided_of(both, single)).to_series().to_list() == [50.0, 51.0, 52.0, 53.0]
    assert rows.select(sides_ratio(both, single)).to_series().to_list() == [None, None, 2.0, None]
    shown = level_breaks(rows.sample(fraction=1.0, shuffle=True, seed=1))
    assert shown["step_ratio"].to_list()[1:] == pytest.approx([51 / 50, 52 / 51, 53 / 52])
    assert shown["raw_step_ratio"].to_list()[1:] == pytest.approx([102 / 100, 52 / 102, 53 / 52])


def test_a_level_break_is_looked_for_in_one_series_and_not_from_zero():
    """Fails where the step from Bitcoin's contract to Ether's is a break, or one from nothing is infinite."""
    one = pl.DataFrame(
        {
            "observed_at": [date(2026, 6, 10), date(2026, 6, 11)],
            "both_sides_open_interest": [90_000.0, 88_000.0],
            "single_side_open_interest": [None, 44_000.0],
        }
    )
    zero = one.select("observed_at", pl.lit(0.0).alias("both_sides_open_interest"), "single_side_open_interest")
    both = pl.concat([one.with_columns(symbol=pl.lit("BTCUSD")), zero.with_columns(symbol=pl.lit("NEWUSD"))])
    shown = level_breaks(both, by=["symbol"])
    assert shown["step_ratio"].to_list() == [None, 88 / 90, None, None]
    assert shown["raw_step_ratio"].to_list() == [None, 44 / 90, None, None]


def test_a_bare_frame_of_contracts_is_enough():
    """Fails where a formula asks for columns that have nothing to do with it."""
    bare = pl.DataFrame({"open_interest_native": [2_000.0], "size_unit": ["contracts"], "margin_type": ["inverse"]})
    found = conform(bare.with_columns(contract_value=100.0, mark_price=80_000.0)).row(0, named=True)
    assert coins_and_dollars(found) == (2.5, 200_000.0, None)
    assert coins_and_dollars(conform(bare).row(0, named=True)) == (None, None, "no_instrument")


def two_days(margin_type: str, coins: tuple, dollars: tuple, prices: tuple) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "margin_type": [margin_type],
            "open_interest_coin_before": [coins[0]],
            "open_interest_coin": [coins[1]],
            "open_interest_usd_before": [dollars[0]],
            "open_interest_usd": [dollars[1]],
            "mark_price_before": [prices[0]],
            "mark_price": [prices[1]],
        },
        schema_overrides={"open_interest_coin_before": pl.Float64},
    )


def test_price_and_quantity_add_up_to_the_change(example):
    """Fails where a fall of the price reads as deleveraging (worked example oi_20)."""
    case = example("oi_20")
    given, expected = case["inputs"], case["expected"]
    prices = (given["price_start"], given["price_end"])
    dollars = (given["oi_usd_start"], given["oi_usd_end"])
    coins = (dollars[0] / prices[0], dollars[1] / prices[1])
    found = decompose(two_days("linear", coins, dollars, prices)).row(0, named=True)
    assert found["change_usd"] == expected["delta_usd"]
    assert found["price_effect_usd"] == pytest.approx(expected["price_effect_midpoint"], abs=0.01)
    assert found["quantity_effect_usd"] == pytest.approx(expected["quantity_effect_midpoint"], abs=0.01)
    assert found["price_share_ratio"] == pytest.approx(expected["share_of_change_due_to_price_midpoint"], rel=1e-12)
    assert found["change_coin"] / coins[0] == pytest.approx(expected["coin_change_pct"], rel=1e-12)
    assert found["change_usd"] / dollars[0] == pytest.approx(expected["usd_change_pct"], rel=1e-12)
    start = price_effect_start_weights(pl.lit(prices[0]), pl.lit(prices[1]), pl.lit(coins[0]))
    end = quantity_effect_end_price(pl.lit(prices[1]), pl.lit(coins[0]), pl.lit(coins[1]))
    assert value(start) == pytest.approx(expected["price_effect_start_weights"], abs=0.01)
    assert value(end) == pytest.approx(expected["quantity_effect_end_price"], abs=0.01)


def test_for_inverse_contracts_the_price_alone_moves_coins_and_not_dollars():
    """Fails where a price fall makes a deleveraging out of an unchanged number of inverse contracts."""
    found = decompose(two_days("inverse", (100 / 50, 100 / 40), (100.0, 100.0), (50.0, 40.0))).row(0, named=True)
    assert (found["change_usd"], found["price_effect_usd"], found["quantity_effect_usd"]) == (0.0, 0.0, 0.0)
    assert found["change_coin"] == pytest.approx(0.5)
    assert found["price_effect_coin"] == pytest.approx(0.5)
    assert found["quantity_effect_coin"] == 0.0
    assert found["price_share_ratio"] is None


def test_one_unit_and_the_marks_are_enough_to_decompose():
    """Fails where the coins have to be told that dollars and a mark already tell."""
    marks = {"mark_price_before": [80_000.0], "mark_price": [64_000.0]}
    dollars = {"open_interest_usd_before": [4e8], "open_interest_usd": [3.2e8]}
    inverse = decompose(pl.DataFrame({"margin_type": ["inverse"], **marks, **dollars})).row(0, named=True)
    assert (inverse["price_effect_usd"], inverse["quantity_effect_usd"]) == (0.0, -8e7)
    assert (inverse["change_coin"], inverse["price_effect_coin"]) == (0.0, pytest.approx(3.6e8 * (1 / 64e3 - 1 / 80e3)))
    coins = {"open_interest_coin_before": [5_000.0], "open_interest_coin": [5_000.0]}
    linear = decompose(pl.DataFrame({"margin_type": ["linear"], **marks, **coins})).row(0, named=True)
    assert (linear["price_effect_usd"], linear["quantity_effect_usd"]) == (-8e7, 0.0)
    worthless = decompose(pl.DataFrame({"margin_type": ["inverse"], **marks, **dollars}).with_columns(mark_price=0.0))
    assert worthless.select("open_interest_coin", "price_effect_coin", "quantity_effect_coin").row(0) == (None,) * 3


def test_a_day_without_the_day_before_has_no_change():
    """Fails where a first day counts as growth from zero."""
    found = decompose(two_days("linear", (None, 2.0), (None, 100.0), (None, 50.0))).row(0, named=True)
    assert {found[name] for name in ("change_coin", "change_usd", "price_effect_usd", "quantity_effect_usd")} == {None}


amounts = st.floats(1.0, 1e6)
prices = st.floats(0.01, 1e5)
kinds = st.sampled_from(["linear", "inverse"])


def made(kind: str, quantity: tuple, price: tuple) -> pl.DataFrame:
    pairs = list(zip(quantity, price, strict=True))
    coins = tuple(q if kind == "linear" else q / p for q, p in pairs)
    dollars = tuple(q * p if kind == "linear" else q for q, p in pairs)
    return two_days(kind, coins, dollars, price)


@settings(max_examples=60)
@given(kinds, amounts, amounts, prices, prices)
def test_the_parts_are_exactly_the_whole_in_coins_and_in_dollars(kind, q0, q1, p0, p1):
    """Fails where weights leave a remainder."""
    row = decompose(made(kind, (q0, q1), (p0, p1))).row(0, named=True)
    for unit, size in (("usd", max(q0, q1) * max(p0, p1, 1)), ("coin", max(q0, q1) / min(p0, p1, 1))):
        whole = row[f"price_effect_{unit}"] + row[f"quantity_effect_{unit}"]
        assert whole == pytest.approx(row[f"change_{unit}"], rel=1e-9, abs=1e-9 * size)


@settings(max_examples=60)
@given(kinds, amounts, amounts, prices, prices)
def test_the_way_back_is_the_way_there_with_the_sign_turned(kind, q0, q1, p0, p1):
    """Fails where the effects depend on which day comes first."""
    there = decompose(made(kind, (q0, q1), (p0, p1))).row(0, named=True)
    back = decompose(made(kind, (q1, q0), (p1, p0))).row(0, named=True)
    for name in ("price_effect_usd", "quantity_effect_usd", "price_effect_coin", "quantity_effect_coin"):
        assert there[name] == pytest.approx(-back[name], rel=1e-12, abs=1e-12)


@settings(max_examples=60)
@given(amounts, amounts, prices, prices)
def test_start_and_end_weights_add_up_as_the_midpoint_does(q0, q1, p0, p1):
    """Fails where the variant is not another split of the same change."""
    lits = [pl.lit(x) for x in (p0, p1, q0, q1)]
    midpoint = value(price_effect(*lits) + quantity_effect(*lits))
    variant = value(price_effect_start_weights(*lits[:3]) + quantity_effect_end_price(*lits[1:]))
    assert midpoint == pytest.approx(variant, rel=1e-9, abs=1e-6)


@settings(max_examples=60)
@given(amounts, prices, st.sampled_from([1, 2]))
def test_coins_times_mark_are_dollars(native, mark, sides):
    """Fails where a unit or a side is applied to one of the two only."""
    for changes in ({}, {"margin_type": "inverse", "contract_value": 100.0, "contract_value_currency": "USD"}):
        row = conformed(open_interest_native=native, mark_price=mark, n_sides=sides, **changes)
        assert row["open_interest_coin"] * mark == pytest.approx(row["open_interest_usd"], rel=1e-12)
