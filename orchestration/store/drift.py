"""What is remembered of the bodies' shapes, and the drift that was found.

Belongs here: the fields that each feed's bodies had so far, one row per drift with the payload it was first seen in,
and when drift holds a payload. Does not belong here: the comparison (`transforms/parse/drift.py`). The file lies in
`core/` because it is as rebuildable as core is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.store.ledger import Fetch
from orchestration.store.sqlite import opened
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Drift
from transforms.parse import drift as compare

_SCHEMA = """
create table if not exists fields (feed text not null, field text not null, primary key (feed, field));
create table if not exists found (
    feed text not null, kind text not null, field text not null, detail text not null, is_held integer not null,
    sha256 text not null, locator text not null, known_at text not null,
    primary key (feed, kind, field, detail)
);
"""
# As rebuildable as core.
_SYNCHRONOUS = "normal"


@dataclass(frozen=True)
class Found:
    """One drift of a feed, with the payload in which it was first seen."""

    feed: str
    kind: str
    field: str
    detail: str
    is_held: bool
    sha256: str
    locator: str
    known_at: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same drift, in whichever payload it comes first."""
        return self.feed, self.kind, self.field, self.detail


class Drifts:
    """The memory of one data directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fields(self, feed: str) -> frozenset[str]:
        """Fields that bodies of a feed have had."""
        if not self.path.exists():
            return frozenset()
        with opened(self.path, _SCHEMA, _SYNCHRONOUS) as connection:
            rows = connection.execute("select field from fields where feed = ?", (feed,)).fetchall()
        return frozenset(row["field"] for row in rows)

    def remember(self, feed: str, fields: Iterable[str], found: Iterable[tuple[Fetch, Drift]]) -> None:
        """Keep the fields, and each drift that is not there yet."""
        rows = [
            (feed, d.kind, d.field, d.detail, d.is_held, fetch.sha256, fetch.locator, fetch.known_at.isoformat())
            for fetch, d in found
        ]
        with opened(self.path, _SCHEMA, _SYNCHRONOUS) as connection:
            connection.executemany("insert or ignore into fields values (?,?)", [(feed, name) for name in fields])
            connection.executemany("insert or ignore into found values (?,?,?,?,?,?,?,?)", rows)

    def forget(self, feed: str) -> None:
        """Drop what is known of a feed: its raw bytes are processed again."""
        with opened(self.path, _SCHEMA, _SYNCHRONOUS) as connection:
            connection.execute("delete from fields where feed = ?", (feed,))
            connection.execute("delete from found where feed = ?", (feed,))

    def all(self, feed: str | None = None) -> list[Found]:
        """Drifts, the latest first."""
        if not self.path.exists():
            return []
        with opened(self.path, _SCHEMA, _SYNCHRONOUS) as connection:
            rows = connection.execute(
                "select feed, kind, field, detail, is_held, sha256, locator, known_at from found"
                " where ?1 is null or feed = ?1 order by known_at desc, feed, kind, field, detail",
                (feed,),
            ).fetchall()
        return [Found(**{**dict(row), "is_held": bool(row["is_held"])}) for row in rows]


class Watch:
    """Looks at one feed's bodies in the order in which they became known."""

    def __init__(self, drifts: Drifts, feed: Feed) -> None:
        self._drifts, self._feed = drifts, feed
        self._before = drifts.fields(feed.name) if feed.shapes else frozenset()
        self._new: set[str] = set()
        self._found: list[tuple[Fetch, Drift]] = []

    def parse(self, fetch: Fetch, payload: Payload) -> Parsed:
        """What the parser makes of a body whose drift is none, or tolerated.

        Raises `PayloadError` as the parser, whose word comes first; and schema_drift where a body that it would
        take is to be held, or where drift is what it stumbled over.
        """
        try:
            parsed = self._feed.parse(payload)
        except PayloadError as error:
            refused = compare.of_refusal(error)
            if refused is not None:
                self._found.append((fetch, refused))
            raise
        except Exception:
            self._look(fetch, payload)
            raise
        self._look(fetch, payload)
        self._found += [(fetch, drift) for drift in compare.of_parsed(parsed)]
        return parsed

    def _look(self, fetch: Fetch, payload: Payload) -> None:
        """Compare a body. Raises `PayloadError("schema_drift")` where its drift is to be held."""
        shapes = self._feed.shapes
        found, has = compare.found(payload, shapes)
        held = [drift for drift in found if drift.is_held]
        self._found += [(fetch, drift) for drift in (*found, *compare.new_fields(shapes, has, self._before))]
        if held:
            told = "; ".join(f"{drift.kind} {drift.field}: {drift.detail}" for drift in held[:5])
            raise PayloadError("schema_drift", f"{told} (`sluice feeds drift {self._feed.name}`)")
        self._new |= has - self._before
        self._before |= has

    def settle(self) -> None:
        """Keep what was seen."""
        if self._new or self._found:
            self._drifts.remember(self._feed.name, self._new, self._found)
            self._new, self._found = set(), []
