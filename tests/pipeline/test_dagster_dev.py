"""`sluice dev`: a real Dagster on a data directory, asked over its own interface."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.assets.columns import key_of
from schemas.tables import CORE, MARTS

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
STOP_SECONDS = 30
QUESTION = """{
  assetNodes { assetKey { path } groupName isPartitioned assetChecksOrError {
    ... on AssetChecks { checks { name blocking } } } }
  runsOrError { ... on Runs { results { jobName status tags { key value } } } }
  schedulesOrError(repositorySelector: {
    repositoryName: "__repository__", repositoryLocationName: "orchestration.definitions"
  }) { ... on Schedules { results { name cronSchedule executionTimezone } } }
}"""


class Dev:
    """A running `sluice dev` with its port and what it has printed so far."""

    def __init__(self, home: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "orchestration.cli", "dev", "--port", str(self.port)],
                env=os.environ | {"SLUICE_HOME": str(home)}, cwd=ROOT, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def get(self, path: str, body: bytes | None = None) -> str:
        """The answer on a path; a body makes it a POST."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def wait(self) -> None:
        """Return when it answers; fail with its output when it has ended or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.get("/server_info")
                return
            except OSError:
                time.sleep(0.5)
        pytest.fail(f"sluice dev did not answer:\n{self.log.read_text()}")

    def is_running(self) -> bool:
        """Whether any process of the group is left."""
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self, name: signal.Signals) -> bool:
        """Signal the whole group, as Ctrl-C does; whether all of it has ended within the patience."""
        deadline = time.monotonic() + STOP_SECONDS
        if self.is_running():
            os.killpg(self.process.pid, name)
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.2)
        return not self.is_running()


@pytest.fixture(scope="module")
def dev(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """Dagster on the runs that made the sample release; a copy, because it writes."""
    home = tmp_path_factory.mktemp("dev")
    shutil.copytree(sample_home / "dagster", home / "dagster")
    running = Dev(home, home / "dev.log")
    try:
        running.wait()
        yield running
    finally:
        running.stop(signal.SIGINT) or running.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def answer(dev: Dev) -> dict[str, Any]:
    """What the browser would be shown."""
    found = json.loads(dev.get("/graphql", json.dumps({"query": QUESTION}).encode()))
    assert "errors" not in found, found
    return found["data"]


def test_it_shows_the_asset_graph(answer):
    """A code location that does not load shows an empty page and no error to the one who started it."""
    nodes = {tuple(node["assetKey"]["path"]): node for node in answer["assetNodes"]}
    assert {tuple(key_of(table).path) for table in (*CORE, *MARTS)} | {("release",)} <= nodes.keys()
    assert all(node["groupName"] and node["isPartitioned"] for node in nodes.values())
    for table in MARTS:
        checks = nodes[tuple(key_of(table).path)]["assetChecksOrError"]["checks"]
        assert checks == [{"name": "audit", "blocking": True}]


def test_it_shows_the_runs_that_the_command_line_made(answer):
    """Two places to look for a run are one too many."""
    runs = [(run["jobName"], run["status"]) for run in answer["runsOrError"]["results"]]
    tags = {tag["key"]: tag["value"] for tag in answer["runsOrError"]["results"][0]["tags"]}
    assert runs == [("daily", "SUCCESS")]
    assert tags["sluice/feeds"] == "sample"


def test_it_shows_the_schedule_in_utc(answer):
    """A schedule in local time runs twice or never on two days of the year."""
    (schedule,) = answer["schedulesOrError"]["results"]
    assert (schedule["cronSchedule"], schedule["executionTimezone"]) == ("0 14 * * *", "UTC")


def test_the_page_sends_no_telemetry(dev):
    """The browser has telemetry of its own, which follows the instance's setting."""
    assert re.search(r'"?telemetryEnabled"?\s*:\s*false', dev.get("/"))


def test_it_listens_on_the_loopback_only(dev):
    """Dagster has no log-in: whoever reaches the port can start runs."""
    sockets = Path("/proc/net/tcp")
    if not sockets.exists():
        pytest.skip("no /proc/net/tcp on this system")
    listening = [line.split()[1] for line in sockets.read_text().splitlines()[1:] if line.split()[3] == "0A"]
    addresses = {
        address for address, _, port in (each.partition(":") for each in listening) if int(port, 16) == dev.port
    }
    assert addresses == {"0100007F"}


def test_ctrl_c_stops_all_of_it(dev):
    """A server that outlives its Ctrl-C holds the port, and the next start fails."""
    assert dev.stop(signal.SIGINT), "processes of the group are left"
    with pytest.raises(OSError, match="refused"):
        dev.get("/server_info")
