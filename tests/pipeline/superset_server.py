"""A Superset of the tests' own, set up by deploy/superset/up.py: started, stopped, asked through its interface.

Belongs here: the server. Does not belong here: the browser, and what Superset should answer.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy" / "superset"
SECONDS = 1800


@dataclass
class Superset:
    """One Superset: its folder, the data directory that it reads, its port, and what its set-ups said."""

    folder: Path
    home: Path
    port: int = 0
    said: list[str] = field(default_factory=list)
    password: str = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *options: str) -> list[str]:
        """The script, as somebody types it."""
        return [sys.executable, str(DEPLOY / "up.py"), "--folder", str(self.folder), "--home", str(self.home), *options]

    def set_up(self, code: int = 0, **variables: str) -> str:
        """Run the script without starting the server; what it says."""
        done = subprocess.run(
            self.command("--setup-only"), env=os.environ | variables, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == code, said
        self.said.append(said)
        return said

    def kill_set_up(self, step: str) -> None:
        """Set up as far as in the middle of a step, and stop all of it there with SIGKILL."""
        with subprocess.Popen(
            self.command("--setup-only"), stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:  # fmt: skip
            assert process.stdout
            assert any(line.startswith(step) for line in process.stdout), f"it never said {step}"
            database = self.folder / "superset.db"
            while not (database.exists() and database.stat().st_size > 50_000):
                assert process.poll() is None, "it ended"
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Logged in."""
        who = {"username": "admin", "password": self.password, "provider": "db", "refresh": False}
        headers = {"Referer": self.address}
        with httpx.Client(base_url=self.address, timeout=120, headers=headers, trust_env=False) as client:
            token = client.post("/api/v1/security/login", json=who).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            client.headers["X-CSRFToken"] = client.get("/api/v1/security/csrf_token/").json()["result"]
            yield client

    def ask(self, text: str) -> httpx.Response:
        """A query, as SQL Lab sends it."""
        with self.client() as client:
            databases = client.get("/api/v1/database/").json()["result"]
            given: dict[str, Any] = {
                "database_id": databases[0]["id"], "sql": text, "runAsync": False, "queryLimit": 1000,
                "client_id": f"{time.time_ns()}"[-11:],
            }  # fmt: skip
            return client.post("/api/v1/sqllab/execute/", json=given)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(superset: Superset, log: Path) -> Iterator[None]:
    """The server, started by the script, for as long as it is needed."""
    superset.port = free_port()
    with log.open("wb") as file:
        process = subprocess.Popen(superset.command("--port", str(superset.port)), stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + 300
        while not _is_up(superset.address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(60)


def _is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", trust_env=False).text == "OK"
    except httpx.TransportError:
        return False
