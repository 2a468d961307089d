"""Other tables of ETF flows: SoSoValue's totals, CoinGlass's copy of the fund table, an issuer's share count.

Belongs here: the vendors' shapes and when they know what. Does not belong here: the flows (`etf.py`), the
fund table itself (`farside.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from orchestration.sources.sample.etf import flows, rows, total
from orchestration.sources.sample.market import RECORDED_FROM, is_session, market, sessions
from orchestration.sources.sample.payload import CSV, NOTICE, SamplePayload, at, millis, payload, rng

_TRAILING_SESSIONS = 10
_MILLION = 1_000_000
_FIRST_SHARES = 1_300_000_000
_BASKET = 40_000
_COIN_PER_SHARE = 0.000567
_TYPES = {"BTC": "us-btc-spot", "ETH": "us-eth-spot"}
_NAMES = {"BTC": "bitcoin", "ETH": "ethereum"}


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """What each vendor shows on the morning after a session."""
    if day < RECORDED_FROM or not is_session(day):
        return
    for asset in _TYPES:
        yield _sosovalue(asset, day, seed)
        yield _coinglass(asset, day, seed)
    yield _ishares(day, seed)


def _last_sessions(day: date) -> list[date]:
    return [session for session in sessions() if session <= day][-_TRAILING_SESSIONS:]


def _sosovalue(asset: str, day: date, seed: int) -> SamplePayload:
    """Totals to the cent, up to 50,000 dollars from the fund table's tenths of a million; newest first."""
    truth = flows(asset, seed)
    data = []
    for session in reversed(_last_sessions(day)):
        cents = float(rng(seed, "sosovalue", asset, session).uniform(-0.05, 0.05))
        flow = round((sum(truth[session].values()) / 10 + cents) * _MILLION, 2)
        data.append(
            {"date": session.isoformat(), "totalNetInflow": flow, "totalValueTraded": 0.0, "totalNetAssets": 0.0,
             "cumNetInflow": 0.0}
        )  # fmt: skip
    path = f"sosovalue/openapi/v2/etf/historicalInflowChart?type={_TYPES[asset]}#{day}"
    body = {"code": 0, "msg": NOTICE, "data": data}
    return payload("sosovalue_etf_flows", path, body, at(day, 8, 30, plus_days=1), day, asset=asset)


def _coinglass(asset: str, day: date, seed: int) -> SamplePayload:
    """The fund table of 09:00 UTC, in dollars; a fund that has not reported has no number."""
    known_at = at(day, 9, plus_days=1)
    price = market(seed).price
    data: list[dict[str, Any]] = []
    for session, row in rows(asset, known_at, seed, _last_sessions(day)[0], day).items():
        funds = [
            {"etf_ticker": fund} | ({} if value is None else {"flow_usd": value * _MILLION / 10})
            for fund, value in row.items()
        ]
        stamp = at(session)
        data.append(
            {"timestamp": millis(stamp), "flow_usd": total(row) * _MILLION / 10,
             "price_usd": round(price(asset, stamp), 2), "etf_flows": funds}
        )  # fmt: skip
    path = f"coinglass/api/etf/{_NAMES[asset]}/flow-history#{day}"
    return payload("coinglass_etf_flows", path, {"code": "0", "msg": NOTICE, "data": data}, known_at, day, asset=asset)


@lru_cache(maxsize=4)
def _shares(seed: int) -> dict[date, int]:
    """Share count of IBIT as the issuer dates it: the count of a day lacks that day's own orders."""
    counts, count = {}, _FIRST_SHARES
    for session in sessions():
        counts[session] = count
        net_asset_value = _net_asset_value(session, seed)
        baskets = flows("BTC", seed)[session]["IBIT"] * _MILLION / 10 / net_asset_value / _BASKET
        count += round(baskets) * _BASKET
    return counts


def _net_asset_value(session: date, seed: int) -> float:
    return round(market(seed).price("BTC", _new_york_close(session)) * _COIN_PER_SHARE, 2)


def _new_york_close(session: date) -> datetime:
    """16:00 in New York; the scenario lies in winter."""
    return at(session, 21)


def _ishares(day: date, seed: int) -> SamplePayload:
    shares = _shares(seed)[day]
    value = _net_asset_value(day, seed)
    coins = shares * _COIN_PER_SHARE
    dollars = shares * value
    lines = [
        f'"iShares Bitcoin Trust ETF ({NOTICE})"',
        f'Fund Holdings as of,"{day:%b %d, %Y}"',
        'Inception Date,"Jan 05, 2024"',
        f'Shares Outstanding,"{shares:,.2f}"',
        f'NAV,"{value:.2f}"',
        "",
        "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price",
        f'"BTC","BITCOIN","-","Alternative","{dollars:,.2f}","100.00","{dollars:,.2f}","{coins:,.5f}","-"',
    ]
    body = "\ufeff" + "\n".join(lines) + "\n"
    path = f"ishares/us/products/333011/latest-holdings.csv#{day}"
    return payload("ishares_holdings", path, body, at(day, 22, 30), day, CSV, fund="IBIT", asset="BTC")
