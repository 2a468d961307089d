"""DefiLlama's list of stablecoins as it is now: supply in dollars, prices, and what each coin is.

Belongs here: `/stablecoins`. Does not belong here: histories (`defillama_series.py`). The list's amounts
are dollars (tokens times the price of the moment), so they never fill a column in units of the peg.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from schemas.feed import Parsed, Payload, PayloadError
from transforms.parse import read
from transforms.parse.defillama_prices import prices_of
from transforms.parse.defillama_supply import (
    ALL_CHAINS,
    ASSETS,
    SUPPLY,
    amount,
    assets,
    known_day,
    peg_currency,
    shaped,
    stamped,
)


def parse_list(payload: Payload) -> Parsed:
    """`/stablecoins`: circulating_usd per coin, on each chain and over `all`, and the coins themselves.

    The day is the UTC day on which the list became known, and always preliminary. Where the price is
    null so is the amount, with status no_price: the source multiplies by it. A price is of the instant at
    which the list became known. Sums by chain over all coins (`chains`) are not taken: they follow from
    the rows. Raises `PayloadError`: unexpected_shape,
    not_a_number, no_rows, and those of `read`.
    """
    body = read.json_body(payload)
    coins = body.get("peggedAssets") if isinstance(body, dict) else None
    if not isinstance(coins, list) or not all(isinstance(c, dict) and c.get("id") for c in coins):
        raise PayloadError("unexpected_shape", "no peggedAssets with ids in the body")
    if not coins:
        raise PayloadError("no_rows", "the list holds no stablecoin")
    rows = stamped(row for coin in coins for row in _rows(coin))
    priceless = [str(coin["id"]) for coin in coins if coin.get("price", 1.0) is None]
    has_price = ~pl.col("stablecoin_id").is_in(priceless)
    usd = pl.when(has_price).then("circulating_usd")
    supply = rows.with_columns(
        fact_date=pl.lit(known_day(payload.known_at)),
        circulating_usd=usd,
        status=pl.when(~has_price).then(pl.lit("no_price")).when(usd.is_null()).then(pl.lit("missing")),
        _is_final=pl.lit(False),
    )
    named = assets(
        (str(coin["id"]), coin.get("symbol"), coin.get("name"), peg_currency(coin.get("pegType"))) for coin in coins
    )
    stamp = int(payload.known_at.timestamp())
    prices = prices_of(((stamp, str(coin["id"]), coin["price"]) for coin in coins if coin.get("price")), payload)
    return Parsed({SUPPLY: shaped(supply), ASSETS: named, **prices.frames}, prices.rejects)


def _rows(coin: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row over all chains, and one for each chain."""
    peg_type = coin.get("pegType") or ""
    by_chain = {ALL_CHAINS: coin.get("circulating")} | {
        chain: balance.get("current") for chain, balance in (coin.get("chainCirculating") or {}).items()
    }
    for chain, amounts in by_chain.items():
        yield {
            "stablecoin_id": str(coin["id"]),
            "chain": chain,
            "circulating_usd": amount(amounts, peg_type),
        }
