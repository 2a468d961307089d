"""Steps that the tests of the gate share: build, audit, publish, look at what readers see.

Belongs here: doing. Does not belong here: asserting.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import protocol
from marts import AS_OF, DAYS, DBT, Frames, change, marts, write_build

from orchestration.store import gate, releases
from orchestration.store.audit import Verdict, audit
from orchestration.store.candidate import Candidate, build_candidate
from orchestration.store.layout import Layout
from schemas.tables import MARTS

FEBRUARY = {table.name: {"2026-02"} for table in MARTS}
LATER = AS_OF + timedelta(hours=1)


def tree(folder: Path) -> dict[str, str]:
    """Every path below a folder with the hash of its bytes or the target of its link."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[str(path)] = "folder"
    return found


def prepared(layout: Layout, frames: Frames, dirty: dict | None = FEBRUARY) -> tuple[Candidate, Verdict]:
    """Build and audit a candidate."""
    write_build(layout, frames)
    candidate = build_candidate(layout, dirty)
    return candidate, audit(layout, candidate, DBT, AS_OF)


def publish(layout: Layout, frames: Frames, now: datetime = AS_OF) -> releases.Release:
    """Build, audit and publish."""
    candidate, verdict = prepared(layout, frames)
    assert not verdict.failures
    release = gate.publish(layout, candidate.candidate_id, now)
    assert isinstance(release, releases.Release)
    return release


def more_etf() -> Frames:
    """The marts after a restatement of one ETF cell: a new vintage, and sums that follow."""
    cell = (pl.col("fund") == "IBIT") & (pl.col("trade_date") == DAYS[-1])
    frames = change(marts(), "fct_etf_flows_daily", cell, flow_usd=1.5e6)
    frames = change(frames, "fct_etf_totals_daily", pl.col("trade_date") == DAYS[-1], flow_usd=3.5e6)
    part = (pl.col("entity") == "IBIT") & (pl.col("fact_date") == DAYS[-1])
    return change(frames, "fct_flows_daily", part, flow_usd=1.5e6)


PUBLISH = """
import sys
from functools import partial
from datetime import datetime, UTC
from pathlib import Path
from orchestration.store import gate
from orchestration.store.layout import Layout
from protocol import die_after
home, candidate, fatal = sys.argv[1:]
print(gate.publish(Layout(Path(home)), candidate, datetime(2026, 2, 10, 13, tzinfo=UTC), partial(die_after, fatal)))
"""


def publish_elsewhere(layout: Layout, candidate_id: str, fatal: str = "") -> subprocess.CompletedProcess[str]:
    """Publish from a process of its own, which kills itself after the (first) step `fatal`."""
    return subprocess.run(
        [sys.executable, "-c", PUBLISH, str(layout.home), candidate_id, fatal],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": protocol.PYTHONPATH},
        check=False,
    )


def total(layout: Layout) -> float:
    """The restated total as a reader sees it."""
    with duckdb.connect(str(layout.current), read_only=True) as connection:
        query = "select flow_usd from fct_etf_totals_daily where trade_date = ?"
        return connection.execute(query, [DAYS[-1]]).fetchall()[0][0]
