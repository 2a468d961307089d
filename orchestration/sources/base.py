"""What a transport hands over, and how it is landed.

Belongs here: `Received` and the landing of bytes into the raw store and the ledger. Does not belong
here: any particular transport, or parsing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from orchestration.store.layout import Layout
from orchestration.store.ledger import Fetch, Ledger
from orchestration.store.raw import RawStore


class SourceError(RuntimeError):
    """A source cannot be used as asked; the message says what to do next."""


@dataclass(frozen=True)
class Received:
    """Bytes as a transport received them.

    `known_at` is the UTC instant from which their content counts as known; `partition` the day of
    the batch that they belong to, where they belong to one.
    """

    feed: str
    transport: str
    locator: str
    content: bytes
    known_at: datetime
    partition: date | None = None
    params: dict[str, str] = field(default_factory=dict)
    http_status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Landed:
    """What landing did: payloads seen, those new to the ledger, and bytes taken in."""

    payloads: int
    new: int
    size: int


def land(layout: Layout, received: Iterable[Received], sources: dict[str, str], now: datetime) -> Landed:
    """Store every payload's bytes, then record all fetches in one transaction.

    `sources` maps feed names to source names. Killed at any instant, this leaves no half blob under a
    final name and no ledger row without its blob; what it had not recorded is landed again next time.
    """
    store = RawStore(layout.blobs)
    fetches = [
        Fetch(
            source=sources[item.feed],
            feed=item.feed,
            transport=item.transport,
            locator=item.locator,
            known_at=item.known_at,
            fetched_at=now,
            sha256=store.put(item.content),
            size=len(item.content),
            partition=item.partition,
            params=item.params,
            http_status=item.http_status,
            headers=item.headers,
        )
        for item in received
    ]
    ledger = Ledger(layout.ledger)
    refuse_a_mixture(ledger, {fetch.is_simulated for fetch in fetches})
    new = ledger.record(fetches)
    return Landed(len(fetches), new, sum(fetch.size for fetch in fetches))


def refuse_a_mixture(ledger: Ledger, simulated: set[bool]) -> None:
    """Simulated and real observations in one history could never be told apart again by as-of queries.

    `simulated` says of the payloads to come whether they are. Raises `SourceError`.
    """
    held = ledger.holds_simulation()
    kinds = simulated | ({held} if held is not None else set())
    if len(kinds) > 1:
        there = "sample feeds (a simulation)" if held else "real feeds"
        raise SourceError(
            f"the data directory holds {there} and these payloads are of the other kind; they are never mixed: "
            "name another directory with SLUICE_HOME"
        )
