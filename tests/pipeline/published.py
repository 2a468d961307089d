"""What a reader does with a data directory: query its release, and take its fingerprint."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import polars as pl


def query(home: Path, text: str) -> pl.DataFrame:
    """The rows of a query on the current release, instants in UTC."""
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.sql(text).pl()


def manifest(home: Path) -> dict[str, Any]:
    """The manifest of the current release."""
    folder = (home / "published" / "current.duckdb").resolve().parent
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def objects(home: Path) -> dict[tuple[str, str], str]:
    """Content hash by table and month of the current release."""
    return {(entry["table"], entry["month"]): entry["sha256"] for entry in manifest(home)["objects"]}


def fingerprint(folder: Path) -> str:
    """One hash over the names, links and bytes below a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(path.relative_to(folder).as_posix().encode())
        if path.is_symlink():
            digest.update(str(path.readlink()).encode())
        elif path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
