"""Causes of alarms: their kinds, and what is told of them.

Belongs here: the value types, and text made fit to be told. Does not belong here: when there is a cause
(`rules.py`), what was told already (`ledger.py`), or how it is sent (`channels.py`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from orchestration.redaction import redact

Kind = Literal["failure", "refusal", "late", "missed", "silence", "gap", "contradiction", "drift"]
Severity = Literal["warning", "error"]
Ended = Literal["ok", "refused", "failed"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SEVERITY: Mapping[Kind, Severity] = {
    "failure": "error",
    "refusal": "error",
    "late": "warning",
    "missed": "error",
    "silence": "error",
    "gap": "error",
    "contradiction": "warning",
    "drift": "error",
}
TITLES: Mapping[str, str] = {
    "test": "test",
    "failure": "a run failed",
    "refusal": "the gate refused",
    "late": "late feed",
    "missed": "missed snapshot",
    "silence": "recorder hears nothing",
    "gap": "recorder gap",
    "contradiction": "sources contradict a headline figure",
    "drift": "payload held: schema drift",
}
_MOST_SIGNS = 300
_MOST_SIGNS_OF_A_KEY = 120


@dataclass(frozen=True)
class Cause:
    """Something that stands wrong, by a key that is the same as long as it does.

    `is_over` is of what has an end already, or never had a duration: it is told once, and has no recovery.
    """

    kind: Kind
    key: str
    text: str
    is_over: bool = False

    @property
    def severity(self) -> Severity:
        """How bad it is; by its kind."""
        return SEVERITY[self.kind]


@dataclass(frozen=True)
class RunEnd:
    """How a run ended. `what` is the error's type, or the step; empty where it went well."""

    at: datetime
    outcome: Ended
    what: str = ""
    message: str = ""


def cause(kind: Kind, subject: str, text: str, is_over: bool = False) -> Cause:
    """A cause by its subject, its texts cleaned: they may hold what a feed or a venue has written."""
    name = clean(subject, 10_000)
    if len(name) > _MOST_SIGNS_OF_A_KEY:
        name = f"{name[:_MOST_SIGNS_OF_A_KEY]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return Cause(kind, f"{kind}/{name}", clean(text), is_over)


def clean(text: str, most: int = _MOST_SIGNS) -> str:
    """One line without secrets and without signs that steer a terminal, a chat or a header; cut to length.

    Secrets go first: the beginning of one is not recognised as one.
    """
    plain = "".join(sign if _is_shown(sign) else " " for sign in redact(text))
    line = re.sub(r" {2,}", " ", plain).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _is_shown(sign: str) -> bool:
    """No control, no direction, no half of a pair, no end of line of any kind."""
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
