"""A change of value, split into what quantity did and what price did.

Belongs here: the midpoint split, for any quantity that has a price. Does not belong here: which quantity
is native, or which days are compared.
"""

from __future__ import annotations

import polars as pl


def value_effects(
    quantity_before: pl.Expr, quantity_after: pl.Expr, price_before: pl.Expr, price_after: pl.Expr
) -> tuple[pl.Expr, pl.Expr]:
    """Quantity effect and price effect, in the unit of quantity times price (METHOD §5, §7).

    (Q₁ − Q₀)(P₀ + P₁)/2 and (P₁ − P₀)(Q₀ + Q₁)/2. They sum to Q₁P₁ − Q₀P₀ whatever the numbers, and
    neither depends on which of the two is taken first. Null where any of the four is null.
    """
    quantity_effect = (quantity_after - quantity_before) * (price_before + price_after) / 2
    price_effect = (price_after - price_before) * (quantity_before + quantity_after) / 2
    return quantity_effect, price_effect
