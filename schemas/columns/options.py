"""Columns of option quotes. Prices in coin stay in coin, volatilities are in points."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column, OneOf

_POSITIVE = (Between(low=0),)


def _coin(name: str, text: str) -> Column:
    return Column(name, pl.Float64(), "coin", text, True, _POSITIVE)


def _usd(name: str, text: str) -> Column:
    return Column(name, pl.Float64(), "usd_per_coin", text, True, _POSITIVE)


def _points(name: str, text: str) -> Column:
    return Column(name, pl.Float64(), "vol_points", text, True, _POSITIVE)


COLUMNS = (
    Column("option_type", pl.String(), "none", "Right that the option gives.", checks=(OneOf(("call", "put")),)),
    Column("strike_price", pl.Float64(), "usd_per_coin", "Price at which it may be exercised.", checks=_POSITIVE),
    Column(
        "premium_currency",
        pl.String(),
        "none",
        "What premiums are quoted in: `coin` (inverse options) or `usd` (the stablecoin of linear ones).",
        True,
        (OneOf(("coin", "usd")),),
    ),
    Column("mark_premium", pl.Float64(), "mixed_premium", "Mark price of one option on one coin.", True, _POSITIVE),
    Column("bid_premium", pl.Float64(), "mixed_premium", "Best bid; null where there is none.", True, _POSITIVE),
    Column("ask_premium", pl.Float64(), "mixed_premium", "Best ask; null where there is none.", True, _POSITIVE),
    _points("mark_iv_points", "Implied volatility of the mark, as published."),
    _points("bid_iv_points", "Implied volatility of the bid; null where there is no bid."),
    _points("ask_iv_points", "Implied volatility of the ask; null where there is no ask."),
    _usd("underlying_price", "Forward of the option's expiry, as published."),
    Column(
        "delta_ratio", pl.Float64(), "ratio", "Forward (Black-Scholes) delta as published.", True, (Between(-1, 1),)
    ),
    Column("gamma", pl.Float64(), "none", "Gamma as published, per USD of the underlying.", True),
    Column("vega", pl.Float64(), "none", "Vega as published, in USD per volatility point.", True),
    Column("theta", pl.Float64(), "none", "Theta as published, in USD a day.", True),
    _coin("option_open_interest_coin", "Open interest in coins of the underlying, one side."),
    _coin("option_volume_24h_coin", "Volume of the last 24 hours in coins of the underlying."),
)
