"""Columns of the whole market and its coins by size, as a vendor ranks them at one instant."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, Matches
from schemas.rules import SMALLEST_POSITIVE


def _usd(name: str, text: str, low: float = 0.0) -> Column:
    return Column(name, pl.Float64(), "usd", text, True, (Between(low=low),))


def _change(period: str) -> Column:
    text = f"Change of the price in USD over the last {period}; null where the vendor gives none."
    return Column(f"price_change_{period}_ratio", pl.Float64(), "ratio", text, True, (Between(low=-1),))


def _share(name: str, text: str) -> Column:
    return Column(name, pl.Float64(), "ratio", text, True, (Between(0, 1),))


COLUMNS = (
    _usd("total_market_cap_usd", "Market value of all coins that the vendor counts.", SMALLEST_POSITIVE),
    _usd("total_volume_24h_usd", "Traded volume of the last 24 hours over all coins."),
    _share("btc_share_ratio", "Bitcoin's share of the total market value."),
    _share("eth_share_ratio", "Ether's share of the total market value."),
    Column(
        "market_cap_change_24h_ratio",
        pl.Float64(),
        "ratio",
        "Change of the total market value in USD over the last 24 hours.",
        True,
        (Between(low=-1),),
    ),
    Column("n_coins", pl.Int32(), "count", "Active coins that the vendor counts.", True, (Between(low=1),)),
    Column(
        "category",
        pl.String(),
        "none",
        "Vendor's category whose ranking the row is of; `all` for the whole market. Categories such as stablecoins "
        "are the sets to take out of it.",
        checks=(Matches(r"[a-z0-9-]{2,64}"),),
    ),
    Column("coin_id", pl.String(), "none", "Vendor's id of the coin: symbols are shared by several coins."),
    Column("coin_symbol", pl.String(), "none", "Symbol as the vendor writes it; not unique.", True),
    Column("coin_name", pl.String(), "none", "Name of the coin.", True),
    Column(
        "market_cap_rank",
        pl.Int32(),
        "count",
        "Rank by market value in the whole market; null where the vendor gives none.",
        True,
        (Between(low=1),),
    ),
    _usd("market_cap_usd", "Circulating supply at the price; null where the supply is not known.", SMALLEST_POSITIVE),
    _usd("fully_diluted_usd", "Full supply at the price; null where it is not known.", SMALLEST_POSITIVE),
    _usd("volume_24h_usd", "Traded volume of the last 24 hours."),
    Column(
        "circulating_coin",
        pl.Float64(),
        "coin",
        "Coins in circulation; null where not known.",
        True,
        (Between(low=SMALLEST_POSITIVE),),
    ),
    _change("24h"),
    _change("7d"),
    _change("30d"),
    Column("price_updated_at", UTC_INSTANT, "instant", "When the vendor last computed the coin's price.", True),
)
