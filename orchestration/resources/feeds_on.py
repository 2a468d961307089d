"""Which live feeds are on, and why the others are off.

Belongs here: the file's switches and the keys that connectors need. Does not belong here: when a feed is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.resources.config_file import Key
from orchestration.resources.config_options import HAS_KEY, KEYS_OF
from orchestration.resources.settings import Settings
from orchestration.sources.http.contract import Connector
from orchestration.store.layout import Layout

if TYPE_CHECKING:
    from orchestration.store.feed_health import FeedHealth


def why_off(settings: Settings, connector: Connector, source: str) -> str | None:
    """Why a feed is not fetched, with what to do about it; None where it is."""
    feeds = settings.config.feeds
    if connector.feed in feeds.off:
        return f"off in {_where(settings, ('feeds', 'off'))}"
    if source in feeds.sources_off:
        return f"{source} is off in {_where(settings, ('feeds', 'sources_off'))}"
    absent = [name for name in connector.secrets if name not in settings.secrets]
    if absent:
        return f"needs {' and '.join(absent)} in the environment"
    return None


def feeds_off(settings: Settings, connectors: Mapping[str, Connector], sources: Mapping[str, str]) -> dict[str, str]:
    """The live feeds that are off, each with the reason."""
    reasons = {feed: why_off(settings, connector, sources[feed]) for feed, connector in connectors.items()}
    return {feed: reason for feed, reason in reasons.items() if reason is not None}


def feeds_on(
    settings: Settings, connectors: Mapping[str, Connector], sources: Mapping[str, str]
) -> dict[str, Connector]:
    """The live feeds that are on; with `settings.only` those of the chosen sources."""
    off = feeds_off(settings, connectors, sources)
    return {
        feed: connector
        for feed, connector in connectors.items()
        if feed not in off and (not settings.only or sources[feed] in settings.only)
    }


def options_of(settings: Settings, source: str) -> dict[str, Any]:
    """What the connectors of a source are told (`Batch.options`): the file's table, and whether there is a key."""
    return dict(settings.config.options_of(source)) | {HAS_KEY: KEYS_OF.get(source) in settings.secrets}


def grace_of(settings: Settings) -> timedelta:
    """How long after its due time a fetch still counts as on time."""
    return timedelta(minutes=settings.config.snapshots.grace_minutes)


def standing(settings: Settings, now: datetime) -> dict[str, FeedHealth]:
    """How every live feed stands. Writes nothing."""
    from orchestration.sources.http.venues import CONNECTORS
    from orchestration.store.feed_health import health
    from transforms.parse import SOURCES

    off = feeds_off(settings, CONNECTORS, SOURCES)
    return health(Layout(settings.home), CONNECTORS, off, now, grace_of(settings))


def _where(settings: Settings, key: Key) -> str:
    given = settings.given
    return f"{given.path}:{given.lines.get(key, 1)}" if given is not None else "the configuration"
