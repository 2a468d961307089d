"""Columns of stablecoin supply, its changes and its peg, and of the dimensions of assets and venues."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, OneOf
from schemas.rules import ISSUANCE_KIND, SMALLEST_POSITIVE, STATUS


def _amount(name: str, description: str, unit: str = "peg", low: float | None = None) -> Column:
    """A number that is null where it is not known."""
    checks = () if low is None else (Between(low=low),)
    return Column(name, pl.Float64(), unit, description, nullable=True, checks=checks)


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
    _amount(
        "supply_change_peg",
        "Circulating supply minus that at the start (of the day before, of the month), by the same feed.",
    ),
    _amount(
        "change_ratio",
        "`supply_change_peg` over the supply at the start; null on a base of zero, and less than 1e-6 is zero.",
        "ratio",
    ),
    _amount(
        "gross_issued_peg",
        "Let out of the issuer's treasury to customers; null where no feed gives single issues.",
        low=0,
    ),
    _amount(
        "gross_redeemed_peg",
        "Taken back by the issuer from customers; null where no feed gives single redemptions.",
        low=0,
    ),
    _amount("minted_less_burned_peg", "Minted to the treasury less burnt from it; changes nothing that circulates."),
    _amount(
        "market_value_change_usd",
        "Supply times price at the end less that at the start: `supply_effect_usd` plus `price_effect_usd`.",
        "usd",
    ),
    _amount("supply_effect_usd", "Change of supply at the mean of both prices.", "usd"),
    _amount("price_effect_usd", "Change of price on the mean of both quantities; zero for inverse contracts.", "usd"),
    Column(
        "change_status",
        pl.String(),
        "none",
        "Why columns of the change are null: the first reason that applies; null where all are given.",
        nullable=True,
        checks=(OneOf(tuple(STATUS)),),
    ),
    Column("month_date", pl.Date(), "date", "First of the month; the change begins at 00:00 UTC on it."),
    Column(
        "end_date",
        pl.Date(),
        "date",
        "Day at whose 00:00 UTC the change ends: the first of the next month, or the newest day while the month lasts.",
    ),
    _amount("start_peg", "Circulating supply at 00:00 UTC on the first of the month.", low=0),
    _amount("end_peg", "Circulating supply at 00:00 UTC on `end_date`.", low=0),
    _amount("start_usd", "`start_peg` in dollars: the vendor's, or at par for a dollar peg.", "usd", low=0),
    _amount("end_usd", "`end_peg` in dollars: the vendor's, or at par for a dollar peg.", "usd", low=0),
    _amount("supply_change_usd", "`end_usd` less `start_usd`.", "usd"),
    _amount("start_price_usd", "Price of the day on which the month begins.", "usd_per_coin", low=0),
    _amount("end_price_usd", "Price of the day `end_date`.", "usd_per_coin", low=0),
    Column(
        "priced_at",
        UTC_INSTANT,
        "instant",
        "Instant of the price (the newest, where several were used).",
        nullable=True,
    ),
    _amount("volume_usd", "Traded volume behind a price, in dollars; null where the feed gives none.", "usd", low=0),
    _amount("vwap_usd", "Volume-weighted mean of the books above the volume floor.", "usd_per_coin", low=0),
    _amount("deviation_bps", "(price − 1) × 10,000, negative below the peg; for dollar pegs.", "bps"),
    _amount("vwap_deviation_bps", "The same of `vwap_usd`.", "bps"),
    Column(
        "peg_method",
        pl.String(),
        "none",
        "`volume_weighted_median` over books with a volume, else `vendor_price`: one vendor's price.",
        checks=(OneOf(("vendor_price", "volume_weighted_median")),),
    ),
    Column("n_quotes", pl.Int32(), "count", "Prices used.", checks=(Between(low=0),)),
    Column(
        "n_excluded",
        pl.Int32(),
        "count",
        "Books left out: below the volume floor, or without price or volume.",
        checks=(Between(low=0),),
    ),
    Column(
        "issuance_kind",
        pl.String(),
        "none",
        "What the issuer did: " + "; ".join(f"{kind}: {text}" for kind, text in ISSUANCE_KIND.items()) + ".",
        checks=(OneOf(tuple(ISSUANCE_KIND)),),
    ),
    Column("amount_peg", pl.Float64(), "peg", "Coins of the event.", checks=(Between(low=SMALLEST_POSITIVE),)),
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
