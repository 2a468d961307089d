"""The recorder over TLS, as every venue speaks: whom it trusts, and whom it does not."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest
import trustme
from loopback.sockets import HOSTS, Sockets

from orchestration.recorder.channels import chosen
from orchestration.recorder.recorder import Recorder
from orchestration.recorder.settings import RecorderSettings, Timing
from orchestration.store.layout import Layout

SHORT = Timing(backoff_seconds=0.1, backoff_most_seconds=0.2, flush_seconds=0.1)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def _recorded(home: Path, server: Sockets, bundle: Path | None) -> tuple[int, str]:
    """Messages of one channel once there are some, or after a while none, and what is wrong with the connection."""
    mirrors = {f"wss://{host}": f"wss://localhost:{server.port}/main/{host}" for host in HOSTS}
    channels = tuple(chosen(("BTC", "ETH"), ["bybit_linear"]))
    told = RecorderSettings(channels, timing=SHORT, port=0, mirrors=mirrors, ca_bundle=bundle)
    recorder = Recorder(Layout(home), told)

    async def run() -> tuple[int, str]:
        stop = asyncio.Event()
        running = asyncio.create_task(recorder.run(stop))
        health: dict = {}
        until = time.monotonic() + 10
        while time.monotonic() < until and not health.get("messages") and not health.get("trouble"):
            await asyncio.sleep(0.05)
            health = recorder.report()["channels"].get("bybit_linear", {})
        stop.set()
        await running
        return health.get("messages", 0), health.get("trouble") or ""

    return asyncio.run(run())


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA) -> Sockets:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sockets(rate=200, tls=context) as running:
        yield running


@pytest.mark.parametrize("how", ["settings", "environment"])
def test_an_encrypted_channel_is_recorded(tmp_path, monkeypatch, authority, server, how):
    """Every venue's address is wss://: a recorder that is tried without encryption only may never connect."""
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    if how == "environment":
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    messages, trouble = _recorded(tmp_path / "home", server, bundle if how == "settings" else None)
    assert trouble == ""
    assert messages > 0


def test_a_host_whose_authority_is_unknown_is_not_trusted(tmp_path, server):
    """By default the usual authorities hold, so whoever stands between is noticed."""
    messages, trouble = _recorded(tmp_path / "home", server, None)
    assert messages == 0
    assert "CERTIFICATE_VERIFY_FAILED" in trouble
