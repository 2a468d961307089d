"""What files and the sample offer to a run.

Belongs here: choosing the transport, and payloads by source and day. Does not belong here: live feeds
(`fetching.py`), landing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from orchestration.resources.settings import Settings, Window
from orchestration.sources.base import Received, SourceError
from transforms.parse import FEEDS, SOURCES, feeds_of

if TYPE_CHECKING:
    from orchestration.sources.files import Plan


def inbox_plan(settings: Settings) -> Plan:
    """What the inbox holds, by its map. Raises `SourceError`, which says what to do."""
    from orchestration.sources import files, inbox_map

    if settings.inbox is None:
        raise SourceError("--feeds files needs an inbox folder: --inbox DIR, or SLUICE_INBOX")
    path = settings.inbox_map or settings.inbox / files.MAP_NAME
    return files.plan(settings.inbox, inbox_map.load(path, set(FEEDS)))


def of_source(settings: Settings, plan: Callable[[], Plan], source: str, window: Window | None) -> Iterator[Received]:
    """Payloads of a source whose batch day lies in the window; none where the source is not wanted."""
    if settings.only and source not in settings.only:
        return
    for item in _transport(settings, plan, feeds_of(source), window):
        if window is None or item.partition is None or window[0] <= item.partition <= window[1]:
            yield item


def of_all(settings: Settings, plan: Callable[[], Plan]) -> Iterator[Received]:
    """Everything that is offered in the window of the settings."""
    for source in sorted(set(SOURCES.values())):
        yield from of_source(settings, plan, source, settings.window)


def _transport(
    settings: Settings, plan: Callable[[], Plan], feeds: set[str], window: Window | None
) -> Iterator[Received]:
    if settings.feeds == "files":
        from orchestration.sources import files

        return files.receive(plan(), feeds)
    from orchestration.sources import samples

    return samples.receive(feeds, window)
