"""Names of tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# gzip and zip write the time into what they make; sets have another order in every process.
COLLECT = """
import sys, time
from pathlib import Path
now = time.time
time.time = lambda: now() + 400 * 86400
import pytest
class Names:
    def pytest_collection_finish(self, session):
        Path(sys.argv[1]).write_text("\\n".join(item.nodeid for item in session.items), "utf-8")
sys.exit(pytest.main(["--collect-only", "-p", "no:xdist", *sys.argv[2:]], [Names()]))
"""


def test_a_test_has_one_name_in_every_process(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Workers that collect different names run nothing at all: a whole run failed as a second passed between two."""
    names = tmp_path / "names"
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, str(names), *request.config.args], cwd=request.config.invocation_params.dir,
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTEST_ADDOPTS": ""}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    elsewhere = set(names.read_text("utf-8").splitlines())
    assert [item.nodeid for item in request.session.items if item.nodeid not in elsewhere] == []
