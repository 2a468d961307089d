"""A live run can be ended at any time, and knows which days have not come yet."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.store.layout import Layout

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def silent() -> Iterator[tuple[str, list[socket.socket]]]:
    """A host that takes connections and never answers; its base and who has come."""
    came: list[socket.socket] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)

        def take() -> None:
            while True:
                try:
                    came.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", came
    for one in came:
        one.close()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_live_run_that_waits_for_a_silent_host_ends_when_told_to(tmp_path, silent, name):
    """Threads that wait out every time-out and try would hold the process for minutes, until somebody kills it."""
    base, came = silent
    config = tmp_path / "sluice.toml"
    config.write_text(f'[http.mirrors]\n"https://www.okx.com" = "{base}"\n')
    home = tmp_path / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "run", "--feeds", "http", "--only", "okx"],
        env=os.environ | {"SLUICE_HOME": str(home), "SLUICE_CONFIG": str(config)}, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while not came and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert came, process.communicate(timeout=1)
        process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=25)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert not list(Layout(home).home.glob("raw/blobs/**/*.*"))


def test_a_day_that_is_still_to_come_cannot_be_fetched(cli):
    """The venue would be asked for a window that ends before it begins, and today's list land as of next year."""
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    said = cli("run", "--feeds", "http", "--only", "bybit", "--date", day, "--dry-run")
    assert said.code == 2
    assert "still to come" in said.err
