"""Futures chains to compute with: quotes and instruments of one venue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.core.instruments import validity

QUOTED_AT = datetime(2026, 2, 5, 21, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def quote() -> Callable[..., dict[str, Any]]:
    """A settlement of 2026-02-05 21:00Z with its index beside it, known the next day."""

    def make(symbol: str, price: float | None, spot: float | None = 63100.0, **changes: Any) -> dict[str, Any]:
        row = {
            "quoted_at": QUOTED_AT,
            "venue": "cme",
            "symbol": symbol,
            "future_price": price,
            "price_kind": "settle",
            "index_price": spot,
            "open_interest_native": None,
            "source": "settlement_csv",
            "raw_sha256": "a" * 64,
            "known_at": KNOWN_AT,
            "is_simulated": False,
        } | changes
        own = None if spot is None else row["quoted_at"]
        return {"fact_date": row["quoted_at"].date(), "index_at": own} | row

    return make


@pytest.fixture(scope="session")
def contract() -> Callable[..., dict[str, Any]]:
    """A dated linear contract of five bitcoin, known long before."""

    def make(symbol: str, expires_at: datetime | float | None, **changes: Any) -> dict[str, Any]:
        """`expires_at` as an instant or in days after 2026-02-05 21:00Z."""
        if isinstance(expires_at, int | float):
            expires_at = QUOTED_AT + timedelta(days=expires_at)
        return {
            "venue": "cme",
            "symbol": symbol,
            "asset": "BTC",
            "quote_currency": "USD",
            "settle_currency": "USD",
            "instrument_kind": "dated",
            "margin_type": "linear",
            "contract_value": 5.0,
            "contract_value_currency": "BTC",
            "listed_at": None,
            "expires_at": expires_at,
            "source": "settlement_csv",
            "raw_sha256": "b" * 64,
            "known_at": datetime(2025, 12, 1, tzinfo=UTC),
            "is_simulated": False,
        } | changes

    return make


@pytest.fixture(scope="session")
def quotes() -> Callable[..., pl.DataFrame]:
    """Rows as `core_futures__quotes`."""
    return lambda *rows: pl.DataFrame(list(rows), schema=TABLES["core_futures__quotes"].schema)


@pytest.fixture(scope="session")
def instruments() -> Callable[..., pl.DataFrame]:
    """Rows of `core_instruments__contracts` with their validity."""
    schema = TABLES["core_instruments__contracts"].schema
    return lambda *rows: validity(pl.DataFrame(list(rows), schema=schema))


@pytest.fixture(scope="session")
def chain_of() -> Callable[[dict[str, Any]], pl.DataFrame]:
    """The contracts of a worked example as a frame, with nothing but what the example says."""
    names = {
        "contract": "symbol",
        "expiry": "expires_at",
        "settle": "future_price",
        "oi_contracts": "open_interest_native",
        "contract_size_btc": "contract_value",
    }

    def make(given: dict[str, Any]) -> pl.DataFrame:
        frame = pl.DataFrame(given["chain"], infer_schema_length=None)
        return frame.rename({old: new for old, new in names.items() if old in frame.columns}).with_columns(
            expires_at=pl.col("expires_at").str.to_datetime(time_zone="UTC"),
            quoted_at=pl.lit(datetime.fromisoformat(given["asof"])),
            index_price=pl.lit(given["spot"]),
        )

    return make
