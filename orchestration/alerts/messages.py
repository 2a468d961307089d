"""Notices as a chat and as an e-mail have them.

Belongs here: wording, escaping, the bounds of a message. Does not belong here: sending (`channels.py`).

Text of notices may quote what a feed has sent. In a chat it stands escaped in the one field that is markup and as it
is in fields that are not; in an e-mail it stands in the body only, so that no header holds any of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from orchestration.alerts.causes import TITLES
from orchestration.alerts.ledger import Event, Notice
from orchestration.redaction import redact

RUNBOOK = "docs/runbook.md"
_MOST_LINES = 20
_BLOCK_SIGNS = 2900
_MARKS: dict[Event, str] = {"alarm": "ALARM", "told": "ALARM", "recovery": "OVER", "test": "TEST"}


def subject(notices: Sequence[Notice], name: str) -> str:
    """What it is about, in words of this program and of the configuration only."""
    counts = Counter(_MARKS[notice.event] for notice in notices)
    kinds = list(dict.fromkeys(TITLES[notice.kind] for notice in notices))
    shown = ", ".join(kinds[:3]) + ("…" if len(kinds) > 3 else "")
    parts = [f"{counts['ALARM']} alarm{'s' if counts['ALARM'] > 1 else ''}"] if counts["ALARM"] else []
    parts += [f"{counts['OVER']} over"] if counts["OVER"] else []
    return f"[{name}] {', '.join(parts)}: {shown}" if parts else f"[{name}] {shown}"


def lines(notices: Sequence[Notice]) -> list[str]:
    """A line per notice; of very many the first ones of either sort, and how many more there are."""
    told = []
    for mark in ("ALARM", "OVER", "TEST"):
        own = [notice for notice in notices if _MARKS[notice.event] == mark]
        told += [f"{mark} {_title(notice)}: {redact(notice.text)}" for notice in own[:_MOST_LINES]]
        told += [f"{mark} … and {len(own) - _MOST_LINES} more: `sluice alerts list`"] if len(own) > _MOST_LINES else []
    return told


def _title(notice: Notice) -> str:
    level = f" ({notice.severity})" if _MARKS[notice.event] == "ALARM" else ""
    return f"{TITLES[notice.kind]}{level}"


def slack(notices: Sequence[Notice], name: str) -> dict[str, Any]:
    """The JSON that Slack's incoming webhooks take, and what imitates them."""
    head, told = subject(notices, name), lines(notices)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(head[:150])}]
    blocks += [{"type": "section", "text": _plain(text)} for text in _packed(told)]
    blocks.append({"type": "context", "elements": [_plain(f"What to do: {RUNBOOK}")]})
    return {"text": escaped("\n".join([head, *told])[:_BLOCK_SIGNS]), "blocks": blocks}


def _plain(text: str) -> dict[str, Any]:
    """Shown as it is: no markup, no mention, no picture."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _packed(told: Sequence[str]) -> list[str]:
    """Lines put together as far as a block holds them."""
    packed = [""]
    for line in told:
        if len(packed[-1]) + len(line) + 1 > _BLOCK_SIGNS:
            packed.append("")
        packed[-1] += ("\n" if packed[-1] else "") + line
    return packed


def escaped(text: str) -> str:
    """Slack's three signs: without them there is no link, no mention and no command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mail(notices: Sequence[Notice], name: str, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """An e-mail. Its id follows from what it tells, so that a mailbox recognises it when it comes twice."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject(notices, name)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(max(notice.at for notice in notices))
    identity = "\n".join(f"{notice.at.isoformat()} {notice.event} {notice.key}" for notice in notices)
    message["Message-ID"] = f"<{hashlib.sha256(identity.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join([*lines(notices), "", f"What to do: {RUNBOOK}"]) + "\n")
    return message
