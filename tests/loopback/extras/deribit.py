"""Deribit's feeds that the sample pack lacks: trades, DVOL, option chains, delivery prices, candles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from loopback.extras._bars import SEED, hours, in_scenario
from orchestration.sources.sample.contracts import Contract, listed, spot
from orchestration.sources.sample.instruments import deribit_body, deribit_future_id
from orchestration.sources.sample.liquidations import vendor_total
from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import SamplePayload, at, millis, payload, rng

_COINS = ("BTC", "ETH")
_ROOT = "deribit/api/v2/public"
_DELIVERY_DAYS = 9
_PRINTS = 4


def payloads(day: date) -> list[SamplePayload]:
    """The payloads of one day's batch."""
    if not in_scenario(day):
        return []
    return [*_trades(day), *_volatility(day), *_options(day), *_deliveries(day), *_candles(day)]


def _trades(day: date) -> Iterator[SamplePayload]:
    """Fills, and liquidations among them: takers', makers', one of both, and genuine twins."""
    known_at = at(day, 0, 35, plus_days=1)
    for asset in _COINS:
        rows = sorted(_day_of_trades(asset, day), key=lambda row: (row["timestamp"], row["trade_id"]))
        body = deribit_body({"trades": rows, "has_more": False}, known_at)
        path = f"{_ROOT}/get_last_trades_by_currency_and_time?currency={asset}&kind=future#{day}"
        yield payload("deribit_trades", path, body, known_at, day, currency=asset)


def _day_of_trades(asset: str, day: date) -> Iterator[dict[str, Any]]:
    random = rng(SEED, "deribit trades", asset, day)
    prefix = "" if asset == "BTC" else f"{asset}-"
    path = market(SEED).day(asset, day)
    usd = vendor_total(day, asset, "long", SEED) * 0.01 / _PRINTS
    for number in range(3 * _PRINTS):
        minute = int(random.integers(0, 1440))
        flag = ("T", "M", "MT", None, None, None)[number % 6]
        row = {
            "timestamp": millis(at(day)) + minute * 60_000 + int(random.integers(0, 60_000)),
            "trade_seq": day.toordinal() * 1_000 + number,
            "trade_id": f"{prefix}{day.toordinal() * 1_000 + number}",
            "price": round(float(path[minute]), 1),
            "mark_price": round(float(path[minute]), 2),
            "index_price": round(float(path[minute]), 2),
            "instrument_name": f"{asset}-PERPETUAL",
            "direction": "sell" if random.uniform() < 0.7 else "buy",
            "amount": float(max(10, round(usd * random.uniform(0.5, 1.5), -1))),
            "tick_direction": 0,
        }
        yield row | ({"liquidation": flag} if flag else {})
        if number == 0:
            yield row | {"liquidation": flag, "trade_id": f"{row['trade_id']}9"}


def _volatility(day: date) -> Iterator[SamplePayload]:
    known_at = at(day, 0, 30, plus_days=1)
    for asset in _COINS:
        low = float(rng(SEED, "dvol", asset, day).uniform(38, 60))
        bar = [millis(at(day)), round(low + 1, 2), round(low + 4, 2), round(low, 2), round(low + 2, 2)]
        body = deribit_body({"data": [bar], "continuation": None}, known_at)
        path = f"{_ROOT}/get_volatility_index_data?currency={asset}&resolution=1D#{day}"
        yield payload("deribit_volatility_index", path, body, known_at, day, asset=asset)


def _options(day: date) -> Iterator[SamplePayload]:
    """Three strikes of two expiries, twice a day; Solana's are linear, in USDC, with a decimal strike."""
    for hour, minute in ((8, 20), (23, 50)):
        taken = at(day, hour, minute)
        for currency, assets in (("BTC", ("BTC",)), ("ETH", ("ETH",)), ("USDC", ("SOL",))):
            rows = [row for asset in assets for row in _chain(asset, currency == "USDC", taken)]
            path = f"{_ROOT}/get_book_summary_by_currency?currency={currency}&kind=option#{taken:%Y-%m-%dT%H:%M}"
            body = deribit_body(rows, taken + timedelta(seconds=2))
            known_at = taken + timedelta(seconds=3)
            yield payload("deribit_option_summary", path, body, known_at, day, currency=currency)


