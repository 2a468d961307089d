"""Marks and indexes of dated futures at four offshore venues, read at 23:55 UTC.

Belongs here: the venues' snapshot shapes, and the faults planted in them. Does not belong here: what a
contract is worth (`contracts.py`) or which exist (`instruments.py`, `contracts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.sources.sample.contracts import Contract, basis, listed, spot
from orchestration.sources.sample.dirt import dirt_day
from orchestration.sources.sample.instruments import (
    BYBIT_PERP_DELIVERY,
    bybit_body,
    bybit_future_id,
    deribit_body,
    deribit_future_id,
    okx_future_id,
    x_perp_id,
)
from orchestration.sources.sample.payload import SamplePayload, at, millis, payload, rng
from orchestration.sources.sample.perpetuals import open_coins

COINS = ("BTC", "ETH")


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The snapshots of one day, known a few seconds after they were taken."""
    instant = at(day, 23, 55)

    def fetched(feed: str, path: str, body: Any, later: int = 4, **params: str) -> SamplePayload:
        return payload(feed, f"{path}#{day}", body, instant + timedelta(seconds=later), day, **params)

    yield fetched("binance_coinm_premium_index", "binance/dapi/v1/premiumIndex", _binance(instant, seed))
    marks = {"code": "0", "msg": "", "data": _okx_marks(instant, seed)}
    yield fetched("okx_mark_prices", "okx/api/v5/public/mark-price?instType=FUTURES", marks)
    indexes = {"code": "0", "msg": "", "data": _okx_indexes(instant, seed)}
    yield fetched("okx_index_tickers", "okx/api/v5/market/index-tickers?quoteCcy=USD", indexes)
    tickers = bybit_body({"category": "linear", "list": _bybit(instant, seed)}, instant + timedelta(seconds=1))
    yield fetched("bybit_tickers", "bybit/v5/market/tickers?category=linear", tickers, category="linear")
    for asset in COINS:
        path = f"deribit/api/v2/public/get_book_summary_by_currency?currency={asset}&kind=future"
        body = deribit_body(_deribit(asset, instant, seed), instant + timedelta(seconds=2))
        yield fetched("deribit_book_summary", path, body, currency=asset)
        yield _deribit_index(asset, day, seed)


def _prices(venue: str, contract: Contract, instant: datetime, seed: int) -> tuple[float, float]:
    """Mark and index of a contract, USD per coin."""
    index = spot(venue, contract.asset, instant, seed)
    return index * (1 + basis(venue, contract.asset, instant, contract.expires_at)), index


def _open_interest_coin(venue: str, asset: str, contract: Contract, instant: datetime, seed: int) -> float:
    """Larger for quarters, smaller near expiry; coins."""
    days = (contract.expires_at - instant).total_seconds() / 86_400
    size = {"BTC": 9_000.0, "ETH": 110_000.0}[asset] * (1.0 if contract.expires_at.month % 3 == 0 else 0.3)
    jitter = float(rng(seed, "oi", venue, asset, contract.yymmdd, instant.date()).uniform(0.9, 1.1))
    return size * min(days / 30, 1.0) * jitter


def _binance(instant: datetime, seed: int) -> list[dict[str, Any]]:
    rows = []
    for asset in COINS:
        index = spot("binance", asset, instant, seed)
        perpetual = {
            "symbol": f"{asset}USD_PERP", "pair": f"{asset}USD", "markPrice": f"{index * 1.0001:.8f}",
            "indexPrice": f"{index:.8f}", "estimatedSettlePrice": f"{index:.8f}",
            "lastFundingRate": "0.00003100", "interestRate": "0.00010000",
            "nextFundingTime": millis(instant + timedelta(minutes=5)), "time": millis(instant),
        }  # fmt: skip
        rows.append(perpetual)
        for contract in listed("binance", asset, instant):
            mark, _ = _prices("binance", contract, instant, seed)
            rows.append(
                perpetual
                | {"symbol": f"{asset}USD_{contract.yymmdd}", "markPrice": f"{mark:.8f}",
                   "lastFundingRate": "", "interestRate": "", "nextFundingTime": 0}
            )  # fmt: skip
    return rows


def _okx_marks(instant: datetime, seed: int) -> list[dict[str, str]]:
    def row(inst_id: str, price: float) -> dict[str, str]:
        return {
            "instType": "FUTURES", "instId": inst_id, "markPx": f"{price:.2f}",
            "ts": str(millis(instant) + 310),
        }  # fmt: skip

    rows = []
    for asset in COINS:
        for contract in listed("okx", asset, instant):
            rows.append(row(okx_future_id(contract), _prices("okx", contract, instant, seed)[0]))
        rows.append(row(x_perp_id(asset), spot("okx", asset, instant, seed) * 1.0002))
    if instant.date() == dirt_day("expired_quoted"):
        expired = listed("okx", "BTC", instant - timedelta(days=2))[0]
        rows.append(row(okx_future_id(expired), spot("okx", "BTC", expired.expires_at, seed)))
    return rows


