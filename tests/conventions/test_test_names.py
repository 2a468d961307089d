"""Names of tests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# gzip and zip write the time into what they make; sets have another order in every process.
COLLECT = """
import sys, time
now = time.time
time.time = lambda: now() + 400 * 86400
import pytest
sys.exit(pytest.main(["--collect-only", "-p", "no:xdist", *sys.argv[1:]]))
"""


def test_a_test_has_one_name_in_every_process(request: pytest.FixtureRequest) -> None:
    """Workers that collect different names run nothing at all: a whole run failed as a second passed between two."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, *request.config.args], cwd=request.config.invocation_params.dir,
        env=os.environ | {"PYTHONHASHSEED": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    elsewhere = set(done.stdout.splitlines())
    assert [item.nodeid for item in request.session.items if item.nodeid not in elsewhere] == []
