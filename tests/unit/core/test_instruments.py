"""The description of an instrument that held when something happened."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.core.instruments import as_of_event, is_in_dated_clothes, validity

CONTRACTS = TABLES["core_instruments__contracts"]


def described(known_at: datetime, value: float, **changes) -> dict:
    row = {
        "venue": "okx",
        "symbol": "BTC-USDT-SWAP",
        "asset": "BTC",
        "quote_currency": "USDT",
        "settle_currency": "USDT",
        "instrument_kind": "perpetual",
        "margin_type": "linear",
        "contract_value": value,
        "contract_value_currency": "BTC",
        "listed_at": datetime(2020, 1, 1, tzinfo=UTC),
        "expires_at": None,
        "source": "okx_instruments",
        "raw_sha256": "a" * 64,
        "known_at": known_at,
        "is_simulated": False,
    }
    return row | changes


def contracts(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CONTRACTS.schema)


def day(number: int) -> datetime:
    return datetime(2026, 2, number, tzinfo=UTC)


def test_a_description_holds_until_the_next_one_differs():
    """Fails where every fetch of the instrument list opens a new validity."""
    found = validity(contracts(described(day(1), 0.01), described(day(2), 0.01), described(day(3), 0.1)))
    assert found.schema == TABLES["dim_instruments"].schema
    assert found["contract_value"].to_list() == [0.01, 0.1]
    assert found["valid_from"].to_list() == [datetime(2020, 1, 1, tzinfo=UTC), day(3)]
    assert found["valid_to"].to_list() == [day(3), None]
    assert found["is_latest"].to_list() == [False, True]


def test_without_a_listing_date_the_first_description_holds_from_when_it_was_known():
    """Fails where a null listing gives a null key."""
    assert validity(contracts(described(day(1), 0.01, listed_at=None)))["valid_from"].to_list() == [day(1)]


def test_an_event_takes_the_contract_value_of_its_time():
    """Fails where today's contract value prices yesterday's prints."""
    events = pl.DataFrame(
        {
            "event_at": [day(4), day(2), datetime(2019, 1, 1, tzinfo=UTC), day(2)],
            "venue": "okx",
            "symbol": ["BTC-USDT-SWAP"] * 3 + ["ETH-USDT-SWAP"],
        }
    )
    found = as_of_event(events, validity(contracts(described(day(1), 0.01), described(day(3), 0.1))))
    assert found["contract_value"].to_list() == [0.1, 0.01, 0.01, None]
    assert found["event_at"].to_list() == events["event_at"].to_list()


def test_the_validity_does_not_depend_on_the_order_of_observations():
    """Fails where the first row of the frame is taken for the first description."""
    rows = [described(day(n), n / 10) for n in (1, 2, 3)]
    assert validity(contracts(*rows)).equals(validity(contracts(*reversed(rows))))


@pytest.mark.parametrize(
    ("symbol", "expires_at", "is_perpetual"),
    [
        ("BTC-USD_UM_XPERP-310404", datetime(2031, 4, 4, 8, tzinfo=UTC), True),
        ("BIP-20DEC30-CDE", datetime(2030, 12, 20, 16, tzinfo=UTC), True),
        ("BTC-USDT-SWAP", None, True),
        ("btc-perpetual", None, True),
        ("BTCZ7", datetime(2027, 12, 31, 16, tzinfo=UTC), False),
        ("BTC-27MAR26", datetime(2026, 3, 27, 8, tzinfo=UTC), False),
        ("BTC-27MAR26", None, False),
    ],
)
def test_a_perpetual_is_known_in_dated_clothes(symbol, expires_at, is_perpetual):
    """One such contract gives a rate near nothing at five years, and bends the far end of the curve."""
    at = datetime(2026, 2, 5, tzinfo=UTC)
    row = pl.DataFrame({"s": [symbol], "e": [expires_at], "t": [at]}, schema_overrides={"e": pl.Datetime("us", "UTC")})
    assert row.select(is_in_dated_clothes(pl.col("s"), pl.col("e"), pl.col("t"))).item() is is_perpetual
