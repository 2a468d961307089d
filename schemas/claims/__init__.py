"""Figures that others have published, to be reproduced or refuted, and how each is checked.

Belongs here: the codes, and reading the three tables, which are edited without touching code:
`claims.csv` says what was claimed, `claim_checks.csv` how it is measured or what that would need,
`claim_measures.csv` which fact a measure is read from. Does not belong here: the verdicts
(`dbt_project/models/*/claims`) or arithmetic (`transforms/facts/claims.py`).

Articles are numbered as they came; 001 and 004 are one article. Amounts are in base units (dollars,
fractions), so `claim_unit` names no thousand or million. A bound that is null is open.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from schemas.column import UTC_INSTANT

_FOLDER = Path(__file__).parent
_TEXT, _NUMBER, _COUNT = pl.String(), pl.Float64(), pl.Int32()

VERDICTS: dict[str, str] = {
    "reproduced": "the facts give the figure, within its tolerance",
    "refuted": "the facts give another figure",
    "not_computable": "the facts present do not decide it",
}
OPERATORS: dict[str, str] = {
    "eq": "the figure itself",
    "between": "a range",
    "gt": "more than a bound",
    "ge": "a bound or more",
    "lt": "less than a bound",
    "le": "a bound or less",
    "text": "words without a number",
}
UNITS: dict[str, str] = {
    "usd": "US dollars",
    "usd_per_coin": "US dollars per unit of the asset",
    "usd_per_share": "US dollars per share of the fund",
    "usd_per_ounce": "US dollars per troy ounce",
    "usd_per_ph_day": "US dollars per PH/s and day",
    "coin": "units of the asset",
    "shares": "shares of the fund",
    "ratio": "fraction",
    "ratio_per_interval": "fraction of notional per funding interval",
    "ratio_per_8h": "fraction of notional per 8 hours",
    "ratio_per_year": "fraction per year",
    "vol_points": "points of implied volatility, in per cent",
    "sigma": "standard deviations",
    "times": "multiple",
    "rank": "place in an order, 1 is first",
    "count": "number of things",
    "days": "days",
    "sign": "sign only",
    "instant": "UTC instant",
    "text": "words",
}
# How the values in a claim's window become the one that is compared.
TAKES: dict[str, str] = {
    "only": "the only value",
    "sum": "the sum of `n_expected` values",
    "min": "the least",
    "max": "the greatest",
    "nearest": "the one nearest to the claim, which does not say of which day or venue it is",
}

_CLAIMS = {
    "claim_id": _TEXT,
    "article": _TEXT,
    "claim_series": _TEXT,
    "claim_subject": _TEXT,
    "claim_metric": _TEXT,
    "claim_operator": _TEXT,
    "claimed_low": _NUMBER,
    "claimed_high": _NUMBER,
    "claimed_text": _TEXT,
    "claim_unit": _TEXT,
    "claim_starts_at": _TEXT,
    "claim_ends_at": _TEXT,
    "source_named": _TEXT,
    "tolerance": _NUMBER,
    "duplicate_of": _TEXT,
}
_CHECKS = {
    "claim_id": _TEXT,
    "preference": _COUNT,
    "measure": _TEXT,
    "asset": _TEXT,
    "entity": _TEXT,
    "part": _TEXT,
    "source": _TEXT,
    "first_at": _TEXT,
    "last_at": _TEXT,
    "takes": _TEXT,
    "n_expected": _COUNT,
    "compares": _TEXT,
    "formula": _TEXT,
    "arguments": _TEXT,
    "computed_value": _NUMBER,
    "record": _TEXT,
    "missing": _TEXT,
    "likely_reason": _TEXT,
    "reason_text": _TEXT,
}
_MEASURES = dict.fromkeys(("measure", "fact", "confidence_series", "measured_unit", "description"), _TEXT)


@cache
def claims() -> pl.DataFrame:
    """What was claimed: one row per figure; `tolerance` is half of its last digit (of a round number at most 5 %)."""
    at = pl.col("claim_starts_at", "claim_ends_at").str.to_datetime(time_unit="us", time_zone="UTC").cast(UTC_INSTANT)
    return pl.read_csv(_FOLDER / "claims.csv", schema=_CLAIMS).with_columns(at)


@cache
def checks() -> pl.DataFrame:
    """How a claim is checked: the measure, whose, from `first_at` to `last_at`; or only what is `missing`.

    Where a claim has several rows, the first by `preference` for which the facts have values is taken.
    `compares` is value or sign; `record` says that the value is also claimed to be the lowest so far.
    """
    at = pl.col("first_at", "last_at").str.to_datetime(time_unit="us", time_zone="UTC").cast(UTC_INSTANT)
    return pl.read_csv(_FOLDER / "claim_checks.csv", schema=_CHECKS).with_columns(at)


@cache
def measures() -> pl.DataFrame:
    """What can be measured: the fact, the graded series whose band is the tolerance, and the unit."""
    return pl.read_csv(_FOLDER / "claim_measures.csv", schema=_MEASURES)


def texts() -> dict[str, str]:
    """The three tables as they are written, by file name."""
    return {
        name: (_FOLDER / name).read_text("utf-8") for name in ("claims.csv", "claim_checks.csv", "claim_measures.csv")
    }
