"""mempool.space's pages on Bitcoin's mining.

Belongs here: which pages are asked for and how far back. Does not belong here: reading them
(`transforms/parse/mempool.py`, `mempool_hashrates.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series, one
from orchestration.sources.http.errors import Transient
from orchestration.sources.http.vendors import answer_of, whence

_PUBLIC = "mempool.public"
_BASE = "https://mempool.space/api/v1"
# The mean fee of so many blocks is in the hash price (METHOD §9).
_BLOCKS = 144
_POOL_INTERVAL = "1w"
# Intervals that the server knows, by how far back they are sure to reach.
_INTERVALS: tuple[tuple[int, str], ...] = ((88, "3m"), (180, "6m"), (364, "1y"), (729, "2y"))
_LONGEST = "3y"
_REACH = "3 years"
_LIMIT_NOTE = "none published: 5 s apart; a 429 is followed by a ban where it is not heeded"

LIMITS: tuple[Limit, ...] = (Limit(_PUBLIC, 1, 5, _LIMIT_NOTE, spread=True),)


def interval(batch: Batch) -> str:
    """The shortest interval up to now that holds the batch's days."""
    start, _ = batch.window()
    age = batch.now - start
    return next((name for days, name in _INTERVALS if age <= timedelta(days=days)), _LONGEST)


def _page(path: str, **told: str) -> Callable[[Batch], Iterable[Series]]:
    """A page of now."""
    return lambda batch: [one(Request(f"{_BASE}{path}", _PUBLIC, told=told))]


def _history(path: str) -> Callable[[Batch], Iterable[Series]]:
    """A page that tells its history, as far back as the batch needs."""
    return lambda batch: [one(Request(f"{_BASE}{path}/{interval(batch)}", _PUBLIC))]


def refuse(reply: Reply) -> None:
    """A server that has just started answers null, or lists nothing, until it has its index."""
    if reply.status < 400 and not answer_of(reply):
        raise Transient(f"{whence(reply)}: nothing yet, the server has no index")


def _connector(
    feed: str, series: Callable[[Batch], Iterable[Series]], reach: str = "none: the state of now"
) -> Connector:
    """A page of now is a snapshot; one that reaches back is a document."""
    return Connector(
        feed=feed,
        series=series,
        kind="document" if reach == _REACH else "snapshot",
        due=("00:15",),
        reach=reach,
        limit_note=_LIMIT_NOTE,
        refuse=refuse,
    )


CONNECTORS: tuple[Connector, ...] = (
    _connector("mempool_hashrates", _history("/mining/hashrate"), _REACH),
    _connector("mempool_difficulty_changes", _history("/mining/difficulty-adjustments"), _REACH),
    _connector("mempool_difficulty_estimate", _page("/difficulty-adjustment")),
    _connector("mempool_reward_stats", _page(f"/mining/reward-stats/{_BLOCKS}")),
    _connector("mempool_pools", _page(f"/mining/pools/{_POOL_INTERVAL}", interval=_POOL_INTERVAL)),
)
