"""Writing the run page of a release.

Belongs here: reading the parts and writing the file. Does not belong here: what is on the page (`run_page.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.redaction import redact
from orchestration.store import releases
from orchestration.store.atomic import write_bytes
from orchestration.store.layout import Layout
from orchestration.store.quarantine import Quarantine
from orchestration.store.releases import Release

if TYPE_CHECKING:
    from orchestration.resources.settings import Settings

FILE = "page.html"


def page_path(release: Release) -> Path:
    """Where a release's page lies: with the release, and gone with it."""
    return release.folder / FILE


def run_page(settings: Settings, release: Release, now: datetime, of_day: date | None = None) -> str:
    """The page of a release, about a day (default: the newest that was over at publication), feeds as of `now`."""
    from orchestration.pages import day, feeds, notes
    from orchestration.pages.run_page import Parts, page

    layout = Layout(settings.home)
    with releases.open_release(layout, release.release_id) as connection:
        facts = day.read(connection, of_day, release.published_at)
    return page(
        Parts(
            release_id=release.release_id,
            base=release.manifest.base,
            published_at=release.published_at,
            written_at=now,
            is_simulated=release.is_simulated,
            n_tables=release.tables,
            n_rows=release.rows,
            facts=facts,
            notes=notes.read(layout, release),
            audit=releases.audit_rows(layout, release),
            feeds=feeds.read(settings, now),
            rejects=Quarantine(layout.quarantine).counts(),
        )
    )


def write_page(
    settings: Settings, release: Release, now: datetime, out: Path | None = None, of_day: date | None = None
) -> Path:
    """Write a release's page, to `out` or beside its catalogue; return where it is. Raises `Busy`, `NoSuchRelease`."""
    text = run_page(settings, release, now, of_day).encode()
    if out is not None:
        write_bytes(out, text)
        return out
    with releases.publication_lock(Layout(settings.home)):
        # Cleared away meanwhile, it must not come back as a folder with nothing but a page in it.
        releases.get(Layout(settings.home), release.release_id)
        write_bytes(page_path(release), text)
    return page_path(release)


def ensure_page(settings: Settings, release: Release, now: datetime, warn: Callable[[str], None]) -> None:
    """Write the page of a release that has none, where the configuration wants it; `warn` hears where that failed.

    Publication is over by then: no page holds it up, and none undoes it.
    """
    if not settings.config.pages.at_publication or page_path(release).exists():
        return
    try:
        write_page(settings, release, now)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # what draws the charts reports its own faults as no Exception
        said = f"{type(error).__name__}: {redact(str(error))}"
        warn(f"the run page was not written: {said}; `sluice page` tries again")
