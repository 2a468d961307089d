"""Stablecoin supply as DefiLlama serves it: the chart export, the list of coins, one coin, its charts.

Belongs here: supplies of the scenario and the four shapes. Does not belong here: anything else. USDT
shrinks by 1.5bn over February 2026 and stood at 187.3bn at the end of 2025, as printed; the rest is
invented. Amounts are units of the peg unless a field says USD.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from orchestration.sources.sample.dirt import dirt_day
from orchestration.sources.sample.market import SCENARIO_START, trailing
from orchestration.sources.sample.payload import CSV, SamplePayload, at, payload, rng

CHAINS = ("Ethereum", "Tron", "Solana")
_TRAILING_DAYS = 31
# id: symbol, name, CoinGecko id, peg, price in USD.
COINS: dict[str, tuple[str, str, str | None, str, float]] = {
    "1": ("USDT", "Tether", "tether", "peggedUSD", 0.9995),
    "2": ("USDC", "USD Coin", "usd-coin", "peggedUSD", 0.9999),
    "5": ("DAI", "Dai", "dai", "peggedUSD", 1.0001),
    "50": ("EURC", "EURC", "euro-coin", "peggedEUR", 1.17),
    "258": ("A7A5", "A7A5", "a7a5", "peggedRUB", 0.0128),
    "9999": ("ZUSD", "Zero Sample Dollar", None, "peggedUSD", 1.0),
}
# id: (date, supply) knots.
_SUPPLY: dict[str, tuple[tuple[str, float], ...]] = {
    "1": (("2025-11-01", 183.4e9), ("2025-12-31", 187.3e9), ("2026-02-01", 186.6e9), ("2026-02-28", 185.1e9),
          ("2026-03-02", 185.1e9)),
    "2": (("2025-11-01", 75.3e9), ("2026-01-10", 75.9e9), ("2026-02-06", 71.6e9), ("2026-03-02", 74.4e9)),
    "5": (("2025-11-01", 4.9e9), ("2026-03-02", 4.6e9)),
    "50": (("2025-11-01", 0.29e9), ("2026-03-02", 0.41e9)),
    "258": (("2025-11-01", 41.5e9), ("2026-03-02", 43.2e9)),
    "9999": (("2025-11-01", 0.0), ("2026-03-02", 0.0)),
}  # fmt: skip
_CALM_DAYS = frozenset({date(2025, 12, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)})
_CHAIN_SHARES = {"1": (0.445, 0.435), "2": (0.74, 0.0)}
_SWAP_DAY = date(2026, 1, 15)
_SWAP_USDT = 1.0e9
_REWRITTEN_AFTER_DAYS = 7
_REWRITTEN_BY = 4.0e8
_TREASURY_SHARE = 0.02


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The reads at 01:15 UTC on the next day; the last row of each is the live one, stamped that day."""
    known_at = at(day, 1, 15, plus_days=1)
    days = list(trailing(day + timedelta(days=1), _TRAILING_DAYS))[::-1]

    def fetched(feed: str, path: str, body: Any, kind: str = "application/json", **params: str) -> SamplePayload:
        return payload(feed, f"{path}#{day}", body, known_at, day, kind, **params)

    path = f"defillama/stablecoin-mcap-chart_{known_at:%Y-%m-%d}.csv"
    yield fetched("defillama_stablecoin_chart_export", path, _export(days, known_at, seed), CSV)
    body = _coin("1", days, known_at, seed)
    yield fetched("defillama_stablecoin", "defillama/stablecoin/1", body, stablecoin_id="1")
    path = "defillama/stablecoins?includePrices=true"
    yield fetched("defillama_stablecoins", path, _list(days, known_at, seed))
    if day.weekday() == 0 or day == SCENARIO_START:
        body = _coin("2", days, known_at, seed)
        yield fetched("defillama_stablecoin", "defillama/stablecoin/2", body, stablecoin_id="2")
    if day.day == 1:
        for chain in ("all", *CHAINS):
            path = f"defillama/stablecoincharts/{chain}?stablecoin=1"
            chart = _chart(chain, days, known_at, seed)
            yield fetched("defillama_stablecoin_charts", path, chart, chain=chain, stablecoin_id="1")


@lru_cache(maxsize=4096)
def _drift(coin: str, day: date, seed: int) -> float:
    return 0.0 if day in _CALM_DAYS else float(rng(seed, "stablecoin", coin, day).normal(0.0, 0.0006))


def supply(coin: str, day: date, known_at: datetime, seed: int) -> int:
    """Circulating units of the peg on a day's record, as known at an instant."""
    knots = [date.fromisoformat(text).toordinal() for text, _ in _SUPPLY[coin]]
    line = float(np.interp(day.toordinal(), knots, [amount for _, amount in _SUPPLY[coin]]))
    line *= 1 + _drift(coin, day, seed)
    rewritten = dirt_day("llama_rewritten")
    if coin == "2" and day == rewritten and known_at >= at(rewritten, plus_days=_REWRITTEN_AFTER_DAYS):
        line += _REWRITTEN_BY
    if _is_live(day, known_at):
        line *= 1 + float(rng(seed, "live", coin, day).normal(0.0, 0.0003))
    return round(line)


