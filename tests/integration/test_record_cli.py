"""`sluice record` says what it would do, and what is wrong with how it is called."""

from __future__ import annotations

import socket

import pytest


def test_a_dry_run_names_channels_topics_and_mirrors_and_writes_nothing(cli, tmp_path):
    """A recorder that listens to the wrong thing is noticed when the day is over."""
    home = tmp_path / "home"
    said = cli("record", "--dry-run", "--venue=bybit", "--symbols=bybit_linear=DOGEUSDT",
               "--mirror=wss://stream.bybit.com=ws://127.0.0.1:9", home=home)  # fmt: skip
    assert said.code == 0
    for word in ("bybit_linear", "allLiquidation.DOGEUSDT", "ws://127.0.0.1:9/v5/public/linear", "bybit_liquidations"):
        assert word in said.out
    assert "okx" not in said.out
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--venue=bybitt",), "deribit_trades"),
        (("--symbols=bybit_linear",), "NAME=VALUE"),
        (("--silence=okx_swap=soon",), "number"),
        (("--silence=okx=3",), "okx_swap"),
        (("--instance=../x", "--venue=okx"), "a-z"),
    ],
)
def test_wrong_use_is_named(cli, arguments, what):
    """Before anything is connected to."""
    said = cli("record", *arguments)
    assert said.code == 2
    assert what in said.err


def test_status_says_that_nothing_answers(cli):
    """A monitor that asks must not take no answer for health."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = cli("record", "--status", f"--port={taken.getsockname()[1]}")
    assert said.code == 1
    assert "no recorder answers" in said.err


def test_a_port_that_is_taken_is_wrong_use(cli):
    """Two recorders side by side need two ports, and the second must say so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = cli("record", "--venue=okx_swap", f"--port={port}", "--mirror=wss://ws.okx.com:8443=ws://127.0.0.1:1")
    assert said.code == 2
    assert "--port" in said.err
