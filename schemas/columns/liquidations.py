"""Columns of liquidation prints and their sums."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column, OneOf
from schemas.rules import SMALLEST_POSITIVE

COLUMNS = (
    Column("size_native", pl.Float64(), "native", "Filled size as the venue counts it.", checks=(Between(low=0),)),
    Column(
        "size_unit",
        pl.String(),
        "none",
        "Unit of `size_native`.",
        checks=(OneOf(("coin", "contracts", "usd")),),
    ),
    Column(
        "price",
        pl.Float64(),
        "quote_per_coin",
        "Price of the print; see `price_kind`.",
        checks=(Between(low=SMALLEST_POSITIVE),),
    ),
    Column(
        "price_kind",
        pl.String(),
        "none",
        "What `price` is.",
        checks=(OneOf(("average_fill", "fill", "bankruptcy", "order", "mark", "settle")),),
    ),
    Column(
        "notional_usd",
        pl.Float64(),
        "usd",
        "Notional of the closed positions.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "quantity_coin",
        pl.Float64(),
        "coin",
        "Closed quantity in units of the asset.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "is_repricing",
        pl.Boolean(),
        "flag",
        "The same print again, priced when its instrument became known: not another print.",
    ),
    Column(
        "n_prints",
        pl.Int64(),
        "count",
        "Prints in the sum; null for a vendor's aggregate.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "n_unpriced_prints",
        pl.Int64(),
        "count",
        "Prints without a notional, not in the sum.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "max_1h_usd",
        pl.Float64(),
        "usd",
        "Largest sum of notional over (t−1h, t] for prints t of the day.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "max_1h_at",
        pl.Datetime("us", "UTC"),
        "instant",
        "The print t at which `max_1h_usd` is reached.",
        nullable=True,
    ),
    Column("is_lower_bound", pl.Boolean(), "flag", "The feed is known to drop prints, so the sum is a floor."),
    Column(
        "feed_regime",
        pl.String(),
        "none",
        "How complete the venue's feed was at that time; see docs/methodology.",
        nullable=True,
    ),
    Column(
        "series",
        pl.String(),
        "none",
        "Venue prints and vendor aggregates are never added together.",
        checks=(OneOf(("venue_prints", "vendor_aggregate")),),
    ),
)