def chain_supply(coin: str, day: date, known_at: datetime, seed: int) -> dict[str, int]:
    """The same split over chains; the parts add up to the whole. A chain swap moves, and issues nothing."""
    whole = supply(coin, day, known_at, seed)
    on_ethereum, on_tron = (round(whole * share) for share in _CHAIN_SHARES[coin])
    if coin == "1" and day >= _SWAP_DAY:
        on_ethereum, on_tron = on_ethereum + round(_SWAP_USDT), on_tron - round(_SWAP_USDT)
    return dict(zip(CHAINS, (on_ethereum, on_tron, whole - on_ethereum - on_tron), strict=True))


def _is_live(day: date, known_at: datetime) -> bool:
    return day == known_at.date()


def _export(days: list[date], known_at: datetime, seed: int) -> str:
    """Columns are ids; in the live row the smaller coins are still absent."""
    lines = [",".join(("date", *COINS))]
    for day in days:
        amounts = [str(supply(coin, day, known_at, seed)) for coin in COINS]
        if _is_live(day, known_at):
            amounts = [a if coin in ("1", "2", "9999") else "" for a, coin in zip(amounts, COINS, strict=True)]
        lines.append(",".join((day.isoformat(), *amounts)))
    return "\n".join(lines) + "\n"


def _list(days: list[date], known_at: datetime, seed: int) -> dict[str, Any]:
    """In this endpoint amounts are multiplied by the price of today, earlier ones too."""

    def valued(coin: str, back: int) -> dict[str, float]:
        day = days[max(len(days) - 1 - back, 0)]
        return {COINS[coin][3]: supply(coin, day, known_at, seed) * COINS[coin][4]}

    assets = []
    for coin, (symbol, name, gecko, peg, price) in COINS.items():
        on_chain = chain_supply(coin, days[-1], known_at, seed) if coin in _CHAIN_SHARES else {}
        assets.append({
            "id": coin, "name": name, "symbol": symbol, "gecko_id": gecko, "pegType": peg,
            "pegMechanism": "fiat-backed", "priceSource": "defillama", "circulating": valued(coin, 0),
            "circulatingPrevDay": valued(coin, 1), "circulatingPrevWeek": valued(coin, 7),
            "circulatingPrevMonth": valued(coin, 30), "chains": list(on_chain), "price": price,
            "chainCirculating": {chain: {"current": {peg: n * price}} for chain, n in on_chain.items()},
        })  # fmt: skip
    totals = {chain: 0.0 for chain in CHAINS}
    for coin in _CHAIN_SHARES:
        for chain, amount in chain_supply(coin, days[-1], known_at, seed).items():
            totals[chain] += amount * COINS[coin][4]
    chains = [{"name": chain, "totalCirculatingUSD": {"peggedUSD": total}} for chain, total in totals.items()]
    return {"peggedAssets": assets, "chains": chains}


def _coin(coin: str, days: list[date], known_at: datetime, seed: int) -> dict[str, Any]:
    """One coin with its chains. Dates are seconds past midnight, as they are at the vendor."""
    symbol, name, gecko, peg, price = COINS[coin]
    on_chain = {day: chain_supply(coin, day, known_at, seed) for day in days}

    def record(day: date, circulating: int) -> dict[str, Any]:
        unreleased = round(circulating * _TREASURY_SHARE)
        return {
            "date": int(at(day).timestamp()) + 11, "circulating": {peg: circulating},
            "minted": {peg: circulating + unreleased}, "unreleased": {peg: unreleased}, "bridgedTo": {peg: 0},
        }  # fmt: skip

    return {
        "id": coin, "name": name, "symbol": symbol, "gecko_id": gecko, "pegType": peg, "price": price,
        "tokens": [record(day, sum(on_chain[day].values())) for day in days],
        "chainBalances": {c: {"tokens": [record(day, on_chain[day][c]) for day in days]} for c in CHAINS},
        "currentChainBalances": {c: {peg: on_chain[days[-1]][c]} for c in CHAINS},
    }  # fmt: skip


def _chart(chain: str, days: list[date], known_at: datetime, seed: int) -> list[dict[str, Any]]:
    """USDT on one chain or all. Keys that are zero are dropped, in the live row they are not."""
    _, _, _, peg, price = COINS["1"]
    rows: list[dict[str, Any]] = []
    for day in days:
        parts = chain_supply("1", day, known_at, seed)
        amount = sum(parts.values()) if chain == "all" else parts[chain]
        row: dict[str, Any] = {
            "date": str(int(at(day).timestamp())),
            "totalCirculating": {peg: amount},
            "totalUnreleased": {peg: round(amount * _TREASURY_SHARE)},
            "totalCirculatingUSD": {peg: round(amount * price)},
        }
        if _is_live(day, known_at):
            row |= {"totalMintedUSD": {peg: 0}, "totalBridgedToUSD": {peg: 0}}
        rows.append(row)
    return rows
