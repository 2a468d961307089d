"""Payloads for the tests of the venues' parsers."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.feed import Parsed, Payload, PayloadError

KNOWN_AT = datetime(2026, 2, 6, 6, tzinfo=UTC)


def payload(content: str | bytes, known_at: datetime = KNOWN_AT, **params: str) -> Payload:
    """A payload of these bytes."""
    raw = content.encode() if isinstance(content, str) else content
    return Payload("a_feed", raw, known_at, "0" * 64, "a file", params)


def body(value: Any, **params: str) -> Payload:
    """A payload of one JSON document."""
    return payload(json.dumps(value), **params)


def lines(*messages: Any) -> Payload:
    """A payload of messages, one per line; text is put as it is."""
    return payload("\n".join(m if isinstance(m, str) else json.dumps(m) for m in messages))


def gzipped(text: str, **params: str) -> Payload:
    """A payload of gzipped text."""
    return payload(gzip.compress(text.encode()), **params)


def millis(instant: str) -> int:
    """Milliseconds since 1970 of an ISO instant."""
    return int(datetime.fromisoformat(instant).timestamp() * 1000)


def zipped(name: str, text: str, **params: str) -> Payload:
    """A payload of a zip with one file in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return payload(buffer.getvalue(), **params)


def rule_of(call: Any, *arguments: Any) -> str:
    """The rule by which a call refuses the payload as a whole."""
    with pytest.raises(PayloadError) as caught:
        call(*arguments)
    return caught.value.rule


def rules(parsed: Parsed) -> list[str]:
    """The rules by which rows were rejected, in order."""
    return [reject.rule for reject in parsed.rejects]
