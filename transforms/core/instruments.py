"""Which description of an instrument held at an instant.

Belongs here: validity dates from instrument observations, the join to events by their instant, and
which perpetuals are listed as if they were dated.
Does not belong here: reading venues' instrument lists (`transforms/parse/`), arithmetic with contract
values (`transforms/core/notional.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.core.collapse import changed

_KEY = ("venue", "symbol")
_FOREVER_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_DESCRIPTION = (
    "asset",
    "quote_currency",
    "settle_currency",
    "instrument_kind",
    "margin_type",
    "contract_value",
    "contract_value_currency",
    "expires_at",
)


def validity(contracts: pl.DataFrame) -> pl.DataFrame:
    """Observations of `core_instruments__contracts` as descriptions with dates, as in `dim_instruments`.

    The first description of an instrument holds from its listing, or from when it was first known if
    that is earlier or the listing is not known; each further one from when it became known until the
    next. Of one instant the last by feed name counts. Repeats of a description are left out.
    """
    table, tracked = TABLES["dim_instruments"], TABLES["core_instruments__contracts"].tracked
    versions = (
        contracts.sort(*_KEY, "known_at", "source", "raw_sha256")
        .unique([*_KEY, "known_at"], keep="last", maintain_order=True)
        .filter(changed([*_KEY, *tracked]))
    )
    is_first = pl.int_range(pl.len()).over(_KEY) == 0
    listed = pl.min_horizontal("listed_at", "known_at")
    return (
        versions.with_columns(valid_from=pl.when(is_first).then(listed).otherwise("known_at"))
        .with_columns(valid_to=pl.col("valid_from").shift(-1).over(_KEY))
        .with_columns(is_latest=pl.col("valid_to").is_null())
        .select(table.schema.names())
        .cast(table.schema)
    )


def is_in_dated_clothes(symbol: pl.Expr, expires_at: pl.Expr, at: pl.Expr) -> pl.Expr:
    """Whether a contract is perpetual although it has an expiry: by its name, or by how far that is off.

    OKX's X-Perps (BTC-USD_UM_XPERP-310404) say it in their name. Coinbase's (BIP-20DEC30-CDE) only expire
    further off than any dated future on a coin; while they do not, their feed tells by the funding.
    """
    is_named = symbol.str.to_uppercase().str.contains("PERP|SWAP")
    is_far = (expires_at - at) > pl.duration(days=rules.MAX_DATED_DAYS)
    return is_named.fill_null(False) | is_far.fill_null(False)


def as_of_event(events: pl.DataFrame, validity: pl.DataFrame, at: str = "event_at") -> pl.DataFrame:
    """Events with the description of their instrument that held at `at`, in the order of `events`.

    Adds `asset`, `quote_currency`, `settle_currency`, `instrument_kind`, `margin_type`, `contract_value`,
    `contract_value_currency`, `expires_at` and `instrument_known_at`: null where the instrument is not
    known. The first description also serves what happened before it: a venue does not tell what it
    said earlier, and its first word is nearer than none.
    """
    is_first = pl.col("valid_from") == pl.col("valid_from").min().over(_KEY)
    described = validity.select(
        *_KEY,
        *_DESCRIPTION,
        pl.col("known_at").alias("instrument_known_at"),
        pl.when(is_first).then(pl.lit(_FOREVER_AGO)).otherwise("valid_from").alias("valid_from"),
    ).sort("valid_from")
    return (
        events.with_row_index("__order")
        .sort(at)
        .join_asof(described, left_on=at, right_on="valid_from", by=_KEY, check_sortedness=False)
        .sort("__order")
        .drop("__order", "valid_from")
    )
