"""What can go wrong with a request, by what helps: waiting, or a person.

Belongs here: the exceptions of the http transport. Does not belong here: when each is raised.
"""

from __future__ import annotations

from orchestration.sources.base import SourceError


class FetchError(SourceError):
    """A request did not bring a good body. The message names host and path, never a secret."""


class Transient(FetchError):
    """Trying again may help: a time-out, a broken connection, 408, 429, 5xx, a truncated body, a throttle.

    `retry_after` are the seconds that the venue asks to wait for, where it says so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unanswered(Transient):
    """No whole answer came: a time-out, or a connection that broke."""


class Unreachable(Unanswered):
    """No connection came about: no such name, nobody listening, no route."""


class Banned(Transient):
    """The venue has shut this address out for `retry_after` seconds (Binance 418, Bybit 403)."""


class Permanent(FetchError):
    """Trying again cannot help: 400, 401, 404, a refused redirect, an oversized body, a venue's own error."""


class Unknown(Permanent):
    """The venue does not know this symbol or product: nothing to fetch, which is no failure of the feed."""
