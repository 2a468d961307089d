"""Basis of one dated contract at one instant: its rates, and whether it may have one.

Belongs here: annualisation, eligibility and the measures that follow from a quote, its index and its
contract (METHOD §3). Does not belong here: which quote is the day's (`basis.py`), or tenors
(`term_structure.py`).
"""

from __future__ import annotations

import polars as pl

from schemas import rules
from schemas.column import UTC_INSTANT
from transforms.core.exact import divided
from transforms.core.instruments import is_in_dated_clothes

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
# Growth, count of the time to expiry, days in the year; the first three are stored.
CONVENTIONS: dict[str, tuple[str, str, int]] = {
    "simple_act365": ("simple", "exact", 365),
    "compound_act365": ("compound", "exact", 365),
    "log_act365": ("log", "exact", 365),
    "simple_act360": ("simple", "exact", 360),
    "simple_act365_whole_days": ("simple", "whole_days", 365),
    "simple_act365_calendar_days": ("simple", "calendar_days", 365),
}
# What `measured` takes a column for that a frame does not have.
_DEFAULTS: dict[str, pl.Expr] = {
    "venue": pl.lit(None, pl.String()),
    "instrument_kind": pl.when(pl.col("expires_at").is_null()).then(pl.lit("perpetual")).otherwise(pl.lit("dated")),
    "margin_type": pl.lit("linear"),
    "contract_value": pl.lit(None, pl.Float64()),
    "contract_value_currency": pl.lit(None, pl.String()),
    "index_at": pl.col("quoted_at"),
    "open_interest_native": pl.lit(None, pl.Float64()),
}


def annualise(
    future: pl.Expr, spot: pl.Expr, quoted_at: pl.Expr, expires_at: pl.Expr, convention: str = "simple_act365"
) -> pl.Expr:
    """The annualised basis of a future, fraction per year, by a convention of `CONVENTIONS`.

    With r = F/S and t the time to expiry in years: simple (r − 1)/t, compound r^(1/t) − 1, log ln(r)/t.
    A year has 365 or 360 days; t counts exact seconds, whole elapsed days, or the difference of the UTC
    dates. The headline is `simple_act365`; those that are not stored serve to compare with who uses them.
    Null at or past expiry, without positive prices, or where the result is no number. Raises `KeyError`
    for an unknown convention.
    """
    growth, count, days = CONVENTIONS[convention]
    ratio, years = divided(future, spot), divided(_micros(quoted_at, expires_at, count), days * _DAY)
    log = divided(ratio.log(), years)
    # Compound not as a power: Polars multiplies or takes a root where one small exponent is all rows'.
    rate = {"simple": divided(ratio - 1, years), "compound": log.exp() - 1, "log": log}[growth]
    return pl.when(_is_price(future) & _is_price(spot) & (years > 0) & rate.is_finite()).then(rate)


