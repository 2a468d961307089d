"""Units of measure that a column may carry, and what each means.

Belongs here: the closed list of units. Does not belong here: conversions (`transforms/core/units.py`).
"""

from __future__ import annotations

UNITS: dict[str, str] = {
    "none": "has no unit: a name, a code or an identifier",
    "date": "calendar day (UTC unless the column says that it is a trade date)",
    "instant": "UTC instant, microseconds",
    "flag": "true or false",
    "count": "whole number of things",
    "usd": "US dollars",
    "coin": "units of the asset named in the row",
    "peg": "units of the currency that the stablecoin is pegged to",
    "native": "the venue's own size unit, named in `size_unit`",
    "usd_per_coin": "US dollars per unit of the asset",
    "quote": "units of the quote currency",
    "mixed_premium": "USD or coins per coin of the underlying, as `premium_currency` of the row says",
    "quote_per_coin": "units of the quote currency per unit of the asset",
    "ratio": "fraction (0.01 is one per cent)",
    "ratio_per_year": "fraction per year, ACT/365",
    "days": "days of 86,400 seconds",
    "seconds": "seconds",
    "milliseconds": "milliseconds",
    "headline": "the unit of the graded measure of the row's table (schemas/confidence/bands.csv)",
    "bands": "widths of the band of the graded series (schemas/confidence/bands.csv)",
    "ratio_per_interval": "fraction of notional per funding interval",
    "ratio_per_8h": "fraction of notional per 8 hours",
    "ratio_per_day": "fraction of notional per UTC day",
    "hours": "hours of 3,600 seconds",
    "vol_points": "volatility points: per cent a year (62.89)",
    "bps": "basis points (0.0001)",
    "shares": "shares of the fund",
    "usd_per_share": "US dollars per share of the fund",
    "sha256": "hexadecimal SHA-256 of the raw payload",
    "claimed": "the unit is in `claim_unit` of the same row, for measured values in `measured_unit`",
    "hashes_per_second": "hashes per second",
    "difficulty": "expected hashes a block over 2^32: 1 is the difficulty of the chain's first block",
    "mixed_level": "the unit is in the column `level_unit` of the same row",
    "mixed": "the unit is in the column `unit` of the same row",
}
