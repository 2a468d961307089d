"""No body of any feed, however damaged, does more than fail its own parser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import protocol

HERE = Path(__file__).resolve().parent


def test_no_damage_to_a_body_ends_the_process_and_most_is_refused_by_name(tell):
    """What ends the process ends every other feed's run with it, and each later one that meets the same bytes."""
    done = subprocess.run(
        [sys.executable, str(HERE / "damaged_bodies.py"), "20260205", "25"],
        env={**os.environ, "PYTHONPATH": protocol.PYTHONPATH}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-400:]
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({feed for feed, _ in ends}) > 80
    counts = Counter(end if end in ("taken", "refused") else end.partition(":")[0] for _, end in ends)
    tell(", ".join(f"{end} {count}" for end, count in counts.most_common()))
    # The rest is quarantined too, as parser_failed.
    assert counts["taken"] + counts["refused"] > 0.97 * len(ends), counts
