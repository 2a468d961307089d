"""Writes that are whole or absent, whenever the process is killed.

Belongs here: bytes, JSON and symbolic links under a temporary name, fsync, rename. Does not belong
here: what the bytes mean. Temporary names lie in the target's own folder (a rename is atomic only
within one file system), begin with a dot and end in `.tmp`, so that no reader's pattern finds them.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any


def fsync_dir(folder: Path) -> None:
    """Put a folder's entries (names made, renamed or removed in it) on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Put a file's bytes on disk."""
    fsync_dir(path)


def temporary(path: Path) -> Path:
    """A name in the folder of `path` that no other writer uses."""
    return path.parent / f".{path.name}.{secrets.token_hex(6)}.tmp"


def make_dir(folder: Path) -> None:
    """Create a folder with its parents, each entry on disk."""
    if folder.is_dir():
        return
    make_dir(folder.parent)
    folder.mkdir(exist_ok=True)
    fsync_dir(folder.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`: a reader sees the old file or the new one, and the new one survives a crash."""
    make_dir(path.parent)
    unfinished = temporary(path)
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    fsync_dir(path.parent)


def canonical_json(value: Any) -> bytes:
    """The one JSON spelling of a value: sorted keys, no spaces, UTF-8, no NaN. Fit for hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def write_json(path: Path, value: Any) -> None:
    """Write JSON that a person can read, keys in order, as `write_bytes` does."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    write_bytes(path, text.encode() + b"\n")


def replace_symlink(link: Path, target: str | Path) -> None:
    """Make `link` point to `target` (relative to the link's folder) in one rename."""
    make_dir(link.parent)
    unfinished = temporary(link)
    try:
        unfinished.symlink_to(target)
        unfinished.replace(link)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    fsync_dir(link.parent)
