"""The one lock under which `published/` changes, for all processes.

Belongs here: taking it, and saying who has it. Does not belong here: what is done under it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from orchestration.store.atomic import make_dir
from orchestration.store.layout import Layout
from orchestration.store.unwritable import explained

_PATIENCE_SECONDS = 10.0


class Busy(RuntimeError):
    """Another process holds the publication lock."""


def _lock_file(layout: Layout) -> IO[str]:
    make_dir(layout.home)
    return (layout.home / "publish.lock").open("a+")


@contextmanager
def publication_lock(layout: Layout, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the one lock under which `published/` changes.

    Waits `patience` seconds, then raises `Busy` saying which process holds it. The lock goes with its
    process, so a killed one leaves none behind. What cannot be written raises `Unwritable`.
    """
    with explained(layout), _lock_file(layout) as file:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    file.seek(0)
                    raise Busy(f"publication is held by process {file.read().strip() or 'unknown'}") from None
                time.sleep(0.05)
        file.truncate(0)
        file.write(f"{os.getpid()}")
        file.flush()
        yield
