"""Kraken Futures, which the sample pack lacks: instruments, tickers, funding, candles, trades and executions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from loopback.extras._bars import SEED, hours, in_scenario
from orchestration.sources.sample.contracts import Contract, basis, listed, spot
from orchestration.sources.sample.liquidations import vendor_total
from orchestration.sources.sample.market import RECORDED_FROM, market
from orchestration.sources.sample.payload import SamplePayload, at, millis, payload, rng
from orchestration.sources.sample.perpetuals import rate

CODES = {"BTC": "XBT", "ETH": "ETH"}
_API = "kraken/derivatives/api/v3"
_TICKS = {"trade": 1.0002, "mark": 1.0001, "spot": 1.0}
_PRINTS = 3


def payloads(day: date) -> list[SamplePayload]:
    """The payloads of one day's batch."""
    if not in_scenario(day):
        return []
    return [*_instruments(day), _tickers(day), *_funding(day), *_candles(day), *_trades(day)]


def iso(instant: datetime) -> str:
    """As Kraken writes an instant."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dated(contract: Contract) -> str:
    """For example FF_XBTUSD_260327."""
    return f"FF_{CODES[contract.asset]}USD_{contract.yymmdd}"


def quarters(asset: str, instant: datetime) -> list[Contract]:
    """The dated futures that are listed: the next two quarters."""
    return listed("binance", asset, instant)


def _instruments(day: date) -> Iterator[SamplePayload]:
    known_at = at(day, 8, 10)
    rows: list[dict[str, Any]] = []
    for asset, code in CODES.items():
        common = {"contractSize": 1, "tradeable": True, "base": asset, "quote": "USD", "pair": f"{asset}:USD",
                  "openingDate": "2022-03-22T13:18:45Z"}  # fmt: skip
        rows.append({"symbol": f"PF_{code}USD", "type": "flexible_futures", **common})
        rows.append({"symbol": f"PI_{code}USD", "type": "futures_inverse", **common})
        for contract in quarters(asset, known_at):
            last = {"lastTradingTime": iso(contract.expires_at)}
            rows.append({"symbol": dated(contract), "type": "flexible_futures", **common, **last})
    body = {"result": "success", "instruments": rows, "serverTime": iso(known_at)}
    yield payload("kraken_instruments", f"{_API}/instruments#{day}", body, known_at, day)


def _tickers(day: date) -> SamplePayload:
    taken = at(day, 23, 55, 1)
    rows: list[dict[str, Any]] = []
    for asset, code in CODES.items():
        index = round(spot("kraken", asset, taken, SEED), 2)
        coins = {"BTC": 2_100.0, "ETH": 31_000.0}[asset]
        rows.append(_ticker(f"PF_{code}USD", index * 1.0001, index, coins))
        rows.append(_ticker(f"PI_{code}USD", index * 1.0001, index, round(coins * index / 20)))
        for contract in quarters(asset, taken):
            mark = index * (1 + basis("deribit", asset, taken, contract.expires_at))
            rows.append(_ticker(dated(contract), mark, index, coins / 10))
        rows.append({"symbol": f"in_{code.lower()}usd", "last": index, "lastTime": iso(taken)})
    body = {"result": "success", "serverTime": iso(taken), "tickers": rows}
    return payload("kraken_tickers", f"{_API}/tickers#{day}", body, taken + timedelta(seconds=1), day)


def _ticker(symbol: str, mark: float, index: float, open_interest: float) -> dict[str, Any]:
    return {
        "symbol": symbol, "tag": "perpetual" if symbol.startswith("P") else "month", "pair": "BTC:USD",
        "markPrice": round(mark, 4), "indexPrice": index, "openInterest": open_interest, "suspended": False,
    }  # fmt: skip


def _funding(day: date) -> Iterator[SamplePayload]:
    """The hours of the day; the venue tells the whole history in one answer."""
    if day < RECORDED_FROM:
        return
    known_at = at(day, 0, 20, plus_days=1)
    for asset, code in CODES.items():
        stamps = [at(day) + timedelta(hours=hour + 1) for hour in range(24)]
        rows = [
            {"timestamp": iso(stamp), "fundingRate": 1.5, "relativeFundingRate": rate("kraken", asset, stamp, SEED) / 8}
            for stamp in stamps
        ]
        body = {"result": "success", "rates": rows, "serverTime": iso(known_at)}
        symbol = f"PF_{code}USD"
        path = f"{_API}/historical-funding-rates?symbol={symbol}#{day}"
        yield payload("kraken_funding_rates", path, body, known_at, day, symbol=symbol)


def _candles(day: date) -> Iterator[SamplePayload]:
    known_at = at(day, 0, 30, plus_days=1)
    for asset, code in CODES.items():
        for tick, factor in _TICKS.items():
            bars = [
                {
                    "time": millis(bar.opened_at), "open": str(bar.open), "high": str(bar.high), "low": str(bar.low),
                    "close": str(bar.close), "volume": str(bar.coins) if tick == "trade" else "0",
                }
                for bar in hours("kraken", asset, day, factor)
            ]  # fmt: skip
            symbol = f"PF_{code}USD"
            told = {"symbol": symbol, "tick_type": tick, "resolution": "1h"}
            path = f"kraken/api/charts/v1/{tick}/{symbol}/1h#{day}"
            yield payload("kraken_candles", path, {"candles": bars, "more_candles": False}, known_at, day, **told)


def _trades(day: date) -> Iterator[SamplePayload]:
    """The same trades as the two feeds tell them; a liquidation among fills, once as two genuine twins."""
    known_at = at(day, 0, 35, plus_days=1)
    for asset, code in CODES.items():
        symbol = f"PF_{code}USD"
        rows = sorted(_day_of_trades(asset, day), key=lambda row: (row["at"], row["uid"]))
        history = {"result": "success", "serverTime": iso(known_at), "history": [_trade(row) for row in rows][::-1]}
        yield payload("kraken_history", f"{_API}/history?symbol={symbol}#{day}", history, known_at, day, symbol=symbol)
        executions = {"elements": [_execution(row, symbol) for row in rows], "len": len(rows)}
        path = f"kraken/api/history/v3/market/{symbol}/executions#{day}"
        yield payload("kraken_executions", path, executions, known_at, day, symbol=symbol)


def _day_of_trades(asset: str, day: date) -> Iterator[dict[str, Any]]:
    random = rng(SEED, "kraken trades", asset, day)
    path = market(SEED).day(asset, day)
    usd = vendor_total(day, asset, "long", SEED) * 0.01 / _PRINTS
    for number in range(3 * _PRINTS):
        minute = int(random.integers(0, 1440))
        price = round(float(path[minute]), 1)
        row = {
            "at": at(day) + timedelta(minutes=minute, milliseconds=int(random.integers(0, 60_000))),
            "uid": f"{day}-{asset}-{number:02}", "price": price, "size": round(usd / price, 4),
            "side": "sell" if random.uniform() < 0.7 else "buy", "is_liquidation": number % 3 == 0,
        }  # fmt: skip
        yield row
        if number == 0:
            yield row | {"uid": f"{row['uid']}-twin"}


def _trade(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": iso(row["at"]), "trade_id": int(row["uid"][-2:]) if row["uid"][-2:].isdigit() else 99,
        "price": row["price"], "size": row["size"], "side": row["side"], "uid": row["uid"],
        "type": "liquidation" if row["is_liquidation"] else "fill",
    }  # fmt: skip


def _execution(row: dict[str, Any], symbol: str) -> dict[str, Any]:
    side, other = ("Sell", "Buy") if row["side"] == "sell" else ("Buy", "Sell")
    kind = "Liquidation" if row["is_liquidation"] else "Market"
    taker = {"uid": f"{row['uid']}-t", "tradeable": symbol, "direction": side, "orderType": kind}
    maker = {"uid": f"{row['uid']}-m", "tradeable": symbol, "direction": other, "orderType": "Limit"}
    execution = {
        "uid": row["uid"], "takerOrder": taker, "makerOrder": maker, "timestamp": millis(row["at"]),
        "quantity": str(row["size"]), "price": str(row["price"]), "markPrice": str(row["price"]),
    }  # fmt: skip
    return {"uid": row["uid"], "timestamp": millis(row["at"]), "event": {"Execution": {"execution": execution}}}
