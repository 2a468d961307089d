"""OKX's candles, option summaries, open interest of now and deliveries, simulated on the sample's price path."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.contracts import Contract, basis, listed, spot
from orchestration.sources.sample.instruments import okx_future_id
from orchestration.sources.sample.market import market
from orchestration.sources.sample.payload import at, millis, payload, rng
from orchestration.sources.sample.perpetuals import open_coins

_SEED = DEFAULT_SEED
_COINS_PER_CONTRACT = {"BTC": 0.01, "ETH": 0.1}
_FACE_USD = {"BTC": 100, "ETH": 10}
# Instrument, kind, bar.
_SERIES = (
    ("BTC-USDT-SWAP", "trade", "1H"),
    ("BTC-USDT-SWAP", "mark", "1H"),
    ("BTC-USDT-SWAP", "trade", "1Dutc"),
    ("BTC-USD-SWAP", "trade", "1Dutc"),
    ("BTC-USD", "index", "1Dutc"),
)


def payloads(day: date) -> list[SamplePayload]:
    """Candles at 00:30 UTC on the next day; summaries at 08:20 and 23:50; deliveries at 08:30; open interest 23:55."""
    front = okx_future_id(listed("okx", "BTC", at(day, plus_days=1))[0])
    made = [_candles(day, *series) for series in (*_SERIES, (front, "trade", "1Dutc"))]
    made += [_summary(asset, instant) for asset in ("BTC", "ETH") for instant in (at(day, 8, 20), at(day, 23, 50))]
    return [*made, *_deliveries(day), _open_interest(at(day, 23, 55))]


def _ok(data: list[Any]) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": data}


def _candles(day: date, inst_id: str, kind: str, bar: str) -> SamplePayload:
    hours = 1 if bar == "1H" else 24
    rows = [_candle(at(day, hour), hours, inst_id, kind) for hour in range(0, 24, hours)][::-1]
    path = f"okx/api/v5/market/history-candles?instId={inst_id}&bar={bar}&kind={kind}#{day}"
    told = {"inst_id": inst_id, "candle_kind": kind, "bar": bar}
    return payload("okx_candles", path, _ok(rows), at(day, 0, 30, plus_days=1), day, **told)


def _candle(opened_at: datetime, hours: int, inst_id: str, kind: str) -> list[str]:
    """Trades have contracts, coins and quote currency; the last element says that the candle is over."""
    first = opened_at.hour * 60
    path = market(_SEED).day("BTC", opened_at.date())[first : first + hours * 60 + 1]
    prices = [f"{value:.1f}" for value in (path[0], path.max(), path.min(), path[-1])]
    row = [str(millis(opened_at)), *prices]
    if kind == "trade":
        coins = 300.0 * hours * float(rng(_SEED, "okx candle", inst_id, opened_at).uniform(0.5, 1.5))
        dollars = coins * float(path[-1])
        contracts = coins / _COINS_PER_CONTRACT["BTC"] if "-USDT-" in inst_id else dollars / _FACE_USD["BTC"]
        row += [f"{contracts:.2f}", f"{coins:.4f}", f"{dollars:.2f}"]
    return [*row, "1"]


def _summary(asset: str, instant: datetime) -> SamplePayload:
    rows = []
    for contract in listed("okx", asset, instant)[-2:]:
        forward = spot("okx", asset, instant, _SEED) * (1 + basis("okx", asset, instant, contract.expires_at))
        for share in (0.8, 1.0, 1.2):
            strike = round(forward * share, -3 if asset == "BTC" else -2)
            rows += [_option(contract, strike, right, forward, instant) for right in "CP"]
    path = f"okx/api/v5/public/opt-summary?instFamily={asset}-USD#{instant:%Y-%m-%dT%H%M}"
    known_at = instant + timedelta(seconds=2)
    return payload("okx_option_summary", path, _ok(rows), known_at, instant.date(), instFamily=f"{asset}-USD")


def _option(contract: Contract, strike: float, right: str, forward: float, instant: datetime) -> dict[str, str]:
    delta = "0.46" if right == "C" else "-0.54"
    return {
        "askVol": "0.58", "bidVol": "0" if strike > forward else "0.52", "delta": "0.44", "deltaBS": delta,
        "fwdPx": f"{forward:.4f}", "gamma": "-1.1965", "gammaBS": "0.0000119",
        "instId": f"{contract.asset}-USD-{contract.yymmdd}-{strike:.0f}-{right}", "instType": "OPTION", "lever": "0",
        "markVol": "0.55", "realVol": "0", "theta": "-0.0014", "thetaBS": "-66.03", "ts": str(millis(instant) + 242),
        "uly": f"{contract.asset}-USD", "vega": "0.0000181", "vegaBS": "70.89", "volLv": "0",
    }  # fmt: skip


def _deliveries(day: date) -> list[SamplePayload]:
    """Contracts that the venue listed before 08:00 and does not any more."""
    delivered_at = at(day, 8)
    made = []
    for asset in ("BTC", "ETH"):
        price = f"{spot('okx', asset, delivered_at, _SEED):.2f}"
        details = [
            {"type": "delivery", "insId": okx_future_id(contract), "px": price}
            for contract in listed("okx", asset, delivered_at - timedelta(minutes=1))
            if contract.expires_at == delivered_at
        ]
        if details:
            path = f"okx/api/v5/public/delivery-exercise-history?instType=FUTURES&instFamily={asset}-USD#{day}"
            body = _ok([{"ts": str(millis(delivered_at)), "details": details}])
            made.append(payload("okx_delivery_history", path, body, at(day, 8, 30), day, instFamily=f"{asset}-USD"))
    return made


def _open_interest(taken: datetime) -> SamplePayload:
    """Swaps, all margins in one answer of the sample; the venue is asked by type."""
    rows = []
    for asset, per_contract in _COINS_PER_CONTRACT.items():
        coins = open_coins("okx", asset, taken, _SEED)
        rows.append({
            "instType": "SWAP", "instId": f"{asset}-USDT-SWAP", "oi": f"{coins / per_contract:.4f}",
            "oiCcy": f"{coins:.6f}", "oiUsd": f"{coins * market(_SEED).price(asset, taken):.2f}",
            "ts": str(millis(taken) + 120),
        })  # fmt: skip
    path = f"okx/api/v5/public/open-interest?instType=SWAP#{taken.date()}"
    return payload("okx_open_interest", path, _ok(rows), taken + timedelta(seconds=4), taken.date(), instType="SWAP")
