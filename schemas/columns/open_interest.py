"""Columns of open interest."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column
from schemas.rules import SMALLEST_POSITIVE

COLUMNS = (
    Column("observed_at", UTC_INSTANT, "instant", "Instant at which the value was read, by its feed."),
    Column(
        "n_sides",
        pl.Int32(),
        "count",
        "Sides that `open_interest_native` counts: 1, or 2 where longs and shorts are added.",
        checks=(Between(1, 2),),
    ),
    Column(
        "open_interest_usd",
        pl.Float64(),
        "usd",
        "Open interest in US dollars.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "mark_price",
        pl.Float64(),
        "quote_per_coin",
        "The venue's mark price at the same stamp, or the price that the feed implies.",
        nullable=True,
        checks=(Between(low=SMALLEST_POSITIVE),),
    ),
    Column("mark_at", UTC_INSTANT, "instant", "Instant of `mark_price`.", nullable=True),
    Column("sampled_at", UTC_INSTANT, "instant", "Instant of the day's or hour's sample: its last observation."),
    Column("n_samples", pl.Int32(), "count", "Hours of the day with an observation.", checks=(Between(1, 24),)),
    Column(
        "change_coin",
        pl.Float64(),
        "coin",
        "Open interest in coins minus that of the day before, by the same feed.",
        nullable=True,
    ),
    Column(
        "change_usd",
        pl.Float64(),
        "usd",
        "Open interest in dollars minus that of the day before, by the same feed.",
        nullable=True,
    ),
    Column(
        "quantity_effect_usd",
        pl.Float64(),
        "usd",
        "Part of `change_usd` that the quantity made, at the mean price; all of it for inverse contracts.",
        nullable=True,
    ),
    Column(
        "price_effect_coin",
        pl.Float64(),
        "coin",
        "Part of `change_coin` that the price made; zero for linear contracts.",
        nullable=True,
    ),
    Column(
        "quantity_effect_coin",
        pl.Float64(),
        "coin",
        "Part of `change_coin` that the quantity made; all of it for linear contracts.",
        nullable=True,
    ),
    Column("n_contracts", pl.Int32(), "count", "Contracts in the figure.", checks=(Between(low=0),)),
)
