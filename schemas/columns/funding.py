"""Columns of funding settlements and their sums."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column
from schemas.rules import SMALLEST_POSITIVE

_HOURS = (Between(low=SMALLEST_POSITIVE, high=24.0 * 7),)

COLUMNS = (
    Column(
        "settled_at",
        UTC_INSTANT,
        "instant",
        "Settlement stamp, floored to the minute; the rate pays for the interval that ends there.",
    ),
    Column(
        "rate_ratio",
        pl.Float64(),
        "ratio",
        "Funding rate as printed, per `rate_basis_hours`; positive: longs pay shorts.",
        nullable=True,
        checks=(Between(-1.0, 1.0),),
    ),
    Column(
        "rate_basis_hours",
        pl.Float64(),
        "hours",
        "Hours that the printed rate is put on; null where it is for the settlement's own interval.",
        nullable=True,
        checks=_HOURS,
    ),
    Column(
        "stated_interval_hours",
        pl.Float64(),
        "hours",
        "Interval by the venue's own field; null where it has none.",
        nullable=True,
        checks=_HOURS,
    ),
    Column(
        "rate_cap_ratio",
        pl.Float64(),
        "ratio",
        "Greatest rate that the venue allows, on the basis of `rate_ratio`; null where unknown.",
        nullable=True,
    ),
    Column(
        "rate_floor_ratio",
        pl.Float64(),
        "ratio",
        "Least rate that the venue allows, on the basis of `rate_ratio`; null where unknown.",
        nullable=True,
    ),
    Column(
        "funding_ratio",
        pl.Float64(),
        "ratio_per_day",
        "Funding of the day: the sum of the settlements with 00:00 < t <= 24:00; positive: longs pay shorts.",
        nullable=True,
    ),
    Column(
        "funding_8h_ratio",
        pl.Float64(),
        "ratio_per_8h",
        "Funding per 8 hours, over the hours that the day's settlements pay for.",
        nullable=True,
    ),
    Column(
        "funding_8h_unweighted_ratio",
        pl.Float64(),
        "ratio_per_8h",
        "Mean of the same rates without weights, a check on the headline.",
        nullable=True,
    ),
    Column(
        "funding_annualised_ratio",
        pl.Float64(),
        "ratio_per_year",
        "Funding of the day x 365, simple; only of a whole day.",
        nullable=True,
    ),
    Column("n_settlements", pl.Int32(), "count", "Settlements in the sum.", checks=(Between(low=0),)),
    Column(
        "hours_covered",
        pl.Float64(),
        "hours",
        "Hours of the day that are known: those that settlements pay for, or that have rate and open interest.",
        checks=(Between(0.0, 24.0),),
    ),
    Column(
        "interval_min_hours",
        pl.Float64(),
        "hours",
        "Shortest interval among the day's settlements, by their stamps.",
        nullable=True,
        checks=_HOURS,
    ),
    Column(
        "interval_max_hours",
        pl.Float64(),
        "hours",
        "Longest interval among the day's settlements, by their stamps.",
        nullable=True,
        checks=_HOURS,
    ),
    Column(
        "has_interval_mismatch",
        pl.Boolean(),
        "flag",
        "The venue's field gave some settlement another interval than its stamps.",
    ),
    Column("has_capped_rate", pl.Boolean(), "flag", "Some rate of the day stood at the venue's known cap or floor."),
    Column("last_settled_at", UTC_INSTANT, "instant", "Stamp of the day's last known settlement.", nullable=True),
    Column("venues", pl.String(), "none", "Venues in the mean, in the order of the alphabet.", nullable=True),
)
