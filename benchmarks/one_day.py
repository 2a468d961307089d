"""What a day costs once the history is there: one day's run against a whole rebuild of the same data.

Belongs here: the two runs and the comparison. Does not belong here: the pipeline (`orchestration/`).
Dagster is left out of both, so that only work that follows the data is compared.
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from benchmarks.compare import report, say
from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings, Window
from schemas.tables import CORE
from transforms.parse import SOURCES

LAST = date(2026, 2, 28)
BEFORE = date(2026, 2, 27)
FIRST = date(2026, 1, 1)
STEPS = ("land", "core", "dbt", "audit", "publish")


def steps(home: Path, window: Window) -> dict[str, float]:
    """Seconds per step of one run over the sample feeds of a window."""
    pipeline = Pipeline(Settings(home=home, feeds="sample", window=window))
    for source in sorted(set(SOURCES.values())):
        pipeline.land(source)
    for domain in sorted({table.domain for table in CORE}):
        pipeline.core(domain)
    pipeline.build()
    pipeline.audit()
    pipeline.publish()
    return dict(pipeline.seconds)


def run() -> None:
    """Publish all days but the last, then the last; beside it a new data directory with all of them."""
    with tempfile.TemporaryDirectory() as folder:
        steps(Path(folder) / "daily", (FIRST, BEFORE))
        ours = steps(Path(folder) / "daily", (LAST, LAST))
        peer = steps(Path(folder) / "whole", (FIRST, LAST))
    say(f"sample feeds, {(LAST - FIRST).days + 1} days")
    for name in STEPS:
        report(f"one day, {name}", ("the day", ours[name]), ("whole rebuild", peer[name]))
    report("one day, all", ("the day", sum(ours.values())), ("whole rebuild", sum(peer.values())))
