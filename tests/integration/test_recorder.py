"""The recorder as a process, against servers that speak the venues' protocols and misbehave.

In each test every message that was logged as delivered is in a sealed segment exactly once, or in a declared gap.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback.recording import Process, gap_rows, kept, reckon, until
from loopback.sockets import Sockets

from orchestration.sources.base import land
from orchestration.sources.recorded import feed_of, receive
from orchestration.store.core_store import CoreStore
from orchestration.store.ingest import ingest
from orchestration.store.layout import Layout
from transforms.parse import FEEDS, SOURCES

CHANNELS = {
    "binance_usdm", "binance_coinm", "bybit_linear", "bybit_inverse", "okx_swap", "okx_futures", "deribit_trades",
}  # fmt: skip
QUICK = "--roll-seconds=2"


@pytest.fixture
def server() -> Iterator[Sockets]:
    with Sockets(rate=400) as running:
        yield running


@pytest.fixture
def recorder(tmp_path: Path, server: Sockets) -> Iterator[object]:
    started: list[Process] = []

    def start(client: str = "main", *options: str, **more: tuple[str, ...]) -> Process:
        started.append(Process(tmp_path / "home", server, client, QUICK, *options, **more))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.kill()


def assert_whole(home: Path, server: Sockets, client: str = "main") -> None:
    found = reckon(home, server, client)
    assert not found.lost, f"{found}: {found.lost[:5]}"
    assert not found.doubled, f"{found}: {found.doubled[:5]}"
    assert found.kept > 0


def test_every_venue_is_recorded_and_sigterm_seals_everything(tmp_path, server, recorder):
    """A recorder that is asked to stop and leaves an open segment has lost what is in it to the next batch."""
    process = recorder()
    until(lambda: server.connected() == CHANNELS, 20, "all subscribed")
    until(lambda: all(len(server.delivered["main", channel].at) > 20 for channel in CHANNELS), what="data")
    asked = 'deribit_trades {"jsonrpc":"2.0","id":2,"method":"public/test","params":{}}'
    until(lambda: server.heard[asked], what="an answer to Deribit's test_request")
    status, health = process.health()
    assert status == 200
    assert all(channel["subscribed"] and channel["messages"] for channel in health["channels"].values())
    assert process.stop() == 0
    home = tmp_path / "home"
    assert not list(home.rglob("*.open"))
    assert_whole(home, server)
    assert {row["reason"] for row in gap_rows(home, "main")} == {"not_running", "stopped"}


def test_what_was_recorded_is_landed_and_every_message_is_a_print(tmp_path, server, recorder):
    """A message that is kept but that no parser takes is lost all the same."""
    server.faults.repeats = 0.2
    process = recorder("main", "--duration=3")
    assert process.process.wait(30) == 0
    layout = Layout(tmp_path / "home")
    assert land(layout, receive(layout, FEEDS), SOURCES, datetime.now(UTC)).new >= len(CHANNELS)
    CoreStore(layout).ensure()
    for feed in ("binance_force_orders", "bybit_liquidations", "okx_liquidations", "deribit_trades"):
        fed = [name for name in CHANNELS if feed_of(name) == feed]
        numbers = [int(number) for name in fed for number in kept(layout.home, "main", name)]
        report = ingest(layout, FEEDS[feed])
        assert (report.rows_in, report.published, report.quarantined) == (len(numbers), len(set(numbers)), 0), feed
    assert ingest(layout, FEEDS["recorder_gaps"]).published == 2 * len(CHANNELS)


def test_kills_resets_and_refusals_leave_gaps_and_nothing_else(tmp_path, server, recorder):
    """A crash, a broken connection or a venue that is away must show as a gap, and not as a quiet market."""
    home = tmp_path / "home"
    server.faults.repeats = server.faults.swaps = 0.1
    process = recorder()
    until(lambda: server.connected() == CHANNELS, 20, "all subscribed")
    time.sleep(1)
    server.kill()
    server.faults.refusing = {"bybit_linear", "deribit_trades"}
    time.sleep(1)
    server.faults.refusing = set()
    until(lambda: server.connected() == CHANNELS, 20, "subscribed again")
    time.sleep(1.2)
    process.kill()
    assert list(home.rglob("*.open"))
    process = recorder()
    until(lambda: server.connected() == CHANNELS, 20, "subscribed after the crash")
    time.sleep(1)
    assert process.stop() == 0
    assert_whole(home, server)
    closed = {row["reason"] for row in gap_rows(home, "main") if row["ended_at"]}
    assert closed == {"not_running", "disconnected", "crashed"}
    assert "salvaged" in process.log


def test_a_path_that_acknowledges_and_says_nothing_raises_the_alarm(tmp_path, server, recorder):
    """Binance's old path took subscriptions for months without a message: it looked like a quiet market."""
    server.faults.mute = {"binance_usdm"}
    process = recorder("main", "--venue=binance_usdm", "--silence=binance_usdm=1")
    until(lambda: process.health()[0] == 503, what="an alarm")
    told = process.health()[1]["channels"]["binance_usdm"]
    assert "silent" in told["alarms"]
    until(lambda: process.health()[1]["channels"]["binance_usdm"]["reconnects"] > 0, what="a forced reconnect")
    assert process.stop() == 0
    assert "silence alarm" in process.log


