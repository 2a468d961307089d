"""Series of which several venues are given one and the same: whose it is cannot be told.

Belongs here: finding values that are copies of one another within one vendor's feed. Does not belong here:
what becomes of them (`status` `copied_value`, which makes an opinion incomplete and its grade U).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.rules import COPY_MIN_DAYS, COPY_MIN_DIGITS

BY = ("source", "fact_date", "asset")


def copied(
    rows: pl.DataFrame, by: Sequence[str] = BY, entity: str = "venue", value: str = "open_interest_usd"
) -> pl.DataFrame:
    """`rows` with `is_copied`: another entity of the same group has the same value to the last digit.

    A group is one vendor's rows of one asset and day: `by`. Zero and null are never copies. One equal day may
    be chance where values are round, so equality counts where the value has at least `COPY_MIN_DIGITS`
    significant digits (a day can then be judged alone, and an as-of answer does not depend on later days),
    or where the same two entities are equal on at least `COPY_MIN_DAYS` days of `rows`.
    """
    same = _equal_pairs(rows, by, entity, value)
    days = pl.struct(*by).n_unique().over(entity, "other", *[name for name in by if name != "fact_date"])
    is_telling = (pl.col("digits") >= COPY_MIN_DIGITS) | (days >= COPY_MIN_DAYS)
    flagged = same.filter(is_telling).select(*by, entity, value).unique().with_columns(is_copied=True)
    joined = rows.join(flagged, on=[*by, entity, value], how="left", maintain_order="left", nulls_equal=True)
    return joined.with_columns(pl.col("is_copied").fill_null(False))


def copied_series(
    rows: pl.DataFrame, by: Sequence[str] = BY, entity: str = "venue", value: str = "open_interest_usd"
) -> pl.DataFrame:
    """Pairs of entities with equal values: `n_same` of the `n_both` days on which both have a value.

    Columns: `by` without the date, `entity`, `other`, `n_same`, `n_both`; most equal first. The evidence
    behind `copied`, and each pair stands once.
    """
    series = [name for name in by if name != "fact_date"]
    pair = [*series, entity, "other"]
    both = _pairs(rows, by, entity, value).filter(pl.col(entity) < pl.col("other"))
    counted = both.group_by(pair).agg(
        n_same=pl.col("fact_date").filter(pl.col(value) == pl.col("other_value")).n_unique(),
        n_both=pl.col("fact_date").n_unique(),
    )
    return counted.filter(pl.col("n_same") > 0).sort("n_same", *pair, descending=[True, *([False] * len(pair))])


def _pairs(rows: pl.DataFrame, by: Sequence[str], entity: str, value: str) -> pl.DataFrame:
    """Every two entities of a group that both have a value that is not zero."""
    valued = rows.filter(pl.col(value).is_not_null() & (pl.col(value) != 0)).select(*by, entity, value).unique()
    other = valued.rename({entity: "other", value: "other_value"})
    return valued.join(other, on=list(by)).filter(pl.col(entity) != pl.col("other"))


def _equal_pairs(rows: pl.DataFrame, by: Sequence[str], entity: str, value: str) -> pl.DataFrame:
    equal = _pairs(rows, by, entity, value).filter(pl.col(value) == pl.col("other_value"))
    return equal.with_columns(digits=significant_digits(pl.col(value)))


def significant_digits(value: pl.Expr) -> pl.Expr:
    """Significant decimal digits of a number as it is written at shortest: 0 and null have none."""
    written = pl.format("{}", value.abs()).str.split("e").list.first().str.replace(".", "", literal=True)
    return written.str.strip_chars_start("0").str.strip_chars_end("0").str.len_chars()
