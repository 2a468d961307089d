"""Rank of a day of liquidations among the days before it.

Belongs here: the rule (METHOD §2) on daily values. Does not belong here: the published ranks as of every
instant, which follow the same rule in SQL (`dbt_project/models/intermediate/liquidations/`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.rules import LIQUIDATION_RANK_DAYS


def rank_in_window(
    days: pl.DataFrame,
    by: Sequence[str] = (),
    regime_from: str | None = None,
    window_days: int = LIQUIDATION_RANK_DAYS,
) -> pl.DataFrame:
    """Each day's rank among the `window_days` UTC days that end with it: 1 + strictly larger days.

    `days` has `fact_date`, `notional_usd` and the columns `by`, one row per day; a null value or an
    absent row is a missing day. `regime_from` names a column with the first date of the day's feed
    regime: earlier days are not comparable, and so neither ranked nor missing. Of days that only name their
    regime it is `pl.col("fact_date").min().over("feed_regime")`. Adds

    - `rank_90d`: ties share it; null where the day itself has no value;
    - `n_days_90d`: days that have a value, the day itself included;
    - `n_missing_days_90d`: days without one, which are not zero;
    - `is_outside_regime`: the regime is younger than the window.
    """
    key = [*by, "fact_date"]
    first = pl.col("fact_date") - pl.duration(days=window_days - 1)
    began = pl.col(regime_from) if regime_from else pl.lit(None, pl.Date)
    asked = days.with_columns(
        __first=pl.max_horizontal(first, began), is_outside_regime=(began > first).fill_null(False)
    )
    others = days.select(*by, pl.col("fact_date").alias("__day"), pl.col("notional_usd").alias("__other"))
    counted = (
        asked.with_columns(__day=pl.date_ranges("__first", "fact_date"))
        .explode("__day")
        .join(others, on=[*by, "__day"], how="left")
        .group_by(key)
        .agg(
            rank_90d=1 + (pl.col("__other") > pl.col("notional_usd")).sum().cast(pl.Int32),
            n_days_90d=pl.col("__other").count().cast(pl.Int32),
            n_missing_days_90d=pl.col("__other").null_count().cast(pl.Int32),
        )
    )
    has_value = pl.col("notional_usd").is_not_null()
    return (
        asked.drop("__first")
        .join(counted, on=key, how="left", maintain_order="left")
        .with_columns(rank_90d=pl.when(has_value).then("rank_90d"))
    )
