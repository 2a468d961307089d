"""How far independent sources agree on a figure: the grade, by METHOD section 11.

Belongs here: choosing the value among opinions, comparing the others with it, the grade. Does not belong
here: which sources contradict and why (`confidence_claims.py`), copied series (`confidence_copies.py`),
bands, priorities, clusters and tiers (`schemas/confidence/`), where opinions come from
(`orchestration/store/derive/confidence.py`).

An opinion is one source's value of one figure from `known_at` on:

| column | meaning |
| --- | --- |
| `confidence_series`, `fact_date`, `asset`, `entity` | the figure (default: no date, `all`, `all`) |
| `source`, `cluster` | who says so, and the group of sources that copy one another (default: the source) |
| `tier` | 1 recomputed from raw data, 2 a vendor's table, 3 an article (default 3) |
| `priority` | the lowest is taken first; a source without one is taken only where no other has a value |
| `value`, `known_at` | what it says, in the series' unit, and since when (default: since ever, 1970) |
| `is_complete` | the value is whole: no part day, no part of the funds (default true) |
| `is_matched` | entity, metric, window, unit and scope are those of the figure (default true) |
| `is_lower_bound`, `is_model` | a feed known to drop events; a model's output (default false) |
| `coverage_ratio` | share of events that the feed has, where known: tier 1 needs 95 % (default null) |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from schemas import confidence
from schemas.column import UTC_INSTANT
from schemas.rules import AGREE_BANDS, MIN_COVERAGE_RATIO, NEAR_BANDS
from schemas.tables.confidence import OPINION_KEY
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

ASSESSED = (
    "source", "is_complete", "anchor_value", "low", "high", "n_clusters", "n_contradicting", "max_abs_diff",
    "grade", "agreeing", "contradicting",
)  # fmt: skip
_SINCE_EVER = pl.lit(datetime(1970, 1, 1, tzinfo=UTC), UTC_INSTANT)
_KEY_DEFAULTS: dict[str, pl.Expr] = {
    "fact_date": pl.lit(None, pl.Date()),
    "asset": pl.lit("all"),
    "entity": pl.lit("all"),
    "known_at": _SINCE_EVER,
}
_DEFAULTS: dict[str, pl.Expr] = {
    "cluster": pl.col("source"),
    "tier": pl.lit(3, pl.Int32),
    "priority": pl.lit(None, pl.Int64),
    "is_complete": pl.lit(True),
    "is_matched": pl.lit(True),
    "is_lower_bound": pl.lit(False),
    "is_model": pl.lit(False),
    "coverage_ratio": pl.lit(None, pl.Float64),
    "is_simulated": pl.lit(False),
}
_OF_ANCHOR = (
    "source", "cluster", "value", "tier", "is_matched", "is_comparable", "is_complete", "is_lower_bound", "is_model",
)  # fmt: skip
# A difference of exactly one band agrees, however the floats fall.
_ROUNDING = 1 + 1e-9


def assess(opinions: pl.DataFrame, bands: pl.DataFrame | None = None) -> pl.DataFrame:
    """Choose and grade each figure at every instant at which an opinion of it became known.

    `opinions` has the columns of this module's table; those with a default may be absent. `bands` is as
    `schemas.confidence.bands()`, the default: `series`, `band_absolute`, `band_relative`; the band is the
    larger of the absolute one and the relative one times |anchor|. Raises `ValueError` for a series without.

    Gives a row per figure and `recorded_at` at which the answer changed, with

    - `source`, `anchor_value`, `is_complete`: the anchor: a complete opinion first, then the best tier, then
      the priority. Never a mean.
    - `low`, `high`: the range over clusters within `NEAR_BANDS` of it, the anchor's included.
    - `n_clusters`, `n_contradicting`: independent clusters within `AGREE_BANDS`, the anchor's included, and
      those beyond `NEAR_BANDS`. A cluster has one opinion, its best, however many copies of it there are.
    - `agreeing`, `contradicting`: the sources themselves, sorted; `max_abs_diff`: the widest difference
      among the agreeing.
    - `grade`: A, B, C, X or U (`schemas.rules.GRADES`).

    An opinion that is incomplete, or of another definition, is compared with nothing; where the anchor
    itself is such a one the grade is U. A model's output neither confirms nor contradicts an observation.
    """
    given = conformed(opinions)
    compared = compare(_at_cuts(given), bands)
    rows = compared.group_by(*OPINION_KEY, "recorded_at", maintain_order=True).agg(*_summary())
    graded = rows.with_columns(grade=_grade()).select(*OPINION_KEY, "recorded_at", *ASSESSED)
    return drop_unchanged(graded, OPINION_KEY, ASSESSED)


def as_of(assessed: pl.DataFrame, instant: datetime) -> pl.DataFrame:
    """The answer of `assess` as it was at an instant: per figure the newest row recorded by then."""
    known = assessed.filter(pl.col("recorded_at") <= instant).sort("recorded_at")
    return known.unique(list(OPINION_KEY), keep="last", maintain_order=True).sort(OPINION_KEY)


def conformed(opinions: pl.DataFrame) -> pl.DataFrame:
    """Opinions with every column, each given once: what two deliveries say at one instant is said once.

    Where one source gives two values at one instant the greater is kept, so that no order of rows matters.
    """
    named = (_KEY_DEFAULTS | _DEFAULTS).items()
    defaults = [default.alias(name) for name, default in named if name not in opinions.columns]
    filled = opinions.with_columns(defaults)
    typed = filled.with_columns(
        pl.col("value").cast(pl.Float64).fill_nan(None),
        pl.col("known_at").fill_null(_SINCE_EVER),
        pl.col("cluster").fill_null(pl.col("source")),
        pl.col("tier").cast(pl.Int32).fill_null(3),
        pl.col("priority").cast(pl.Int64),
        pl.col("is_complete", "is_matched").fill_null(True),
        pl.col("is_lower_bound", "is_model").fill_null(False),
    )
    key = [*OPINION_KEY, "source", "known_at"]
    stated = typed.select(*key, "value", *_DEFAULTS)
    return stated.sort(*key, "is_complete", "value").unique(key, keep="last", maintain_order=True)


def compare(states: pl.DataFrame, bands: pl.DataFrame | None = None) -> pl.DataFrame:
    """Simultaneous opinions, per figure and `recorded_at` the anchor first, each with its distance from it.

    Adds `anchor_<column>` for the anchor's own columns, `band`, `is_comparable`, `is_voice` (the cluster's
    one opinion), `is_agreeing`, `is_near` (which agreeing is too) and `is_contradicting`.
    """
    by = [*OPINION_KEY, "recorded_at"]
    covered = pl.when((pl.col("tier") == 1) & (pl.col("coverage_ratio") < MIN_COVERAGE_RATIO)).then(2)
    has_value = pl.col("value").is_not_null()
    ranked = states.with_columns(
        tier=covered.otherwise(pl.col("tier")),
        is_comparable=pl.col("is_matched") & pl.col("is_complete") & has_value,
        __has_value=has_value,
        __has_priority=pl.col("priority").is_not_null(),
    ).sort(
        *by, "is_matched", "__has_value", "__has_priority", "is_complete", "tier", "priority", "source",
        descending=[*([False] * len(by)), True, True, True, True, False, False, False],
        nulls_last=True,
    ).with_columns(__cut=pl.struct(by).rle_id())  # fmt: skip
    anchored = ranked.with_columns(pl.col(name).first().over("__cut").alias(f"anchor_{name}") for name in _OF_ANCHOR)
    return _distances(_with_bands(anchored, bands)).drop("__cut", "__has_value", "__has_priority")


def _distances(anchored: pl.DataFrame) -> pl.DataFrame:
    delta = (pl.col("value") - pl.col("anchor_value")).abs()
    counts = (
        pl.col("is_comparable")
        & pl.col("anchor_is_comparable")
        & ((pl.col("is_model") == pl.col("anchor_is_model")) | (pl.col("source") == pl.col("anchor_source")))
    )
    near = delta <= NEAR_BANDS * pl.col("band") * _ROUNDING
    return anchored.with_columns(
        is_voice=counts & (counts.cast(pl.UInt32).cum_sum().over("__cut", "cluster") == 1),
        is_agreeing=counts & (delta <= AGREE_BANDS * pl.col("band") * _ROUNDING),
        is_near=counts & near,
        is_contradicting=counts & ~near,
    )


def _with_bands(rows: pl.DataFrame, bands: pl.DataFrame | None) -> pl.DataFrame:
    known = confidence.bands() if bands is None else bands
    unknown = set(rows["confidence_series"].unique()) - set(known["series"])
    if unknown:
        raise ValueError(f"no band for the series {sorted(unknown)}; known: {sorted(known['series'])}")
    widths = known.select(pl.col("series").alias("confidence_series"), "band_absolute", "band_relative")
    relative = pl.col("band_relative") * pl.col("anchor_value").abs()
    joined = rows.join(widths, on="confidence_series", how="left", maintain_order="left")
    widest = joined.with_columns(band=pl.max_horizontal("band_absolute", relative))
    return widest.drop("band_absolute", "band_relative")


def numbered(given: pl.DataFrame) -> pl.DataFrame:
    """Opinions with their figure's number as `__key`: joins do not match a part of the key that is null."""
    keys = given.select(OPINION_KEY).unique(maintain_order=True).with_row_index("__key")
    return given.join(keys, on=OPINION_KEY, how="left", nulls_equal=True)


