"""Freshness of feeds as the run page lists it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from orchestration.pages.feeds import rows
from orchestration.store.accounts import Account
from orchestration.store.feed_health import FeedHealth
from orchestration.store.feed_log import Failing, Failure, Missed

AT = datetime(2026, 11, 21, 8, 10, tzinfo=UTC)
_FAILURE = Failure("b", AT, "503 of the venue")
FAILING = Failing("b", _FAILURE, _FAILURE, 3)


def summary(*feeds: str) -> list[dict[str, object]]:
    return [
        {"feed": feed, "fetches": 2, "last_known_at": AT.isoformat(), "transports": "http"} for feed in sorted(feeds)
    ]


def health(feed: str, **given) -> FeedHealth:
    known = {"off": None, "last_fetch": AT, "next_due": AT, "late_since": None, "failing": None, "missed": ()}
    return FeedHealth(feed, **(known | given))


def test_what_needs_a_look_comes_first():
    """In a list of ninety feeds the one that is late must not be the eightieth."""
    stands = {
        "a": health("a"),
        "b": health("b", failing=FAILING),
        "c": health("c", late_since=AT),
        "d": health("d", missed=(Missed("d", date(2026, 11, 20), AT, AT, "nobody asked"),)),
        "e": health("e", off="needs X_KEY in the environment"),
    }
    found = rows(summary("a", "b", "c", "d", "e", "f"), stands, [])
    states = [(row.feed, row.state) for row in found]
    assert states == [("b", "failing"), ("c", "late"), ("d", "missed"), ("a", "on time"), ("e", "off"),
                      ("f", "not scheduled")]  # fmt: skip
    assert [row.feed for row in found if row.needs_a_look] == ["b", "c", "d"]
    assert "3 times: 503 of the venue" in found[0].remark


def test_rows_of_all_fetches_of_a_feed_are_added_up():
    """Nothing lost: rows in are published, quarantined or duplicates, on the page too."""
    accounts = [Account(1, "a", 10, 8, 1, 1), Account(2, "a", 5, 5, 0, 0), Account(3, "b", 1, 1, 0, 0)]
    row = rows(summary("a"), {}, accounts)[0]
    assert (row.rows_in, row.published, row.quarantined, row.duplicates) == (15, 13, 1, 1)


def test_a_watched_feed_that_never_brought_anything_is_listed():
    """A feed that fails from its first day on is in no ledger."""
    found = rows([], {"b": health("b", last_fetch=None, failing=FAILING)}, [])
    assert [(row.feed, row.payloads, row.last_known_at) for row in found] == [("b", 0, None)]
