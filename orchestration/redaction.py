"""Secrets never show: the values that are secret in this process, and taking them out of what is printed or kept.

Belongs here: hiding known values in text, exceptions and log records. Does not belong here: which secrets
there are (`resources/settings.py`, the only reader of the environment).

A value is known to the whole process once it is `hide`n, since whatever prints an error (the command line,
Dagster, a library's logger) does not know with which settings the run was made.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import string
import traceback
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import quote

# Shorter values would blank out innocent text; no vendor's key is that short.
LEAST_CHARACTERS = 6

# Signs that no URL, JSON, HTML or header writes in another way.
_PLAIN = frozenset(string.ascii_letters + string.digits + "-._~")

_patterns: dict[str, re.Pattern[str]] = {}
_bytes: dict[str, re.Pattern[bytes]] = {}


class Secrets(Mapping[str, str]):
    """Secrets by the name of their variable. Neither `repr` nor `str` shows a value."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values)) or 'none'})"

    def __reduce__(self) -> tuple[type[Secrets], tuple[()]]:
        """A pickled copy holds none: it may be written to disk."""
        return Secrets, ()


def hide(secrets: Mapping[str, str]) -> None:
    """Hide these values from now on, in every form in which a URL, JSON, HTML or a header may carry them."""
    for name, value in secrets.items():
        if len(value) < LEAST_CHARACTERS:
            continue
        encoded = base64.b64encode(value.encode()).decode()
        text = f"{''.join(map(_forms, value))}|{re.escape(encoded)}|{re.escape(encoded.rstrip('='))}"
        # By value and not by name: the value of before is still on somebody's way to be printed.
        _patterns[f"<{name}>\0{value}"] = re.compile(text)
        _bytes[f"<{name}>\0{value}"] = re.compile(text.encode())
    if _patterns:
        _watch_logs()


def _forms(sign: str) -> str:
    """One character in all the ways in which it may be written."""
    if sign in _PLAIN:
        return re.escape(sign)
    percent = quote(sign, safe="")
    ways = [sign, percent, percent.lower(), quote(percent, safe=""), json.dumps(sign)[1:-1], repr(sign)[1:-1],
            f"\\u{ord(sign):04x}", f"\\{sign}", escape(sign), f"&#{ord(sign)};", f"&#x{ord(sign):x};"]  # fmt: skip
    ways += ["+"] if sign == " " else []
    return "(?:" + "|".join(re.escape(way) for way in sorted(set(ways), key=len, reverse=True)) + ")"


def redact(text: str) -> str:
    """The text with every hidden value replaced by the name of its variable in angle brackets."""
    for shown, pattern in _patterns.items():
        text = pattern.sub(shown.partition("\0")[0], text)
    return text


def redact_bytes(content: bytes) -> bytes:
    """A body that is quoted in a message and not kept, with every hidden value replaced.

    Before anything is cut to length: the beginning of a key is not recognised as one.
    """
    for shown, pattern in _bytes.items():
        content = pattern.sub(shown.partition("\0")[0].encode(), content)
    return content


def is_clean(content: bytes) -> bool:
    """Whether a body or file holds no hidden value."""
    return not any(pattern.search(content) for pattern in _bytes.values())


def redact_all(values: Mapping[str, str]) -> dict[str, str]:
    """A mapping (headers, parameters) with every value redacted."""
    return {name: redact(value) for name, value in values.items()}


def scrub(error: BaseException) -> BaseException:
    """The same exception, with hidden values taken out of its arguments and out of what it was raised from.

    Whatever records an exception (Dagster's event log, a traceback) walks the whole chain.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.args = tuple(redact(part) if isinstance(part, str) else part for part in one.args)
        if hasattr(one, "__notes__"):
            one.__notes__ = [redact(str(note)) for note in one.__notes__]
        if not is_clean(str(one).encode("utf-8", "replace")):
            # Its text does not come from plain arguments (an httpx error prints its request's URL).
            one.args = (redact(str(one)),)
        waiting += [one.__cause__, one.__context__]
        waiting += list(getattr(one, "exceptions", ()))
    return error


class Redacting(logging.Filter):
    """Redacts records in place; for handlers and loggers that are given to other code."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the message, its arguments and the traceback; never drops a record."""
        _clean_record(record)
        return True


def _clean_record(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except (TypeError, ValueError):
        message = str(record.msg)
    redacted = redact(message)
    if redacted != message:
        record.msg, record.args = redacted, None
    if record.exc_info and record.exc_info[1] is not None:
        text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if not is_clean(text.encode("utf-8", "replace")):
            scrub(record.exc_info[1])
            # A formatter prints this text where it is there.
            record.exc_text = redact(text)


_watching = False


def _watch_logs() -> None:
    """Redact every record of every logger of this process as it is made, the libraries' own included."""
    global _watching
    if _watching:
        return
    _watching = True
    make = logging.getLogRecordFactory()

    def factory(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        _clean_record(record)
        return record

    logging.setLogRecordFactory(factory)
