"""What a connector is: a plan of requests, free of any input or output.

Belongs here: the value types between connectors (`venues/`) and the engine that performs their requests.
Does not belong here: a particular venue, retries and limits (`transport.py`), or landing.

A series is a generator: it yields a `Request`, is sent the `Reply` to it, and so decides on the next page.
Its pages belong together: they are landed when the last of them has come, or not at all, so that half a
series is never taken for a whole one. A connector raises nothing of its own for a bad body: `refuse` does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

Body = Literal["json", "csv", "html", "zip", "gzip", "xml", "text"]
Kind = Literal["history", "document", "snapshot"]


@dataclass(frozen=True)
class Secret:
    """A key from the environment: which variable, and where the request carries it.

    It is put in by the transport, and is no part of the URL, parameters or headers that are recorded.
    """

    variable: str
    where: Literal["header", "query"]
    name: str
    prefix: str = ""


@dataclass(frozen=True)
class Request:
    """One request. `url` has no query; `params` are sent in their order.

    `feed` receives the body (default: the connector's own); `told` is what the parser is told of it
    (`Feed.params`). `limit` names a `Limit`, of which this request costs `weight`. `lands=False`: the body
    only steers the series. `missing_ok`: a 404 means that there is nothing, is sent back as a `Reply` with
    status 404, and lands nothing. `json_body` makes it a POST. `marker`: of a series most of whose pages hold
    nothing of the feed, only those with this text in them land, and the last one, which says how far it went.
    """

    url: str
    limit: str
    params: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    body: Body = "json"
    weight: int = 1
    feed: str | None = None
    json_body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: Secret | None = None
    lands: bool = True
    missing_ok: bool = False
    marker: str | None = None


@dataclass(frozen=True)
class Reply:
    """A body that passed every check of the transport. Header names are lower case."""

    request: Request
    status: int
    headers: Mapping[str, str]
    content: bytes
    received_at: datetime

    def json(self) -> Any:
        """The body as JSON; integers and floats as Python has them."""
        return json.loads(self.content)


@dataclass(frozen=True)
class Batch:
    """What is asked for: UTC days `first` to `last`, as of `now`, of these assets (canonical codes)."""

    first: date
    last: date
    now: datetime
    assets: tuple[str, ...] = ("BTC", "ETH", "SOL")
    options: Mapping[str, Any] = field(default_factory=dict)

    def window(self, trailing_days: int = 0) -> tuple[datetime, datetime]:
        """From the start of `first`, less the trailing days, to the end of `last` or `now`, if that is earlier."""
        start = datetime.combine(self.first - timedelta(days=trailing_days), time(), UTC)
        end = datetime.combine(self.last + timedelta(days=1), time(), UTC)
        return start, min(end, self.now)


Series = Generator[Request, Reply, None]


def no_refusal(reply: Reply) -> None:
    """For sources whose errors all show in the HTTP status."""


@dataclass(frozen=True)
class Connector:
    """How one feed is fetched.

    `series` gives the independent series of a batch, each all or nothing. `due` are the UTC clock readings
    ("HH:MM") at which the feed is fetched. `kind`: a `history` can be asked for any past window (as far
    back as `reach` says), a `document` is one body that tells its own history, a `snapshot` is true of its
    own minute and cannot be fetched later. `trailing_days` are fetched again before the batch. `refuse`
    raises `Transient`, `Banned` or `Permanent` for a venue's error inside a successful answer. `secrets`
    are the variables without which the feed is off. `limit_note` and `reach` are for people.
    """

    feed: str
    series: Callable[[Batch], Iterable[Series]]
    kind: Kind
    due: tuple[str, ...]
    reach: str
    limit_note: str
    trailing_days: int = 0
    refuse: Callable[[Reply], None] = no_refusal
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """A budget that a host gives: `amount` of weight in `seconds`, for all requests that name it.

    `spread`: no burst, requests at even distances (hosts that ask for a delay between requests).
    """

    name: str
    amount: float
    seconds: float
    note: str
    spread: bool = False


def one(request: Request) -> Series:
    """A series of one request."""
    yield request


def millis(instant: datetime) -> str:
    """Milliseconds since 1970 as text, as most venues take an instant."""
    return str(int(instant.timestamp() * 1000))
