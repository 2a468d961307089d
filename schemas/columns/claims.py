"""Columns of claims: what others have published, and what the facts say to it."""

from __future__ import annotations

import polars as pl

from schemas import claims
from schemas.column import UTC_INSTANT, Column, OneOf
from schemas.rules import CONTRADICTION_REASON

_UNITS = OneOf(tuple(claims.UNITS))

COLUMNS = (
    Column("claim_id", pl.String(), "none", "Claim: series, article and number."),
    Column("article", pl.String(), "none", "Article that makes the claim; 001 and 004 are one."),
    Column("claim_series", pl.String(), "none", "Family of figures that the claim belongs to."),
    Column("claim_subject", pl.String(), "none", "Whose figure it is, as far as the article says."),
    Column("claim_metric", pl.String(), "none", "What is claimed of it."),
    Column(
        "claim_operator",
        pl.String(),
        "none",
        "How the bounds are meant: " + "; ".join(f"{code} {said}" for code, said in claims.OPERATORS.items()) + ".",
        checks=(OneOf(tuple(claims.OPERATORS)),),
    ),
    Column("claimed_low", pl.Float64(), "claimed", "Lower bound of the claim; null where it is open.", nullable=True),
    Column("claimed_high", pl.Float64(), "claimed", "Upper bound of the claim; null where it is open.", nullable=True),
    Column("claimed_text", pl.String(), "none", "What is claimed, where it is no number.", nullable=True),
    Column("claim_unit", pl.String(), "none", "Unit of the claim.", checks=(_UNITS,)),
    Column(
        "claim_starts_at",
        UTC_INSTANT,
        "instant",
        "Start of the claim's window; where the article names none, of the time that it can be about.",
        nullable=True,
    ),
    Column("claim_ends_at", UTC_INSTANT, "instant", "End of that window.", nullable=True),
    Column("source_named", pl.String(), "none", "Source that the article names."),
    Column(
        "duplicate_of",
        pl.String(),
        "none",
        "The same claim in another copy of the article, which counts.",
        nullable=True,
    ),
    Column("is_counted", pl.Boolean(), "flag", "No duplicate: a claim is counted once."),
    Column(
        "verdict",
        pl.String(),
        "none",
        "; ".join(f"{code}: {said}" for code, said in claims.VERDICTS.items()) + ".",
        checks=(OneOf(tuple(claims.VERDICTS)),),
    ),
    Column("fact", pl.String(), "none", "Fact that the claim is measured by.", nullable=True),
    Column("measured_value", pl.Float64(), "claimed", "What the fact says; null where it says nothing.", nullable=True),
    Column("measured_unit", pl.String(), "none", "Unit of `measured_value`.", nullable=True, checks=(_UNITS,)),
    Column("measured_how", pl.String(), "none", "What the fact's values were put together to.", nullable=True),
    Column("measured_at", UTC_INSTANT, "instant", "Day or window's end of the measured value.", nullable=True),
    Column("measured_source", pl.String(), "none", "Feed of the measured value, if it is one.", nullable=True),
    Column(
        "difference",
        pl.Float64(),
        "claimed",
        "Measured value minus the nearest bound of the claim; zero inside the bounds.",
        nullable=True,
    ),
    Column(
        "claim_tolerance",
        pl.Float64(),
        "claimed",
        "Band of the graded series, or half of the claim's last digit where that is more.",
        nullable=True,
    ),
    Column(
        "likely_reason",
        pl.String(),
        "none",
        "Why a refuted claim probably differs.",
        nullable=True,
        checks=(OneOf(tuple(CONTRADICTION_REASON)),),
    ),
    Column("reason_text", pl.String(), "none", "The likely reason in words.", nullable=True),
    Column("missing", pl.String(), "none", "What it would take to decide the claim.", nullable=True),
)