def _chain(asset: str, is_linear: bool, taken: datetime) -> Iterator[dict[str, Any]]:
    index = spot("deribit", asset, taken, SEED)
    for contract in listed("deribit", "BTC", taken)[:2]:
        for share, right in ((0.9, "P"), (1.0, "C"), (1.1, "C")):
            yield _option(asset, contract, index, round(index * share), right, is_linear, taken)


def _option(
    asset: str, contract: Contract, index: float, strike: int, right: str, is_linear: bool, taken: datetime
) -> dict[str, Any]:
    random = rng(SEED, "option", asset, contract.yymmdd, strike, right, taken)
    written = f"{strike}d5" if is_linear else str(strike)
    dated = deribit_future_id(contract).partition("-")[2]
    name = f"{asset}_USDC-{dated}-{written}-{right}" if is_linear else f"{asset}-{dated}-{written}-{right}"
    premium = float(random.uniform(0.005, 0.05)) * (index if is_linear else 1.0)
    return {
        "instrument_name": name, "base_currency": asset, "quote_currency": "USDC" if is_linear else asset,
        "mark_price": round(premium, 6), "bid_price": None, "ask_price": round(premium * 1.05, 4),
        "mid_price": None, "mark_iv": round(float(random.uniform(40, 80)), 2), "interest_rate": 0.0,
        "underlying_price": round(index * 1.002, 4), "underlying_index": f"{asset}-{dated}",
        "estimated_delivery_price": round(index, 4), "open_interest": round(float(random.uniform(1, 900)), 1),
        "volume": round(float(random.uniform(0, 90)), 1), "volume_usd": 1000.0, "price_change": None,
        "creation_timestamp": millis(taken) + 700,
    }  # fmt: skip


def _deliveries(day: date) -> Iterator[SamplePayload]:
    """Of the last days, newest first, as they stand half an hour after the next day's delivery."""
    known_at = at(day, 8, 30, plus_days=1)
    for asset in _COINS:
        days = [day + timedelta(days=1 - n) for n in range(_DELIVERY_DAYS)]
        rows = [
            {"date": str(each), "delivery_price": round(spot("deribit", asset, at(each, 7, 45), SEED), 2)}
            for each in days
            if in_scenario(each - timedelta(days=1))
        ]
        body = deribit_body({"data": rows, "records_total": len(rows)}, known_at)
        name = f"{asset.lower()}_usd"
        path = f"{_ROOT}/get_delivery_prices?index_name={name}#{day}"
        yield payload("deribit_delivery_prices", path, body, known_at, day, index_name=name)


def _candles(day: date) -> Iterator[SamplePayload]:
    known_at = at(day, 0, 30, plus_days=1)
    for asset in _COINS:
        quarter = next(each for each in listed("deribit", asset, at(day)) if each.expires_at.month % 3 == 0)
        for name, factor in ((f"{asset}-PERPETUAL", 1.0001), (deribit_future_id(quarter), 1.004)):
            expires_at = None if name.endswith("-PERPETUAL") else quarter.expires_at
            bars = [bar for bar in hours("deribit", asset, day, factor) if not expires_at or bar.opened_at < expires_at]
            columns = {
                "ticks": [millis(bar.opened_at) for bar in bars],
                **{price: [getattr(bar, price) for bar in bars] for price in ("open", "high", "low", "close")},
                "volume": [bar.coins for bar in bars],
                "cost": [round(bar.coins * bar.close, -1) for bar in bars],
            }
            body = deribit_body({**columns, "status": "ok"}, known_at)
            path = f"{_ROOT}/get_tradingview_chart_data?instrument_name={name}&resolution=60#{day}"
            yield payload("deribit_candles", path, body, known_at, day, instrument_name=name, resolution="60")
