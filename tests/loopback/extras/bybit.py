"""Bybit's klines, option chains and delivery prices, simulated: a few series of each, on the sample's price path."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.contracts import basis, listed, spot
from orchestration.sources.sample.instruments import bybit_body, bybit_future_id
from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import at, millis, payload, rng

_SEED = DEFAULT_SEED
_DEAR = {"premium": 0.00012}
# Category, symbol, kind, interval.
_SERIES = (
    ("linear", "BTCUSDT", "trade", "1h"),
    ("linear", "BTCUSDT", "mark", "1h"),
    ("linear", "BTCUSDT", "trade", "1d"),
    ("linear", "BTCUSDT", "index", "1d"),
    ("linear", "BTCUSDT", "premium", "1d"),
    ("inverse", "BTCUSD", "trade", "1d"),
)
_STRIKES = (0.8, 1.0, 1.2)


def payloads(day: date) -> list[SamplePayload]:
    """Klines of the day at 00:30 UTC on the next; chains at 08:20 and 23:50; deliveries at 08:30."""
    made = [_klines(day, *series) for series in (*_SERIES, *_dated(day))]
    made += [_chain(asset, instant) for asset in ("BTC", "ETH") for instant in (at(day, 8, 20), at(day, 23, 50))]
    return [*made, *_deliveries(day)]


def _dated(day: date) -> list[tuple[str, str, str, str]]:
    """The nearest contract that is still there at the end of the day."""
    contract = listed("bybit", "BTC", at(day, plus_days=1))[0]
    return [("linear", bybit_future_id(contract), "trade", "1d")]


def _klines(day: date, category: str, symbol: str, kind: str, interval: str) -> SamplePayload:
    hours = 1 if interval == "1h" else 24
    rows = [_kline(at(day, hour), hours, category, kind) for hour in range(0, 24, hours)][::-1]
    known_at = at(day, 0, 30, plus_days=1)
    body = bybit_body({"category": category, "symbol": symbol, "list": rows}, known_at)
    told = {"category": category, "symbol": symbol, "candle_kind": kind, "interval": interval}
    path = f"bybit/v5/market/{kind}-kline?category={category}&symbol={symbol}&interval={interval}#{day}"
    return payload("bybit_klines", path, body, known_at, day, **told)


def _kline(opened_at: datetime, hours: int, category: str, kind: str) -> list[str]:
    first = (opened_at.hour * 60) % 1440
    path = market(_SEED).day("BTC", opened_at.date())[first : first + hours * 60 + 1]
    bar = (float(path[0]), float(path.max()), float(path.min()), float(path[-1]))
    if kind == "premium":
        bar = (0.0001, _DEAR["premium"], -0.00004, 0.00005)
    row = [str(millis(opened_at)), *(f"{price:.8f}" if kind == "premium" else f"{price:.1f}" for price in bar)]
    if kind != "trade":
        return row
    coins = 410.0 * hours * float(rng(_SEED, "bybit kline", opened_at, hours).uniform(0.5, 1.5))
    dollars = coins * bar[3]
    volume, turnover = (coins, dollars) if category == "linear" else (dollars, coins)
    return [*row, f"{volume:.3f}", f"{turnover:.4f}"]


def _chain(asset: str, instant: datetime) -> SamplePayload:
    rows = []
    for contract in listed("bybit", asset, instant)[-2:]:
        forward = spot("bybit", asset, instant, _SEED) * (1 + basis("bybit", asset, instant, contract.expires_at))
        for strike in (round(forward * share, -3 if asset == "BTC" else -2) for share in _STRIKES):
            rows += [_option(asset, contract.expires_at, strike, right, forward) for right in "CP"]
    body = bybit_body({"category": "option", "list": rows}, instant)
    path = f"bybit/v5/market/tickers?category=option&baseCoin={asset}#{instant:%Y-%m-%dT%H%M}"
    return payload(
        "bybit_option_tickers", path, body, instant + timedelta(seconds=3), instant.date(), category="option",
        baseCoin=asset,
    )  # fmt: skip


def _option(asset: str, expires_at: datetime, strike: float, right: str, forward: float) -> dict[str, Any]:
    day = f"{expires_at.day}{expires_at.strftime('%b%y').upper()}"
    inner = max(0.0, forward - strike if right == "C" else strike - forward)
    premium = inner + 0.03 * forward
    has_bid = inner < 0.15 * forward
    return {
        "symbol": f"{asset}-{day}-{strike:.0f}-{right}-USDT", "bid1Price": f"{premium * 0.98:.2f}" if has_bid else "0",
        "bid1Size": "1", "bid1Iv": "0.51" if has_bid else "0", "ask1Price": f"{premium * 1.02:.2f}", "ask1Size": "1",
        "ask1Iv": "0.57", "lastPrice": "0", "markPrice": f"{premium:.4f}", "indexPrice": f"{forward:.2f}",
        "markIv": "0.54", "underlyingPrice": f"{forward:.2f}", "openInterest": "12.5", "turnover24h": "0",
        "volume24h": "3.1", "delta": "0.42" if right == "C" else "-0.58", "gamma": "0.00002", "vega": "61.5",
        "theta": "-44.1", "predictedDeliveryPrice": "0", "change24h": "0",
    }  # fmt: skip


def _deliveries(day: date) -> list[SamplePayload]:
    """Contracts that the venue listed before 08:00 and does not any more."""
    delivered_at = at(day, 8)
    rows = [
        {
            "symbol": bybit_future_id(contract),
            "deliveryPrice": f"{spot('bybit', asset, delivered_at, _SEED):.2f}",
            "deliveryTime": str(millis(delivered_at)),
        }
        for asset in ("BTC", "ETH")
        for contract in listed("bybit", asset, delivered_at - timedelta(minutes=1))
        if contract.expires_at == delivered_at
    ]
    if not rows:
        return []
    known_at = at(day, 8, 30)
    body = bybit_body({"category": "linear", "nextPageCursor": "", "list": rows}, known_at)
    path = f"bybit/v5/market/delivery-price?category=linear&settleCoin=USDT#{day}"
    return [payload("bybit_delivery_prices", path, body, known_at, day, category="linear")]
