"""How far a stablecoin trades from its peg (METHOD §7).

Belongs here: prices in dollars from pairs and crosses, the volume floor, the volume-weighted median and
mean, the deviation in basis points, as of each instant. Does not belong here: supply.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.rules import PEG_MIN_VOLUME_USD
from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.facts.vintage_cuts import cuts, drop_unchanged

_PEGS = TABLES["core_stablecoins__pegs"]
_KEY = ("fact_date", "stablecoin_id")
_BOOK = ("source", "venue", "symbol")
_TRACKED = ("price_usd", "vwap_usd", "priced_at", "n_quotes", "n_excluded", "source")
_BPS = 10_000.0
_LAST = 1_000_000
VENDOR_PRICE, WEIGHTED_MEDIAN = "vendor_price", "volume_weighted_median"


def deviation_bps(price: pl.Expr) -> pl.Expr:
    """(price − 1) × 10,000 in basis points, negative below the peg; `price` in units of the peg's currency."""
    return (price - 1) * _BPS


def usd_prices(quotes: pl.DataFrame, asset: str) -> pl.DataFrame:
    """Add price_usd of `asset`: from a dollar pair as it stands, from a cross by the other coin's dollars.

    `quotes`: pair ("BASE/QUOTE"), price (units of quote per base) and, for crosses, cross_usd, the dollar price
    of the coin that `asset` is paired with. Null where a cross has none, where the price is not positive, or
    the pair is not one of `asset`.
    """
    if "cross_usd" not in quotes.columns:
        quotes = quotes.with_columns(cross_usd=pl.lit(None, pl.Float64))
    base, quote = pl.col("pair").str.split("/").list.get(0), pl.col("pair").str.split("/").list.get(1)
    price, other_usd = pl.col("price"), pl.col("cross_usd").cast(pl.Float64)
    in_usd = (
        pl.when((base == asset) & (quote == "USD"))
        .then(price)
        .when(base == asset)
        .then(price * other_usd)
        .when(quote == asset)
        .then(divided(other_usd, price))
    )
    return quotes.with_columns(price_usd=pl.when(price > 0).then(in_usd))


def is_thin(min_volume_usd: float = PEG_MIN_VOLUME_USD) -> pl.Expr:
    """True for a quote that is left out: `volume_usd` unknown or below the floor, or without `price_usd`."""
    return (pl.col("price_usd").is_null() | (pl.col("volume_usd") < min_volume_usd)).fill_null(True)


def weighted_median(value: pl.Expr, weight: pl.Expr) -> pl.Expr:
    """The least value at which the weights, added up from below, reach half of their sum; null if none is given."""
    running = weight.sort_by(value).cum_sum()
    return value.sort().filter(running >= weight.sum() / 2).first()


def weighted_mean(value: pl.Expr, weight: pl.Expr) -> pl.Expr:
    """Σ value × weight / Σ weight; null where the weights sum to zero."""
    return pl.when(weight.sum() > 0).then(divided((value * weight).sum(), weight.sum()))


def peg(quotes: pl.DataFrame, min_volume_usd: float = PEG_MIN_VOLUME_USD) -> pl.DataFrame:
    """The peg of one coin from its books: one row, `thin_market` and nulls where every book is too thin.

    `quotes`: price_usd and volume_usd. Columns: price_usd (the volume-weighted median: the headline),
    vwap_usd, deviation_bps and vwap_deviation_bps, n_quotes used, n_excluded, status. The median stands where
    one large book is wrong; the mean moves with it.
    """
    return quotes.select(_books(is_thin(min_volume_usd))).with_columns(
        deviation_bps=deviation_bps(pl.col("price_usd")),
        vwap_deviation_bps=deviation_bps(pl.col("vwap_usd")),
        status=pl.when(pl.col("price_usd").is_null()).then(pl.lit("thin_market")),
    )


def _books(is_left_out: pl.Expr) -> list[pl.Expr]:
    """Median, mean and counts over the books that are not left out."""
    price, volume = (pl.col(name).filter(~is_left_out) for name in ("price_usd", "volume_usd"))
    return [
        weighted_median(price, volume).alias("price_usd"),
        weighted_mean(price, volume).alias("vwap_usd"),
        (~is_left_out).sum().alias("n_quotes"),
        is_left_out.sum().alias("n_excluded"),
    ]


def peg_daily(prices: pl.DataFrame, priority: Mapping[str, int]) -> pl.DataFrame:
    """Rows of `core_stablecoins__pegs` from `core_stablecoins__prices`, one per recorded change.

    Of each book the last price of the day counts. Where books with volumes are known, the price is their
    volume-weighted median over the floor; else it is the last price of the best vendor by `priority` (a
    feed that is not in it comes last). `priced_at` is the newest instant among the prices used.
    """
    key = ["recorded_at", *_KEY]
    rank = pl.col("source").replace_strict(priority, default=_LAST, return_dtype=pl.Int64)
    last = (
        prices.join(cuts(prices, _KEY), on=list(_KEY))
        .filter(pl.col("known_at") <= pl.col("recorded_at"))
        .sort(*key, *_BOOK, "priced_at", "known_at")
        .unique([*key, *_BOOK], keep="last", maintain_order=True)
        .sort(*key, rank, *_BOOK)
    )
    has_books = pl.col("volume_usd").is_not_null().any().over(key)
    books, vendors = last.filter(has_books), last.filter(~has_books)
    told = [
        pl.col("priced_at").filter(~is_thin()).max().fill_null(pl.col("priced_at").max()),
        pl.col("source").filter(~is_thin()).max().fill_null(pl.col("source").max()),
        pl.col("is_simulated").any(),
    ]
    from_books = books.group_by(key).agg(*_books(is_thin()), *told, peg_method=pl.lit(WEIGHTED_MEDIAN))
    from_vendors = (
        vendors.drop_nulls("price_usd")
        .unique(key, keep="first", maintain_order=True)
        .with_columns(vwap_usd=None, n_quotes=1, n_excluded=0, peg_method=pl.lit(VENDOR_PRICE))
    )
    names = _PEGS.schema.names()
    rows = pl.concat([frame.select(names).cast(_PEGS.schema) for frame in (from_books, from_vendors)])
    return drop_unchanged(rows, _KEY, _TRACKED).sort(_PEGS.grain)