def test_a_silence_is_a_gap_until_data_comes_again(tmp_path, server, recorder):
    """An acknowledgement after a reconnect proves nothing; the gap may end only with data."""
    process = recorder("main", "--venue=okx", "--silence=okx_swap=1")
    until(lambda: len(server.delivered["main", "okx_swap"].at) > 20, 20, "data")
    server.faults.mute = {"okx_swap"}
    until(lambda: process.health()[0] == 503, what="an alarm")
    time.sleep(2)
    server.faults.mute = set()
    until(lambda: process.health()[0] == 200, what="the alarm's end")
    assert process.stop() == 0
    silent = [row for row in gap_rows(tmp_path / "home", "main") if row["reason"] == "silent" and row["ended_at"]]
    assert [row["channel"] for row in silent] == ["okx_swap"]
    assert_whole(tmp_path / "home", server)


def test_a_refused_subscription_is_an_alarm_and_a_gap(tmp_path, server, recorder):
    """A mistyped symbol would be a channel that never says anything."""
    server.faults.rejecting = {"bybit_linear"}
    process = recorder("main", "--venue=bybit")
    until(lambda: "refused" in process.health()[1]["channels"]["bybit_linear"]["alarms"], 20, "the alarm")
    assert process.health()[0] == 503
    assert process.health()[1]["channels"]["bybit_inverse"]["subscribed"]
    assert process.stop() == 0
    rows = [row for row in gap_rows(tmp_path / "home", "main") if row["channel"] == "bybit_linear"]
    assert all(row["ended_at"] is None for row in rows)
    assert "handler not found" in process.log


def test_a_clock_that_jumps_is_noted_and_changes_no_instant_of_receipt(tmp_path, server, recorder):
    """Whose clock is wrong is not known; when a message came is."""
    server.faults.clock = 3600
    process = recorder("main", "--venue=bybit_linear")
    until(lambda: process.health()[1]["channels"]["bybit_linear"]["skew_noted"], 20, "the note")
    assert process.health()[1]["channels"]["bybit_linear"]["skew_seconds"] == pytest.approx(-3600, abs=30)
    assert process.stop() == 0
    assert "clock skew noted" in process.log
    assert_whole(tmp_path / "home", server)


def test_a_full_disk_ends_the_recorder_loudly_and_keeps_what_was_written(tmp_path, server, recorder):
    """Going on without a disk would be a silence that looks like health."""
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    limited = (sys.executable, "-c", f"import os, resource, sys; {limit}; os.execv(sys.argv[1], sys.argv[1:])")
    process = recorder("main", "--venue=binance", "--roll-seconds=600", prefix=limited)
    assert process.process.wait(60) == 1
    assert "cannot write" in process.log
    home = tmp_path / "home"
    assert list(home.rglob("*.open"))
    process = recorder("main", "--venue=binance")
    until(lambda: len(server.connected()) == 2, 20, "subscribed again")
    time.sleep(1)
    assert process.stop() == 0
    assert_whole(home, server)


def test_two_recorders_side_by_side_keep_their_own(tmp_path, server, recorder):
    """One is killed, the other goes on; a third of the same name is refused."""
    first, second = recorder("first", "--venue=bybit"), recorder("second", "--venue=bybit")
    until(lambda: server.connected("first") == server.connected("second") == {"bybit_linear", "bybit_inverse"}, 20)
    time.sleep(0.7)
    again = recorder("second", "--venue=bybit")
    assert again.process.wait(30) == 2
    assert "--instance" in again.log
    first.kill()
    time.sleep(0.7)
    assert second.stop() == 0
    home = tmp_path / "home"
    assert_whole(home, server, "second")
    assert kept(home, "second", "bybit_linear").size
    first = recorder("first", "--venue=bybit")
    until(lambda: server.connected("first"), 20)
    assert first.stop() == 0
    assert_whole(home, server, "first")


def test_segments_hold_what_was_sent_letter_by_letter(tmp_path, server, recorder):
    """A message that was parsed and written again may have lost digits, order of keys, or a field."""
    process = recorder("main", "--venue=deribit", "--duration=3")
    assert process.process.wait(30) == 0
    segment = next((tmp_path / "home" / "recorder" / "main" / "deribit_trades").glob("*.ndjson"))
    text = segment.read_text("utf-8").splitlines()[0]
    message = text.partition('"message":')[2][:-1]
    assert message == json.dumps(json.loads(message))
    assert '"price": 62000.5' in message
