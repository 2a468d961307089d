"""Examination of a data directory, and the repairs that change no fact.

Belongs here: what must hold on disk between runs. Does not belong here: checks of the data
(`audit/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.store import backup, catalogue, releases
from orchestration.store.accounts import Accounts
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.objects import sha256_of
from orchestration.store.raw import RawCorrupt, RawStore


@dataclass(frozen=True)
class Finding:
    """One check: `result` is ok, bad or mended."""

    check: str
    result: str
    detail: str


def examine(layout: Layout, repair: bool = False) -> list[Finding]:
    """All checks in order. With `repair`, ledgers are put back, leftovers go and catalogues are rewritten."""
    ledgers = list(_ledgers(layout, repair))
    if any(found.result == "bad" for found in ledgers):
        return ledgers
    return [*ledgers, *_raw(layout), *_accounts(layout), *_releases(layout, repair), *_leftovers(layout, repair)]


def _ledgers(layout: Layout, repair: bool) -> Iterator[Finding]:
    """Without them nothing else can be judged."""
    mended = {path.name for path in backup.put_back(layout)} if repair else set()
    if mended:
        detail = f"{', '.join(sorted(mended))} put back from the last run's copy; what came after it is in no ledger"
        yield Finding("ledgers", "mended", detail)
    wrong = [f"{path.name} is gone" for path in backup.lost(layout)]
    wrong += [f"{path.name} is damaged" for path in backup.damaged(layout)]
    if wrong or not mended:
        yield Finding("ledgers", "bad" if wrong else "ok", "; ".join(wrong) or "readable")


def _raw(layout: Layout) -> Iterator[Finding]:
    store, bad = RawStore(layout.blobs), []
    hashes = sorted({fetch.sha256 for fetch in Ledger(layout.ledger).fetches()})
    for sha256 in hashes:
        try:
            store.get(sha256)
        except (RawCorrupt, FileNotFoundError) as error:
            bad.append(f"{sha256[:12]}: {type(error).__name__}")
    loose = len({path.stem for path in layout.blobs.glob("*/*.zst")} - set(hashes))
    detail = f"{len(hashes)} blobs of the ledger read and match their hashes"
    detail += f"; {loose} more are in no ledger" if loose else ""
    yield Finding("raw bytes", "bad" if bad else "ok", "; ".join(bad[:5]) or detail)


def _accounts(layout: Layout) -> Iterator[Finding]:
    fetches = {fetch.fetch_id for fetch in Ledger(layout.ledger).fetches()}
    accounts = Accounts(layout.accounts).all()
    open_ = fetches - {account.fetch_id for account in accounts}
    wrong = [a.fetch_id for a in accounts if a.rows_in != a.published + a.quarantined + a.duplicates]
    if wrong:
        yield Finding("accounts", "bad", f"rows do not add up for payloads {wrong[:5]}")
    total = sum(account.rows_in for account in accounts)
    waiting = f"; {len(open_)} payloads wait for `sluice run`" if open_ else ""
    yield Finding("accounts", "ok", f"{total} rows in = published + quarantined + duplicates{waiting}")


def _releases(layout: Layout, repair: bool) -> Iterator[Finding]:
    found = releases.list_releases(layout)
    if not found:
        yield Finding("releases", "ok", "none yet")
        return
    named = {name for release in found for name in release.object_names()}
    bad = [name[:12] for name in sorted(named) if not _is_whole(layout, name)]
    detail = f"{len(named)} objects of {len(found)} releases match their names"
    yield Finding("objects", "bad" if bad else "ok", f"missing or changed: {', '.join(bad[:5])}" if bad else detail)
    moved = [release.release_id for release in found if not catalogue.is_current(layout, release.release_id)]
    if moved and repair:
        for release_id in moved:
            catalogue.rewrite(layout, release_id)
        yield Finding("catalogues", "mended", f"{len(moved)} rewritten for where the data directory lies now")
    elif moved:
        yield Finding("catalogues", "bad", f"{len(moved)} name another place: the data directory has moved")
    else:
        yield Finding("catalogues", "ok", "name the objects where they are")


def _is_whole(layout: Layout, name: str) -> bool:
    path = layout.objects / name
    return path.exists() and sha256_of(path) == name.removesuffix(".parquet").rpartition("/")[2]


def _leftovers(layout: Layout, repair: bool) -> Iterator[Finding]:
    places = (layout.blobs, layout.core, layout.quarantine, layout.published)
    left = [path for place in places if place.exists() for path in place.rglob(".*.tmp") if path.is_file()]
    if left and repair:
        for path in left:
            path.unlink(missing_ok=True)
    result = "ok" if not left else ("mended" if repair else "bad")
    yield Finding("leftovers", result, f"{len(left)} temporary files of killed writers")
