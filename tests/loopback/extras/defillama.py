"""DefiLlama's bodies that the sample pack has not: charts of all coins, more coins, and prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.defillama import CHAINS, COINS, chain_supply, supply
from orchestration.sources.sample.market import SCENARIO_START, trailing
from orchestration.sources.sample.payload import at, payload, rng

_DAYS = 8
_GECKO = {"1": "tether", "2": "usd-coin", "5": "dai", "50": "euro-coin"}


def payloads(day: date) -> list[SamplePayload]:
    """The reads at 01:15 on the next day, beside those of the pack."""
    return [*_charts(day), *_coins(day), _daily_prices(day), _quotes(day)]


def _shown(day: date) -> list[date]:
    """The last days, the live one among them."""
    return list(trailing(day + timedelta(days=1), _DAYS))[::-1]


def _read(feed: str, day: date, path: str, body: Any, **told: str) -> SamplePayload:
    return payload(feed, f"defillama/{path}#{day}", body, at(day, 1, 15, plus_days=1), day, **told)


def _charts(day: date) -> Iterator[SamplePayload]:
    """All coins together; and USDT on the days on which the pack has no chart of it."""
    for chain in ("all", *CHAINS):
        rows = [_chart_row(("1", "2"), chain, one, day) for one in _shown(day)]
        yield _read("defillama_stablecoin_charts", day, f"stablecoincharts/{chain}", rows, chain=chain)
        if day.day != 1:
            rows = [_chart_row(("1",), chain, one, day) for one in _shown(day)]
            path = f"stablecoincharts/{chain}?stablecoin=1"
            yield _read("defillama_stablecoin_charts", day, path, rows, chain=chain, stablecoin_id="1")


def _chart_row(coins: tuple[str, ...], chain: str, one: date, day: date) -> dict[str, Any]:
    known_at = at(day, 1, 15, plus_days=1)
    parts = [chain_supply(coin, one, known_at, DEFAULT_SEED) for coin in coins]
    amount = sum(sum(part.values()) if chain == "all" else part[chain] for part in parts)
    # The pack's charts of USDT say these two things of it; the sums say no more than the supply.
    more = {"totalUnreleased": {"peggedUSD": round(amount * 0.02)}} if coins == ("1",) else {}
    usd = round(amount * COINS["1"][4])
    return {
        "date": str(int(at(one).timestamp())), "totalCirculating": {"peggedUSD": amount},
        "totalCirculatingUSD": {"peggedUSD": usd}, **more,
    }  # fmt: skip


def _coins(day: date) -> Iterator[SamplePayload]:
    """DAI; and USDC on the days on which the pack has none."""
    for coin in ("2", "5"):
        if coin == "5" or not (day.weekday() == 0 or day == SCENARIO_START):
            yield _read("defillama_stablecoin", day, f"stablecoin/{coin}", _coin(coin, day), stablecoin_id=coin)


def _coin(coin: str, day: date) -> dict[str, Any]:
    known_at = at(day, 1, 15, plus_days=1)
    symbol, name, gecko, peg, price = COINS[coin]

    def on(one: date) -> dict[str, int]:
        if coin == "5":
            return {"Ethereum": supply(coin, one, known_at, DEFAULT_SEED)}
        return chain_supply(coin, one, known_at, DEFAULT_SEED)

    def record(one: date, amount: int) -> dict[str, Any]:
        held = round(amount * 0.02)
        return {
            "date": int(at(one).timestamp()) + 11, "circulating": {peg: amount}, "minted": {peg: amount + held},
            "unreleased": {peg: held}, "bridgedTo": {peg: 0},
        }  # fmt: skip

    split = {one: on(one) for one in _shown(day)}
    chains = list(next(iter(split.values())))
    return {
        "id": coin, "name": name, "symbol": symbol, "gecko_id": gecko, "pegType": peg, "price": price,
        "tokens": [record(one, sum(parts.values())) for one, parts in split.items()],
        "chainBalances": {c: {"tokens": [record(one, parts[c]) for one, parts in split.items()]} for c in chains},
        "currentChainBalances": {},
    }  # fmt: skip


def _price(coin: str, *of: object) -> float:
    return round(COINS[coin][4] * (1 + float(rng(DEFAULT_SEED, "llama price", coin, *of).normal(0, 2e-4))), 6)


def _daily_prices(day: date) -> SamplePayload:
    """A coin that no reference knows is among them."""
    body = [
        {"date": int(at(one).timestamp()),
         "prices": {"nobodys-dollar": 1.0, **{name: _price(coin, one) for coin, name in _GECKO.items()}}}
        for one in _shown(day)
    ]  # fmt: skip
    return _read("defillama_stablecoin_prices", day, "stablecoinprices", body)


def _quotes(day: date) -> SamplePayload:
    """The last quotes of the day, each some minutes before its end."""
    stamp = int(at(day, 23, 57).timestamp())
    coins = {
        f"coingecko:{name}": {
            "price": _price(coin, day, "end"), "symbol": COINS[coin][0], "timestamp": stamp + n, "confidence": 0.99,
        }
        for n, (coin, name) in enumerate(_GECKO.items())
    }  # fmt: skip
    return _read("defillama_coin_prices", day, "prices/historical", {"coins": coins})
