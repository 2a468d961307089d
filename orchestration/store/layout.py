"""Where everything lies under the data directory (`SLUICE_HOME`).

Belongs here: paths only. Does not belong here: reading or writing any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Paths below one data directory."""

    home: Path

    @property
    def blobs(self) -> Path:
        """Raw bytes, zstd-compressed, named by the SHA-256 of what was received."""
        return self.home / "raw" / "blobs"

    @property
    def ledger(self) -> Path:
        """The fetch ledger: one row per fetch, append-only (SQLite)."""
        return self.home / "raw" / "ledger.sqlite"

    @property
    def recorder(self) -> Path:
        """What recorders wrote: `recorder/<instance>/<channel>/<start>_<sha256>.ndjson`."""
        return self.home / "recorder"

    @property
    def feed_log(self) -> Path:
        """Failures of fetches, feeds that were on, snapshots that were missed; append-only (SQLite)."""
        return self.home / "raw" / "feeds.sqlite"

    @property
    def alerts(self) -> Path:
        """Alarms that were told, and how runs ended; append-only (SQLite)."""
        return self.home / "raw" / "alerts.sqlite"

    @property
    def backup(self) -> Path:
        """Copies of the ledgers, made by every run."""
        return self.home / "backup"

    @property
    def core(self) -> Path:
        """Typed observations: `core/<table>/month=YYYY-MM/data.parquet`."""
        return self.home / "core"

    @property
    def accounts(self) -> Path:
        """Per fetch: rows in, published, quarantined, duplicates (SQLite; rebuildable)."""
        return self.core / "accounts.sqlite"

    @property
    def drifts(self) -> Path:
        """Fields that each feed's bodies had, and schema drift found (SQLite; rebuildable)."""
        return self.core / "drift.sqlite"

    @property
    def quarantine(self) -> Path:
        """Rejected rows and payloads with rule, reason and record."""
        return self.home / "quarantine"

    @property
    def build(self) -> Path:
        """Private working area of dbt and the audit; always rebuildable."""
        return self.home / "build"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file in which dbt builds. No reader opens it."""
        return self.build / "warehouse.duckdb"

    @property
    def pending(self) -> Path:
        """Dates changed in core since the last publication: columns `table_name`, `fact_date`."""
        return self.core / "pending.parquet"

    @property
    def candidates(self) -> Path:
        """Candidate releases: `candidates/<id>/{manifest.json,objects/,verdict.json,audit.parquet,gx/}`."""
        return self.build / "candidates"

    @property
    def published(self) -> Path:
        """What readers see."""
        return self.home / "published"

    @property
    def objects(self) -> Path:
        """Immutable Parquet named by content hash."""
        return self.published / "objects"

    @property
    def releases(self) -> Path:
        """One folder per release."""
        return self.published / "releases"

    @property
    def current(self) -> Path:
        """Symbolic link to the newest release's catalogue file."""
        return self.published / "current.duckdb"

    @property
    def dagster(self) -> Path:
        """Dagster's own instance folder."""
        return self.home / "dagster"
