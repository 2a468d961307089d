"""Tardis's option chains of Deribit, simulated: some changes of some tickers on the free days."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.contracts import listed, spot
from orchestration.sources.sample.instruments import deribit_future_id
from orchestration.sources.sample.payload import GZIP, at, millis, payload

_HEADER = (
    "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_price,bid_price,"
    "bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_price,delta,gamma,"
    "vega,theta,rho"
)


def payloads(day: date) -> list[SamplePayload]:
    """The file of the first day of a month, read at 06:30 UTC on the next."""
    if day.day != 1:
        return []
    body = gzip.compress("".join(f"{line}\n" for line in _lines(day)).encode(), mtime=0)
    path = f"tardis/v1/deribit/options_chain/{day:%Y/%m/%d}/OPTIONS.csv.gz"
    return [payload("tardis_options_chain", path, body, at(day, 6, 30, plus_days=1), day, GZIP)]


def _lines(day: date) -> Iterator[str]:
    yield _HEADER
    contract = listed("deribit", "BTC", at(day))[-1]
    name = deribit_future_id(contract)
    for hour in (0, 8, 16):
        instant = at(day, hour, 20)
        forward = spot("deribit", "BTC", instant, DEFAULT_SEED) * 1.01
        stamp = millis(instant) * 1000
        for right, delta in (("call", 0.52), ("put", -0.48)):
            strike = round(forward, -3)
            yield (
                f"deribit,{name}-{strike:.0f}-{right[0].upper()},{stamp},{stamp + 7_011},{right},{strike:.0f},"
                f"{millis(contract.expires_at)}000,41.5,,0.0601,5.1,51.2,0.0622,3.3,53.1,0.0611,52.15,SYN.{name},"
                f"{forward:.2f},{delta},0.00002,88.1,-31.5,20.2"
            )
