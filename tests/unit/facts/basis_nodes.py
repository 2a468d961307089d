"""Rows of `core_basis__contracts` that are nodes of a curve."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from schemas.tables import TABLES

CONTRACTS = TABLES["core_basis__contracts"]
DAY = date(2026, 2, 5)
QUOTED_AT = datetime(2026, 2, 5, 21, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)


def node(days: float, price: float, spot: float = 63100.0, symbol: str | None = None, **changes) -> dict:
    """A row of `core_basis__contracts` that is a node."""
    row = {
        "fact_date": DAY,
        "venue": "cme",
        "symbol": symbol or f"BTC{days}",
        "asset": "BTC",
        "expires_at": QUOTED_AT + timedelta(days=days),
        "quoted_at": QUOTED_AT,
        "days_to_expiry": float(days),
        "future_price": price,
        "price_kind": "settle",
        "index_price": spot,
        "index_at": QUOTED_AT,
        "index_skew_seconds": 0.0,
        "basis_ratio": price / spot - 1,
        "basis_annualised_ratio": (price / spot - 1) * 365 / days,
        "open_interest_coin": 1.0,
        "is_node": True,
        "status": None,
        "finality": "final",
        "source": "settlement_csv",
        "raw_sha256": "a" * 64,
        "recorded_at": KNOWN_AT,
        "is_simulated": False,
    }
    return row | changes


def contracts(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CONTRACTS.schema)
