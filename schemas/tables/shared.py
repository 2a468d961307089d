"""Groups of columns that the tables of every domain end with."""

from __future__ import annotations

LINEAGE = ("source", "raw_sha256", "known_at", "is_simulated")
OBSERVED = ("status", "finality", *LINEAGE)
# A fact of one source: its row leads to one payload.
VINTAGE = (
    "status",
    "finality",
    "source",
    "raw_sha256",
    "known_at",
    "revision",
    "recorded_at",
    "is_simulated",
)
# A fact made of several rows: the payloads are found through the inputs.
DERIVED = tuple(name for name in VINTAGE if name != "raw_sha256")
# How far sources agree (METHOD §11).
GRADED = ("low", "high", "n_clusters", "grade")
