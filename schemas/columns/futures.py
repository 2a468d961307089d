"""Columns of instruments, futures quotes and basis."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, OneOf
from schemas.rules import SMALLEST_POSITIVE

_PRICE = (Between(low=SMALLEST_POSITIVE),)
_RATE = (Between(-20.0, 20.0),)

COLUMNS = (
    Column("quote_currency", pl.String(), "none", "Currency the price is quoted in.", nullable=True),
    Column(
        "settle_currency",
        pl.String(),
        "none",
        "Currency or coin that margin and profit are paid in.",
        nullable=True,
    ),
    Column(
        "instrument_kind",
        pl.String(),
        "none",
        "What the instrument is, whatever its name suggests.",
        checks=(OneOf(("perpetual", "dated", "option", "spot")),),
    ),
    Column(
        "margin_type",
        pl.String(),
        "none",
        "How the contract's value depends on the price.",
        nullable=True,
        checks=(OneOf(("linear", "inverse", "quanto")),),
    ),
    Column(
        "contract_value",
        pl.Float64(),
        "native",
        "Value of one contract in `contract_value_currency`.",
        nullable=True,
        checks=_PRICE,
    ),
    Column("contract_value_currency", pl.String(), "none", "Currency or coin of `contract_value`.", nullable=True),
    Column("listed_at", UTC_INSTANT, "instant", "When the venue listed the instrument.", nullable=True),
    Column("expires_at", UTC_INSTANT, "instant", "Expiry; null for perpetuals.", nullable=True),
    Column("valid_from", UTC_INSTANT, "instant", "From when this description of the instrument holds."),
    Column("valid_to", UTC_INSTANT, "instant", "Until when it holds; null while it does.", nullable=True),
    Column(
        "future_price",
        pl.Float64(),
        "quote_per_coin",
        "Mark or settlement price of the future.",
        nullable=True,
        checks=_PRICE,
    ),
    Column(
        "index_price",
        pl.Float64(),
        "quote_per_coin",
        "The venue's index (or the file's spot) beside the future.",
        nullable=True,
        checks=_PRICE,
    ),
    Column("index_at", UTC_INSTANT, "instant", "Instant of `index_price`.", nullable=True),
    Column(
        "index_skew_seconds",
        pl.Float64(),
        "seconds",
        "Distance in time between future and index.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "open_interest_native",
        pl.Float64(),
        "native",
        "Open interest as the venue counts it.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column(
        "open_interest_coin",
        pl.Float64(),
        "coin",
        "Open interest in units of the asset.",
        nullable=True,
        checks=(Between(low=0),),
    ),
    Column("days_to_expiry", pl.Float64(), "days", "Exact seconds to expiry / 86,400.", nullable=True),
    Column(
        "basis_ratio",
        pl.Float64(),
        "ratio",
        "F/S − 1, not annualised.",
        nullable=True,
        checks=(Between(-1.0, 5.0),),
    ),
    Column(
        "basis_annualised_ratio",
        pl.Float64(),
        "ratio_per_year",
        "Simple ACT/365 by exact seconds: (F/S − 1) × 365 × 86,400 / seconds to expiry.",
        nullable=True,
        checks=_RATE,
    ),
    Column("basis_compound_ratio", pl.Float64(), "ratio_per_year", "(F/S)^(365/d) − 1, a variant.", nullable=True),
    Column("basis_log_ratio", pl.Float64(), "ratio_per_year", "ln(F/S) × 365/d, a variant.", nullable=True),
    Column(
        "basis_log_price_ratio",
        pl.Float64(),
        "ratio_per_year",
        "The tenor's rate by log-price interpolation, a check on the headline.",
        nullable=True,
    ),
    Column(
        "forward_ratio",
        pl.Float64(),
        "ratio_per_year",
        "Forward yield between the bracketing contracts.",
        nullable=True,
    ),
    Column(
        "synthetic_future_price",
        pl.Float64(),
        "quote_per_coin",
        "Price of a future of exactly the tenor, linear between the brackets.",
        nullable=True,
        checks=_PRICE,
    ),
    Column(
        "left_symbol",
        pl.String(),
        "none",
        "Contract or contracts expiring at or before the tenor.",
        nullable=True,
    ),
    Column(
        "right_symbol",
        pl.String(),
        "none",
        "Contract or contracts expiring at or after the tenor.",
        nullable=True,
    ),
    Column("left_days", pl.Float64(), "days", "Days to the left bracket's expiry.", nullable=True),
    Column("right_days", pl.Float64(), "days", "Days to the right bracket's expiry.", nullable=True),
    Column(
        "gap_days",
        pl.Float64(),
        "days",
        "Days between the tenor and the nearest contract, where a bracket is missing.",
        nullable=True,
    ),
    Column("is_node", pl.Boolean(), "flag", "The contract may serve as a node of the term structure."),
)
