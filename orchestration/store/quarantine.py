"""The quarantine: every row or payload that broke a rule, with rule, reason and record.

Belongs here: writing and listing rejects, one Parquet file per fetch. Does not belong here: deciding
what is rejected (`transforms/`) or trying again (`core_store.py`).
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from orchestration.store.atomic import write_bytes
from orchestration.store.ledger import Fetch
from schemas.feed import Reject

SCHEMA = pl.Schema(
    {
        "fetch_id": pl.Int64(),
        "feed": pl.String(),
        "table_name": pl.String(),
        "rule": pl.String(),
        "reason": pl.String(),
        "record": pl.String(),
        "raw_sha256": pl.String(),
        "known_at": pl.Datetime("us", "UTC"),
        "locator": pl.String(),
    }
)


class Quarantine:
    """Rejects below one folder: `<feed>/<fetch_id>.parquet`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def store(self, fetch: Fetch, rejects: Sequence[Reject]) -> None:
        """Replace what is quarantined for this fetch by `rejects` (nothing, if there are none)."""
        path = self.folder / fetch.feed / f"{fetch.fetch_id}.parquet"
        if not rejects:
            path.unlink(missing_ok=True)
            return
        rows = [
            {
                "fetch_id": fetch.fetch_id,
                "feed": fetch.feed,
                "table_name": reject.table,
                "rule": reject.rule,
                "reason": reject.reason,
                "record": json.dumps(reject.record, default=str, ensure_ascii=False, sort_keys=True),
                "raw_sha256": fetch.sha256,
                "known_at": fetch.known_at,
                "locator": fetch.locator,
            }
            for reject in rejects
        ]
        buffer = io.BytesIO()
        pl.DataFrame(rows, schema=SCHEMA).write_parquet(buffer)
        write_bytes(path, buffer.getvalue())

    def clear(self, feed: str) -> None:
        """Forget a feed's rejects, before all of its fetches are processed again."""
        shutil.rmtree(self.folder / feed, ignore_errors=True)

    def read(self, feed: str | None = None, fetch_id: int | None = None) -> pl.DataFrame:
        """Rejects, optionally of one feed or fetch; columns as `SCHEMA`."""
        files = sorted(self.folder.glob(f"{feed or '*'}/{fetch_id or '*'}.parquet"))
        if not files:
            return pl.DataFrame(schema=SCHEMA)
        return pl.concat([pl.read_parquet(file) for file in files]).sort("fetch_id", "table_name", "rule", "record")

    def counts(self) -> pl.DataFrame:
        """Rejects per `feed, table_name, rule`: how many (`records`), and when the newest became known (`known_at`)."""
        by = ("feed", "table_name", "rule")
        files = sorted(self.folder.glob("*/*.parquet"))
        rows = pl.scan_parquet(files) if files else pl.LazyFrame(schema=SCHEMA)
        counted = rows.group_by(by).agg(records=pl.len().cast(pl.Int64), known_at=pl.col("known_at").max())
        return counted.sort("records", *by, descending=[True, False, False, False]).collect()
