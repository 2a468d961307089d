"""Fixtures that every tier shares: the real exports and the worked examples, where they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real vendor exports; they are not part of the project."""
    folder = SHARED / "realdata"
    if not folder.is_dir():
        pytest.skip("the folder of real vendor exports (../shared/realdata) is not here")
    return folder


@pytest.fixture(scope="session")
def example() -> Callable[[str], dict[str, Any]]:
    """Worked examples of the methodology, by the beginning of their name."""

    def load(prefix: str) -> dict[str, Any]:
        files = sorted((SHARED / "examples").glob(f"{prefix}*.json"))
        if not files:
            pytest.skip(f"the worked example {prefix} (../shared/examples) is not here")
        return json.loads(files[0].read_text("utf-8"))

    return load
