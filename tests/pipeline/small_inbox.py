"""A small inbox of vendor files that publishes in seconds, and how to look at what it leaves.

Belongs here: making files and hashing folders. Does not belong here: any assertion. The numbers are
invented, the shapes are the vendors'.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

KNOWN = "2026-02-07T060000+0000"
LATER = "2026-02-08T060000+0000"
DAYS = [date(2026, 2, 2) + timedelta(days=n) for n in range(5)]
NEXT = DAYS[-1] + timedelta(days=1)
_INFLOWS = [100.0, 120.0, 140.0, 300.0, 200.0]
_OUTFLOWS = [110.0, 100.0, 150.0, 260.0, 210.0]
_FLOWS = "cryptoquant_exchange_flows"

_MAP = """
[[feed]]
match = "{match}"
name = "{name}"
params = {{ {params} }}
known_at = {{ pattern = '(?P<t>\\d{{4}}-\\d\\d-\\d\\dT\\d{{6}}\\+0000)', format = "%Y-%m-%dT%H%M%S%z" }}
"""
_ENTRIES = (
    ("farside/*", "farside_etf_flows", 'asset = "SOL"'),
    ("cryptoquant/*", _FLOWS, 'asset = "BTC"'),
    ("deribit/instruments_*", "deribit_instruments", ""),
    ("deribit/book_*", "deribit_book_summary", ""),
    ("bybit/instruments_*", "bybit_instruments", ""),
    ("bybit/liquidations_*", "bybit_liquidations", ""),
)


def millis(day: date, hour: int = 0, minute: int = 0) -> int:
    """Milliseconds since 1970 of an instant of a day."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def flows_csv(metric: str, values: list[object], days: list[date] = DAYS) -> str:
    """An export of CryptoQuant, newest day first."""
    rows = [f"{day}T00:00:00Z,{value}" for day, value in zip(days, values, strict=True)]
    return "\n".join([f"Datetime,{metric}", *reversed(rows)]) + "\n"


def etf_csv(days: list[date] = DAYS, first: float = 1.5) -> str:
    """Farside's table of the SOL funds."""
    header = "Date,BSOL,VSOL,FSOL,TSOL,SOEZ,GSOL,Total"
    rows = [f"{day},{first},2.0,0.5,-1.0,0.0,3.0,{first + 4.5}" for day in days]
    return "\n".join([header, *rows]) + "\n"


def contract(expiry: date, name: str) -> dict[str, object]:
    """A future as Deribit lists it."""
    return {
        "instrument_name": name, "kind": "future", "instrument_type": "reversed", "contract_size": 10.0,
        "settlement_period": "month", "expiration_timestamp": millis(expiry, 8), "creation_timestamp": 1750000000000,
        "base_currency": "BTC", "quote_currency": "USD", "settlement_currency": "BTC",
    }  # fmt: skip


def book(day: date, mark: float = 71_000.0) -> list[dict[str, object]]:
    """Book summaries of two futures at the end of a day."""
    at = millis(day, 23, 55)
    marks = {"BTC-27FEB26": mark, "BTC-27MAR26": mark + 500.0}
    return [
        {"instrument_name": name, "mark_price": price, "underlying_price": 70_500.0,
         "open_interest": 1_000_000.0, "creation_timestamp": at}
        for name, price in marks.items()
    ]  # fmt: skip


def answer(result: object) -> str:
    """A body of Deribit's."""
    return json.dumps({"jsonrpc": "2.0", "result": result, "usIn": 0, "usOut": 7, "usDiff": 7})


def liquidation(day: date, price: str = "70000", size: str = "0.5", hour: int = 14) -> str:
    """One line of Bybit's stream."""
    data = [{"T": millis(day, hour), "s": "BTCUSDT", "S": "Buy", "v": size, "p": price}]
    return json.dumps({"topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": millis(day, hour), "data": data})


def bybit_contract() -> str:
    """Bybit's list of contracts."""
    row = {
        "symbol": "BTCUSDT", "contractType": "LinearPerpetual", "baseCoin": "BTC", "quoteCoin": "USDT",
        "settleCoin": "USDT", "symbolType": "innovation", "launchTime": "1584230400000", "deliveryTime": "0",
    }  # fmt: skip
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": [row]}, "time": 1})


def reserves() -> list[float]:
    """Reserves whose changes are the netflows."""
    total, found = 1000.0, []
    for inflow, outflow in zip(_INFLOWS, _OUTFLOWS, strict=True):
        total += inflow - outflow
        found.append(total)
    return found


def put(inbox: Path, name: str, content: str | bytes, known: str = KNOWN) -> Path:
    """Write a file of the inbox: `name` with the instant at which it is known before its ending."""
    stem, _, ending = name.partition(".")
    path = inbox / f"{stem}_{known}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_inbox(inbox: Path) -> Path:
    """The inbox with its map; every file is sound."""
    net = [i - o for i, o in zip(_INFLOWS, _OUTFLOWS, strict=True)]
    put(inbox, "farside/sol.csv", etf_csv())
    put(inbox, "cryptoquant/inflow.csv", flows_csv("Exchange Inflow (Total)", list(_INFLOWS)))
    put(inbox, "cryptoquant/outflow.csv", flows_csv("Exchange Outflow (Total)", list(_OUTFLOWS)))
    put(inbox, "cryptoquant/netflow.csv", flows_csv("Exchange Netflow (Total)", list(net)))
    put(inbox, "cryptoquant/reserve.csv", flows_csv("Exchange Reserve", list(reserves())))
    listed = [contract(date(2026, 2, 27), "BTC-27FEB26"), contract(date(2026, 3, 27), "BTC-27MAR26")]
    put(inbox, "deribit/instruments.json", answer(listed))
    for day in DAYS:
        put(inbox, f"deribit/book_{day}.json", answer(book(day)))
    put(inbox, "bybit/instruments.json", bybit_contract())
    prints = "\n".join(liquidation(day, hour=hour) for day in DAYS for hour in (3, 14))
    put(inbox, "bybit/liquidations.ndjson.gz", gzip.compress(prints.encode(), mtime=0))
    entries = [_MAP.format(match=match, name=name, params=params) for match, name, params in _ENTRIES]
    (inbox / "inbox.toml").write_text("".join(entries))
    return inbox


def write_changes(inbox: Path) -> Path:
    """Files that change a day of every family, so that the next release has something new to say of each."""
    quote = book(NEXT)[0] | {"creation_timestamp": millis(NEXT, 12)}
    put(inbox, "farside/sol.csv", etf_csv(DAYS[-1:], first=2.5), LATER)
    put(inbox, "cryptoquant/reserve.csv", flows_csv("Exchange Reserve", [999.0], [NEXT]), LATER)
    put(inbox, "deribit/book_next.json", answer([quote]), LATER)
    put(inbox, "bybit/liquidations_next.ndjson.gz", gzip.compress(liquidation(NEXT).encode(), mtime=0), LATER)
    return inbox


def tree(folder: Path) -> dict[str, str]:
    """Every path below a folder with the hash of its bytes or the target of its link."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found
