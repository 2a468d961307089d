"""One change of what readers see, in a process of its own that may be told to die in the middle.

Belongs here: changing through the real gate, and telling when, line by line on stdout. Instants are those of the
machine's monotonic clock, which its processes share. Does not belong here: what is to happen, or judging it.

    python soak_change.py WHAT HOME ARGUMENTS…
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from protocol import die_after

from orchestration.store import gate, releases
from orchestration.store.layout import Layout
from orchestration.store.lock import Busy


def tell(name: str, value: Any = None) -> None:
    """One line to whoever started this process; with no value, the instant."""
    print(json.dumps([name, time.monotonic() if value is None else value]), flush=True)  # noqa: T201


def _step(fatal: str, told: tuple[str, ...], name: str) -> None:
    """Tell of the steps around the swap; die after the step `fatal`, of which there may be one per object."""
    if name in told:
        tell(name)
    die_after(fatal, name)


def publish(layout: Layout, candidate_id: str, now: str, fatal: str) -> None:
    """Publish a candidate."""
    try:
        found = gate.publish(
            layout, candidate_id, datetime.fromisoformat(now), partial(_step, fatal, ("verified", "release", "pointer"))
        )
    except gate.Refused as refusal:
        tell("refused", refusal.reasons)
    except Busy as busy:
        tell("refused", [f"busy: {busy}"])
    else:
        tell("nothing new" if isinstance(found, gate.NothingNew) else "published")


def roll_back(layout: Layout, release_id: str) -> None:
    """Go back to a release."""
    tell("release")
    releases.rollback(layout, release_id)
    tell("pointer")


def clear(layout: Layout, keep: str) -> None:
    """Remove old releases."""
    tell("clearing")
    releases.gc(layout, int(keep))
    tell("cleared")


def serve(layout: Layout, dsn: str, fatal: str) -> None:
    """Serve the current release from PostgreSQL."""
    from orchestration.store.serve import postgres
    from orchestration.store.serve.target import Target

    release = releases.get(layout)
    tell("serving", release.release_id)
    on_step = partial(_step, fatal, ("views", "served"))
    postgres.publish(layout, release, Target(dsn=dsn, keep=3), on_step=on_step)
    tell("published")


if __name__ == "__main__":
    _what, _home, *_arguments = sys.argv[1:]
    {"publish": publish, "roll_back": roll_back, "clear": clear, "serve": serve}[_what](
        Layout(Path(_home)), *_arguments
    )