def measured(contracts: pl.DataFrame) -> pl.DataFrame:
    """Contracts with days, skew, `status`, rates, open interest in coin, and whether they are nodes.

    Needs symbol, expires_at, quoted_at (UTC instants), future_price and index_price. Where a frame has
    no settlement_window_minutes, the venue's applies, and without a venue none; no instrument_kind: dated
    if it expires; no margin_type: linear; no index_at: the quote's own instant; without
    open_interest_native or contract_value there is no open interest.

    Adds days_to_expiry, index_skew_seconds, status (see `eligibility`), basis_ratio (F/S − 1),
    basis_annualised_ratio, basis_compound_ratio, basis_log_ratio (fractions per year),
    open_interest_coin (one side) and is_node. Only a contract without a status has annualised rates; one
    under seven days still is a node, since there its noise counts times its few days.
    """
    missing = {name: default for name, default in _DEFAULTS.items() if name not in contracts.columns}
    quoted_at, expires_at = pl.col("quoted_at"), pl.col("expires_at")
    future, spot = pl.col("future_price"), pl.col("index_price")
    typed = (pl.col("expires_at").cast(UTC_INSTANT), pl.col("future_price", "index_price").cast(pl.Float64))
    defined = contracts.with_columns(*typed)
    defined = defined.with_columns(**missing)
    if "settlement_window_minutes" not in defined.columns:
        defined = defined.with_columns(settlement_window_minutes=_by_venue(rules.SETTLEMENT_WINDOW_MINUTES, 0))
    timed = defined.with_columns(
        days_to_expiry=divided(_micros(quoted_at, expires_at), _DAY),
        index_skew_seconds=divided(_micros(quoted_at, pl.col("index_at")).abs(), _SECOND),
    ).with_columns(status=eligibility())
    status = pl.col("status")

    def rate(convention: str) -> pl.Expr:
        return pl.when(status.is_null()).then(annualise(future, spot, quoted_at, expires_at, convention))

    return timed.with_columns(
        basis_ratio=pl.when(status.is_null() | status.is_in(["under_1_day", "under_7_days"])).then(
            divided(future, spot) - 1
        ),
        basis_annualised_ratio=rate("simple_act365"),
        basis_compound_ratio=rate("compound_act365"),
        basis_log_ratio=rate("log_act365"),
        open_interest_coin=_open_interest_coin(),
        is_node=status.is_null() | (status == "under_7_days"),
    )


def eligibility() -> pl.Expr:
    """Why a contract has no annualised rate: the first rule that applies; null where it has one.

    Perpetual (also by its name, or by an expiry further off than any dated future's), no instrument,
    expired, no price, no index, index more than 60 s away, inside the settlement-averaging window of its
    venue, less than 1 day, less than 7 days. Reads the columns that `measured` has by then.
    """
    left = _micros(pl.col("quoted_at"), pl.col("expires_at"))
    window = pl.col("settlement_window_minutes") * 60 * _SECOND
    disguised = is_in_dated_clothes(pl.col("symbol"), pl.col("expires_at"), pl.col("quoted_at"))
    conditions = {
        "perpetual": (pl.col("instrument_kind") == "perpetual") | disguised,
        "no_instrument": pl.col("instrument_kind").is_null() | pl.col("expires_at").is_null(),
        "expired": left <= 0,
        "missing_price": ~_is_price(pl.col("future_price")),
        "missing_index": ~_is_price(pl.col("index_price")),
        "stale_index": pl.col("index_skew_seconds") > rules.MAX_INDEX_SKEW_SECONDS,
        "settlement_window": left <= window,
        "under_1_day": left < rules.MIN_NODE_DAYS * _DAY,
        "under_7_days": left < rules.MIN_ANNUALISED_DAYS * _DAY,
    }
    return pl.coalesce(pl.when(holds).then(pl.lit(code)) for code, holds in conditions.items())


def _by_venue(numbers: dict[str, int], default: int) -> pl.Expr:
    return pl.col("venue").replace_strict(numbers, default=default, return_dtype=pl.Int64).fill_null(default)


def _is_price(price: pl.Expr) -> pl.Expr:
    return (price.is_finite() & (price > 0)).fill_null(False)


def _micros(start: pl.Expr, end: pl.Expr, count: str = "exact") -> pl.Expr:
    """Microseconds between two instants, or those of the days counted between them."""
    exact = (end - start).dt.total_microseconds()
    if count == "whole_days":
        return exact // _DAY * _DAY
    if count == "calendar_days":
        return (end.dt.date() - start.dt.date()).dt.total_days() * _DAY
    return exact


def _open_interest_coin() -> pl.Expr:
    """Open interest in coin, one side: native × contract value, over the price where that is in dollars."""
    sides = _by_venue(rules.OPEN_INTEREST_SIDES, 1)
    value = pl.col("open_interest_native") * pl.col("contract_value") / sides
    price = pl.when(_is_price(pl.col("future_price"))).then(pl.col("future_price"))
    is_usd_faced = (pl.col("margin_type") == "inverse") | pl.col("contract_value_currency").is_in(rules.USD_QUOTES)
    return pl.when(is_usd_faced).then(divided(value, price)).when(pl.col("margin_type") == "linear").then(value)
