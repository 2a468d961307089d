"""Open interest on one basis: one side, native then coin then dollars, price and quantity (METHOD section 5).

Belongs here: the rules as small functions of expressions or of a frame. Does not belong here: open interest as
venues print it (`transforms/parse/`), samples of hours and days with vintages (`open_interest_series.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.rules import USD_QUOTES
from transforms.core.exact import divided

_BOTH_SIDES = 2
# What `conform` takes a column for that a frame does not have.
_DEFAULTS: dict[str, pl.Expr] = {
    "n_sides": pl.lit(1),
    **{name: pl.lit(None, pl.Float64()) for name in ("open_interest_coin", "open_interest_usd", "mark_price")},
    "contract_value": pl.lit(None, pl.Float64()),
    **{name: pl.lit(None, pl.String()) for name in ("margin_type", "contract_value_currency", "quote_currency")},
}


def single_sided(open_interest: pl.Expr, n_sides: pl.Expr) -> pl.Expr:
    """One side of an open interest that counts `n_sides` of them: halved where it counts both."""
    return divided(open_interest, n_sides)


def single_sided_of(both_sides: pl.Expr, single_side: pl.Expr) -> pl.Expr:
    """Bybit's two fields as one series: `singleOpenInterest` where there is one, else half of `openInterest`."""
    return pl.coalesce(single_side, single_sided(both_sides, pl.lit(_BOTH_SIDES)))


def sides_ratio(both_sides: pl.Expr, single_side: pl.Expr) -> pl.Expr:
    """How many sides the older field counts, where both fields are there: 2 confirms the halving. Else null."""
    return pl.when(single_side > 0).then(divided(both_sides, single_side))


def level_breaks(rows: pl.DataFrame, at: str = "observed_at", by: Sequence[str] = ()) -> pl.DataFrame:
    """What an aggregator shows that took the old field raw and then the new one, beside the series on one basis.

    Needs `both_sides_open_interest` and `single_side_open_interest` (Bybit's two fields, null where absent).
    Adds, in the order of `at`, `open_interest` (one side), `raw_open_interest` (the new field where there is
    one, else the old as printed), and the step of each from the row before of the same `by`: `step_ratio`,
    `raw_step_ratio`, null from nothing or zero. On the day that the field came the raw step is half of the true
    one: a level break, not a change.
    """
    both, single = pl.col("both_sides_open_interest"), pl.col("single_side_open_interest")
    series = rows.sort(*by, at).with_columns(
        open_interest=single_sided_of(both, single), raw_open_interest=pl.coalesce(single, both)
    )

    def step(name: str) -> pl.Expr:
        before = pl.col(name).shift().over(by) if by else pl.col(name).shift()
        return pl.when(before > 0).then(divided(pl.col(name), before))

    return series.with_columns(step_ratio=step("open_interest"), raw_step_ratio=step("raw_open_interest"))


def conform(rows: pl.DataFrame) -> pl.DataFrame:
    """Open interest in coins and dollars, one side, by the instrument of the time.

    Needs `open_interest_native` with `size_unit` (coin, contracts, usd). Uses where they are there `n_sides`
    (else 1), what the feed itself gives (`open_interest_coin`, `open_interest_usd`), the instrument's
    `margin_type`, `contract_value`, `contract_value_currency` and `quote_currency`, and `mark_price`.

    Linear: coins = contracts x value, dollars = coins x mark. Inverse: dollars = contracts x face, coins =
    dollars / mark. A mark that is absent, or not in dollars, is the one that the feed's own coins and dollars
    imply. The feed's figures serve only where ours cannot be computed. Replaces those columns; `status` is
    `missing` (nothing printed), `no_instrument` (contracts of unknown value), `no_price`, or null. A total
    without a kind of margin may have dollars alone.
    """
    absent = {name: default for name, default in _DEFAULTS.items() if name not in rows.columns}
    known = rows.with_columns(**absent).with_columns(**_quantities())
    implied = pl.when(pl.col("__fed_coins") > 0).then(divided(pl.col("__fed_dollars"), pl.col("__fed_coins")))
    is_dollar = pl.col("quote_currency").is_in(USD_QUOTES).fill_null(True)
    printed = pl.when(is_dollar & (pl.col("mark_price") > 0)).then(pl.col("mark_price"))
    priced = known.with_columns(mark_price=pl.coalesce(printed, pl.when(implied > 0).then(implied)))
    mark = pl.col("mark_price")
    return (
        priced.with_columns(
            open_interest_coin=pl.coalesce("__coins", divided(pl.col("__dollars"), mark), "__fed_coins"),
            open_interest_usd=pl.coalesce("__dollars", pl.col("__coins") * mark, "__fed_dollars"),
        )
        .with_columns(status=_reason())
        .drop("__coins", "__dollars", "__fed_coins", "__fed_dollars")
    )


def _quantities() -> dict[str, pl.Expr]:
    """Native, coins and dollars on one side: by the instrument, and with the feed's own in their place."""
    native, fed_coins, fed_dollars = (
        single_sided(pl.col(f"open_interest_{name}"), pl.col("n_sides")) for name in ("native", "coin", "usd")
    )
    unit, margin, value = pl.col("size_unit"), pl.col("margin_type"), pl.col("contract_value")
    is_usd_faced = (margin == "inverse") | pl.col("contract_value_currency").is_in(USD_QUOTES).fill_null(False)
    faced = (unit == "contracts") & is_usd_faced
    linear = (unit == "contracts") & (margin == "linear") & ~faced.fill_null(False)
    coins = pl.when(unit == "coin").then(native).when(linear).then(native * value)
    dollars = pl.when(unit == "usd").then(native).when(faced).then(native * value)
    return {
        "open_interest_native": native,
        "__coins": pl.coalesce(coins, pl.when(dollars.is_null()).then(fed_coins)),
        "__dollars": dollars,
        "__fed_coins": pl.coalesce(coins, fed_coins),
        "__fed_dollars": pl.coalesce(dollars, fed_dollars),
    }


