"""The raw store: bytes as received, content-addressed, compressed, append-only.

Belongs here: putting and getting blobs. Does not belong here: who fetched them and when
(`ledger.py`), or what they mean (`transforms/parse/`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import zstandard

from orchestration.store.atomic import write_bytes


class RawCorrupt(RuntimeError):
    """A blob's bytes do not have the hash that names it."""


class RawStore:
    """Blobs under one folder: `<first two>/<sha256>.zst`, the hash being that of the bytes received."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the blob of this hash lies, whether it exists or not."""
        return self.folder / sha256[:2] / f"{sha256}.zst"

    def put(self, content: bytes) -> str:
        """Store the bytes if they are new; return their SHA-256.

        The blob appears under its final name only when it is whole and on disk.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            write_bytes(path, zstandard.ZstdCompressor(level=10).compress(content))
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of a blob, verified against its name.

        Raises `FileNotFoundError` where there is none, `RawCorrupt` where they differ from the name.
        """
        try:
            content = zstandard.ZstdDecompressor().decompress(self.path(sha256).read_bytes())
        except zstandard.ZstdError as error:
            raise RawCorrupt(f"blob {sha256} cannot be decompressed: {error}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise RawCorrupt(f"blob {sha256} holds other bytes than its name says")
        return content
