"""Tardis CSVs, gzipped: the free first day of each month, for Deribit.

Belongs here: `liquidations` and `derivative_ticker` files. Does not belong here: what is in them
(`liquidations.py`, `contracts.py`).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from orchestration.sources.sample.contracts import Contract, basis, spot
from orchestration.sources.sample.instruments import deribit_future_id
from orchestration.sources.sample.liquidations import prints
from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import GZIP, SamplePayload, at, millis, payload

_TICKER_EXPIRY = datetime(2026, 3, 27, 8, tzinfo=UTC)


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The two files of the first day of a month, ready at 06:00 UTC on the next."""
    if day.day != 1:
        return
    contract = Contract("BTC", _TICKER_EXPIRY, _TICKER_EXPIRY - timedelta(days=364))
    files = {
        "liquidations": ("BTC-PERPETUAL", _liquidations(day, seed)),
        "derivative_ticker": (deribit_future_id(contract), _ticker(contract, day, seed)),
    }
    for kind, (symbol, lines) in files.items():
        body = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        path = f"tardis/v1/deribit/{kind}/{day:%Y/%m/%d}/{symbol}.csv.gz"
        yield payload(f"tardis_{kind}", path, body, at(day, 6, plus_days=1), day, GZIP)


def _liquidations(day: date, seed: int) -> Iterator[str]:
    """Side of the order (sell closes a long); amounts in USD, as Deribit counts inverse contracts."""
    yield "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
    rows = []
    for part in prints("deribit", day, seed):
        if part.asset == "BTC" and part.is_inverse:
            side = "sell" if part.side == "long" else "buy"
            columns = (part.stamps_ms.tolist(), part.prices.tolist(), part.notionals_usd.tolist())
            rows += [(stamp, side, price, usd) for stamp, price, usd in zip(*columns, strict=True)]
    for number, (stamp, side, price, usd) in enumerate(sorted(rows), start=1):
        amount = max(10, round(usd, -1))
        yield (
            f"deribit,BTC-PERPETUAL,{stamp}000,{stamp + 9}411,{millis(at(day)) // 1000 + number},{side},"
            f"{round(price * 2) / 2},{amount:.0f}"
        )


def _ticker(contract: Contract, day: date, seed: int) -> Iterator[str]:
    yield (
        "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,"
        "open_interest,last_price,index_price,mark_price"
    )
    name = deribit_future_id(contract)
    ratio = spot("deribit", "BTC", at(day), seed) / market(seed).price("BTC", at(day))
    for hour in range(24):
        instant = at(day, hour, 59, 30)
        index = market(seed).price("BTC", instant) * ratio
        mark = index * (1 + basis("deribit", "BTC", instant, contract.expires_at))
        micros = millis(instant) * 1000
        yield (
            f"deribit,{name},{micros},{micros + 12_345},,,,{412_000_000 + hour * 10_000},"
            f"{mark:.1f},{index:.2f},{mark:.2f}"
        )
