"""Second sources of what the scenario already has: issuers' own supply, another vendor's liquidations and flows.

Belongs here: their shapes, and how far they lie from the first. Does not belong here: the first sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from orchestration.sources.sample import cryptoquant, defillama
from orchestration.sources.sample.liquidations import SIDES, vendor_total
from orchestration.sources.sample.market import ASSETS, RECORDED_FROM, SCENARIO_START, market, trailing
from orchestration.sources.sample.payload import NOTICE, SamplePayload, at, millis, payload, rng

_DAYS = 5
_TREASURY_SHARE = 0.043


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """Statements of the day's last minute, and what two vendors show the next morning."""
    if day < RECORDED_FROM:
        return
    yield _tether(day, seed)
    yield _circle(day, seed)
    yield from (_coinglass(asset, day, seed) for asset in ASSETS)
    if day.weekday() == 0:
        yield _coinmetrics(day, seed)


def _stated(coin: str, day: date, seed: int) -> float:
    """What the issuer states at the end of `day`: a few basis points from what others count."""
    midnight = day + timedelta(days=1)
    counted = defillama.supply(coin, midnight, at(midnight, plus_days=2), seed)
    return round(counted * (1 + float(rng(seed, "issuer", coin, day).normal(0.0, 0.0002))), 2)


def _tether(day: date, seed: int) -> SamplePayload:
    """Authorised tokens, of which a part is not issued. Numbers and texts are mixed, as on the page."""
    issued = _stated("1", day, seed)
    on_ethereum, on_tron = round(issued * 0.56, 2), round(issued * 0.44, 2)
    held = round(issued * _TREASURY_SHARE, 2)
    usdt = {
        "totaltokens_eth": f"{on_ethereum + held:.2f}", "reserve_balance_eth": f"{held:.2f}", "quarantined_eth": 0,
        "totaltokens_tron": on_tron, "reserve_balance_tron": 0, "quarantined_tron": 0,
        "total_assets": f"{issued * 1.03:.2f}", "total_liabilities": f"{on_ethereum + on_tron:.2f}",
        "id": int(at(day, 23, 59).timestamp()),
    }  # fmt: skip
    body = {"notice": NOTICE, "data": {"usdt": usdt}}
    return payload("tether_transparency", f"tether/transparency.json#{day}", body, at(day, 0, 10, plus_days=1), day)


def _circle(day: date, seed: int) -> SamplePayload:
    stated = _stated("2", day, seed)
    on_ethereum = round(stated * 0.7, 2)
    updated = at(day, 23, 58).isoformat().replace("+00:00", "Z")
    chains = [
        {"amount": f"{amount:.2f}", "chain": chain, "updateDate": updated}
        for chain, amount in (("ETH", on_ethereum), ("SOL", stated - on_ethereum))
    ]
    coin = {"name": "USD Coin", "symbol": "USDC", "totalAmount": f"{stated:.2f}", "chains": chains}
    path = f"circle/v1/stablecoins#{day}"
    return payload("circle_stablecoins", path, {"data": [coin]}, at(day, 0, 12, plus_days=1), day)


def _coinglass(asset: str, day: date, seed: int) -> SamplePayload:
    """Day totals over venues, some per cent from the other vendor's; the last bar is the live one."""

    def bar(session: date) -> dict[str, Any]:
        usd = {
            side: vendor_total(session, asset, side, seed)
            * float(rng(seed, "coinglass", asset, session, side).uniform(0.93, 1.08))
            for side in SIDES
        }
        return {"time": millis(at(session))} | {
            f"aggregated_{side}_liquidation_usd": round(usd[side], 2) for side in SIDES
        }

    bars = [bar(session) for session in list(trailing(day, _DAYS))[::-1]]
    body = {"code": "0", "msg": NOTICE, "data": bars}
    path = f"coinglass/api/futures/liquidation/aggregated-history?symbol={asset}&interval=1d#{day}"
    return payload("coinglass_liquidations", path, body, at(day, 0, 40, plus_days=1), day, asset=asset)


def _coinmetrics(day: date, seed: int) -> SamplePayload:
    """A month of flows by another labelling of addresses: a few per cent fewer coins each way."""
    rows = []
    for session in list(trailing(day, 31))[::-1]:
        flows = cryptoquant.moved(session, seed)
        price = float(market(seed).day("BTC", session)[1440])
        row = {"asset": "btc", "time": f"{session}T00:00:00.000000000Z"}
        for name, coins in (("FlowInEx", flows["inflow"]), ("FlowOutEx", flows["outflow"])):
            seen = coins * 0.97
            row |= {f"{name}Ntv": f"{seen:.8f}", f"{name}USD": f"{seen * price:.10f}"}
            row |= {f"{name}Ntv-status": "reviewed" if session < day else "flash"}
        rows.append(row)
    start = max(day - timedelta(days=30), SCENARIO_START)
    path = f"coinmetrics/v4/timeseries/asset-metrics?assets=btc&frequency=1d&start_time={start}#{day}"
    return payload("coinmetrics_exchange_flows", path, {"data": rows}, at(day, 5, 30, plus_days=1), day)
