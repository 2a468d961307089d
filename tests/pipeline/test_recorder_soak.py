"""The recorder for a long time at 2,000 messages a second, with everything going wrong that can.

`SLUICE_SOAK=1` runs it for half an hour, or for `SLUICE_SOAK_MINUTES`; its short form is
`tests/integration/test_recorder.py`.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from conftest import SOAK
from loopback.recording import Process, Reckoning, gap_rows, reckon, until
from loopback.sockets import Sockets

pytestmark = pytest.mark.skipif(not SOAK, reason="half an hour: SLUICE_SOAK=1 runs it")

SECONDS = 60 * float(os.environ.get("SLUICE_SOAK_MINUTES", "30"))
RATE = 2000.0
CHANNELS = (
    "binance_usdm", "binance_coinm", "bybit_linear", "bybit_inverse", "okx_swap", "okx_futures", "deribit_trades",
)  # fmt: skip
OPTIONS = ("--roll-seconds=20", "--roll-mb=4", *(f"--silence={name}=2" for name in CHANNELS))
# As a process warms up it grows; after that it may not, beyond what an allocator keeps to itself.
WARM_UP, SLACK_KIB = 0.25, 12 * 1024


class Trouble:
    """What goes wrong, a new thing every few seconds; `steady` keeps its process, `shaken` is killed and stopped."""

    def __init__(self, home: Path, server: Sockets) -> None:
        self.home, self.server, self.chance = home, server, random.Random(20260205)
        self.steady, self.shaken = self.start("steady"), self.start("shaken")
        self.done: dict[str, int] = dict.fromkeys(
            ("reset", "mute", "frozen", "refused", "killed", "stopped", "clock"), 0
        )
        self.rss: list[int] = []

    def start(self, client: str) -> Process:
        return Process(self.home, self.server, client, *OPTIONS)

    def run(self, seconds: float) -> None:
        """Something goes wrong every two seconds or so, in turn, until the time is up."""
        end, kinds = time.monotonic() + seconds, list(self.done)
        while time.monotonic() < end:
            kind = kinds.pop(0)
            kinds.append(kind)
            getattr(self, kind)(self.chance.choice(CHANNELS))
            self.done[kind] += 1
            self.wait(self.chance.uniform(0.5, 2.0))
        self.server.faults.clock = 0.0

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.rss.append(self.steady.rss_kib())
            time.sleep(0.25)

    def reset(self, channel: str) -> None:
        self.server.kill([channel] if self.chance.random() < 0.7 else ["*"])

    def mute(self, channel: str) -> None:
        self._for_a_while(self.server.faults.mute, channel, 4.0)

    def frozen(self, channel: str) -> None:
        self._for_a_while(self.server.faults.frozen, channel, 3.0)

    def refused(self, channel: str) -> None:
        self.server.faults.refusing.add("*")
        self.server.kill([channel])
        self.wait(1.5)
        self.server.faults.refusing.clear()

    def killed(self, channel: str) -> None:
        self.shaken.kill()
        self.wait(self.chance.uniform(0.0, 1.0))
        self.shaken = self.start("shaken")
        self._until_it_listens()

    def stopped(self, channel: str) -> None:
        assert self.shaken.stop() == 0, self.shaken.log[-2000:]
        self.shaken = self.start("shaken")
        self._until_it_listens()

    def clock(self, channel: str) -> None:
        self.server.faults.clock = self.chance.choice([-3600.0, 0.0, 3600.0])

    def _for_a_while(self, faults: set[str], channel: str, seconds: float) -> None:
        faults.add(channel)
        self.wait(seconds)
        faults.discard(channel)

    def _until_it_listens(self) -> None:
        until(lambda: len(self.server.connected("shaken")) >= 5, 30, "subscribed again")
        self.wait(1.0)


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trouble, dict[str, Reckoning]]:
    home = tmp_path_factory.mktemp("soak") / "home"
    with Sockets(rate=RATE) as server:
        server.faults.repeats = server.faults.swaps = 0.02
        trouble = Trouble(home, server)
        until(lambda: server.connected("steady") == server.connected("shaken") == set(CHANNELS), 30, "all subscribed")
        try:
            # Each of the two gets its share: both together are sent twice the rate.
            server.rate = 2 * RATE
            trouble.run(SECONDS)
            assert trouble.steady.stop() == 0
            assert trouble.shaken.stop() == 0
        finally:
            for process in (trouble.steady, trouble.shaken):
                if process.process.poll() is None:
                    process.kill()
        return trouble, {client: reckon(home, server, client) for client in ("steady", "shaken")}


@pytest.mark.parametrize("client", ["steady", "shaken"])
def test_every_message_is_sealed_once_or_in_a_declared_gap(soaked, client, tell):
    """What was delivered, and is neither kept nor declared as missed, is lost without anybody knowing."""
    trouble, found = soaked
    tell(f"{client}: {found[client]} in {SECONDS:.0f} s; {trouble.done}")
    assert not found[client].lost, found[client].lost[:10]
    assert not found[client].doubled, found[client].doubled[:10]
    assert found[client].kept > 0.5 * found[client].delivered
    assert found[client].delivered > 0.4 * RATE * SECONDS


def test_there_was_trouble_of_every_kind(soaked):
    """A soak without kills and silences proves nothing."""
    trouble, found = soaked
    assert all(trouble.done.values()), trouble.done
    closed = {row["reason"] for client in found for row in gap_rows(trouble.home, client) if row["ended_at"]}
    assert closed == {"not_running", "disconnected", "silent", "crashed", "stopped"}


def test_memory_stays_flat(soaked, tell):
    """What grows by a little each second has filled the machine after a week."""
    trouble, _ = soaked
    warm = trouble.rss[int(len(trouble.rss) * WARM_UP) :]
    third = len(warm) // 3
    first, last = max(warm[:third]), max(warm[-third:])
    tell(f"resident: {first} KiB at most in the first third, {last} KiB in the last")
    assert last < first * 1.05 + SLACK_KIB
