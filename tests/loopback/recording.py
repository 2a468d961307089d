"""A real `sluice record` process, and the reckoning between what was delivered to it and what it kept."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from loopback.socket_messages import number_of
from loopback.sockets import Sockets
from orchestration.recorder.channels import GAPS
from orchestration.recorder.segments import sealed

ROOT = Path(__file__).resolve().parents[2]


def until(true: Callable[[], Any], seconds: float = 15.0, what: str = "") -> Any:
    """Wait until a condition holds; fail the test where it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Process:
    """One run of the recorder, as client `client` of the server. Its log is in `log`."""

    def __init__(self, home: Path, server: Sockets, client: str = "main", *options: str, prefix: tuple[str, ...] = ()):
        home.mkdir(parents=True, exist_ok=True)
        self.log_path = home / f"{client}.{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "orchestration.cli", "record", f"--instance={client}", "--port=0"]
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                [*prefix, *command, *server.mirrors(client), *options], cwd=ROOT, stdout=log, stderr=log,
                env=environment | {"SLUICE_HOME": str(home), "SLUICE_CONFIG": ""}, start_new_session=True,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self.log_path.read_text("utf-8")

    @property
    def port(self) -> int:
        """Of the health page, once it is there."""
        return int(until(lambda: re.search(r"127\.0\.0\.1:(\d+)/$", self.log, re.M), 30, f"a port in {self.log}")[1])

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of the health page."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def rss_kib(self) -> int:
        """Resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])  # type: ignore[index]

    def kill(self) -> None:
        """As a machine that goes down: without a chance to say anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As a supervisor does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@dataclass
class Reckoning:
    """What became of the messages of one client. `lost` were delivered, are in no segment and in no declared gap;
    `doubled` are in segments more often than delivered.
    """

    delivered: int = 0
    kept: int = 0
    in_gaps: int = 0
    gaps: int = 0
    lost: list[tuple[str, int, float]] = field(default_factory=list)
    doubled: list[tuple[str, int]] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.delivered} delivered, {self.kept} kept, {self.in_gaps} in {self.gaps} gaps, "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled"
        )


Gaps = dict[str, list[tuple[float, float]]]


def gap_rows(home: Path, client: str) -> list[dict[str, Any]]:
    """The declared gaps of a recorder, in the order in which they were written."""
    segments = sealed(home / "recorder" / client / GAPS)
    return [json.loads(text)["message"] for s in segments for text in s.path.read_text("utf-8").splitlines()]


def declared(home: Path, client: str) -> Gaps:
    """Gaps per channel as begin and end; one that lasts ends never."""
    last = {(row["channel"], row["started_at"]): row for row in gap_rows(home, client)}
    found: Gaps = defaultdict(list)
    for row in last.values():
        end = datetime.fromisoformat(row["ended_at"]).timestamp() if row["ended_at"] else float("inf")
        found[row["channel"]].append((datetime.fromisoformat(row["started_at"]).timestamp(), end))
    return found


def kept(home: Path, client: str, channel: str) -> np.ndarray:
    """The numbers of the messages in sealed segments, as often as they are there."""
    segments = sealed(home / "recorder" / client / channel)
    return np.array(
        [number_of(json.loads(text)["message"]) for s in segments for text in s.path.open(encoding="utf-8")],
        dtype=np.int64,
    )


def reckon(home: Path, server: Sockets, client: str = "main") -> Reckoning:
    """Compare what the server logged with what is sealed."""
    found, gaps = Reckoning(), declared(home, client)
    found.gaps = sum(len(stretches) for stretches in gaps.values())
    for (logged, channel), log in list(server.delivered.items()):
        if logged == client:
            _reckon_channel(found, channel, log, kept(home, client, channel), gaps[channel], server.uncertain)
    return found


def _reckon_channel(found: Reckoning, channel: str, log: Any, numbers: np.ndarray, gaps: Any, uncertain: set) -> None:
    sent, sent_times = np.unique(np.array(log.number), return_counts=True)
    there, there_times = np.unique(numbers, return_counts=True)
    times = dict(zip(there.tolist(), there_times.tolist(), strict=True))
    instants = dict(zip(log.number, log.at, strict=True))
    found.delivered += len(log.number)
    found.kept += len(numbers)
    for number, often in zip(sent.tolist(), sent_times.tolist(), strict=True):
        had, at = times.pop(number, 0), instants[number]
        if had > often + (number in uncertain):
            found.doubled.append((channel, number))
        elif had < often and any(start <= at <= end for start, end in gaps):
            found.in_gaps += often - had
        elif had < often:
            found.lost.append((channel, number, at))
    found.doubled += [(channel, number) for number in times if number not in uncertain]
