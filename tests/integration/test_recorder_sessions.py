"""Connections that are dead, deaf or too fast, in this process and with short waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback.recording import gap_rows, reckon
from loopback.sockets import HOSTS, Sockets

from orchestration.recorder.channels import chosen
from orchestration.recorder.recorder import Recorder
from orchestration.recorder.segments import Spool
from orchestration.recorder.settings import RecorderSettings, Timing
from orchestration.store.layout import Layout

SHORT = Timing(
    acknowledge_seconds=0.4, ping_seconds=0.1, dead_seconds=0.6, backoff_seconds=0.1, backoff_most_seconds=0.2,
    retry_refused_seconds=0.3, flush_seconds=0.1,
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[Sockets]:
    with Sockets(rate=200) as running:
        yield running


def settings(server: Sockets, channel: str) -> RecorderSettings:
    mirrors = {f"wss://{host}": f"ws://127.0.0.1:{server.port}/main/{host}" for host in HOSTS}
    channels = tuple(chosen(("BTC", "ETH"), [channel]))
    return RecorderSettings(channels, timing=SHORT, port=0, mirrors=mirrors)


def recorded(home: Path, told: RecorderSettings, play: Callable[[Callable[[], dict]], object]) -> None:
    """Run a recorder while `play` has its way in another thread; it is given the health report."""
    recorder = Recorder(Layout(home), told)

    async def run() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(recorder.run(stop))
        try:
            await asyncio.to_thread(play, lambda: recorder.report()["channels"].get(told.channels[0].name, {}))
        finally:
            stop.set()
            await running

    asyncio.run(run())


def eventually(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_connection_that_answers_no_ping_is_given_up(server, tmp_path):
    """A cable that was pulled says nothing for hours, and neither does the socket."""

    def play(health: Callable[[], dict]) -> None:
        eventually(lambda: health().get("messages", 0) > 10)
        server.faults.frozen = {"binance_usdm"}
        eventually(lambda: "nothing came for too long" in health()["trouble"])
        server.faults.frozen = set()
        eventually(lambda: health()["subscribed"])

    recorded(tmp_path, settings(server, "binance_usdm"), play)
    assert not reckon(tmp_path, server).lost
    assert "disconnected" in {row["reason"] for row in gap_rows(tmp_path, "main")}


def test_a_venue_that_does_not_acknowledge_is_tried_again(server, tmp_path):
    """Connected is not subscribed."""

    def play(health: Callable[[], dict]) -> None:
        server.faults.deaf = {"okx_swap"}
        eventually(lambda: "no answer to 1 subscriptions" in health().get("trouble", ""))
        assert not health()["subscribed"]
        server.faults.deaf = set()
        eventually(lambda: health()["messages"] > 10)

    server.faults.deaf = {"okx_swap"}
    recorded(tmp_path, settings(server, "okx_swap"), play)
    assert not reckon(tmp_path, server).lost


def test_a_refusal_that_passes_ends_its_alarm_and_its_gap(server, tmp_path):
    """A venue refuses for a minute while it restarts; a person is needed only if it goes on."""

    def play(health: Callable[[], dict]) -> None:
        eventually(lambda: health().get("alarms"))
        server.faults.rejecting = set()
        eventually(lambda: health()["subscribed"] and not health()["alarms"])
        eventually(lambda: health()["messages"] > 10)

    server.faults.rejecting = {"deribit_trades"}
    recorded(tmp_path, settings(server, "deribit_trades"), play)
    found = reckon(tmp_path, server)
    assert not found.lost
    assert found.kept


def test_a_disk_that_is_behind_is_an_alarm_and_loses_nothing(server, tmp_path, monkeypatch):
    """Memory is bounded: readers wait, and what waits at the venue comes later or is a gap."""
    slow, real = [True], Spool.commit

    def commit(self: Spool, lines: dict) -> None:
        while slow[0] and lines:
            time.sleep(0.05)
        real(self, lines)

    monkeypatch.setattr(Spool, "commit", commit)

    def play(health: Callable[[], dict]) -> None:
        try:
            eventually(lambda: "disk" in health().get("alarms", {}))
            most = health()["messages"]
            time.sleep(1.0)
            assert health()["messages"] == most
        finally:
            slow[0] = False
        eventually(lambda: health()["messages"] > most + 100 and not health()["alarms"])

    server.rate = 1000
    recorded(tmp_path, replace(settings(server, "bybit_linear"), most_bytes=20_000), play)
    found = reckon(tmp_path, server)
    assert not found.lost
    assert not found.doubled
    assert found.kept
