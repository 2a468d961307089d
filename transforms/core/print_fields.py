"""What a venue's raw liquidation row says: whose position, how much of it, at which price.

Belongs here: which field means what (METHOD §2), as expressions over raw fields. Does not belong here:
reading messages (`transforms/parse/`), notionals (`notional.py`), counting prints (`prints.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

ORDER_SIDE = "order_side"
POSITION_SIDE = "position_side"


class SideField(NamedTuple):
    """The field of a venue's liquidation feed that names a side, and whose side it is."""

    name: str
    means: str


# Of venues that name both, the order's side is read: OKX's `posSide` may be `net`.
SIDE_FIELDS: dict[str, SideField] = {
    "binance": SideField("S", ORDER_SIDE),
    "bitmex": SideField("side", ORDER_SIDE),
    "bybit": SideField("S", POSITION_SIDE),
    "deribit": SideField("direction", ORDER_SIDE),
    "kraken": SideField("direction", ORDER_SIDE),
    "okx": SideField("side", ORDER_SIDE),
    "tardis": SideField("side", ORDER_SIDE),
}

_CLOSED_BY_ORDER = {"sell": "long", "buy": "short"}
_CLOSED_POSITION = {"buy": "long", "long": "long", "sell": "short", "short": "short"}

# From the best to the least known price of a forced close.
PRICE_KINDS = ("average_fill", "fill", "mark", "settle", "bankruptcy", "order")


def liquidated_side(raw: pl.Expr, means: pl.Expr | str) -> pl.Expr:
    """Side of the position that was closed, `long` or `short`, from a raw side in any case.

    A liquidated long is closed by a sell order; a position's side is its own (`buy` or `long` is a
    long). `means` is `order_side` or `position_side`, one text or an expression (`side_means`). Null
    where either is not understood. Source: METHOD §2, `SIDE_FIELDS`.
    """
    meaning = pl.lit(means) if isinstance(means, str) else means
    side = raw.str.to_lowercase()
    return (
        pl.when(meaning == ORDER_SIDE)
        .then(side.replace_strict(_CLOSED_BY_ORDER, default=None, return_dtype=pl.String))
        .when(meaning == POSITION_SIDE)
        .then(side.replace_strict(_CLOSED_POSITION, default=None, return_dtype=pl.String))
    )


def side_means(venue: pl.Expr) -> pl.Expr:
    """Whether a venue's feed names the order's or the position's side; null for an unknown venue."""
    known = {name: field.means for name, field in SIDE_FIELDS.items()}
    return venue.replace_strict(known, default=None, return_dtype=pl.String)


def closing_order_side(liq_side: pl.Expr) -> pl.Expr:
    """Side of the order that closes a position: `sell` for a long, `buy` for a short."""
    return liq_side.replace_strict({"long": "sell", "short": "buy"}, default=None, return_dtype=pl.String)


def filled_quantity(accumulated: pl.Expr, original: pl.Expr) -> pl.Expr:
    """Quantity of a Binance order: `z` (accumulated fill), else `q` (original quantity).

    Never `l`, the last fill alone: a vendor that took it lost months of data (METHOD §2).
    """
    return pl.coalesce(accumulated, original)


def preferred_price(prices: Mapping[str, pl.Expr]) -> tuple[pl.Expr, pl.Expr]:
    """The best price that a row has, and its `price_kind`; both null where it has none.

    `prices` maps kinds of `PRICE_KINDS` to expressions. A price of zero is Binance's way of saying
    that there is none. Raises `ValueError` for an unknown kind.
    """
    unknown = prices.keys() - set(PRICE_KINDS)
    if unknown:
        raise ValueError(f"unknown kinds of price: {sorted(unknown)}")
    ordered = [(kind, prices[kind]) for kind in PRICE_KINDS if kind in prices]
    price = pl.coalesce(pl.when(value > 0).then(value) for _, value in ordered)
    kind = pl.coalesce(pl.when(value > 0).then(pl.lit(name)) for name, value in ordered)
    return price, kind
