"""Coinbase: dated and perpetual futures of its US derivatives exchange.

Belongs here: Coinbase's field names. Does not belong here: spot products, candles, or funding rates.
Field meanings: Coinbase Advanced Trade documentation, public market products.
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read, venue
from transforms.parse.venue import Record, Rule

_VENUE = "coinbase"
_DETAILS = ("contract_root_unit", "contract_size", "contract_expiry", "time_to_expiry_ms", "funding_interval",
            "open_interest", "index_price", "non_crypto", "contract_display_name")  # fmt: skip


def parse_futures_products(payload: Payload) -> Parsed:
    """`/market/products` with product_type=FUTURE to instruments, quotes and index prices.

    The body has no stamp of its own, but each product says how far off its expiry is: the quote's
    instant is the expiry less that. The price is the middle of bid and ask, else the last trade, and the
    index stands beside the future or, for dated ones, in the row of a perpetual on the same asset. A
    product with a funding interval is perpetual whatever its expiry (BIP-20DEC30-CDE). Products that are
    no coins' futures are rejected. Raises `PayloadError` for a body without `products`.
    """
    records = _products(payload)
    shaped = _shaped(records)
    rules = (
        Rule("not_a_future", pl.col("product_type") != "FUTURE", "a spot product"),
        Rule("not_crypto", pl.col("non_crypto") == "True", "a future on something other than a coin"),
        venue.missing("asset", "unknown_pair", "contract_root_unit"),
    )
    has_index = shaped.filter(pl.col("index_price").is_not_null()).unique(
        ["asset", "quote_currency", "quoted_at"], maintain_order=True
    )
    return venue.merged(
        (
            venue.contracts(shaped, records, (*rules, venue.missing("contract_value", "bad_number", "contract_size"))),
            venue.quotes(payload, shaped, records, (*rules, venue.missing("future_price", "bad_number", "price"))),
            venue.indexes(payload, has_index, records, rules),
        )
    )


def _shaped(records: list[Record]) -> pl.DataFrame:
    """The products with the columns of all three tables."""
    raw = venue.fields(records, ("product_id", "product_type", "price", "mid_market_price", "quote_currency_id",
                                 *_DETAILS))  # fmt: skip
    expiry = pl.col("contract_expiry").str.to_datetime(time_zone="UTC", time_unit="us", strict=False)
    left = pl.col("time_to_expiry_ms").cast(pl.Int64(), strict=False)
    is_perpetual = pl.col("funding_interval").is_not_null() | pl.col("contract_display_name").str.contains("PERP")
    index = pl.when(venue.number("index_price") > 0).then(venue.number("index_price"))
    return raw.with_columns(
        quoted_at=(expiry - pl.duration(milliseconds=left)).cast(UTC_INSTANT),
        venue=pl.lit(_VENUE),
        symbol=pl.col("product_id"),
        asset=venue.canonical("contract_root_unit"),
        quote_currency=pl.col("quote_currency_id"),
        settle_currency=pl.col("quote_currency_id"),
        instrument_kind=pl.when(is_perpetual).then(pl.lit("perpetual")).otherwise(pl.lit("dated")),
        margin_type=pl.lit("linear"),
        contract_value=venue.number("contract_size"),
        contract_value_currency=venue.canonical("contract_root_unit"),
        listed_at=pl.lit(None, UTC_INSTANT),
        expires_at=expiry.cast(UTC_INSTANT),
        future_price=pl.coalesce(venue.number("mid_market_price"), venue.number("price")),
        price_kind=pl.lit("mark"),
        open_interest_native=venue.number("open_interest"),
    ).with_columns(index_price=index, index_at=pl.when(index.is_not_null()).then("quoted_at"))


def _products(payload: Payload) -> list[Record]:
    """The products with the details of their contract beside their own fields."""
    body = read.json_body(payload)
    if not isinstance(body, dict) or "products" not in body:
        raise PayloadError("unexpected_shape", "no `products`: not a list of Coinbase products")
    products = venue.objects(body["products"], "products")
    return [{**product, **_details(product)} for product in products]


def _details(product: Record) -> Record:
    details = product.get("future_product_details")
    return {name: details.get(name) for name in _DETAILS} if isinstance(details, dict) else {}


_SHAPE = (
    Shape(
        ("products", "products.*"),
        {**texts("product_id", "product_type", "quote_currency_id"), **numbers("price", "mid_market_price")},
        values={"product_type": one_of("FUTURE", "SPOT")},
    ),
    Shape(
        ("products.future_product_details", "products.*.future_product_details"),
        {
            **texts("contract_root_unit", "contract_expiry", "funding_interval", "contract_display_name"),
            **numbers("contract_size", "time_to_expiry_ms", "open_interest", "index_price"),
            "non_crypto": "flag",
        },
    ),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coinbase_futures_products",
        source="coinbase",
        title="Coinbase futures: contracts, prices, index and open interest",
        tables=(venue.CONTRACTS, venue.QUOTES, venue.INDEXES),
        parse=parse_futures_products,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://api.coinbase.com/api/v3/brokerage/market/products?product_type=FUTURE",
        licence=venue.LICENCE,
        shape=_SHAPE,
    ),
)