def _reason() -> pl.Expr:
    """Why coins or dollars are unknown."""
    coins, dollars = pl.col("open_interest_coin"), pl.col("open_interest_usd")
    is_total = pl.col("margin_type").is_null() & (pl.col("size_unit") == "usd")
    is_undescribed = pl.col("contract_value").is_null() | pl.col("margin_type").is_null()
    return (
        pl.when(pl.col("open_interest_native").is_null() & coins.is_null() & dollars.is_null())
        .then(pl.lit("missing"))
        .when(coins.is_not_null() & dollars.is_not_null())
        .then(None)
        .when((pl.col("size_unit") == "contracts") & is_undescribed)
        .then(pl.lit("no_instrument"))
        .when(is_total & dollars.is_not_null())
        .then(None)
        .otherwise(pl.lit("no_price"))
    )


def price_effect(price_0: pl.Expr, price_1: pl.Expr, quantity_0: pl.Expr, quantity_1: pl.Expr) -> pl.Expr:
    """(P1 - P0)(Q0 + Q1)/2: with `quantity_effect` it is exactly the change of P x Q, in either order of days."""
    return (price_1 - price_0) * (quantity_0 + quantity_1) / 2


def quantity_effect(price_0: pl.Expr, price_1: pl.Expr, quantity_0: pl.Expr, quantity_1: pl.Expr) -> pl.Expr:
    """(Q1 - Q0)(P0 + P1)/2, the other half of `price_effect`."""
    return (quantity_1 - quantity_0) * (price_0 + price_1) / 2


def price_effect_start_weights(price_0: pl.Expr, price_1: pl.Expr, quantity_0: pl.Expr) -> pl.Expr:
    """(P1 - P0) Q0, a variant that depends on the order; its other half is `quantity_effect_end_price`."""
    return (price_1 - price_0) * quantity_0


def quantity_effect_end_price(price_1: pl.Expr, quantity_0: pl.Expr, quantity_1: pl.Expr) -> pl.Expr:
    """(Q1 - Q0) P1, the other half of `price_effect_start_weights`."""
    return (quantity_1 - quantity_0) * price_1


def decompose(rows: pl.DataFrame) -> pl.DataFrame:
    """What price and quantity did between two samples, each contract in its native unit.

    Needs `margin_type`, and `open_interest_coin`, `open_interest_usd`, `mark_price` with the same names and
    `_before`; of coins and dollars one may be absent, and is then the other at the mark.
    Adds `change_coin`, `change_usd`, `price_effect_usd`, `quantity_effect_usd`, `price_effect_coin`,
    `quantity_effect_coin`, and `price_share_ratio` (price effect over change in dollars, null where that is zero).
    Linear: coins are native, the price moves dollars only. Inverse: dollars are native, the price moves coins
    only, at 1/P dollars' worth. Null where a day or its mark is missing.
    """
    rows = _in_both_units(rows)
    inverse = pl.col("margin_type") == "inverse"
    coins = (pl.col("open_interest_coin_before"), pl.col("open_interest_coin"))
    dollars = (pl.col("open_interest_usd_before"), pl.col("open_interest_usd"))
    price_0, price_1 = pl.col("mark_price_before"), pl.col("mark_price")
    by_price, by_quantity = price_effect(price_0, price_1, *coins), quantity_effect(price_0, price_1, *coins)
    per_dollar = (1 / price_0, 1 / price_1)
    kind = inverse.fill_null(False)
    is_whole = pl.all_horizontal(*(e.is_not_null() for e in (*coins, *dollars)), price_0 > 0, price_1 > 0)
    change_usd, change_coin = dollars[1] - dollars[0], coins[1] - coins[0]

    def where_known(of_inverse: pl.Expr, of_linear: pl.Expr) -> pl.Expr:
        return pl.when(is_whole).then(pl.when(kind).then(of_inverse).otherwise(of_linear))

    zero = pl.lit(0.0)
    return rows.with_columns(
        change_coin=change_coin,
        change_usd=change_usd,
        price_effect_usd=where_known(zero, by_price),
        quantity_effect_usd=where_known(change_usd, by_quantity),
        price_effect_coin=where_known(price_effect(*per_dollar, *dollars), zero),
        quantity_effect_coin=where_known(quantity_effect(*per_dollar, *dollars), change_coin),
    ).with_columns(
        price_share_ratio=pl.when(pl.col("change_usd") != 0).then(
            divided(pl.col("price_effect_usd"), pl.col("change_usd"))
        )
    )


def _in_both_units(rows: pl.DataFrame) -> pl.DataFrame:
    """Coins from dollars, or dollars from coins, where the frame has a column of one of them only."""
    for when in ("", "_before"):
        coins, dollars, mark = (f"{name}{when}" for name in ("open_interest_coin", "open_interest_usd", "mark_price"))
        if coins not in rows.columns:
            at_mark = pl.when(pl.col(mark) > 0).then(divided(pl.col(dollars), pl.col(mark)))
            rows = rows.with_columns(at_mark.alias(coins))
        elif dollars not in rows.columns:
            rows = rows.with_columns((pl.col(coins) * pl.col(mark)).alias(dollars))
    return rows
