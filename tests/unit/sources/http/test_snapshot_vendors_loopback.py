"""Connectors against the documented answers of their vendors: the same rows as the simulated payloads as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import polars as pl
import pytest
from loopback.contract import Answer, Ask, World
from loopback.extras import coingecko as coingecko_extras
from loopback.extras import fred as fred_extras
from loopback.extras import mempool as mempool_extras
from loopback.venues import coingecko as coingecko_venue
from loopback.venues import fred as fred_venue
from loopback.venues import mempool as mempool_venue
from replies import reply

from orchestration.sources.http.contract import Batch, Connector, Reply, Request
from orchestration.sources.http.venues import coingecko, fred, mempool
from orchestration.sources.sample import SamplePayload
from schemas.feed import Payload
from transforms.parse import FEEDS

# Before the sample's scenario, so that the world holds nothing else; 13 October has no bond market.
FIRST, LAST = date(2025, 10, 8), date(2025, 10, 21)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
VENDORS = {
    "coingecko": (coingecko.CONNECTORS, coingecko_venue.VENUE, coingecko_extras.payloads),
    "mempool": (mempool.CONNECTORS, mempool_venue.VENUE, mempool_extras.payloads),
    "fred": (fred.CONNECTORS, fred_venue.VENUE, fred_extras.payloads),
}
KEY = "abcdefghijklmnopqrstuvwxyz012345"


def world_of(payloads: Callable[[date], list[SamplePayload]]) -> World:
    """The world of a vendor alone: the sample pack has none of these feeds."""
    return World(FIRST, LAST, payloads)


def rows_of(payload: Payload) -> list[pl.DataFrame]:
    parsed = FEEDS[payload.feed].parse(payload)
    assert parsed.rejects == [], payload.locator
    return [frame for frame in parsed.frames.values() if not frame.is_empty()]


def asked(request: Request) -> Ask:
    parts = urlsplit(request.url)
    key = {request.secret.name: KEY} if request.secret else {}
    return Ask("GET", parts.netloc, parts.path, {**request.params, **key}, dict(request.headers))


def fetched(connector: Connector, venue: object, world: World, day: date) -> list[pl.DataFrame]:
    """What the connector lands at the world's instant, parsed."""
    found: list[pl.DataFrame] = []
    for series in connector.series(Batch(day, day, world.now)):
        request = next(series)
        while True:
            answer: Answer = venue.answer(asked(request), world)  # type: ignore[attr-defined]
            assert answer.status == 200, (request, answer)
            got: Reply = reply(request, answer.content, received_at=world.now)
            connector.refuse(got)
            sha = hashlib.sha256(answer.content).hexdigest()
            landed = Payload(connector.feed, answer.content, world.now, sha, request.url, dict(request.told))
            found += rows_of(landed)
            try:
                request = series.send(got)
            except StopIteration:
                break
    return found


def whole(frames: list[pl.DataFrame]) -> dict[tuple[str, ...], pl.DataFrame]:
    """Frames of the same table together, in one order."""
    tables: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for frame in frames:
        tables.setdefault(tuple(frame.columns), []).append(frame)
    return {names: pl.concat(parts).unique().sort(pl.all()) for names, parts in tables.items()}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(SimpleNamespace(connector=connector, venue=venue, payloads=payloads), id=connector.feed)
        for connectors, venue, payloads in VENDORS.values()
        for connector in connectors
    ],
)
def test_what_the_vendor_answers_is_what_the_files_say(case):
    """A parameter or a window that is wrong gives other rows than the vendor's own files of that minute."""
    world = world_of(case.payloads)
    for day in DAYS:
        own = [item for item in case.payloads(day) if item.feed == case.connector.feed]
        (world.now,) = {item.known_at for item in own}
        files = [Payload(i.feed, i.content, i.known_at, "0" * 64, i.locator, dict(i.params)) for i in own]
        expected = whole([frame for file in files for frame in rows_of(file)])
        got = whole(fetched(case.connector, case.venue, world, day))
        assert got.keys() == expected.keys()
        assert expected
        for names, frame in expected.items():
            assert got[names].equals(frame), (day, case.connector.feed)


@pytest.mark.parametrize("payloads", [payloads for _, _, payloads in VENDORS.values()], ids=list(VENDORS))
def test_a_simulated_payload_says_so_and_is_the_same_each_time(payloads):
    """A number that changes with each run cannot be compared, and one that looks real might be quoted."""
    for day in DAYS[:2]:
        assert payloads(day) == payloads(day)
        assert {item.params["simulated"] for item in payloads(day)} == {"true"}
        assert all(item.partition == day and item.known_at.date() > day for item in payloads(day))


def test_the_vendors_refuse_what_their_documents_refuse():
    """A server that answers everything proves no connector wrong."""
    world = world_of(fred_extras.payloads)
    world.now = world.all[-1].known_at
    no_key = fred_venue.VENUE.answer(Ask("GET", "api.stlouisfed.org", "/fred/series/observations", {}, {}), world)
    assert (no_key.status, json.loads(no_key.content)["error_code"]) == (400, 400)
    both = {"id": "DGS10,WALCL"}
    packed = fred_venue.VENUE.answer(Ask("GET", "fred.stlouisfed.org", "/graph/fredgraph.csv", both, {}), world)
    assert packed.content.startswith(b"PK")
    bare = coingecko_venue.VENUE.answer(Ask("GET", "api.coingecko.com", "/api/v3/coins/markets", {}, {}), world)
    assert bare.status == 422