def _okx_indexes(instant: datetime, seed: int) -> list[dict[str, str]]:
    rows = []
    for asset in COINS:
        index = f"{spot('okx', asset, instant, seed):.2f}"
        rows.append({
            "instId": f"{asset}-USD", "idxPx": index, "high24h": index, "sodUtc0": index, "open24h": index,
            "low24h": index, "sodUtc8": index, "ts": str(millis(instant) + 540),
        })  # fmt: skip
    return rows


def _bybit(instant: datetime, seed: int) -> list[dict[str, str]]:
    def row(symbol: str, mark: float, index: float, coins: float, delivery: str) -> dict[str, str]:
        return {
            "symbol": symbol, "lastPrice": f"{mark:.2f}", "indexPrice": f"{index:.2f}",
            "markPrice": f"{mark:.2f}", "openInterest": f"{coins:.3f}",
            "openInterestValue": f"{coins * mark:.2f}", "fundingRate": "", "nextFundingTime": "0",
            "deliveryTime": delivery, "basis": "", "basisRate": "", "basisRateYear": "",
        }  # fmt: skip

    rows = []
    for asset in COINS:
        index = spot("bybit", asset, instant, seed)
        delivery = str(millis(BYBIT_PERP_DELIVERY)) if asset == "BTC" else "0"
        coins = 2 * open_coins("bybit", asset, instant, seed)
        rows.append(row(f"{asset}USDT", index * 1.0001, index, coins, delivery) | {"fundingRate": "0.0001"})
        for contract in listed("bybit", asset, instant):
            mark, _ = _prices("bybit", contract, instant, seed)
            coins = 2 * _open_interest_coin("bybit", asset, contract, instant, seed)
            name = bybit_future_id(contract)
            rows.append(
                row(name, mark, index, coins, str(millis(contract.expires_at))) | {"basis": f"{mark - index:.2f}"}
            )
    if instant.date() == dirt_day("negative_price"):
        rows[-1] |= {"markPrice": "-1.00", "lastPrice": "-1.00"}
    return rows


def _deribit(asset: str, instant: datetime, seed: int) -> list[dict[str, Any]]:
    index = spot("deribit", asset, instant, seed)

    def row(name: str, mark: float, open_interest_usd: float) -> dict[str, Any]:
        return {
            "volume": 412.5, "volume_usd": round(412.5 * mark, 2), "quote_currency": "USD",
            "price_change": 0.0, "open_interest": round(open_interest_usd, -1),
            "mid_price": round(mark, 2), "mark_price": round(mark, 2),
            "low": round(mark, 2), "last": round(mark, 2), "high": round(mark, 2), "instrument_name": name,
            "estimated_delivery_price": round(index, 2), "creation_timestamp": millis(instant) + 900,
            "bid_price": None, "base_currency": asset, "ask_price": round(mark + 2.5, 2),
        }  # fmt: skip

    rows = [row(f"{asset}-PERPETUAL", index * 1.0001, 9.0e8) | {"current_funding": 0.0, "funding_8h": 1.7e-05}]
    for contract in listed("deribit", asset, instant):
        mark, _ = _prices("deribit", contract, instant, seed)
        coins = _open_interest_coin("deribit", asset, contract, instant, seed)
        rows.append(row(deribit_future_id(contract), mark, coins * index))
    if _has_stale_index(asset, instant.date()):
        rows = [{key: value for key, value in r.items() if key != "estimated_delivery_price"} for r in rows]
    return rows


def _has_stale_index(asset: str, day: date) -> bool:
    return asset == "BTC" and day == dirt_day("stale_index")


def _deribit_index(asset: str, day: date, seed: int) -> SamplePayload:
    taken = at(day, 23, 55, 2)
    if _has_stale_index(asset, day):
        taken -= timedelta(minutes=4)
    price = round(spot("deribit", asset, taken, seed), 2)
    body = deribit_body({"index_price": price, "estimated_delivery_price": price}, taken)
    name = f"{asset.lower()}_usd"
    path = f"deribit/api/v2/public/get_index_price?index_name={name}#{day}"
    return payload("deribit_index", path, body, taken + timedelta(seconds=1), day, index_name=name)
