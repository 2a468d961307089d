"""Columns of stablecoin supply and of the dimensions of assets and venues."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column

COLUMNS = (
    Column(
        "peg_currency",
        pl.String(),
        "none",
        "Currency of the peg, for example USD; null where unknown.",
        nullable=True,
    ),
    Column(
        "circulating_peg",
        pl.Float64(),
        "peg",
        "In circulation: minted − unreleased + bridged in − bridged out.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column("minted_peg", pl.Float64(), "peg", "Minted on the chain.", nullable=True),
    Column("unreleased_peg", pl.Float64(), "peg", "Minted and still with the issuer's treasury.", nullable=True),
    Column("bridged_in_peg", pl.Float64(), "peg", "Came over bridges.", nullable=True),
    Column(
        "circulating_usd",
        pl.Float64(),
        "usd",
        "Circulating supply in dollars: the vendor's, or at par for a dollar peg.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "net_issuance_peg",
        pl.Float64(),
        "peg",
        "Circulating supply minus that of the day before; null where that day is unknown or comes from another feed.",
        nullable=True,
    ),
    Column("asset_name", pl.String(), "none", "Long name.", nullable=True),
    Column("asset_kind", pl.String(), "none", "Coin, stablecoin or fund."),
    Column("venue_name", pl.String(), "none", "Long name of the venue."),
    Column(
        "liquidation_side_field",
        pl.String(),
        "none",
        "Whether the venue's liquidation feed gives the order's or the position's side.",
        nullable=True,
    ),
    Column(
        "liquidation_price_kind",
        pl.String(),
        "none",
        "Which price the venue's liquidation feed gives.",
        nullable=True,
    ),
    Column("day_boundary", pl.String(), "none", "Clock that ends the venue's day in this warehouse."),
    Column("issuer", pl.String(), "none", "Who issues the fund or the coin.", nullable=True),
    Column("launch_date", pl.Date(), "date", "First day on which the fund could report.", nullable=True),
)
