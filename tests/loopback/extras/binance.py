"""Binance beyond the sample pack: marks of USD-M, delivery prices, candles, and files of the public dumps.

Prices, rates and open interest are the scenario's own, so that they agree with what the sample says of them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from orchestration.sources.sample import DEFAULT_SEED as SEED
from orchestration.sources.sample import SCENARIO_END, SamplePayload
from orchestration.sources.sample.contracts import basis, last_friday, listed, spot
from orchestration.sources.sample.funding import stamps
from orchestration.sources.sample.market import ASSETS, RECORDED_FROM, market
from orchestration.sources.sample.payload import at, days_between, millis, payload, rng
from orchestration.sources.sample.perpetuals import interval_hours, open_coins, rate

COINS = ("BTC", "ETH")
ZIP = "application/zip"
# Market, symbol, kind, folder: the candles that the venue has.
CANDLES = (
    ("spot", "BTCUSDT", "trade", "klines"),
    ("spot", "ETHUSDT", "trade", "klines"),
    ("um", "BTCUSDT", "trade", "klines"),
    ("um", "BTCUSDT", "mark", "markPriceKlines"),
    ("um", "BTCUSDT", "index", "indexPriceKlines"),
    ("um", "BTCUSDT", "premium", "premiumIndexKlines"),
    ("cm", "BTCUSD_PERP", "trade", "klines"),
    ("cm", "BTCUSD_PERP", "mark", "markPriceKlines"),
)
DUMPED = CANDLES[:4] + CANDLES[6:7]
ROOTS = {"spot": "data/spot", "um": "data/futures/um", "cm": "data/futures/cm"}
_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
_FACE = {"BTC": 100, "ETH": 10}


def payloads(day: date) -> list[SamplePayload]:
    """The fetches of one day's batch; none where the scenario records no second sources."""
    if not RECORDED_FROM <= day <= SCENARIO_END:
        return []
    made = [_marks(day), *_deliveries(day), *_candles(day), *_metrics(day), *_funding_files(day)]
    return sorted(made, key=lambda item: item.known_at)


def _marks(day: date) -> SamplePayload:
    taken = at(day, 23, 55)
    rows = []
    for asset in COINS:
        index = spot("binance", asset, taken, SEED) * 1.0002
        names = {f"{asset}USDT": 1.0001}
        for contract in listed("binance", asset, taken):
            names[f"{asset}USDT_{contract.yymmdd}"] = 1 + basis("binance", asset, taken, contract.expires_at)
        rows += [
            {
                "symbol": name, "markPrice": f"{index * ratio:.8f}", "indexPrice": f"{index:.8f}",
                "estimatedSettlePrice": f"{index:.8f}", "lastFundingRate": "0.00003100", "interestRate": "0.00010000",
                "nextFundingTime": millis(taken + timedelta(minutes=5)), "time": millis(taken),
            }
            for name, ratio in names.items()
        ]  # fmt: skip
    known_at = taken + timedelta(seconds=4)
    return payload("binance_usdm_premium_index", f"binance/fapi/v1/premiumIndex#{day}", rows, known_at, day)


def _deliveries(day: date) -> Iterator[SamplePayload]:
    """Each pair's last delivered quarterly: a number, stamped at midnight."""
    delivered = last_friday(2025, 12)
    for asset in COINS:
        price = round(market(SEED).price(asset, at(delivered, 8)), 1)
        for pair in (f"{asset}USDT", f"{asset}USD"):
            rows = [{"deliveryTime": millis(at(delivered)), "deliveryPrice": price}]
            path = f"binance/futures/data/delivery-price?pair={pair}#{day}"
            yield payload("binance_delivery_prices", path, rows, at(day, 8, 30), day, pair=pair)


