"""Names in the configuration that must exist: feeds, sources, limits, venues of the recorder.

Belongs here: holding them against the registries. Does not belong here: the file's form (`config_file.py`).
Apart from it because the registries cost time to import, which reading a release does not need.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.resources.config_file import ConfigError, ConfigFile, Key, Problem, unknown
from orchestration.resources.settings import Settings


def verify(settings: Settings) -> None:
    """Raises `ConfigError` for every feed, source or limit in the configuration that does not exist."""
    if settings.given is not None and (found := list(problems(settings.given))):
        raise ConfigError(found)


def problems(given: ConfigFile) -> Iterable[Problem]:
    """The names that do not exist, with the closest that do."""
    from orchestration.recorder.channels import channels
    from orchestration.resources.config_options import OPTIONS
    from orchestration.sources.http.venues import LIMITS
    from transforms.parse import FEEDS, SOURCES

    config, sources = given.config, set(SOURCES.values())
    recorded = channels(config.assets)
    venues = {channel.venue for channel in recorded.values()}
    checks: list[tuple[str, Key, Iterable[str], Iterable[str]]] = [
        ("feed", ("feeds", "off"), config.feeds.off, FEEDS),
        ("source", ("feeds", "sources_off"), config.feeds.sources_off, sources),
        ("limit", ("http", "limits"), config.http.limits, LIMITS),
        ("source", ("sources",), config.sources, sources),
        ("channel", ("recorder", "symbols"), config.recorder.symbols, recorded),
        ("channel", ("recorder", "silence_seconds"), config.recorder.silence_seconds, recorded),
        ("venue or channel", ("recorder", "venues"), config.recorder.venues, {*recorded, *venues}),
    ]
    for what, key, names, known in checks:
        for name in names:
            if name not in known:
                yield given.problem((*key, name), unknown(what, name, known))
    for source, told in config.sources.items():
        for name in told.options if source in sources else ():
            if name not in OPTIONS.get(source, {}):
                known = [*OPTIONS.get(source, {}), "assets"]
                yield given.problem(("sources", source, name), unknown(f"option of {source}", name, known))
