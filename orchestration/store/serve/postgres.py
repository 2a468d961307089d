"""PostgreSQL as a place that releases are served from: publish, say what would be done, say how it stands.

Belongs here: the order of steps. Does not belong here: their SQL (`books.py`, `load.py`, `views.py`).

Nothing that readers see changes before one short transaction, and everything in it at once. Whatever ends a
publication before (an error, a lost connection, SIGKILL) leaves the release of before; whatever ends it after leaves
the new one, and the next publication clears up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from orchestration.store.layout import Layout
from orchestration.store.releases import Release
from orchestration.store.serve import views
from orchestration.store.serve.books import Books, Kept
from orchestration.store.serve.contents import Contents, contents
from orchestration.store.serve.load import Step, drop_parts, drop_releases, load
from orchestration.store.serve.session import alone, patiently, publisher, session, version
from orchestration.store.serve.target import Target

Tell = Callable[[str, int, int], None]


def _no_step(name: str) -> None:
    """Called where nobody watches the steps."""


def _no_tell(what: str, done: int, of: int) -> None:
    """Called where nobody watches the progress."""


@dataclass(frozen=True)
class Served:
    """What a publication came to. `carried` objects were there; `views` changed their columns."""

    release_id: str
    is_new: bool
    loaded: int
    loaded_rows: int
    carried: int
    views: tuple[str, ...]
    dropped: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What a publication would do."""

    release_id: str
    served: str | None
    load: int
    load_rows: int
    carried: int
    drop: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """How a target stands."""

    where: str
    version: str
    size: int
    kept: tuple[Kept, ...]
    publisher: str | None

    @property
    def current(self) -> Kept | None:
        """The release that readers see."""
        return next((release for release in self.kept if release.is_current), None)


def publish(
    layout: Layout, release: Release, target: Target, tell: Tell = _no_tell, on_step: Step = _no_step
) -> Served:
    """Serve a release from the target; only what it lacks is loaded. An earlier release is gone back to.

    `tell` hears how many parts are loaded, `on_step` the name of each step as it ends. Raises `ServingError`,
    `TargetBusy`, `ReleaseCorrupt`; readers then see what they saw.
    """
    started = time.monotonic()
    with session(target) as connection, alone(connection, target):
        on_step("alone")
        books, whole = Books(connection, target), contents(layout, release)
        books.prepare()
        on_step("prepared")
        before = next((kept.release_id for kept in books.kept() if kept.is_current), None)
        missing = books.missing(whole.parts)
        load(books, {table.name: table for table in whole.tables}, missing, _told(tell, len(missing), on_step))
        on_step("loaded")
        changed = patiently(connection, target, lambda: _swap(books, whole, on_step))
        on_step("served")
        dropped = _clear_up(books, whole)
        on_step("cleared")
    fresh = [part for part in missing if part.is_object]
    objects = sum(part.is_object for part in whole.parts)
    return Served(
        release.release_id, before != release.release_id, len(fresh), sum(part.rows for part in fresh),
        objects - len(fresh), tuple(changed), tuple(dropped), time.monotonic() - started,
    )  # fmt: skip


def _told(tell: Tell, total: int, on_step: Step) -> Step:
    done = 0

    def step(name: str) -> None:
        nonlocal done
        done += 1
        tell("postgres", done, total)
        on_step(name)

    return step


def _swap(books: Books, whole: Contents, on_step: Step) -> list[str]:
    """In the transaction that is open: list the release, make views that it needs, serve it."""
    books.enter(whole)
    changed = views.bring_up(books, whole.tables, whole.release.release_id)
    on_step("views")
    books.serve(whole.release.release_id)
    return changed


def _clear_up(books: Books, whole: Contents) -> list[str]:
    """Drop what is beyond the retention. A reader's lock in its way leaves the rest to the next publication."""
    # Before parts are dropped: a transaction of now may still read the shapes that become free by it.
    views.slim(books, whole.tables, whole.release.release_id)
    dropped = drop_releases(books)
    drop_parts(books)
    books.run("analyze (skip_locked) {store}.members, {store}.current")
    return dropped


def plan(layout: Layout, release: Release, target: Target) -> Plan:
    """What `publish` would do, from a transaction that cannot write."""
    with session(target) as connection:
        connection.read_only = True
        books, whole = Books(connection, target), contents(layout, release)
        missing = [part for part in books.missing(whole.parts) if part.is_object]
        kept = books.kept() if books.exist else []
        served = next((one.release_id for one in kept if one.is_current), None)
        others = [one.release_id for one in kept if one.release_id != release.release_id]
        objects = sum(part.is_object for part in whole.parts)
        return Plan(
            release.release_id, served, len(missing), sum(part.rows for part in missing), objects - len(missing),
            tuple(others[target.keep - 1 :]),
        )  # fmt: skip


def standing(target: Target) -> Standing:
    """How the target stands. Reads only."""
    with session(target) as connection:
        connection.read_only = True
        books = Books(connection, target)
        kept = tuple(books.kept()) if books.exist else ()
        size = books.run(
            "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c join pg_namespace n"
            " on n.oid = c.relnamespace where n.nspname = %s and c.relkind = 'r'", target.store,
        ).fetchone()  # fmt: skip
        return Standing(target.where, version(connection), size[0] if size else 0, kept, publisher(connection, target))
