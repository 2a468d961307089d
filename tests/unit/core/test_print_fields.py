"""What a venue's raw liquidation row says: side, quantity, price."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.notional import linear_notional
from transforms.core.print_fields import (
    ORDER_SIDE,
    POSITION_SIDE,
    SIDE_FIELDS,
    closing_order_side,
    filled_quantity,
    liquidated_side,
    preferred_price,
    side_means,
)

VENUES = Path(__file__).parents[3] / "dbt_project" / "seeds" / "venues.csv"
KIND_OF_FIELD = {"ap": "average_fill", "price": "fill", "p": "bankruptcy", "bkPx": "bankruptcy"}


def side(raw: str | None, means: str) -> str | None:
    return pl.DataFrame({"s": [raw]}, schema={"s": pl.String}).select(liquidated_side(pl.col("s"), means)).item()


def test_worked_example_from_raw_rows_to_side_quantity_price_and_notional(example):
    """Fails where Bybit's side is taken for an order's, a last fill for the order, or a multiplier left out."""
    case = example("liq_01")
    expected = case["expected"]
    rows = pl.DataFrame(
        {
            "venue": row["venue"],
            "side": row["raw"][SIDE_FIELDS[row["venue"]].name],
            "stated": row["raw_side_means"],
            "z": row["raw"].get("z"),
            "q": row["raw"].get("q", row["raw"][row["size_field"]]),
            "value": row["contract_value"],
            **{kind: row["raw"].get(row["price_field"]) if KIND_OF_FIELD[row["price_field"]] == kind else None
               for kind in ("average_fill", "fill", "bankruptcy")},
        }
        for row in case["inputs"]["rows"]
    ).cast({name: pl.Float64 for name in ("z", "q", "average_fill", "fill", "bankruptcy")})  # fmt: skip
    price, kind = preferred_price({name: pl.col(name) for name in ("bankruptcy", "fill", "average_fill")})
    found = rows.with_columns(
        liquidated_position=liquidated_side(pl.col("side"), side_means(pl.col("venue"))),
        base_qty=filled_quantity(pl.col("z"), pl.col("q")) * pl.col("value"),
        price_used=price,
        price_kind=kind,
    ).with_columns(
        closing_order_side=closing_order_side(pl.col("liquidated_position")),
        notional_usd=linear_notional(pl.col("base_qty"), pl.lit(1.0), pl.col("price_used")),
    )
    assert found.select(side_means(pl.col("venue"))).to_series().to_list() == rows["stated"].to_list()
    for name in ("liquidated_position", "closing_order_side", "price_kind"):
        assert found[name].to_list() == [row[name] for row in expected["rows"]]
    for name in ("base_qty", "price_used", "notional_usd"):
        assert found[name].to_list() == pytest.approx([row[name] for row in expected["rows"]], rel=1e-12)
    by_side = dict(found.group_by("liquidated_position").agg(pl.col("notional_usd").sum()).iter_rows())
    assert by_side == pytest.approx({"long": expected["long_usd"], "short": expected["short_usd"]}, rel=1e-12)


def test_an_order_closes_the_other_side_and_a_position_is_its_own():
    """Fails where one meaning is used for all venues: half of them flip."""
    assert [side(raw, ORDER_SIDE) for raw in ("SELL", "Buy", "sell")] == ["long", "short", "long"]
    assert [side(raw, POSITION_SIDE) for raw in ("Buy", "SELL", "long", "short")] == ["long", "short", "long", "short"]


def test_what_is_not_understood_is_no_side():
    """Fails where OKX's `net`, or a meaning that nobody stated, becomes a side."""
    assert [side(raw, POSITION_SIDE) for raw in ("net", "", None)] == [None] * 3
    assert side("sell", "maker_side") is None
    unknown = pl.DataFrame({"v": ["nowhere"]}).select(side_means(pl.col("v"))).item()
    assert unknown is None


@given(st.lists(st.sampled_from(["BUY", "Sell", "buy", "SELL"]), min_size=1))
def test_relabelling_an_order_as_a_position_twice_changes_nothing(raw):
    """Fails where sides do not cancel: an order's side read as a position's is the other side, and back again."""
    frame = pl.DataFrame({"s": raw})
    order, position = (liquidated_side(pl.col("s"), means) for means in (ORDER_SIDE, POSITION_SIDE))
    found = frame.select(o=order, p=position).with_columns(
        back=liquidated_side(closing_order_side(pl.col("o")), ORDER_SIDE),
        flipped=liquidated_side(closing_order_side(pl.col("p")), POSITION_SIDE),
    )
    assert found["back"].to_list() == found["o"].to_list()
    assert found["flipped"].to_list() == found["o"].to_list()
    assert all(o != p for o, p in found.select("o", "p").rows())


def test_the_accumulated_fill_comes_first_and_the_original_quantity_second():
    """Fails where a partly filled order counts whole, or a row without `z` is lost."""
    frame = pl.DataFrame({"z": [0.3, None], "q": [0.5, 0.25]})
    assert frame.select(filled_quantity(pl.col("z"), pl.col("q"))).to_series().to_list() == [0.3, 0.25]


def test_the_average_fill_is_preferred_and_a_price_of_zero_is_none():
    """Fails where an order price, or Binance's zero for "not filled", is taken while a better one is there."""
    frame = pl.DataFrame({"ap": [62655.5, 0.0, None], "p": [62400.0, 71500.0, None]})
    price, kind = preferred_price({"order": pl.col("p"), "average_fill": pl.col("ap")})
    assert frame.select(p=price, k=kind).rows() == [(62655.5, "average_fill"), (71500.0, "order"), (None, None)]


def test_an_unknown_kind_of_price_is_refused():
    """Fails where a misspelt kind is left out without a word."""
    with pytest.raises(ValueError, match="last_fill"):
        preferred_price({"last_fill": pl.col("l")})


def test_the_published_venues_say_the_same_of_their_side_fields():
    """Fails where dim_venues tells a reader another meaning than the one that the sums are made with."""
    seed = pl.read_csv(VENUES).drop_nulls("liquidation_side_field")
    stated = dict(seed.select("venue", pl.col("liquidation_side_field") + "_side").iter_rows())
    assert stated == {venue: field.means for venue, field in SIDE_FIELDS.items() if venue != "tardis"}
