"""Deribit: instruments, book summaries of futures, index prices.

Belongs here: Deribit's field names and units. Does not belong here: option chains, volatility, funding
and trades (`deribit_series.py`). Field meanings: Deribit API v2 documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read, venue
from transforms.parse.venue import Record, Rule

_VENUE = "deribit"
_KINDS = ("future", "option", "spot")
_MARGIN = {"reversed": "inverse", "linear": "linear"}

FUTURE_SYMBOL = r"^[A-Z0-9]+(_[A-Z]+)?-(PERPETUAL|\d{1,2}[A-Z]{3}\d{2})$"
LINEAR_SYMBOL = r"^[A-Z0-9]+_[A-Z]+-"


def result(payload: Payload) -> tuple[dict[str, Any], Any]:
    """The body and its `result`. Raises `PayloadError("error_envelope")` for `{"error": …}`."""
    body = read.json_body(payload)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        raise venue.envelope_error("Deribit", body["error"].get("code"), body["error"].get("message"))
    if not isinstance(body, dict) or "result" not in body:
        raise PayloadError("unexpected_shape", "no `result`: not a Deribit body")
    return body, body["result"]


def parse_instruments(payload: Payload) -> Parsed:
    """`get_instruments`, or `get_instrument` of one, to instruments.

    One unit of a reversed future is 1 USD: Deribit counts amounts and open interest in USD there, and
    `contract_size` (10) is only the lot. One unit of a linear future or of any option is one coin.
    Combos are rejected: they are orders on several instruments.
    """
    records = venue.objects(result(payload)[1], "result")
    raw = venue.fields(
        records,
        ("instrument_name", "kind", "instrument_type", "settlement_period", "expiration_timestamp",
         "creation_timestamp", "base_currency", "quote_currency", "settlement_currency"),
    )  # fmt: skip
    future, option = pl.col("kind") == "future", pl.col("kind") == "option"
    reversed_future = future & (pl.col("instrument_type") == "reversed")
    shaped = raw.with_columns(
        venue=pl.lit(_VENUE),
        symbol=pl.col("instrument_name"),
        asset=venue.canonical("base_currency"),
        settle_currency=pl.col("settlement_currency"),
        instrument_kind=_kind(),
        margin_type=pl.col("instrument_type").replace_strict(_MARGIN, default=None),
        contract_value=pl.when(future | option).then(pl.lit(1.0)),
        contract_value_currency=(
            pl.when(reversed_future).then(pl.col("quote_currency"))
            .when(future | option).then(venue.canonical("base_currency"))
        ),
        listed_at=venue.instant("creation_timestamp"),
        expires_at=venue.expiry("expiration_timestamp"),
    )  # fmt: skip
    rules = (
        Rule(
            "not_an_instrument",
            ~pl.col("kind").is_in(_KINDS) | pl.col("kind").is_null(),
            "a combo, or unknown",
        ),
        Rule("unknown_margin", future & pl.col("margin_type").is_null(), "instrument_type is not known"),
    )
    return venue.contracts(shaped, records, rules)


def _kind() -> pl.Expr:
    """The kind of an instrument: a future that never expires, or settles perpetually, is perpetual."""
    future = pl.col("kind") == "future"
    never = venue.instant("expiration_timestamp").is_not_null() & venue.expiry("expiration_timestamp").is_null()
    return (
        pl.when(future & (never | (pl.col("settlement_period") == "perpetual"))).then(pl.lit("perpetual"))
        .when(future).then(pl.lit("dated"))
        .otherwise(pl.col("kind"))
    )  # fmt: skip


def parse_book_summary(payload: Payload) -> Parsed:
    """`get_book_summary_by_currency` with kind=future to quotes at `creation_timestamp`.

    Dated contracts and perpetuals alike. The index is `underlying_price`, else
    `estimated_delivery_price`, which is the index until the settlement average begins. `open_interest`
    is kept as given: USD for reversed, coins for linear. Options and combos among futures are rejected;
    without any future: `PayloadError("not_futures")`.
    """
    rows = venue.objects(result(payload)[1], "result")
    raw = venue.fields(
        rows,
        ("instrument_name", "mark_price", "underlying_price", "estimated_delivery_price", "open_interest",
         "creation_timestamp"),
    )  # fmt: skip
    is_future = pl.col("instrument_name").str.contains(FUTURE_SYMBOL)
    if rows and not raw.select(is_future.any()).item():
        raise PayloadError("not_futures", "book summaries of options or combos, not of futures")
    index = pl.coalesce(venue.number("underlying_price"), venue.number("estimated_delivery_price"))
    shaped = raw.with_columns(
        quoted_at=venue.instant("creation_timestamp"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instrument_name"),
        future_price=venue.number("mark_price"),
        price_kind=pl.lit("mark"),
        index_price=index,
        index_at=pl.when(index.is_not_null()).then(venue.instant("creation_timestamp")),
        open_interest_native=venue.number("open_interest"),
    )
    rules = (
        Rule("not_a_future", ~is_future, "an option or a combo"),
        venue.missing("future_price", "bad_number", "mark price"),
        Rule(
            "bad_number",
            venue.unreadable("open_interest", pl.col("open_interest_native")),
            "bad open interest",
        ),
    )
    return venue.quotes(payload, shaped, rows, rules)


def parse_index(payload: Payload) -> Parsed:
    """`get_index_price` to one index price at the server's `usOut`.

    The body does not name its index: the parameter `index_name` does (btc_usd). Raises
    `PayloadError("missing_parameter")` without it.
    """
    asset, _, quote = payload.params.get("index_name", "").upper().partition("_")
    if not (asset and quote):
        raise PayloadError("missing_parameter", "index_name is needed, for example btc_usd")
    body, found = result(payload)
    record: Record = {
        **venue.objects(found, "result")[0],
        "usOut": body.get("usOut"),
        "asset": asset,
        "quote": quote,
    }
    shaped = venue.fields([record], ("index_price", "usOut", "asset", "quote")).with_columns(
        quoted_at=venue.instant("usOut"),
        venue=pl.lit(_VENUE),
        asset=venue.canonical("asset"),
        quote_currency=pl.col("quote"),
        index_price=venue.number("index_price"),
    )
    return venue.indexes(payload, shaped, [record])


_INSTRUMENT_SHAPE = Shape(
    ("result", "result.*"),
    {
        **texts("instrument_name", "kind", "instrument_type", "settlement_period", "base_currency", "quote_currency",
                "settlement_currency"),
        **numbers("expiration_timestamp", "creation_timestamp"),
    },
    # Spot pairs have none of the two.
    optional=one_of("settlement_period", "settlement_currency"),
    values={
        "kind": one_of(*_KINDS, "future_combo", "option_combo"),
        "instrument_type": one_of(*_MARGIN),
        "settlement_period": one_of("perpetual", "hour", "day", "week", "month", "quarter"),
    },
)  # fmt: skip
_SUMMARY_SHAPE = Shape(
    ("result", "result.*"),
    {
        **texts("instrument_name"),
        **numbers("mark_price", "underlying_price|estimated_delivery_price", "open_interest", "creation_timestamp"),
    },
    # Without an index a quote is one all the same.
    optional=one_of("underlying_price|estimated_delivery_price"),
)
_INDEX_SHAPE = (Shape("result", numbers("index_price")), Shape("", numbers("usOut")))


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="deribit_instruments",
        source="deribit",
        title="Deribit instruments",
        tables=(venue.CONTRACTS,),
        parse=parse_instruments,
        cadence="daily snapshot per currency; expired contracts soon vanish from it",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_instruments",
        licence=venue.LICENCE,
        shape=_INSTRUMENT_SHAPE,
    ),
    Feed(
        name="deribit_book_summary",
        source="deribit",
        title="Deribit book summaries of futures",
        tables=(venue.QUOTES,),
        parse=parse_book_summary,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_book_summary_by_currency?kind=future",
        licence=venue.LICENCE,
        shape=_SUMMARY_SHAPE,
    ),
    Feed(
        name="deribit_index",
        source="deribit",
        title="Deribit index prices",
        tables=(venue.INDEXES,),
        parse=parse_index,
        cadence="snapshot, taken with the book summaries",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_index_price",
        licence=venue.LICENCE,
        params={"index_name": "which index the body is of, for example btc_usd"},
        shape=_INDEX_SHAPE,
    ),
)
