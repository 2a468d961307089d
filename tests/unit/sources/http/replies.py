"""Answers made by hand, and a series driven by them: what tests of connectors share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from orchestration.sources.http.contract import Reply, Request, Series

RECEIVED_AT = datetime(2026, 3, 31, 0, 30, tzinfo=UTC)


def reply(
    request: Request,
    body: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    received_at: datetime = RECEIVED_AT,
) -> Reply:
    """A good answer to `request`. A body that is neither text nor bytes becomes JSON."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    content = text if isinstance(text, bytes) else text.encode()
    return Reply(request, status, dict(headers or {}), content, received_at)


def drive(
    series: Series, answers: Iterable[Any] | Callable[[Request], Any], most: int = 200, status: int = 200
) -> list[Request]:
    """Every request of a series, in order, each answered by the next of `answers` or by `answers(request)`.

    An answer is a body or a whole `Reply`. A series that asks for more than there are answers has not
    heeded its stop rule, and one of more than `most` requests does not end: both fail the test.
    """
    asked: list[Request] = []
    given = iter(()) if callable(answers) else iter(answers)
    try:
        request = next(series)
        while True:
            asked.append(request)
            assert len(asked) <= most, f"the series goes on after {most} requests: {request}"
            if callable(answers):
                body = answers(request)
            else:
                taken = list(islice(given, 1))
                assert taken, f"no answer is left for {request}"
                body = taken[0]
            request = series.send(body if isinstance(body, Reply) else reply(request, body, status=status))
    except StopIteration:
        return asked
    finally:
        series.close()
