"""Settings from the environment, the configuration file and the command line: the only reader of the environment.

Belongs here: which variables exist, their checks, and that they win over the file. Does not belong here:
the keys of the file and their defaults (`config.py`), or what is done with any of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from orchestration.redaction import Secrets, hide
from orchestration.resources.config_file import FILE_NAME, ConfigError, ConfigFile, SettingsError, load

if TYPE_CHECKING:
    from orchestration.resources.config import Config
    from orchestration.sources.http.settings import HttpSettings

__all__ = ["ConfigError", "Settings", "SettingsError", "Transport", "Window", "from_environment"]

Transport = Literal["sample", "files", "http"]
Window = tuple[date, date]

ALERT_WEBHOOK, SMTP_PASSWORD = "SLUICE_ALERT_WEBHOOK", "SLUICE_SMTP_PASSWORD"
# Keys of vendors, a connector's `secrets` among them, and what alarms are sent with: read here and nowhere else.
POSTGRES_DSN = "SLUICE_POSTGRES_DSN"
SECRETS: dict[str, str] = {
    "COINGECKO_API_KEY": "CoinGecko's demo key; without it the keyless limits hold",
    "COINGLASS_API_KEY": "CoinGlass v4",
    "FRED_API_KEY": "FRED's API, for vintages; its CSV needs none",
    "SOSOVALUE_API_KEY": "SoSoValue",
    POSTGRES_DSN: "connection string of the PostgreSQL that releases are served from",
    "TARDIS_API_KEY": "Tardis; the first day of each month needs none",
    ALERT_WEBHOOK: "address of the webhook that alarms are posted to; whoever has it can post",
    SMTP_PASSWORD: "password of `alerts.mail_user` at the mail server",
}
# The file's key that each variable wins over.
VARIABLES: dict[str, tuple[str, ...]] = {
    "SLUICE_HOME": ("paths", "home"),
    "SLUICE_FEEDS": ("feeds", "transport"),
    "SLUICE_INBOX": ("paths", "inbox"),
    "SLUICE_INBOX_MAP": ("paths", "inbox_map"),
    "SLUICE_CA_BUNDLE": ("http", "ca_bundle"),
}


@dataclass(frozen=True)
class Settings:
    """What a run is made with.

    `window` restricts which payloads are landed, by the day of the batch they belong to; without one
    that is the day or range of the Dagster run, or with `everything` no restriction at all. `given` is the
    configuration file, None where there is none; `overrides` are the variables that win over it.
    """

    home: Path
    feeds: Transport = "sample"
    inbox: Path | None = None
    inbox_map: Path | None = None
    only: tuple[str, ...] = ()
    window: Window | None = None
    everything: bool = False
    given: ConfigFile | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)

    @cached_property
    def config(self) -> Config:
        """The file's configuration, or the defaults. Where a variable wins, only the fields above say so."""
        from orchestration.resources.config import Config

        return self.given.config if self.given is not None else Config()

    @property
    def http(self) -> HttpSettings:
        """How requests are made."""
        from dataclasses import replace

        settings = self.config.http.settings()
        bundle = self.overrides.get("SLUICE_CA_BUNDLE")
        return replace(settings, ca_bundle=Path(bundle)) if bundle else settings


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration file is, or would be."""
    return Path(environment.get("SLUICE_CONFIG") or FILE_NAME)


def secrets_of(environment: Mapping[str, str] = os.environ) -> Secrets:
    """The secrets that are set, hidden from now on in whatever this process prints or keeps."""
    secrets = Secrets({name: value for name in SECRETS if (value := environment.get(name, "").strip())})
    hide(secrets)
    return secrets


def secret_of(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret in a variable that a person names, hidden from now on. Raises `SettingsError` where it is not set."""
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set in the environment")
    hide({name: value})
    return value


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the variables in `VARIABLES` and `SECRETS`, else the configuration file, else defaults.

    The file is the one that SLUICE_CONFIG names, or `sluice.toml` where one stands, if there is one.
    Raises `ConfigError` for mistakes in it and `SettingsError` for an unknown transport.
    """
    secrets = secrets_of(environment)
    path = config_path(environment)
    given = load(path) if environment.get("SLUICE_CONFIG") or path.is_file() else None
    overrides = {name: value for name in VARIABLES if (value := environment.get(name))}
    if (feeds := overrides.get("SLUICE_FEEDS", "sample")) not in get_args(Transport):
        raise SettingsError(f"SLUICE_FEEDS={feeds!r}: use one of {', '.join(get_args(Transport))}")
    paths = given.config.paths if given is not None else None
    if given is not None and "SLUICE_FEEDS" not in overrides:
        feeds = given.config.feeds.transport

    def path_of(variable: str, of_file: Path | None) -> Path | None:
        return Path(overrides[variable]) if variable in overrides else of_file

    home = path_of("SLUICE_HOME", paths.home if paths else None) or Path(".sluice")
    return Settings(
        home=home.absolute(),
        feeds=feeds,  # type: ignore[arg-type]
        inbox=path_of("SLUICE_INBOX", paths.inbox if paths else None),
        inbox_map=path_of("SLUICE_INBOX_MAP", paths.inbox_map if paths else None),
        given=given,
        overrides=overrides,
        secrets=secrets,
    )