def _at_cuts(given: pl.DataFrame) -> pl.DataFrame:
    """Every source's opinion at every instant at which any opinion of its figure became known."""
    keyed = numbered(given)
    keys = keyed.select("__key", *OPINION_KEY).unique(maintain_order=True)
    # A figure with a single source has the opinions themselves as its cuts.
    alone = pl.col("source").n_unique().over("__key") == 1
    several = keyed.filter(~alone)
    instants = cuts(several, ["__key"]).join(several.select("__key", "source").unique(), on="__key")
    states = state_at(instants, several.drop(OPINION_KEY), ["__key", "source"]).join(keys, on="__key")
    single = keyed.filter(alone).rename({"known_at": "recorded_at"})
    return pl.concat([single, states.drop("known_at").select(single.columns)]).drop("__key")


def _summary() -> Sequence[pl.Expr]:
    """What one figure's opinions come to at one instant; an anchor that cannot be compared stands alone."""
    first = pl.first
    alone = ~first("anchor_is_comparable")
    own = first("anchor_value")
    only_itself = pl.concat_list(first("anchor_source"))
    agreeing = pl.col("source").filter(pl.col("is_agreeing")).sort()
    counted = (pl.col("is_voice") & pl.col("is_agreeing")).sum()
    among = pl.col("value").filter(pl.col("is_agreeing"))
    near = pl.col("value").filter(pl.col("is_voice") & pl.col("is_near"))
    stands = first("anchor_is_matched") & own.is_not_null()
    return (
        first("anchor_source").alias("source"),
        *(first(f"anchor_{name}") for name in ("value", "is_comparable", "tier", "is_lower_bound", "is_model")),
        first("anchor_is_complete").alias("is_complete"),
        pl.when(alone).then(own).otherwise(near.min()).alias("low"),
        pl.when(alone).then(own).otherwise(near.max()).alias("high"),
        pl.when(alone).then(stands.cast(pl.UInt32)).otherwise(counted).cast(pl.Int32).alias("n_clusters"),
        (pl.col("is_voice") & pl.col("is_contradicting")).sum().cast(pl.Int32).alias("n_contradicting"),
        pl.when(alone & stands).then(0.0).otherwise(among.max() - among.min()).alias("max_abs_diff"),
        pl.when(alone & stands).then(only_itself).otherwise(agreeing.implode()).alias("agreeing"),
        pl.col("source").filter(pl.col("is_contradicting")).sort().alias("contradicting"),
    )


def _grade() -> pl.Expr:
    """METHOD section 11's table, on the columns of `_summary`."""
    agree, against = pl.col("n_clusters"), pl.col("n_contradicting")
    is_raw = pl.col("anchor_tier") == 1
    is_high = is_raw & (agree >= 2) & (against == 0) & ~pl.col("anchor_is_lower_bound")
    return (
        pl.when(~pl.col("anchor_is_comparable"))
        .then(pl.lit("U"))
        .when(against >= agree)
        .then(pl.lit("X"))
        .when("anchor_is_model")
        .then(pl.lit("C"))
        .when(is_high)
        .then(pl.lit("A"))
        .when(is_raw | (agree >= 2))
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