def _candles(day: date) -> Iterator[SamplePayload]:
    for market_name, symbol, kind, folder in CANDLES:
        told = {"market": market_name, "symbol": symbol, "candle_kind": kind, "interval": "1h"}
        rows = [_candle(market_name, symbol, kind, at(day, hour)) for hour in range(24)]
        path = f"binance/{market_name}/{folder}?symbol={symbol}&interval=1h#{day}"
        yield payload("binance_klines", path, rows, at(day, 0, 30, plus_days=1), day, **told)
        if (market_name, symbol, kind, folder) in DUMPED:
            name = f"{symbol}-1h-{day}"
            lines = [",".join(map(str, _as_dumped(market_name, row))) for row in rows]
            header = [] if market_name == "spot" else [_HEADER]
            path = f"binance/{ROOTS[market_name]}/daily/{folder}/{symbol}/1h/{name}.zip"
            content = zipped(f"{name}.csv", "\n".join([*header, *lines]) + "\n")
            yield payload("binance_klines_dump", path, content, at(day, 9, plus_days=1), day, ZIP, **told)


def _candle(market_name: str, symbol: str, kind: str, opened: datetime) -> list[object]:
    """Twelve columns; spot and USD-M count coins, COIN-M counts contracts and has its coins in the eighth."""
    asset = symbol[:3]
    path = [market(SEED).price(asset, opened + timedelta(minutes=minute)) for minute in range(0, 61, 5)]
    if kind == "premium":
        path = [0.0001 * (price / path[0] - 1) for price in path]
    elif kind != "trade":
        path = [price * (1.0002 if kind == "index" else 1.0003) for price in path]
    opens, high, low, closes = (f"{price:.8f}" for price in (path[0], max(path), min(path), path[-1]))
    coins = 0.0
    if kind == "trade":
        coins = round(float(rng(SEED, "candle", market_name, symbol, opened).uniform(300, 900)), 3)
    quote = coins * path[0]
    contracts = round(quote / _FACE[asset])
    volumes = (str(contracts), f"{coins:.8f}") if market_name == "cm" else (f"{coins:.8f}", f"{quote:.8f}")
    closed = millis(opened + timedelta(hours=1)) - 1
    return [millis(opened), opens, high, low, closes, volumes[0], closed, volumes[1], 60, "0", "0", "0"]


def _as_dumped(market_name: str, row: list[object]) -> list[object]:
    """Spot has had microseconds since 2025-01-01."""
    if market_name != "spot":
        return row
    return [int(str(row[0])) * 1000, *row[1:6], int(str(row[6])) * 1000 + 999, *row[7:]]


def _metrics(day: date) -> Iterator[SamplePayload]:
    for asset in COINS:
        rows = []
        for hour in range(24):
            coins = open_coins("binance", asset, at(day, hour), SEED)
            value = coins * market(SEED).price(asset, at(day, hour))
            rows.append(f"{day} {hour:02d}:00:00,{asset}USDT,{coins:.8f},{value:.8f},1.9,3.2,1.4,1.0")
        header = (
            "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
            "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
        )
        name = f"{asset}USDT-metrics-{day}"
        content = zipped(f"{name}.csv", "\n".join([header, *rows]) + "\n")
        path = f"binance/data/futures/um/daily/metrics/{asset}USDT/{name}.zip"
        yield payload("binance_metrics", path, content, at(day, 9, plus_days=1), day, ZIP, market="um")


def _funding_files(day: date) -> Iterator[SamplePayload]:
    """The month before, on the first Monday of a month."""
    if day.day > 7 or day.weekday() != 0:
        return
    last = day.replace(day=1) - timedelta(days=1)
    first = max(last.replace(day=1), RECORDED_FROM)
    for asset in ASSETS:
        rows = [
            f"{millis(stamp) + 3},{interval_hours('binance', asset, stamp)},{rate('binance', asset, stamp, SEED):.8f}"
            for settled in days_between(first, last)
            for stamp in stamps("binance", asset, settled)
            if stamp.month == last.month
        ]
        symbol, name = f"{asset}USDT", f"{asset}USDT-fundingRate-{last:%Y-%m}"
        content = zipped(f"{name}.csv", "\n".join(["calc_time,funding_interval_hours,last_funding_rate", *rows]) + "\n")
        path = f"binance/data/futures/um/monthly/fundingRate/{symbol}/{name}.zip"
        yield payload("binance_funding_rates", path, content, at(day, 9), day, ZIP, market="um", symbol=symbol)


def zipped(name: str, text: str) -> bytes:
    """A zip of one file; the same bytes at every call."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
