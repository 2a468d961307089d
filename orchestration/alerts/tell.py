"""Telling: what stands now, against what was told, through every channel that is configured.

Belongs here: the order of it, at the end of a run and between runs. Does not belong here: rules, wording, sending.

Nothing in here may fail a run or hold it up: what goes wrong is logged and tried again the next time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from orchestration.alerts.causes import RunEnd, Severity
from orchestration.alerts.channels import Channel, NotDelivered, configured
from orchestration.alerts.ledger import AlertLedger, Notice, Outcome, decide
from orchestration.alerts.rules import causes
from orchestration.alerts.standing import look
from orchestration.redaction import redact
from orchestration.resources.settings import Settings
from orchestration.store.layout import Layout

_log = logging.getLogger("sluice.alerts")
_RANK: dict[Severity, int] = {"warning": 0, "error": 1}
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Told:
    """What one channel was given, and why it was not delivered."""

    channel: str
    notices: tuple[Notice, ...]
    fault: str = ""


def news(settings: Settings, now: datetime) -> list[Notice]:
    """The notices that would be told now and were not yet. Writes nothing."""
    standing, last = look(settings, now), AlertLedger(Layout(settings.home).alerts).last()
    least = _RANK[settings.config.alerts.min_severity]
    found = [notice for notice in decide(last, causes(standing), standing.looked_at, now)]
    return [notice for notice in found if notice.event == "recovery" or _RANK[notice.severity] >= least]


def check(settings: Settings, now: datetime | None = None) -> list[Told]:
    """Tell what is new, and what could not be delivered before. Nothing where no channel is configured."""
    channels = configured(settings)
    if not channels:
        return []
    layout, moment = Layout(settings.home), now or datetime.now(UTC)
    layout.alerts.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(layout.alerts.with_suffix(".lock"), timeout=_PATIENCE_SECONDS):
        ledger = AlertLedger(layout.alerts)
        ledger.add(news(settings, moment), [channel.name for channel in channels])
        return [told for channel in channels if (told := _tell(ledger, channel, moment)) is not None]


def _tell(ledger: AlertLedger, channel: Channel, now: datetime) -> Told | None:
    """Everything that waits for a channel, in one message."""
    waiting = ledger.waiting(channel.name)
    if not waiting:
        return None
    outcome: Outcome = "delivered"
    try:
        detail = channel.send(waiting)
    except NotDelivered as error:
        outcome, detail = "unknown" if error.is_unknown else "failed", str(error)
    except Exception as error:
        outcome, detail = "failed", type(error).__name__
    ledger.tried(waiting, channel.name, now, outcome, detail)
    return Told(channel.name, tuple(waiting), "" if outcome == "delivered" else detail)


def run_ended(settings: Settings, end: RunEnd) -> Sequence[Told]:
    """Keep how a run ended and tell what is new. Never raises, and takes no longer than the channels' time-outs."""
    try:
        if not configured(settings):
            return ()
        AlertLedger(Layout(settings.home).alerts).run_ended(end)
        return check(settings)
    except Timeout:
        _log.warning("another process is telling alarms; what is new is told by the next run")
    except Exception as error:
        _log.warning("alarms could not be told: %s: %s", type(error).__name__, redact(str(error)))
    return ()


def try_out(settings: Settings, now: datetime) -> list[Told]:
    """Send a message that is no alarm through every channel; nothing is kept of it."""
    found = []
    for channel in configured(settings):
        notice = Notice(now, "test", "test", "test", "warning", "This is a test: the way is open, nothing is wrong.")
        try:
            found.append(Told(channel.name, (notice,), channel.send([notice])))
        except NotDelivered as error:
            found.append(Told(channel.name, (notice,), str(error)))
    return found
