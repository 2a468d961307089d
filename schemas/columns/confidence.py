"""Columns of confidence: how far independent sources agree on a figure (METHOD §11)."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column, OneOf
from schemas.rules import CONTRADICTION_REASON, GRADES

COLUMNS = (
    Column(
        "low",
        pl.Float64(),
        "headline",
        "Least value among the sources that agree or come near; null where there is no value.",
        nullable=True,
    ),
    Column(
        "high",
        pl.Float64(),
        "headline",
        "Greatest value among the sources that agree or come near; null where there is no value.",
        nullable=True,
    ),
    Column(
        "n_clusters",
        pl.Int32(),
        "count",
        "Independent clusters of sources that agree with the value, its own included.",
        checks=(Between(low=0),),
    ),
    Column(
        "grade",
        pl.String(),
        "none",
        "Confidence: " + "; ".join(f"{code} {meaning}" for code, meaning in GRADES.items()) + ".",
        checks=(OneOf(tuple(GRADES)),),
    ),
    Column(
        "n_contradicting",
        pl.Int32(),
        "count",
        "Independent clusters of sources that contradict the value: more than three bands away.",
        checks=(Between(low=0),),
    ),
    Column("confidence_series", pl.String(), "none", "Graded series; its band is in `confidence_bands`."),
    Column("cluster", pl.String(), "none", "Group of sources that copy one another: one opinion."),
    Column("anchor_source", pl.String(), "none", "Source of the published value.", nullable=True),
    Column("anchor_value", pl.Float64(), "headline", "The published value.", nullable=True),
    Column("opinion_value", pl.Float64(), "headline", "The value of the source that contradicts."),
    Column(
        "delta_bands",
        pl.Float64(),
        "bands",
        "Distance from the published value: signed, in widths of the series' band; null where the band is nothing.",
        nullable=True,
    ),
    Column(
        "contradiction_reason",
        pl.String(),
        "none",
        "Likely reason why the sources differ.",
        checks=(OneOf(tuple(CONTRADICTION_REASON)),),
    ),
)
