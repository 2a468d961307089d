"""CoinGecko's totals and rankings, simulated: some coins of each set, one of them with nothing known but a price."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.payload import at, payload, rng

# id: symbol, name, price, circulating supply; a supply of None is not known.
_COINS: dict[str, tuple[str, str, float, float | None]] = {
    "bitcoin": ("btc", "Bitcoin", 90_000.0, 19.96e6),
    "ethereum": ("eth", "Ethereum", 3_000.0, 120.7e6),
    "tether": ("usdt", "Tether", 1.0, 186e9),
    "usd-coin": ("usdc", "USDC", 1.0, 75e9),
    "solana": ("sol", "Solana", 130.0, 560e6),
    "staked-ether": ("steth", "Lido Staked Ether", 2_999.0, 8.6e6),
    "wrapped-bitcoin": ("wbtc", "Wrapped Bitcoin", 89_900.0, 125_000.0),
    "namesake": ("btc", "Namesake", 0.004, None),
}
_SETS: dict[str, tuple[str, ...]] = {
    "all": tuple(_COINS),
    "stablecoins": ("tether", "usd-coin"),
    "wrapped-tokens": ("wrapped-bitcoin",),
    "liquid-staking-tokens": ("staked-ether",),
}


def payloads(day: date) -> list[SamplePayload]:
    """The reads at 00:20 UTC on the next day."""
    known_at = at(day, 0, 20, plus_days=1)
    totals = payload("coingecko_global", f"coingecko/global#{day}", _totals(day, known_at), known_at, day)
    rankings = [
        payload(
            "coingecko_markets",
            f"coingecko/coins/markets?category={category}#{day}",
            [_coin(identity, day, known_at) for identity in coins],
            known_at,
            day,
            category=category,
        )
        for category, coins in _SETS.items()
    ]
    return [totals, *rankings]


def _price(identity: str, day: date) -> float:
    return round(_COINS[identity][2] * (1 + float(rng(DEFAULT_SEED, "coingecko", identity, day).normal(0, 0.02))), 6)


def _coin(identity: str, day: date, known_at: datetime) -> dict[str, Any]:
    symbol, name, _, supply = _COINS[identity]
    price = _price(identity, day)
    changes = rng(DEFAULT_SEED, "coingecko changes", identity, day).normal(0, 6, 3).round(5).tolist()
    return {
        "id": identity, "symbol": symbol, "name": name, "image": "https://assets.coingecko.com/x.png",
        "current_price": price, "market_cap": round(price * supply) if supply else 0,
        "market_cap_rank": list(_COINS).index(identity) + 1 if supply else None,
        "fully_diluted_valuation": round(price * supply) if supply else None, "total_volume": round(price * 1e5),
        "circulating_supply": supply or 0.0, "total_supply": supply, "max_supply": None,
        "last_updated": known_at.replace(minute=19, second=7).strftime("%Y-%m-%dT%H:%M:%S.641Z"),
        "price_change_percentage_24h_in_currency": changes[0],
        "price_change_percentage_30d_in_currency": changes[2] if supply else None,
        "price_change_percentage_7d_in_currency": changes[1],
    }  # fmt: skip


def _totals(day: date, known_at: datetime) -> dict[str, Any]:
    values = {name: _price(name, day) * (supply or 0) for name, (_, _, _, supply) in _COINS.items()}
    whole = sum(values.values())
    return {
        "data": {
            "active_cryptocurrencies": 17_000 + day.day, "upcoming_icos": 0, "ongoing_icos": 49, "ended_icos": 3376,
            "markets": 1_400, "total_market_cap": {"btc": 3.4e7, "usd": whole},
            "total_volume": {"btc": 1.2e6, "usd": whole / 20},
            "market_cap_percentage": {"btc": values["bitcoin"] / whole * 100, "eth": values["ethereum"] / whole * 100},
            "market_cap_change_percentage_24h_usd": round((day.day - 15) / 7, 6),
            "updated_at": int(known_at.timestamp()) - 432,
        }
    }  # fmt: skip
