"""DefiLlama's prices of stablecoins: a price per coin and day, and quotes at an instant.

Belongs here: `/stablecoinprices`, and `/prices/current` and `/prices/historical` of its coins interface. Does not
belong here: the price of the moment in the list of coins (`defillama_snapshot.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Parsed, Payload, PayloadError, Reject
from schemas.stablecoins import BY_GECKO_ID
from schemas.tables import TABLES
from schemas.tables.shared import LINEAGE
from transforms.parse import read
from transforms.parse.defillama_supply import seconds

PRICES = "core_stablecoins__prices"
_ALL_VENUES, _DOLLAR = "all", "USD"
_GECKO = "coingecko:"
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("priced_at").is_null(), "the row's date is not an instant"),
    "future_date": (pl.col("priced_at") > pl.col("_known_at"), "the price is of an instant later than it was known"),
    "not_a_number": (pl.col("price_usd").is_null() | ~pl.col("price_usd").is_finite(), "the price is no number"),
    "no_price": (pl.col("price_usd") <= 0, "a price is more than zero"),
}


def parse_prices(payload: Payload) -> Parsed:
    """`/stablecoinprices`: `[{date, prices{CoinGecko id: price}}]` to core_stablecoins__prices.

    Only coins whose CoinGecko id the reference knows are taken: prices have no other name. Raises
    `PayloadError`: unexpected_shape, no_rows, and those of `read`.
    """
    body = read.json_body(payload)
    if not isinstance(body, list) or not all(isinstance(d, dict) and isinstance(d.get("prices"), dict) for d in body):
        raise PayloadError("unexpected_shape", "stablecoin prices are a list of days with prices")
    told = [
        (seconds(day.get("date")), BY_GECKO_ID[name].stablecoin_id, price)
        for day in body
        for name, price in day["prices"].items()
        if name in BY_GECKO_ID
    ]
    if not told:
        raise PayloadError("no_rows", "no day has a price of a coin that the reference knows")
    return prices_of(told, payload)


def parse_quotes(payload: Payload) -> Parsed:
    """`{coins: {"coingecko:ID": {price, symbol, timestamp, confidence}}}` to core_stablecoins__prices.

    A price is of the quote's own stamp (seconds), which may lie hours from the instant that was asked for. Coins
    that the vendor does not know are left out by it, so a body may hold none. A quote of a coin that the reference
    does not know is a reject. Raises `PayloadError`: unexpected_shape, and those of `read`.
    """
    body = read.json_body(payload)
    coins = body.get("coins") if isinstance(body, dict) else None
    if not isinstance(coins, dict) or not all(isinstance(quote, dict) for quote in coins.values()):
        raise PayloadError("unexpected_shape", "quotes are an object `coins` with an object per coin")
    known = {key: BY_GECKO_ID.get(key.removeprefix(_GECKO)) for key in coins if key.startswith(_GECKO)}
    told = [
        (seconds(coins[key].get("timestamp")), coin.stablecoin_id, coins[key].get("price"))
        for key, coin in known.items()
        if coin
    ]
    rejects = [
        Reject(PRICES, "unknown_stablecoin", "the reference does not name this coin", {"coin": key, **quote})
        for key, quote in coins.items()
        if known.get(key) is None
    ]
    parsed = prices_of(told, payload)
    return Parsed(parsed.frames, [*parsed.rejects, *rejects])


def prices_of(told: Iterable[tuple[int | None, str, object]], payload: Payload) -> Parsed:
    """core_stablecoins__prices from (unix seconds, stablecoin_id, price), the vendor's over all venues."""
    rows = [(stamp, identity, _number(price)) for stamp, identity, price in told]
    schema = {"stamp": pl.Int64, "stablecoin_id": pl.String, "price_usd": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        priced_at=pl.from_epoch("stamp", time_unit="s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        _known_at=pl.lit(payload.known_at).cast(UTC_INSTANT),
    )
    kept, rejects = read.refuse(frame, PRICES, _RULES)
    shaped = kept.with_columns(
        fact_date=pl.col("priced_at").dt.date(),
        venue=pl.lit(_ALL_VENUES),
        symbol=pl.lit(_DOLLAR),
        volume_usd=pl.lit(None, pl.Float64),
        status=pl.lit(None, pl.String),
        finality=pl.lit("final"),
    )
    return Parsed({PRICES: shaped.select(name for name in TABLES[PRICES].column_names if name not in LINEAGE)}, rejects)


def _number(price: object) -> float | None:
    """A price as number or as text; None where it is neither."""
    if isinstance(price, bool) or not isinstance(price, int | float | str):
        return None
    try:
        return float(price)
    except ValueError:
        return None
