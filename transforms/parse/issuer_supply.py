"""What the statements of stablecoin issuers have in common: amounts, the day of a stamp, the supply frame.

Belongs here: rules that hold for every issuer. Does not belong here: any one issuer (`tether.py`,
`circle.py`).

An issuer tells what it minted on each chain and not what bridges moved between them. So it gives the
supply over all chains, and on a chain only what it minted there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from schemas.feed import PayloadError
from schemas.stablecoins import CHAIN_NAMES
from schemas.tables import TABLES
from schemas.tables.shared import LINEAGE

SUPPLY = "core_stablecoins__supply"
ALL_CHAINS = "all"
# Statements of one instant add up to the last coin; more than this is another field, or another meaning.
TOTAL_TOLERANCE_RATIO = 0.005
_AROUND_MIDNIGHT = timedelta(hours=1)
_DAY = timedelta(days=1)


def amount(value: Any) -> float | None:
    """A number that comes as number or as text, with or without thousands' commas; null stays null.

    Raises `PayloadError` not_a_number.
    """
    if value is None or value == "":
        return None
    try:
        found = float(value.replace(",", "")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if isinstance(value, bool) or not math.isfinite(found):
        raise PayloadError("not_a_number", f"an amount is no number: {value!r}")
    return found


def day_of(stamp: datetime, known_at: datetime) -> tuple[date, str]:
    """The day whose supply a statement gives, and its finality.

    Supply of a day is that at 00:00 UTC, at which it begins. A statement of up to an hour before or after
    is that of the midnight, and final; any other is the live one of its day. Raises `PayloadError`
    future_date for a stamp later than `known_at`.
    """
    instant = stamp.astimezone(UTC)
    if instant > known_at:
        raise PayloadError("future_date", f"the statement is stamped {instant}, later than it was known")
    next_midnight = datetime(instant.year, instant.month, instant.day, tzinfo=UTC) + _DAY
    if next_midnight - instant <= _AROUND_MIDNIGHT and next_midnight <= known_at:
        return next_midnight.date(), "final"
    is_after_midnight = instant - (next_midnight - _DAY) <= _AROUND_MIDNIGHT
    return instant.date(), "final" if is_after_midnight else "preliminary"


def chain_name(name: str) -> str:
    """The chain's name in this warehouse."""
    return CHAIN_NAMES.get(name, name)


def check_total(what: str, parts: float, stated: float | None) -> None:
    """Raise `PayloadError` total_mismatch where the parts do not add up to the stated total."""
    if stated is not None and abs(parts - stated) > TOTAL_TOLERANCE_RATIO * abs(stated):
        raise PayloadError("total_mismatch", f"{what}: the chains sum to {parts:,.0f}, stated are {stated:,.0f}")


def supply_frame(rows: Iterable[dict[str, Any]], day: date, finality: str) -> pl.DataFrame:
    """core_stablecoins__supply from rows of stablecoin_id, chain and measures; a chain is `minted_only`."""
    schema = {name: dtype for name, dtype in TABLES[SUPPLY].schema.items() if name not in LINEAGE}
    filled = [
        {"status": None if row.get("circulating_peg") is not None else "minted_only"}
        | row
        | {"fact_date": day, "finality": finality}
        for row in rows
    ]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in filled], schema=schema)
