"""Constant-maturity basis over all venues.

Belongs here: the mean weighted by open interest and its vintages (METHOD §3, §5). Does not belong here:
a venue's own curve (`term_structure.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.facts.vintage_cuts import cuts, state_at

ALL_VENUES = "all"
# From least to most tentative: a mean is as tentative as the most tentative of its parts.
FINALITY = ("final", "restated", "preliminary")
_TABLE = TABLES["core_basis__term_structure"]
_POINT = ("fact_date", "asset", "tenor_days")
_MEASURES = ("basis_annualised_ratio", "basis_log_price_ratio")


def finality_rank(finality: pl.Expr) -> pl.Expr:
    """How tentative a finality is, from 0."""
    return finality.replace_strict(FINALITY, range(len(FINALITY)), return_dtype=pl.Int8)


def across_venues(tenors: pl.DataFrame, by: Sequence[str] = ("tenor_days",)) -> pl.DataFrame:
    """The venues' rates of each group `by`, weighted by the coins of open interest in their brackets.

    Takes `venue`, `basis_annualised_ratio` (fraction per year), `open_interest_coin` (one side) and, if
    there is one, `basis_log_price_ratio`. A venue without a rate or without open interest is in neither
    sum; nor are venues with sessions, whose rate is of another instant, and the row `all` itself. Gives
    the means, `open_interest_coin` and `n_venues` of those counted, and the status `no_venues` where
    there is none.
    """
    coins = pl.col("open_interest_coin")
    measures = [name for name in _MEASURES if name in tenors.columns]
    is_apart = pl.col("venue").is_in([ALL_VENUES, *rules.SESSION_VENUES])
    is_counted = pl.col("basis_annualised_ratio").is_not_null() & (coins > 0).fill_null(False) & ~is_apart
    counted = tenors.sort("venue").with_columns(__coins=pl.when(is_counted).then(coins))

    def mean(name: str) -> pl.Expr:
        value, weight = pl.col(name).filter(pl.col("__coins") > 0), pl.col("__coins").drop_nulls()
        first = value.first()  # the mean of equal numbers is that number, to the last digit
        return first + divided(((value - first) * weight).sum(), weight.sum())

    n_venues = pl.col("__coins").count().cast(pl.Int32)
    return counted.group_by(by, maintain_order=True).agg(
        *(mean(name).alias(name) for name in measures),
        open_interest_coin=pl.when(n_venues > 0).then(pl.col("__coins").sum()),
        n_venues=n_venues,
        status=pl.when(n_venues == 0).then(pl.lit("no_venues")),
    )


def all_venues(tenors: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Rows of venue `all` of `core_basis__term_structure`, at every cut of the venues' own rows.

    `tenors` has those rows. `seen` says when each `venue` was first seen on each `fact_date` with an
    `asset` (`first_at`): while one that was there in the days before is still to come, the row is
    preliminary. Assets with none but session-based venues have no row.
    """
    own = tenors.filter(~pl.col("venue").is_in(rules.SESSION_VENUES)).rename({"recorded_at": "newest_at"})
    instants = cuts(own, _POINT, "newest_at")
    venues = own.select(*_POINT, "venue").unique()
    visible = state_at(instants.join(venues, on=_POINT), own, [*_POINT, "venue"], "newest_at")
    cut = [*_POINT, "recorded_at"]
    lineage = (
        visible.sort("newest_at", "venue")
        .group_by(cut, maintain_order=True)
        .agg(
            pl.col("source", "raw_sha256").last(),
            pl.col("is_simulated").any(),
            finality_rank=finality_rank(pl.col("finality")).max(),
        )
    )
    absent = _awaited(instants, seen).join(visible, on=[*cut, "venue"], how="anti").select(cut).unique()
    rank = pl.when("is_awaited").then(len(FINALITY) - 1).otherwise("finality_rank")
    rows = (
        across_venues(visible, cut)
        .join(lineage, on=cut)
        .join(absent.with_columns(is_awaited=True), on=cut, how="left")
        .with_columns(
            venue=pl.lit(ALL_VENUES),
            basis_spot_node_ratio="basis_annualised_ratio",
            is_spot_node=False,
            finality=rank.replace_strict(range(len(FINALITY)), FINALITY, return_dtype=pl.String),
        )
    )
    empty = {name: pl.lit(None, dtype) for name, dtype in _TABLE.schema.items() if name not in rows.columns}
    return rows.with_columns(**empty).select(_TABLE.schema.names()).cast(_TABLE.schema)


def _awaited(instants: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The venues that each cut may expect: seen, as far as it knows, in the days before."""
    former = seen.filter(~pl.col("venue").is_in(rules.SESSION_VENUES)).rename({"fact_date": "former_date"})
    age = (pl.col("fact_date") - pl.col("former_date")).dt.total_days()
    return (
        instants.join(former, on="asset")
        .filter(age.is_between(1, rules.FRESH_DAYS) & (pl.col("first_at") <= pl.col("recorded_at")))
        .select(*_POINT, "recorded_at", "venue")
        .unique()
    )
