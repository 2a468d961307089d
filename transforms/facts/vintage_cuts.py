"""Recomputing a derived value as of every instant at which its inputs changed.

Belongs here: the cuts (group, instant), the state of the inputs at each, and dropping cuts that changed
nothing. Does not belong here: any particular derived value.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transforms.core.collapse import changed


def cuts(observations: pl.DataFrame, by: Sequence[str], known_at: str = "known_at") -> pl.DataFrame:
    """Columns `by` and `recorded_at`: each distinct `known_at` of each group, in order."""
    distinct = observations.select(*by, pl.col(known_at).alias("recorded_at")).unique()
    return distinct.sort(*by, "recorded_at")


def state_at(
    instants: pl.DataFrame, states: pl.DataFrame, by: Sequence[str], known_at: str = "known_at"
) -> pl.DataFrame:
    """For each row of `instants` the newest state of its group known at `recorded_at`, where there is one.

    `states` has the columns `by` and `known_at`; the later row of one instant wins.
    """
    return (
        instants.sort("recorded_at")
        .join_asof(
            states.with_columns(__known_at=known_at).sort("__known_at", maintain_order=True),
            left_on="recorded_at",
            right_on="__known_at",
            by=list(by),
            check_sortedness=False,
        )
        .filter(pl.col("__known_at").is_not_null())
        .drop("__known_at")
    )


def record_setters(states: pl.DataFrame, by: Sequence[str], rank: Sequence[str], known_at: str) -> pl.DataFrame:
    """The rows that were the best of their group when they became known.

    `rank` names the columns that order the rows from worst to best. One row per group and `known_at`.
    """
    key = [*by, known_at]
    ranked = states.sort(*rank, nulls_last=False).with_row_index("__rank")
    best = ranked.sort(*by, known_at, "__rank").unique(key, keep="last", maintain_order=True)
    return best.filter(pl.col("__rank") == pl.col("__rank").cum_max().over(by)).drop("__rank")


def drop_unchanged(derived: pl.DataFrame, by: Sequence[str], tracked: Sequence[str]) -> pl.DataFrame:
    """Rows of which a tracked column differs from the group's row before it in `recorded_at`; null-safe."""
    return derived.sort(*by, "recorded_at").filter(changed([*by, *tracked]))
