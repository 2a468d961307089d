"""The venues of the server, and the payloads beyond the sample pack: every module of `venues/` and `extras/`."""

from __future__ import annotations

import pkgutil
from datetime import date
from importlib import import_module

from loopback import extras as _extras
from loopback import venues as _venues
from loopback.contract import Venue
from orchestration.sources.sample import SamplePayload


def _found(package: object) -> list:
    return [
        import_module(f"{package.__name__}.{info.name}")
        for info in pkgutil.iter_modules(package.__path__)
        if not info.name.startswith("_")
    ]


VENUES: tuple[Venue, ...] = tuple(
    venue for module in _found(_venues) for venue in (module.VENUES if hasattr(module, "VENUES") else (module.VENUE,))
)


def extras(day: date) -> list[SamplePayload]:
    """Simulated payloads of a day's batch for feeds that the sample pack has not."""
    return [payload for module in _found(_extras) for payload in module.payloads(day)]
