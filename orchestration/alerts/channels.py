"""Ways out: a webhook and e-mail, each bounded in time.

Belongs here: sending, and whether it arrived. Does not belong here: wording (`messages.py`), or trying again
(`tell.py`).

The webhook's address is a secret, as whoever has it can post. Errors say the way and what went wrong, never where to.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import httpx

from orchestration.alerts.ledger import Notice
from orchestration.alerts.messages import mail, slack
from orchestration.redaction import hide, redact
from orchestration.resources.settings import ALERT_WEBHOOK, SMTP_PASSWORD, Settings
from orchestration.sources.http.errors import FetchError
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.wire import Wire, faults, within

if TYPE_CHECKING:
    from orchestration.resources.config import Alerts

# A shorter path is no secret, and to hide it would blank out innocent text.
_SECRET_PATH = 16


class NotDelivered(RuntimeError):
    """It did not arrive, or (`is_unknown`) nobody knows."""

    def __init__(self, message: str, is_unknown: bool = False) -> None:
        super().__init__(redact(message))
        self.is_unknown = is_unknown


class Channel(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """How the ledger calls it."""

    def send(self, notices: Sequence[Notice]) -> str:
        """Tell them in one message; what is to be remembered of it, if anything.

        Raises `NotDelivered`; takes no longer than was configured.
        """


def configured(settings: Settings) -> list[Channel]:
    """The channels that the configuration and the environment name."""
    alerts, found = settings.config.alerts, list[Channel]()
    if url := settings.secrets.get(ALERT_WEBHOOK):
        found.append(Webhook(url, settings.http, alerts))
    if alerts.mail_to:
        found.append(Mail(alerts, settings.secrets.get(SMTP_PASSWORD), settings.http))
    return found


def bounded(seconds: float, send: Callable[[], str]) -> str:
    """Return, or raise, within so many seconds, whatever hangs (a resolver heeds no time-out of ours)."""
    failed: list[Exception] = []
    told: list[str] = []

    def attempt() -> None:
        try:
            told.append(send())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotDelivered(f"no answer within {seconds:g} s", is_unknown=True)
    if failed:
        raise failed[0]
    return told[0]


class Webhook:
    """An incoming webhook as Slack has them."""

    name = "webhook"

    def __init__(self, url: str, http: HttpSettings, alerts: Alerts) -> None:
        self._url, self._alerts = url, alerts
        seconds = alerts.timeout_seconds
        self._http = replace(http, connect_seconds=seconds, read_seconds=seconds, total_seconds=seconds)
        with suppress(ValueError):
            parts = urlsplit(url)
            beyond_host = parts.path + (f"?{parts.query}" if parts.query else "")
            if len(beyond_host) >= _SECRET_PATH:
                hide({ALERT_WEBHOOK: beyond_host})

    def send(self, notices: Sequence[Notice]) -> str:
        """POST it; any 2xx is delivered, a redirect is not followed."""
        return bounded(self._alerts.timeout_seconds + 1.0, lambda: self._post(slack(notices, self._alerts.name)))

    def _post(self, body: dict[str, object]) -> str:
        seconds = self._alerts.timeout_seconds
        headers = {"User-Agent": self._http.user_agent}
        try:
            with (
                faults("webhook"),
                within(seconds),
                httpx.Client(transport=Wire(self._http), trust_env=False, timeout=seconds, headers=headers) as client,
                client.stream("POST", self._url, json=body) as answer,
            ):
                status = answer.status_code
        except FetchError as error:
            raise NotDelivered(str(error).removeprefix("webhook: "), is_unknown="ReadTimeout" in str(error)) from None
        if not 200 <= status < 300:
            raise NotDelivered(f"HTTP {status}")
        return ""


class Mail:
    """E-mail through one server."""

    name = "mail"

    def __init__(self, alerts: Alerts, password: str | None, http: HttpSettings) -> None:
        self._alerts, self._password, self._http = alerts, password, http

    def send(self, notices: Sequence[Notice]) -> str:
        """One message to all recipients; delivered where the server took it for one of them at least."""
        alerts = self._alerts
        message = mail(notices, alerts.name, alerts.mail_from, alerts.mail_to).as_bytes()
        return bounded(alerts.timeout_seconds + 1.0, lambda: self._submit(message))

    def _submit(self, message: bytes) -> str:
        alerts, is_sent = self._alerts, False
        if alerts.mail_user and not self._password:
            raise NotDelivered(f"{SMTP_PASSWORD} is not set")
        refused: dict[str, tuple[int, bytes]] | None = None
        try:
            with self._connected() as server:
                if alerts.mail_user:
                    server.login(alerts.mail_user, self._password or "")
                is_sent = True
                refused = server.sendmail(alerts.mail_from, list(alerts.mail_to), message)
        except (smtplib.SMTPException, OSError) as error:
            # What goes wrong after it was taken (a server that hangs up early) does not make it untold.
            if refused is None:
                raise _undelivered(error, is_sent) from None
        return f"the server refuses {len(refused)} of {len(alerts.mail_to)} recipients" if refused else ""

    def _connected(self) -> smtplib.SMTP:
        alerts = self._alerts
        place, seconds = (alerts.mail_host, alerts.mail_port), alerts.timeout_seconds
        if alerts.mail_security == "tls":
            return smtplib.SMTP_SSL(*place, timeout=seconds, context=self._trusted())
        server = smtplib.SMTP(*place, timeout=seconds)
        if alerts.mail_security == "starttls":
            try:
                server.starttls(context=self._trusted())
            except BaseException:
                server.close()
                raise
        return server

    def _trusted(self) -> ssl.SSLContext:
        bundle = self._http.ca_bundle
        return ssl.create_default_context(cafile=str(bundle) if bundle else None)


def _undelivered(error: Exception, is_sent: bool) -> NotDelivered:
    """What the server says is not repeated: it may quote what it was told."""
    if isinstance(error, smtplib.SMTPResponseException):
        return NotDelivered(f"{type(error).__name__}, the server answers {error.smtp_code}")
    is_unknown = is_sent and isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected)
    return NotDelivered(f"{type(error).__name__}", is_unknown)
