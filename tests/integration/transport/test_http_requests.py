"""What goes out: connections, headers, secrets, mirrors, proxies, HTTP/2 and its certificates."""

from __future__ import annotations

import gzip
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from misbehaving_host import GOOD, answer, ask, forward_proxy, reset_in_the_body, secure_host

from orchestration.sources.base import SourceError
from orchestration.sources.http.contract import Secret
from orchestration.sources.http.errors import Permanent, Transient

KEY = "canary/key+of=42"


def test_connections_are_used_again(venue, make):
    """A handshake for each page doubles the time of a back-fill, and hosts count connections."""
    url, transport = venue.script("/rows", answer()), make()
    for _ in range(20):
        transport.get(ask(url))
    assert len({seen.connection for seen in venue.seen}) == 1


def test_requests_to_one_host_are_bounded(venue, make):
    """However many threads ask, a host sees no more at once than the settings say."""

    def slowly(handler: Any) -> None:
        time.sleep(0.02)
        answer()(handler)

    url, transport = venue.script("/rows", slowly), make(per_host=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: transport.get(ask(url)), range(12)))
    assert venue.most_at_once == 2


def test_what_is_sent_is_what_was_asked_for(venue, make):
    """URL, order of the parameters, headers and body are what a venue's limits and caches go by."""
    url, transport = venue.script("/rows", answer(gzip.compress(GOOD), Content_Encoding="gzip")), make()
    params = {"symbols": '["BTCUSDT"]', "limit": "5", "at": "2026-03-31T00:00Z"}
    reply = transport.get(ask(url, params=params, headers={"X-Own": "1"}))
    transport.get(ask(url, json_body={"type": "meta"}))
    got, posted = venue.seen
    assert reply.content == GOOD
    assert got.target == "/rows?symbols=%5B%22BTCUSDT%22%5D&limit=5&at=2026-03-31T00:00Z"
    assert (got.headers["x-own"], got.headers["accept-encoding"]) == ("1", "gzip")
    assert got.headers["user-agent"].startswith("sluice/")
    assert (posted.method, posted.body, posted.headers["content-type"]) == (
        "POST",
        b'{"type":"meta"}',
        "application/json",
    )


def test_a_file_asked_for_as_gzip_stays_one(venue, make):
    """Hosts that serve a .csv.gz as a CSV in transit would otherwise have it unpacked under way."""
    packed = gzip.compress(b"a,b\n1,2\n")
    url = venue.script("/rows.csv.gz", answer(packed, Content_Type="text/csv", Content_Encoding="gzip"))
    assert make().get(ask(url, body="gzip")).content == packed


def test_a_mirror_is_asked_and_the_real_address_is_kept(venue, make):
    """Which mirror served a body is no part of what the body is."""
    venue.script("/bybit/v5/time", answer())
    transport = make(mirrors={"https://api.bybit.com": f"{venue.base}/bybit"})
    assert transport.get(ask("https://api.bybit.com/v5/time")).request.url == "https://api.bybit.com/v5/time"
    assert venue.asked["/bybit/v5/time"] == 1


@pytest.mark.parametrize("where", ["header", "query"])
def test_a_secret_is_sent_and_shows_nowhere(venue, make, where, caplog):
    """A key in a log, an error or the ledger is a key that is published with the next bug report."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection", "hpack", "orchestration"):
        caplog.set_level(logging.DEBUG, logger=name)
    secret = Secret("VENUE_KEY", where, "X-Key" if where == "header" else "api_key", "Bearer ")
    venue.script("/echo", lambda handler: answer({"you sent": handler.path + str(handler.headers)}, 400)(handler))
    venue.script("/echo200", lambda handler: answer({"you": f"{handler.path} {handler.headers}"})(handler))
    venue.script("/rows", lambda handler: answer(ETag=handler.path + (handler.headers["X-Key"] or ""))(handler))
    venue.script("/dead", reset_in_the_body)
    venue.script("/away", lambda h: answer(b"", 302, Location=f"http://x.example{h.path}")(h))
    transport = make({"VENUE_KEY": KEY}, attempts=2)
    reply = transport.get(ask(venue.base + "/rows", params={"a": "1"}, secret=secret))
    told = [repr(reply), repr(transport)]
    for path in ("/echo", "/echo200", "/dead", "/away"):
        with pytest.raises((Permanent, Transient)) as refused:
            transport.get(ask(venue.base + path, secret=secret))
        error: BaseException | None = refused.value
        while error is not None:
            told.append(repr(error))
            error = error.__cause__ or error.__context__
    sent = venue.seen[0]
    assert "Bearer" in (sent.headers["x-key"] if where == "header" else sent.target)
    assert sent.target.startswith("/rows?a=1")
    told += [caplog.text, *map(str, caplog.records)]
    for form in (KEY, "canary/key", "canary%2Fkey", "canary"):
        assert not [text for text in told if form in text]


def test_a_secret_that_is_missing_is_not_asked_without(venue, make):
    """A keyed request without its key would be answered 401 over and over."""
    url = venue.script("/rows", answer())
    with pytest.raises(Permanent, match="VENUE_KEY is not set"):
        make().get(ask(url, secret=Secret("VENUE_KEY", "query", "api_key")))
    assert not venue.seen


def test_the_environments_proxy_is_used_and_its_password_not_shown(venue, make, monkeypatch):
    """Machines behind a proxy have no other way out; a proxy's URL may hold a password."""
    url = venue.script("/rows", answer())
    with forward_proxy() as (address, targets):
        monkeypatch.setenv("http_proxy", f"http://me:hush@{address}")
        assert make().get(ask(url)).content == GOOD
        assert targets == [f"{url} Basic bWU6aHVzaA=="]
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert make().get(ask(url)).content == GOOD
        assert len(targets) == 1
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Transient) as refused:
        make(attempts=1).get(ask(url))
    assert "hush" not in repr(refused.value)
    monkeypatch.setenv("http_proxy", "gopher://me:hush@proxy:70")
    with pytest.raises(SourceError, match="proxy") as named:
        make()
    assert "hush" not in str(named.value)


def test_http2_over_tls_with_a_bundle_of_ones_own(make, tmp_path, monkeypatch):
    """Networks that inspect traffic have an authority of their own; without it nothing is trusted."""
    with secure_host(tmp_path) as (secure, bundle):
        request = ask(f"https://localhost:{secure.port}/rows")
        with make() as untrusting, pytest.raises(Permanent, match="certificate is not trusted"):
            untrusting.get(request)
        with make(ca_bundle=bundle) as transport, ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: transport.get(request), range(12)))
        assert [reply.content for reply in replies] == [GOOD] * 12
        assert set(secure.versions) == {"2"}
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        with make() as transport:
            assert transport.get(request).content == GOOD
        with forward_proxy() as (address, targets):
            monkeypatch.setenv("HTTPS_PROXY", address)
            with make() as transport:
                assert transport.get(request).content == GOOD
            assert targets == [f"localhost:{secure.port}"]


def test_a_bundle_that_is_not_there_is_named(make, tmp_path: Path):
    """A mistyped path must not read as a fault of every venue."""
    with pytest.raises(SourceError, match="CA bundle"):
        make(ca_bundle=tmp_path / "absent.pem")
