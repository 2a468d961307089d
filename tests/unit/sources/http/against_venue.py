"""A connector driven against a venue of the loopback server without a socket: what tests of connectors share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from loopback.contract import Ask, Venue, World

from orchestration.sources.http.contract import Batch, Connector, Reply, Request, Series
from orchestration.sources.http.errors import Unknown
from orchestration.sources.sample import SamplePayload
from schemas.feed import Parsed, Payload
from transforms.parse import FEEDS


@dataclass(frozen=True)
class Fetched:
    """What was asked, and the payloads that landed."""

    asked: list[Request]
    landed: list[Payload]


@cache
def world(first: date, last: date, venue: str) -> World:
    """The sample and the extras of one venue for these days."""
    return World(first, last, import_module(f"loopback.extras.{venue}").payloads)


def fetch(connector: Connector, batch: Batch, venue: Venue, known: World) -> Fetched:
    """Every series of a batch, answered by the venue at the batch's instant; a series of the unknown is empty."""
    known.now = batch.now
    asked: list[Request] = []
    landed: list[Payload] = []
    for series in connector.series(batch):
        pages: list[Payload] = []
        try:
            for request, reply in _pages(connector, series, venue, known):
                asked.append(request)
                if request.lands and reply.status != 404:
                    pages.append(_payload(connector, request, reply))
        except Unknown:
            pages = []
        landed += pages
    return Fetched(asked, landed)


def _pages(connector: Connector, series: Series, venue: Venue, known: World) -> Iterator[tuple[Request, Reply]]:
    request = next(series, None)
    while request is not None:
        reply = _reply(connector, request, venue, known)
        yield request, reply
        try:
            request = series.send(reply)
        except StopIteration:
            return


def _reply(connector: Connector, request: Request, venue: Venue, known: World) -> Reply:
    split = urlsplit(request.url)
    headers = {} if request.secret is None else {request.secret.name: f"{request.secret.prefix}a-key"}
    ask = Ask("GET", split.hostname or "", split.path, request.params, headers, request.json_body)
    answer = venue.answer(ask, known)
    reply = Reply(request, answer.status, dict(answer.headers), answer.content, known.now)
    if answer.status != 200:
        assert answer.status == 404, answer.body
        assert request.missing_ok, answer.body
        return reply
    try:
        connector.refuse(reply)
    except Unknown:
        if not request.missing_ok:
            raise
        return replace(reply, status=404)
    return reply


def _payload(connector: Connector, request: Request, reply: Reply) -> Payload:
    digest = hashlib.sha256(reply.content).hexdigest()
    return Payload(
        request.feed or connector.feed, reply.content, reply.received_at, digest, request.url, dict(request.told)
    )


def rows(parsed: Iterable[Parsed]) -> set[tuple[Any, ...]]:
    """Rows of all tables, each with its table's name."""
    return {
        (name, *row) for part in parsed for name, frame in part.frames.items() for row in frame.iter_rows()
    }  # fmt: skip


def of_file(item: SamplePayload) -> Parsed:
    """What the parser makes of a simulated payload."""
    digest = hashlib.sha256(item.content).hexdigest()
    return FEEDS[item.feed].parse(
        Payload(item.feed, item.content, item.known_at, digest, item.locator, dict(item.params))
    )


def assert_same_as_files(connector: Connector, venue: Venue, known: World, **options: Any) -> int:
    """At the instant of every payload of the feed: all of its rows come, and none that no file says.

    Returns the number of rows that came.
    """
    n_rows = 0
    files = [item for item in known.all if item.feed == connector.feed]
    said: set[tuple[Any, ...]] = set()
    for instant in sorted({item.known_at for item in files}):
        now = [item for item in files if item.known_at == instant]
        batch = Batch(now[0].partition, now[0].partition, instant, options=options)
        came = rows(FEEDS[item.feed].parse(item) for item in fetch(connector, batch, venue, known).landed)
        fresh = rows(map(of_file, now))
        said |= fresh
        assert fresh <= came, f"{instant}: missing {sorted(map(str, fresh - came))[:3]}"
        assert came <= said, f"{instant}: invented {sorted(map(str, came - said))[:3]}"
        n_rows += len(came)
    return n_rows
