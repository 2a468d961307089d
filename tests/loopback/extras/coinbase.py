"""Coinbase, which the sample pack lacks: futures products, and candles of spot pairs and futures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from loopback.extras._bars import SEED, Bar, hours, in_scenario
from orchestration.sources.sample.contracts import basis, listed, spot
from orchestration.sources.sample.payload import SamplePayload, at, payload

PERPETUALS = {"BTC": "BIP-20DEC30-CDE", "ETH": "ETP-20DEC30-CDE"}
_CODES = {"BTC": "BIT", "ETH": "ET"}
_SIZES = {"BTC": "0.01", "ETH": "0.1"}
_PERPETUAL_EXPIRY = datetime(2030, 12, 20, 16, tzinfo=UTC)
_ADVANCED = "coinbase/api/v3/brokerage/market/products"


def payloads(day: date) -> list[SamplePayload]:
    """The payloads of one day's batch."""
    return [_products(day), *_candles(day)] if in_scenario(day) else []


def _products(day: date) -> SamplePayload:
    taken = at(day, 23, 55, 1)
    rows = []
    for asset, name in PERPETUALS.items():
        index = spot("coinbase", asset, taken, SEED)
        rows.append(_product(name, asset, _PERPETUAL_EXPIRY, index * 1.0002, taken, f"{index:.6f}"))
        for contract in listed("bybit", asset, taken)[2:]:
            expiry = contract.expires_at.replace(hour=16)
            name = f"{_CODES[asset]}-{expiry:%d%b%y}-CDE".upper()
            rows.append(_product(name, asset, expiry, index * (1 + basis("cme", asset, taken, expiry)), taken))
    body = {"products": rows, "num_products": len(rows), "pagination": None}
    path = f"{_ADVANCED}?product_type=FUTURE#{day}"
    return payload("coinbase_futures_products", path, body, taken + timedelta(seconds=1), day)


def _product(name: str, asset: str, expiry: datetime, price: float, taken: datetime, index: str = "") -> dict[str, Any]:
    left = int((expiry - taken).total_seconds() * 1000)
    is_perpetual = bool(index)
    return {
        "product_id": name, "product_type": "FUTURE", "price": f"{price:.0f}", "mid_market_price": f"{price:.1f}",
        "quote_currency_id": "USD", "base_currency_id": "",
        "future_product_details": {
            "venue": "cde", "contract_root_unit": asset, "contract_size": _SIZES[asset],
            "contract_expiry": f"{expiry:%Y-%m-%dT%H:%M:%SZ}", "time_to_expiry_ms": str(left),
            "contract_expiry_type": "EXPIRING", "open_interest": "35445", "index_price": index, "non_crypto": False,
            "funding_interval": "3600s" if is_perpetual else None,
            "funding_rate": "0.000013" if is_perpetual else "",
            "contract_display_name": f"{asset} PERP" if is_perpetual else f"{asset} {expiry:%d %b %y}".upper(),
        },
    }  # fmt: skip


def _candles(day: date) -> Iterator[SamplePayload]:
    """Newest first: the Exchange's columns without names, the Advanced API's objects."""
    known_at = at(day, 0, 30, plus_days=1)
    for asset, future in PERPETUALS.items():
        rows: list[Any] = [
            [_second(bar), bar.low, bar.high, bar.open, bar.close, bar.coins] for bar in hours("coinbase", asset, day)
        ]
        product = f"{asset}-USD"
        path = f"coinbase/products/{product}/candles?granularity=3600#{day}"
        told = {"product_id": product, "granularity": "3600"}
        yield payload("coinbase_candles", path, rows[::-1], known_at, day, **told)
        rows = [_named(bar) for bar in hours("cde", asset, day, 1.0002)]
        told = {"product_id": future, "granularity": "ONE_HOUR", "asset": asset, "instrument_kind": "perpetual"}
        path = f"{_ADVANCED}/{future}/candles?granularity=ONE_HOUR#{day}"
        yield payload("coinbase_candles", path, {"candles": rows[::-1]}, known_at, day, **told)


def _named(bar: Bar) -> dict[str, str]:
    prices = {name: str(getattr(bar, name)) for name in ("low", "high", "open", "close")}
    return {"start": str(_second(bar)), **prices, "volume": str(round(bar.coins * 100))}


def _second(bar: Bar) -> int:
    return int(bar.opened_at.timestamp())
