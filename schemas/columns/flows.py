"""Columns of ETF, exchange and stablecoin flows."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column, OneOf
from schemas.rules import SMALLEST_POSITIVE

_USD_DAY = Between(-2e11, 2e11)

COLUMNS = (
    Column(
        "flow_usd",
        pl.Float64(),
        "usd",
        "Net flow; positive is into the entity. Null until reported.",
        nullable=True,
        checks=(_USD_DAY,),
    ),
    Column(
        "printed_flow_usd",
        pl.Float64(),
        "usd",
        "The number as the best flow table printed it, placeholders included.",
        nullable=True,
        checks=(_USD_DAY,),
    ),
    Column(
        "printed_total_usd",
        pl.Float64(),
        "usd",
        "The total as the source printed it.",
        nullable=True,
        checks=(_USD_DAY,),
    ),
    Column(
        "n_funds_reported",
        pl.Int32(),
        "count",
        "Funds with a reported flow; null where the source gives a total without its funds.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "n_funds_expected",
        pl.Int32(),
        "count",
        "Funds launched on or before the trade date.",
        checks=(Between(low=0),),
    ),
    Column(
        "is_new_fund",
        pl.Boolean(),
        "flag",
        "At this instant a fund joined a trade date that the source had already printed.",
    ),
    Column(
        "shares_outstanding",
        pl.Float64(),
        "shares",
        "Shares of the fund outstanding, by the issuer; orders of the as-of date are not in it yet where the "
        "issuer counts with a lag.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "nav_usd",
        pl.Float64(),
        "usd_per_share",
        "Net asset value per share, struck on the 16:00 New York price of the date.",
        nullable=True,
        checks=(Between(low=SMALLEST_POSITIVE),),
    ),
    Column(
        "aum_usd",
        pl.Float64(),
        "usd",
        "Assets of the fund: shares outstanding times net asset value.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "shares_change",
        pl.Float64(),
        "shares",
        "Shares created less shares redeemed by the orders of the trade date; splits, seeds and conversions are "
        "not in it.",
        nullable=True,
    ),
    Column(
        "implied_nav_usd",
        pl.Float64(),
        "usd_per_share",
        "Net asset value that `printed_flow_usd` and `shares_change` imply together.",
        nullable=True,
    ),
    Column(
        "is_nav_doubtful",
        pl.Boolean(),
        "flag",
        "The implied net asset value is more than 3 % from the fund's: date or unit of the printed flow is doubtful.",
        nullable=True,
    ),
    Column("cumulative_flow_usd", pl.Float64(), "usd", "Sum of the final totals since launch, this day included."),
    Column(
        "launch_assets_usd",
        pl.Float64(),
        "usd",
        "Seeds and converted trusts with which the funds started: in their assets and in no flow. Null where an "
        "asset's are not known.",
        nullable=True,
    ),
    Column(
        "cumulative_capital_usd",
        pl.Float64(),
        "usd",
        "`cumulative_flow_usd` plus `launch_assets_usd`.",
        nullable=True,
    ),
    Column(
        "n_days_open",
        pl.Int32(),
        "count",
        "Trade dates up to this one whose total is not final: they are not in the sum.",
        checks=(Between(low=0),),
    ),
    Column("old_flow_usd", pl.Float64(), "usd", "Flow before the change; null where none was known.", nullable=True),
    Column("new_flow_usd", pl.Float64(), "usd", "Flow after the change; null where it was taken back.", nullable=True),
    Column("value", pl.Float64(), "mixed", "The metric's value in `unit`."),
    Column("flow_coin", pl.Float64(), "coin", "Net flow in units of the asset.", nullable=True),
    Column(
        "inflow_coin",
        pl.Float64(),
        "coin",
        "Moved in, transfers inside the entity removed by the vendor.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "outflow_coin",
        pl.Float64(),
        "coin",
        "Moved out, transfers inside the entity removed by the vendor.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "netflow_coin",
        pl.Float64(),
        "coin",
        "Inflow minus outflow; positive is towards exchanges.",
        nullable=True,
    ),
    Column("netflow_usd", pl.Float64(), "usd", "`netflow_coin` at `price_usd`.", nullable=True),
    Column(
        "reserve_coin",
        pl.Float64(),
        "coin",
        "Held at the end of the day.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "reserve_usd",
        pl.Float64(),
        "usd",
        "The vendor's value of the reserve; null where its price stands still.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "reserve_change_coin",
        pl.Float64(),
        "coin",
        "Reserve minus the reserve of the day before.",
        nullable=True,
    ),
    Column(
        "has_reserve_break",
        pl.Boolean(),
        "flag",
        "The change in reserve and the netflow differ by more than one coin: the vendor's own data break there.",
        nullable=True,
    ),
    Column(
        "price_usd",
        pl.Float64(),
        "usd_per_coin",
        "Price used to convert; null where there is none.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column("price_source", pl.String(), "none", "Where `price_usd` comes from.", nullable=True),
    Column(
        "flow_unit",
        pl.String(),
        "none",
        "Unit in which the source reports the flow.",
        checks=(OneOf(("usd", "coin", "peg")),),
    ),
)
