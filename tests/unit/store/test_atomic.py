"""Writes that are whole or absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.store import atomic


def test_atomic_writes_leave_no_temporary_name(tmp_path: Path) -> None:
    """Guards against leftovers that a reader's pattern could find."""
    atomic.write_bytes(tmp_path / "a" / "b.bin", b"1")
    atomic.write_json(tmp_path / "a" / "c.json", {"é": 1})
    atomic.replace_symlink(tmp_path / "a" / "link", "b.bin")
    atomic.replace_symlink(tmp_path / "a" / "link", "c.json")
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b.bin", "c.json", "link"}
    assert json.loads((tmp_path / "a" / "link").read_text()) == {"é": 1}


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """Guards against a file that is lost because its successor could not be written."""
    atomic.write_bytes(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        atomic.write_bytes(tmp_path / "a", "text is not bytes")  # type: ignore[arg-type]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_canonical_json_has_one_spelling_and_no_nan() -> None:
    """Guards against ids that depend on the order of keys, or on a value that JSON does not have."""
    assert atomic.canonical_json({"b": 1, "a": "é"}) == atomic.canonical_json({"a": "é", "b": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        atomic.canonical_json(float("nan"))
