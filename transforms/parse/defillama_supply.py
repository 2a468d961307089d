"""What DefiLlama's stablecoin payloads have in common: pegs, stamps, finality and the supply frame.

Belongs here: rules that hold for every shape. Does not belong here: any one shape
(`defillama_series.py`, `defillama_snapshot.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from schemas.feed import Payload, PayloadError, Reject
from schemas.tables import TABLES
from transforms.parse import read

SUPPLY, ASSETS = "core_stablecoins__supply", "core_stablecoins__assets"
ALL_CHAINS = "all"
MEASURES = ("circulating_peg", "minted_peg", "unreleased_peg", "bridged_in_peg", "circulating_usd")

_PEG = re.compile(r"pegged([A-Z]{3})")
_VARIABLE = "VAR"
_HOURS_UNTIL_FINAL = 25
_STAMPED = {
    "stamp": pl.Int64,
    "stablecoin_id": pl.String,
    "chain": pl.String,
    **dict.fromkeys(MEASURES, pl.Float64),
}
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_day").is_null(), "the row's date is not a day"),
    "future_date": (pl.col("_day") > pl.col("_today"), "the day had not begun when the payload was known"),
    "duplicate_grain": (
        pl.col("stamp") != pl.col("stamp").max().over("_day", "stablecoin_id", "chain"),
        "a later record of the same day follows",
    ),
    "not_a_number": (pl.any_horizontal(~pl.col(MEASURES).is_finite()), "the amount is no number"),
}


def peg_currency(peg_type: Any) -> str | None:
    """`peggedUSD` to USD; null where the peg is variable or not named by a currency code."""
    match = _PEG.fullmatch(peg_type) if isinstance(peg_type, str) else None
    return match[1] if match and match[1] != _VARIABLE else None


def amount(amounts: Any, peg_type: str) -> float | None:
    """The amount in one peg; null where the payload has none. Raises `PayloadError` not_a_number."""
    value = amounts.get(peg_type) if isinstance(amounts, dict) else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PayloadError("not_a_number", f"an amount is no number: {value!r}")
    return float(value)


def seconds(stamp: Any) -> int | None:
    """Unix seconds, as number or text; null where the stamp is neither."""
    try:
        return int(stamp)
    except (TypeError, ValueError):
        return None


def stamped(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Rows of `stamp` (unix seconds), stablecoin_id, chain and any of `MEASURES` as a frame."""
    return pl.DataFrame(list(rows), schema=_STAMPED)


def series(frame: pl.DataFrame, payload: Payload) -> tuple[pl.DataFrame, list[Reject]]:
    """Daily supply from stamped rows, in the columns of core_stablecoins__supply, and the rejects.

    Stamps are floored to the UTC day. The newest day of a payload is the live record: preliminary, as
    is a day within an hour of its end. Raises `PayloadError` no_rows.
    """
    if frame.is_empty():
        raise PayloadError("no_rows", "the payload holds no day")
    dated = frame.with_columns(
        _day=pl.from_epoch("stamp", time_unit="s").dt.date(),
        _today=pl.lit(payload.known_at.astimezone(UTC).date()),
    )
    kept, rejects = read.refuse(dated, SUPPLY, _RULES)
    ends_at = pl.col("_day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    settled = ends_at + pl.duration(hours=_HOURS_UNTIL_FINAL) <= pl.lit(payload.known_at)
    is_final = settled & (pl.col("_day") < pl.col("_day").max())
    return shaped(kept.with_columns(fact_date=pl.col("_day"), _is_final=is_final)), rejects


def shaped(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of core_stablecoins__supply from fact_date, keys, measures and `_is_final`.

    `status` is kept where the frame has one; else it is `missing` where no supply is given.
    """
    if "status" not in frame.columns:
        is_empty = pl.all_horizontal(pl.col("circulating_peg", "circulating_usd").is_null())
        frame = frame.with_columns(status=pl.when(is_empty).then(pl.lit("missing")))
    finality = pl.when("_is_final").then(pl.lit("final")).otherwise(pl.lit("preliminary"))
    return frame.select("fact_date", "stablecoin_id", "chain", *MEASURES, "status", finality=finality)


def assets(rows: Iterable[tuple[str, str | None, str | None, str | None]]) -> pl.DataFrame:
    """core_stablecoins__assets from (id, symbol, name, peg currency)."""
    names = ("stablecoin_id", "asset", "asset_name", "peg_currency")
    return pl.DataFrame(list(rows), schema={name: TABLES[ASSETS].schema[name] for name in names}, orient="row")


def known_day(known_at: datetime) -> date:
    """The UTC day of an instant."""
    return known_at.astimezone(UTC).date()
