"""Columns that every fact carries: where it came from, when it was known, how sure it is."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, Matches, OneOf
from schemas.rules import CHANGE_REASON, FINALITY, STATUS

COLUMNS = (
    Column("source", pl.String(), "none", "Feed that gave the value.", checks=(Matches(r"[a-z0-9_]{2,64}"),)),
    Column(
        "raw_sha256",
        pl.String(),
        "sha256",
        "Hash of the raw payload that gave the value (the newest, where several did).",
        checks=(Matches(r"[0-9a-f]{64}"),),
    ),
    Column("known_at", UTC_INSTANT, "instant", "When the first payload that gave this value was fetched."),
    Column(
        "recorded_at",
        UTC_INSTANT,
        "instant",
        "From when an as-of query answers with this row: a change of value, status or finality.",
    ),
    Column(
        "superseded_at",
        UTC_INSTANT,
        "instant",
        "When the next vintage was recorded; null for the newest.",
        nullable=True,
    ),
    Column(
        "revision",
        pl.Int32(),
        "count",
        "0 for the first value known, one more for each change of value or status.",
        checks=(Between(low=0),),
    ),
    Column(
        "finality",
        pl.String(),
        "none",
        "How far the value may still change.",
        checks=(OneOf(tuple(FINALITY)),),
    ),
    Column(
        "status",
        pl.String(),
        "none",
        "Why a value is null or incomplete; null where it is whole.",
        nullable=True,
        checks=(OneOf(tuple(STATUS)),),
    ),
    Column(
        "change_reason",
        pl.String(),
        "none",
        "Why this vintage differs from the one before.",
        checks=(OneOf(tuple(CHANGE_REASON)),),
    ),
    Column("is_latest", pl.Boolean(), "flag", "Newest vintage of its grain."),
    Column("is_simulated", pl.Boolean(), "flag", "The value comes from the sample feeds, which are a simulation."),
)
