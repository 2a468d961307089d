"""Coinbase's futures: dated ones, perpetuals with an expiry, and the stamp that the body does not have."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from venue_payloads import body

from schemas.feed import Payload, PayloadError
from transforms.core.instruments import validity
from transforms.facts.basis import contract_basis
from transforms.parse import coinbase
from transforms.parse.venue import CONTRACTS, INDEXES, QUOTES

TAKEN_AT = datetime(2026, 2, 5, 23, 55, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 5, 23, 55, 2, tzinfo=UTC)


def product(name: str, expiry: datetime, price: str = "63400", **details: Any) -> dict[str, Any]:
    left = int((expiry - TAKEN_AT).total_seconds() * 1000)
    return {
        "product_id": name,
        "product_type": "FUTURE",
        "price": price,
        "mid_market_price": "",
        "quote_currency_id": "USD",
        "future_product_details": {
            "contract_root_unit": "BTC",
            "contract_size": "0.01",
            "contract_expiry": f"{expiry:%Y-%m-%dT%H:%M:%SZ}",
            "time_to_expiry_ms": str(left),
            "open_interest": "35445",
            "index_price": "",
            "funding_interval": None,
            "non_crypto": False,
            "contract_display_name": "BTC 27 MAR 26",
        }
        | details,
    }


DATED = product("BIT-27MAR26-CDE", datetime(2026, 3, 27, 16, tzinfo=UTC))
PERPETUAL = product(
    "BIP-20DEC30-CDE", datetime(2030, 12, 20, 16, tzinfo=UTC), "63110", index_price="63100", funding_interval="3600s"
)


def parse(*products):
    return coinbase.parse_futures_products(body({"products": list(products)}, known_at=KNOWN_AT))


def test_a_product_that_pays_funding_is_perpetual_whatever_its_expiry():
    """Fails where a contract until 2030 becomes the far end of the curve."""
    contracts = parse(DATED, PERPETUAL).frames[CONTRACTS]
    assert contracts.select("symbol", "instrument_kind", "expires_at").rows() == [
        ("BIT-27MAR26-CDE", "dated", datetime(2026, 3, 27, 16, tzinfo=UTC)),
        ("BIP-20DEC30-CDE", "perpetual", None),
    ]
    assert contracts.select("contract_value", "contract_value_currency", "margin_type").unique().rows() == [
        (0.01, "BTC", "linear")
    ]


def test_the_instant_is_the_expiry_less_the_time_to_it():
    """Fails where the moment of the download stands for that of the price."""
    quotes = parse(DATED, PERPETUAL).frames[QUOTES]
    assert quotes["quoted_at"].unique().to_list() == [TAKEN_AT]
    assert quotes["future_price"].to_list() == [63400.0, 63110.0]
    assert parse(DATED | {"mid_market_price": "63405.5"}).frames[QUOTES]["future_price"].to_list() == [63405.5]
    assert quotes["open_interest_native"].to_list() == [35445.0, 35445.0]


def test_a_dated_future_takes_the_index_of_the_perpetual_beside_it():
    """Only the perpetual's row prints an index; without it no dated future would have a basis."""
    frames = parse(DATED, PERPETUAL, PERPETUAL | {"product_id": "BIQ-20DEC30-CDE"}).frames
    assert frames[INDEXES].select("asset", "quote_currency", "index_price").rows() == [("BTC", "USD", 63100.0)]
    lineage = {"source": "coinbase", "raw_sha256": "a" * 64, "known_at": KNOWN_AT, "is_simulated": False}
    literals = {name: pl.lit(value) for name, value in lineage.items()}
    whole = {name: frame.with_columns(**literals) for name, frame in frames.items()}
    rows = contract_basis(whole[QUOTES], whole[INDEXES], validity(whole[CONTRACTS]), [date(2026, 2, 5)])
    assert rows.select("symbol", "status", "index_price", "open_interest_coin").rows() == [
        ("BIT-27MAR26-CDE", None, 63100.0, pytest.approx(354.45))
    ]


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        (DATED | {"product_type": "SPOT"}, {"not_a_future"}),
        (product("GOL-27MAR26-CDE", datetime(2026, 3, 27, 16, tzinfo=UTC), non_crypto=True), {"not_crypto"}),
        (product("X", datetime(2026, 3, 27, 16, tzinfo=UTC), contract_root_unit=None), {"unknown_pair"}),
        (product("X", datetime(2026, 3, 27, 16, tzinfo=UTC), time_to_expiry_ms=""), {"bad_time"}),
        (DATED | {"price": "", "mid_market_price": ""}, {"bad_number"}),
        (product("X", datetime(2026, 3, 27, 16, tzinfo=UTC), contract_size="?"), {"bad_number"}),
    ],
)
def test_what_is_no_coin_future_or_cannot_be_read_is_rejected(changed, rules):
    """A future on gold beside those on coins has a basis of its own kind."""
    assert {reject.rule for reject in parse(changed).rejects} == rules


def test_another_body_stops():
    """An error page must not be an empty day."""
    with pytest.raises(PayloadError) as caught:
        coinbase.parse_futures_products(body({"error": "NOT_FOUND"}))
    assert caught.value.rule == "unexpected_shape"


def test_the_recorded_body(realdata):
    """A recorded body: one dated future, one perpetual, both at the same second."""
    raw = (realdata / "venue_messages" / "coinbase" / "http_products_future.json").read_bytes()
    parsed = coinbase.parse_futures_products(
        Payload("a_feed", raw, datetime(2026, 4, 7, 1, tzinfo=UTC), "0" * 64, "a file", {})
    )
    assert parsed.rejects == []
    assert parsed.frames[CONTRACTS]["instrument_kind"].to_list() == ["perpetual", "dated"]
    assert [f"{at:%Y-%m-%d %H:%M:%S}" for at in parsed.frames[QUOTES]["quoted_at"]] == ["2026-04-07 00:28:59"] * 2
    assert parsed.frames[INDEXES]["index_price"].to_list() == [68899.882564]
