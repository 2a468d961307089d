"""Tables of confidence: what each figure's sources amount to, and the sources that contradict it."""

from __future__ import annotations

from schemas.table import Table

# `entity` is the rest of the key: a fund, a chain, a venue with symbol, side or tenor.
OPINION_KEY = ("confidence_series", "fact_date", "asset", "entity")
# Whose rows are opinions; the assets say which coins are pegged to the dollar.
_OPINIONS = (
    "core_basis__contracts",
    "core_basis__term_structure",
    "core_etf__flows",
    "core_etf__rebuilt_flows",
    "core_etf__source_totals",
    "core_exchange__flows",
    "core_funding__daily",
    "core_liquidations__events",
    "core_liquidations__vendor_totals",
    "core_open_interest__daily",
    "core_stablecoins__assets",
    "core_stablecoins__supply",
)

CORE = (
    Table(
        "core_confidence__assessments",
        "core",
        "confidence",
        "The chosen source and the grade of every graded figure, one row per recorded change (derived).",
        grain=(*OPINION_KEY, "recorded_at"),
        column_names=(
            *OPINION_KEY,
            "source",
            "anchor_value",
            "low",
            "high",
            "n_clusters",
            "n_contradicting",
            "grade",
            "recorded_at",
        ),
        date_column="fact_date",
        inputs=_OPINIONS,
    ),
    Table(
        "core_confidence__contradictions",
        "core",
        "confidence",
        "Sources that contradict the newest published value (derived).",
        grain=(*OPINION_KEY, "source"),
        column_names=(
            *OPINION_KEY,
            "source",
            "cluster",
            "opinion_value",
            "anchor_source",
            "anchor_value",
            "delta_bands",
            "contradiction_reason",
            "known_at",
            "is_simulated",
        ),
        date_column="fact_date",
        inputs=_OPINIONS,
    ),
)

DIMENSIONS = (
    Table(
        "fct_contradictions",
        "mart",
        "confidence",
        "Sources that contradict the newest value of a graded figure: by how many bands, and the likely reason.",
        grain=(*OPINION_KEY, "source"),
        column_names=CORE[1].column_names,
        date_column="fact_date",
        inputs=(
            "core_confidence__contradictions",
            "core_etf__flows",
            "core_exchange__flows",
            "core_liquidations__vendor_totals",
            "core_funding__settlements",
            "core_open_interest__observations",
            "core_stablecoins__supply",
        ),
    ),
)
