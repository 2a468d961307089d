"""Columns of ETF, exchange and stablecoin flows."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column, OneOf

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
        "The number as the source printed it, placeholders included.",
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
    Column("n_funds_reported", pl.Int32(), "count", "Funds with a reported flow.", checks=(Between(low=0),)),
    Column(
        "n_funds_expected",
        pl.Int32(),
        "count",
        "Funds launched on or before the trade date.",
        checks=(Between(low=0),),
    ),
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
