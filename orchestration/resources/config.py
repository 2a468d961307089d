"""The configuration file: which keys there are, what they mean, their defaults and their checks.

Belongs here: the models. Does not belong here: reading a file (`config_file.py`), showing it
(`config_text.py`), or the environment, which wins over the file (`settings.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from orchestration.alerts.causes import Kind, Severity
from orchestration.resources.settings import Transport
from orchestration.sources.http.settings import HttpSettings

_HTTP = HttpSettings()


def _asset(code: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{2,12}", code):
        raise ValueError("assets are codes in capitals, like 'BTC'")
    return code


def _base_url(url: str) -> str:
    if re.match(r"[^/]*//[^/?#]*@", url):
        # The file is shown and quoted, and requests' addresses are kept.
        raise ValueError("a base URL bears no user and no password: secrets come from the environment only")
    if not re.fullmatch(r"(http|ws)s?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ValueError("a base URL is a scheme and a host, like 'https://api.bytick.com'")
    return url.rstrip("/")


def _absent(text: object) -> object:
    """In TOML there is no null: an empty text is none."""
    return None if text == "" else text


def _positive(number: float) -> float:
    if number <= 0:
        raise ValueError("a limit is more than 0")
    return number


def _address(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._%+=-]+@[A-Za-z0-9.-]+", text):
        raise ValueError("an e-mail address is like 'oncall@example.org'")
    return text


def _address_or_none(text: object) -> object:
    return _address(text) if isinstance(text, str) and text else text


Address = Annotated[str, AfterValidator(_address)]
Asset = Annotated[str, AfterValidator(_asset)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
OptionalPath = Annotated[Path | None, BeforeValidator(_absent)]
# A text is no number, and `true` is not 1: a mistake is not guessed at.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Budget = Annotated[float, Strict(), AfterValidator(_positive)]


class _Section(BaseModel):
    # An unknown key is a mistyped one.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Paths(_Section):
    """Where things lie. Relative paths are relative to the configuration file."""

    home: Path = Field(Path(".sluice"), description="The data directory. SLUICE_HOME wins.")
    inbox: OptionalPath = Field(None, description="Folder of vendor files, for --feeds files. SLUICE_INBOX wins.")
    inbox_map: OptionalPath = Field(
        None, description="Inbox map; default is inbox.toml in the inbox. SLUICE_INBOX_MAP wins."
    )


class Feeds(_Section):
    """Which feeds are on. Everything that needs no key is, and what needs one is once the key is there."""

    transport: Transport = Field("sample", description="Where payloads come from. SLUICE_FEEDS wins.")
    off: tuple[str, ...] = Field((), description="Feeds that are not fetched, by name (`sluice feeds list`).")
    sources_off: tuple[str, ...] = Field((), description="Sources of which nothing is fetched.")


class Http(_Section):
    """How requests are made."""

    user_agent: str = Field(_HTTP.user_agent, min_length=3, description="What requests say who they are.")
    connect_seconds: Number = Field(_HTTP.connect_seconds, gt=0, le=300, description="Longest wait for a connection.")
    read_seconds: Number = Field(_HTTP.read_seconds, gt=0, le=600, description="Longest silence inside an answer.")
    total_seconds: Number = Field(_HTTP.total_seconds, gt=0, le=3600, description="Longest time for one answer.")
    attempts: Whole = Field(_HTTP.attempts, ge=1, le=20, description="Tries of a request, the first included.")
    backoff_seconds: Number = Field(
        _HTTP.backoff_seconds, gt=0, le=60, description="Wait before the second try; doubles, with jitter."
    )
    backoff_most_seconds: Number = Field(
        _HTTP.backoff_most_seconds, gt=0, le=3600, description="Longest wait between two tries."
    )
    ban_most_seconds: Number = Field(
        _HTTP.ban_most_seconds, ge=0, le=86400, description="Longest ban that is waited for; a longer one fails."
    )
    max_body_bytes: Whole = Field(
        _HTTP.max_body_bytes, ge=1024, le=2**31, description="Largest body, unpacked; a larger one is refused."
    )
    concurrency: Whole = Field(_HTTP.concurrency, ge=1, le=64, description="Requests at a time.")
    per_host: Whole = Field(_HTTP.per_host, ge=1, le=64, description="Requests at a time to one host.")
    ca_bundle: OptionalPath = Field(
        None, description="File of certificate authorities to trust in place of the usual. SLUICE_CA_BUNDLE wins."
    )
    mirrors: dict[BaseUrl, BaseUrl] = Field(
        {}, description='Other bases for a host: "https://api.bybit.com" = "https://api.bytick.com".'
    )
    limits: dict[str, Budget] = Field(
        {}, description='Other budgets for a limit, per its own seconds: "binance.futures" = 1200.'
    )

    def settings(self) -> HttpSettings:
        """As the transport takes it."""
        return HttpSettings(**{name: getattr(self, name) for name in type(self).model_fields})


class Snapshots(_Section):
    """Feeds that are true of their own minute and cannot be fetched later."""

    grace_minutes: Whole = Field(
        60, ge=1, le=720, description="How long after its due time a snapshot still counts as that of the time."
    )


class Recorder(_Section):
    """`sluice record`: liquidations from websockets."""

    venues: tuple[str, ...] = Field((), description="Venues or channels that are recorded; none named: all.")
    instance: str = Field(
        "main", pattern=r"^[a-z0-9_-]+$", description="Name of this recorder; two side by side have two names."
    )
    roll_seconds: Number = Field(900.0, gt=0, le=86400, description="A segment is sealed after this time.")
    roll_bytes: Whole = Field(16 * 1024 * 1024, ge=1024, description="A segment is sealed at this size.")
    most_bytes: Whole = Field(64 * 1024 * 1024, ge=1024, description="Most that waits in memory for the disk.")
    port: Whole = Field(8712, ge=0, le=65535, description="Port of its health on 127.0.0.1; 0 is any that is free.")
    symbols: dict[str, tuple[str, ...]] = Field(
        {}, description='Other symbols of a channel: bybit_linear = ["BTCUSDT"].'
    )
    silence_seconds: dict[str, Budget] = Field(
        {}, description="After how long without a message a channel raises the alarm, by channel."
    )
    mirrors: dict[BaseUrl, BaseUrl] = Field({}, description="Other bases for a websocket host, as in [http].")


class Alerts(_Section):
    """Who hears of what stands wrong: the webhook of SLUICE_ALERT_WEBHOOK, and e-mail to `mail_to`."""

    off: tuple[Kind, ...] = Field((), description="Kinds of alarms that are not told (docs/runbook.md has them all).")
    min_severity: Severity = Field("warning", description='The least that is told: "warning" or "error".')
    name: str = Field("sluice", pattern=r"^[\w .:-]{1,40}$", description="What messages call this warehouse.")
    timeout_seconds: Number = Field(10.0, gt=0, le=60, description="Longest time for one message, per channel.")
    gap_minutes: Number = Field(
        5.0, ge=0, le=1440, description="A recorder's gap is told from this length on; a silence at once."
    )
    contradiction_days: Whole = Field(
        7, ge=1, le=366, description="A contradicted figure is told within so many days before its table's newest."
    )
    mail_to: tuple[Address, ...] = Field((), description="Recipients of e-mail; none: no e-mail.")
    mail_from: Annotated[str, BeforeValidator(_address_or_none)] = Field("", description="Sender of e-mail.")
    mail_host: str = Field("", pattern=r"^[\w.:-]*$", description="Mail server that takes it.")
    mail_port: Whole = Field(587, ge=1, le=65535, description="Its port.")
    mail_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is secured.")
    mail_user: str = Field("", description="Who logs in, with SLUICE_SMTP_PASSWORD; nobody: no log-in.")

    @model_validator(mode="after")
    def _whole(self) -> Alerts:
        if self.mail_to and not (self.mail_from and self.mail_host):
            raise ValueError("mail_to needs mail_from and mail_host beside it")
        if self.mail_user and self.mail_security == "none":
            raise ValueError('mail_user with mail_security = "none" would send the password in the clear')
        return self


class Pages(_Section):
    """The run page, one HTML file beside each release (docs/pages.md)."""

    at_publication: bool = Field(True, description="Write the page of a release as it is published.")


class PostgresTarget(_Section):
    """PostgreSQL that releases are served from (docs/postgres.md); SLUICE_POSTGRES_DSN says which."""

    enabled: bool = Field(False, strict=True, description="Serve each release from there, at the end of a run.")
    schema_name: str = Field(
        "sluice",
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="Schema that readers see; rows lie in NAME_objects.",
    )
    keep_releases: Whole = Field(7, ge=1, le=1000, description="Releases kept there, the one that is served included.")
    reader_role: str = Field(
        "sluice_reader",
        pattern=r"^([a-z_][a-z0-9_]{0,62})?$",
        description="Role that may read; made if absent. Empty: none.",
    )
    wait_seconds: Number = Field(
        60.0, gt=0, le=3600, description="Longest wait for another publisher, or for a reader's lock."
    )


class Targets(_Section):
    """Databases that releases are served from."""

    postgres: PostgresTarget = PostgresTarget()


class Source(BaseModel):
    """`[sources.NAME]`: what the connectors of one source are told (`Batch.options`), beside switching it off."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)
    assets: tuple[Asset, ...] | None = Field(None, description="Assets fetched from this source, in place of `assets`.")

    @model_validator(mode="after")
    def _no_secrets(self) -> Source:
        for name in self.options:
            if re.search(r"key|token|secret|password", name, re.IGNORECASE):
                raise ValueError(f"{name}: keys come from the environment only (`sluice config show` lists them)")
        return self

    @property
    def options(self) -> Mapping[str, Any]:
        """Everything but the keys of this model."""
        return dict(self.model_extra or {})


class Config(_Section):
    """All of it."""

    assets: tuple[Asset, ...] = Field(
        ("BTC", "ETH", "SOL"), min_length=1, description="Assets whose market data is fetched, by canonical code."
    )
    paths: Paths = Paths()
    feeds: Feeds = Feeds()
    http: Http = Http()
    snapshots: Snapshots = Snapshots()
    recorder: Recorder = Recorder()
    alerts: Alerts = Alerts()
    targets: Targets = Targets()
    pages: Pages = Pages()
    sources: dict[str, Source] = Field({}, description="Per source, what its connectors are told.")

    def options_of(self, source: str) -> Mapping[str, Any]:
        """What the connectors of a source are told."""
        return self.sources[source].options if source in self.sources else {}

    def assets_of(self, source: str) -> tuple[str, ...]:
        """The assets that are fetched from a source."""
        own = self.sources[source].assets if source in self.sources else None
        return self.assets if own is None else own
