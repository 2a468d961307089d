"""What it means that `published/` did not take what was to be written, in words.

Belongs here: errors of the system and of DuckDB about a full disk, a limit, a missing right. Does not belong here:
writing, or undoing: what was begun has an unfinished name, which no reader finds and the next publication clears.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.store.layout import Layout

_FULL = ("the disk is full", "Make room")
_RIGHT = ("this user may not write there", "Give the pipeline's user the right")
_MEANING = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: ("a file may not grow that large", "Raise the limit (`ulimit -f`)"),
    errno.EROFS: ("the file system is read-only", "Make it writable"),
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EIO: ("the disk fails", "See to the disk"),
}


class Unwritable(RuntimeError):
    """`published/` did not change, or (the message says so) changed and could not be put on disk."""


@contextmanager
def explained(layout: Layout) -> Iterator[None]:
    """Turns errors of writing into `Unwritable`, which says why, what readers see, and what to do."""
    before = _seen(layout)
    try:
        yield
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        (why, remedy), now = _MEANING[code], _seen(layout)
        see = "Readers see nothing yet" if now is None else f"Readers {'keep' if now == before else 'see'} {now}"
        raise Unwritable(
            f"{why}: {_detail(error)}\n{see}. {remedy} and do it again; nothing is to be cleared"
        ) from error


def _seen(layout: Layout) -> str | None:
    """The release that readers' link names."""
    try:
        return os.readlink(layout.current).split("/")[-2]
    except (OSError, IndexError):
        return None


def _code(error: Exception) -> int | None:
    """The system's number for it; DuckDB, and a copy of many files, give its words only."""
    if isinstance(error, OSError) and error.errno:
        return error.errno if error.errno in _MEANING else None
    if isinstance(error, OSError) or "duckdb" in type(error).__module__:
        return next((code for code in _MEANING if os.strerror(code) in str(error)), None)
    return None


def _detail(error: Exception) -> str:
    if isinstance(error, shutil.Error):
        return str(error.args[0][0][-1])  # of the first file; the others say the same
    if isinstance(error, OSError) and error.filename:
        return f"{error.strerror}: {error.filename}"
    return " ".join(str(error).split())
