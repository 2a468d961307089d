"""Tables of claims: published figures, checked against the facts."""

from __future__ import annotations

from schemas.table import Table

DIMENSIONS = (
    Table(
        "fct_claim_checks",
        "mart",
        "claims",
        "Every figure claimed in the articles: reproduced or refuted by the facts of this release, or what is missing. "
        "Duplicates of one article have the verdict of their original and are not counted.",
        grain=("claim_id",),
        column_names=(
            "claim_id",
            "article",
            "claim_series",
            "claim_subject",
            "claim_metric",
            "claim_operator",
            "claimed_low",
            "claimed_high",
            "claimed_text",
            "claim_unit",
            "claim_starts_at",
            "claim_ends_at",
            "source_named",
            "duplicate_of",
            "is_counted",
            "verdict",
            "fact",
            "measured_value",
            "measured_unit",
            "measured_how",
            "measured_at",
            "measured_source",
            "difference",
            "claim_tolerance",
            "likely_reason",
            "reason_text",
            "missing",
            "is_lower_bound",
            "is_simulated",
        ),
    ),
)
