"""Settings from the environment and the command line: the only reader of the environment.

Belongs here: which variables exist, their defaults and their checks. Does not belong here: what is
done with them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

Transport = Literal["sample", "files", "http"]
Window = tuple[date, date]


class SettingsError(ValueError):
    """A setting is wrong; the message names it and says what is allowed."""


@dataclass(frozen=True)
class Settings:
    """What a run is made with.

    `window` restricts which payloads are landed, by the day of the batch they belong to; without one
    that is the day or range of the Dagster run, or with `everything` no restriction at all.
    """

    home: Path
    feeds: Transport = "sample"
    inbox: Path | None = None
    inbox_map: Path | None = None
    only: tuple[str, ...] = ()
    window: Window | None = None
    everything: bool = False


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from SLUICE_HOME, SLUICE_FEEDS, SLUICE_INBOX, SLUICE_INBOX_MAP.

    Raises `SettingsError` for an unknown transport.
    """
    feeds = environment.get("SLUICE_FEEDS", "sample")
    if feeds not in get_args(Transport):
        raise SettingsError(f"SLUICE_FEEDS={feeds!r}: use one of {', '.join(get_args(Transport))}")
    inbox, inbox_map = environment.get("SLUICE_INBOX"), environment.get("SLUICE_INBOX_MAP")
    return Settings(
        home=Path(environment.get("SLUICE_HOME", ".sluice")).absolute(),
        feeds=feeds,  # type: ignore[arg-type]
        inbox=Path(inbox) if inbox else None,
        inbox_map=Path(inbox_map) if inbox_map else None,
    )
