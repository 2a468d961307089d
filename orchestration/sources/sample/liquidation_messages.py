"""Liquidation prints as Binance, Bybit and OKX send them: one NDJSON file per venue and day.

Belongs here: the websocket shapes with their units and sides, and the faults planted in them. Does not
belong here: how much is liquidated (`liquidations.py`). Binance lines are the bare message; Bybit and
OKX lines are wrapped as {"received_at", "message"}. Both forms are what collectors write.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from orchestration.sources.sample.dirt import dirt_day
from orchestration.sources.sample.liquidations import Prints, one_per_second, prints
from orchestration.sources.sample.payload import NDJSON, SamplePayload, at, payload

_COINM_FACE = {"BTC": 100, "ETH": 10}
_OKX_CT_VAL = {"BTC": 0.01, "ETH": 0.1, "SOL": 1.0}
_COIN_DECIMALS = {"BTC": 3, "ETH": 2, "SOL": 1}
_REDELIVERED = 12
Line = tuple[int, str]


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The three venues' files of a day, written shortly after its end."""
    files = {
        "binance_force_orders": ("binance/forceOrder", _binance),
        "bybit_liquidations": ("bybit/allLiquidation", _bybit),
        "okx_liquidations": ("okx/liquidation-orders", _okx),
    }
    for minute, (feed, (path, render)) in enumerate(files.items(), start=5):
        if feed == "okx_liquidations" and day == dirt_day("liq_missing_day"):
            continue
        text = "".join(f"{line}\n" for line in render(day, seed))
        yield payload(feed, f"{path}/{day}.ndjson", text, at(day, 0, minute, plus_days=1), day, NDJSON)


def _in_time_order(lines: list[Line]) -> list[str]:
    return [text for _, text in sorted(lines, key=lambda line: line[0])]


def _wrapped(stamp_ms: int, message: str) -> str:
    received = datetime.fromtimestamp(stamp_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return f'{{"received_at":"{received.replace("+00:00", "Z")}","message":{message}}}'


def _binance(day: date, seed: int) -> list[str]:
    lines = _in_time_order([line for part in prints("binance", day, seed) for line in _binance_part(part)])
    if day == dirt_day("liq_redelivered"):
        middle = len(lines) // 2
        lines[middle:middle] = lines[middle - _REDELIVERED : middle]
    if day == dirt_day("liq_garbage_line"):
        lines.insert(len(lines) // 3, lines[len(lines) // 3][:71])
    return lines


def _binance_part(part: Prints) -> Iterator[Line]:
    """Order side (SELL closes a long); size in coin, or in contracts on COIN-M; one a second."""
    kept = one_per_second(part)
    side = "SELL" if part.side == "long" else "BUY"
    name = f"{part.asset}USD_PERP" if part.is_inverse else f"{part.asset}USDT"
    pair = f'"ps":"{part.asset}USD",' if part.is_inverse else ""
    decimals = _COIN_DECIMALS[part.asset]
    limit = 0.996 if part.side == "long" else 1.004
    rows = zip(kept.stamps_ms.tolist(), kept.prices.tolist(), kept.notionals_usd.tolist(), strict=True)
    for stamp, price, usd in rows:
        if part.is_inverse:
            filled = last = str(max(1, round(usd / _COINM_FACE[part.asset])))
        else:
            coins = max(usd / price, 10**-decimals)
            filled, last = f"{coins:.{decimals}f}", f"{max(coins / 2, 10**-decimals):.{decimals}f}"
        yield (
            stamp,
            f'{{"e":"forceOrder","E":{stamp + 2},"o":{{"s":"{name}",{pair}"S":"{side}","o":"LIMIT","f":"IOC",'
            f'"q":"{filled}","p":"{price * limit:.2f}","ap":"{price:.2f}","X":"FILLED","l":"{last}",'
            f'"z":"{filled}","T":{stamp}}}}}',
        )


def _bybit(day: date, seed: int) -> list[str]:
    lines = [line for part in prints("bybit", day, seed) for line in _bybit_part(part)]
    ordered = _in_time_order(lines)
    if day == dirt_day("liq_identical_rows"):
        place = len(ordered) // 2
        twins = _bybit_twins(ordered[place])
        ordered[place : place + 1] = [twins, twins]
    return ordered


def _bybit_twins(line: str) -> str:
    """The same message with its last row a second time."""
    head, _, row = line.removesuffix("]}}").rpartition("{")
    return f"{head}{{{row},{{{row}]}}}}"


def _bybit_part(part: Prints) -> Iterator[Line]:
    """Position side (Buy is a closed long); coin, or USD on inverse; a batch every 500 ms."""
    side = "Buy" if part.side == "long" else "Sell"
    name = f"{part.asset}USD" if part.is_inverse else f"{part.asset}USDT"
    decimals = _COIN_DECIMALS[part.asset]
    batches: dict[int, list[str]] = {}
    bankruptcy = part.prices * (0.996 if part.side == "long" else 1.004)
    rows = zip(part.stamps_ms.tolist(), bankruptcy.tolist(), part.notionals_usd.tolist(), strict=True)
    for stamp, price, usd in rows:
        size = f"{max(1, round(usd))}" if part.is_inverse else f"{max(usd / price, 10**-decimals):.{decimals}f}"
        row = f'{{"T":{stamp},"s":"{name}","S":"{side}","v":"{size}","p":"{price:.2f}"}}'
        batches.setdefault(stamp // 500, []).append(row)
    for half_second, found in batches.items():
        sent = half_second * 500 + 500
        message = f'{{"topic":"allLiquidation.{name}","type":"snapshot","ts":{sent},"data":[{",".join(found)}]}}'
        yield sent, _wrapped(sent + 30, message)


def _okx(day: date, seed: int) -> list[str]:
    lines = _okx_lines(day, seed)
    if day == dirt_day("liq_snapshot"):
        last = _okx_lines(day - timedelta(days=1), seed)[-1]
        message = last.partition('"message":')[2].removesuffix("}")
        lines.insert(0, _wrapped(int(at(day).timestamp()) * 1000 + 150, message))
    return lines


def _okx_lines(day: date, seed: int) -> list[str]:
    return _in_time_order([line for part in prints("okx", day, seed) for line in _okx_part(part)])


def _okx_part(part: Prints) -> Iterator[Line]:
    """Order side; contracts; bankruptcy price; one per contract and second."""
    kept = one_per_second(part)
    side = "sell" if part.side == "long" else "buy"
    family = f"{part.asset}-USD" if part.is_inverse else f"{part.asset}-USDT"
    bankruptcy = kept.prices * (0.996 if part.side == "long" else 1.004)
    rows = zip(kept.stamps_ms.tolist(), bankruptcy.tolist(), kept.notionals_usd.tolist(), strict=True)
    for stamp, price, usd in rows:
        if part.is_inverse:
            size = str(max(1, round(usd / _COINM_FACE[part.asset])))
        else:
            size = f"{max(0.01, usd / price / _OKX_CT_VAL[part.asset]):.2f}"
        message = (
            f'{{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},"data":[{{"details":[{{"bkLoss":"0",'
            f'"bkPx":"{price:.2f}","ccy":"","posSide":"{part.side}","side":"{side}","sz":"{size}","ts":"{stamp}"}}],'
            f'"instFamily":"{family}","instId":"{family}-SWAP","instType":"SWAP","uly":"{family}"}}]}}'
        )
        yield stamp, _wrapped(stamp + 40, message)
