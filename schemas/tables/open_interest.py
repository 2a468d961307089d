"""Tables of open interest: observations, what is derived from them, and the facts."""

from __future__ import annotations

import polars as pl

from schemas.column import Column, OneOf
from schemas.table import Table
from schemas.tables.shared import DERIVED, GRADED, OBSERVED

_INPUTS = ("core_open_interest__observations", "core_futures__quotes", "core_instruments__contracts")
_KEY = ("venue", "symbol", "asset")
_SERIES = Column(
    "series",
    pl.String(),
    "none",
    "One contract, or a vendor's total over an asset's contracts: never added together.",
    checks=(OneOf(("contract", "vendor_total")),),
)
_LEVEL = (
    "margin_type",
    "series",
    "open_interest_native",
    "size_unit",
    "open_interest_coin",
    "open_interest_usd",
    "mark_price",
    "mark_at",
    "sampled_at",
)
_CHANGE = (
    "change_coin",
    "change_usd",
    "price_effect_usd",
    "quantity_effect_usd",
    "price_effect_coin",
    "quantity_effect_coin",
)
_STATE = ("status", "finality", "source", "recorded_at", "is_simulated")
_TOTALS_ONLY = {
    "margin_type": "A vendor's total is over contracts of any kind.",
    "open_interest_coin": "Some vendors give dollars only.",
    "mark_price": "A total in dollars has no price.",
    "mark_at": "A total in dollars has no price.",
}
_NO_COINS = {
    name: "A total in dollars has no quantity to compare."
    for name in ("change_coin", "price_effect_usd", "quantity_effect_usd", "price_effect_coin", "quantity_effect_coin")
}

CORE = (
    Table(
        "core_open_interest__observations",
        "core",
        "open_interest",
        "Open interest as feeds print it: of one contract, or a vendor's total (symbol `all`).",
        grain=("observed_at", "venue", "symbol", "asset", "source", "known_at"),
        column_names=(
            "fact_date",
            "observed_at",
            "venue",
            "symbol",
            "asset",
            "margin_type",
            "open_interest_native",
            "size_unit",
            "n_sides",
            "open_interest_coin",
            "open_interest_usd",
            "mark_price",
            *OBSERVED,
        ),
        date_column="fact_date",
        tracked=(
            "open_interest_native",
            "n_sides",
            "open_interest_coin",
            "open_interest_usd",
            "mark_price",
            "status",
            "finality",
        ),
    ),
    Table(
        "core_open_interest__hourly",
        "core",
        "open_interest",
        "The last open interest of each UTC hour by each feed, one side, one row per recorded change (derived).",
        grain=("hour_at", *_KEY, "source", "recorded_at"),
        column_names=("fact_date", "hour_at", *_KEY, *_LEVEL, *_STATE),
        date_column="fact_date",
        tracked=(*_LEVEL, "status", "finality"),
        inputs=_INPUTS,
        extra=(_SERIES,),
    ),
    Table(
        "core_open_interest__daily",
        "core",
        "open_interest",
        "The last open interest of each UTC day by each feed with its change, one row per recorded change (derived).",
        grain=("fact_date", *_KEY, "source", "recorded_at"),
        column_names=("fact_date", *_KEY, *_LEVEL, *_CHANGE, "n_samples", *_STATE),
        date_column="fact_date",
        tracked=(*_LEVEL, *_CHANGE, "n_samples", "status", "finality"),
        inputs=_INPUTS,
        extra=(_SERIES,),
    ),
)

FACTS = (
    Table(
        "fct_open_interest_daily",
        "mart",
        "open_interest",
        "Open interest at the day's last sample, one side, in coins and dollars, with what price and quantity "
        "did to it since the day before.",
        grain=("fact_date", *_KEY),
        column_names=("fact_date", *_KEY, *_LEVEL, *_CHANGE, "n_samples", *GRADED, *DERIVED),
        date_column="fact_date",
        tracked=("open_interest_coin", "open_interest_usd"),
        inputs=_INPUTS,
        lead_days=1,
        extra=(_SERIES,),
        absent=_TOTALS_ONLY | _NO_COINS,
    ),
    Table(
        "fct_open_interest_hourly",
        "mart",
        "open_interest",
        "Open interest at the last sample of each UTC hour, one side, in coins and dollars.",
        grain=("hour_at", *_KEY),
        column_names=("fact_date", "hour_at", *_KEY, *_LEVEL, *DERIVED),
        date_column="fact_date",
        tracked=("open_interest_coin", "open_interest_usd"),
        inputs=_INPUTS,
        extra=(_SERIES,),
        absent=_TOTALS_ONLY,
    ),
    Table(
        "fct_open_interest_totals_daily",
        "mart",
        "open_interest",
        "Open interest per asset over the contracts of all venues, linear and inverse apart; vendors' totals are "
        "not in it.",
        grain=("fact_date", "asset", "margin_type"),
        column_names=(
            "fact_date",
            "asset",
            "margin_type",
            "open_interest_coin",
            "open_interest_usd",
            *_CHANGE,
            "n_contracts",
            "n_venues",
            *DERIVED,
        ),
        date_column="fact_date",
        tracked=("open_interest_coin", "open_interest_usd"),
        inputs=_INPUTS,
        lead_days=1,
    ),
)
