"""`sluice alerts`: what stands wrong, who was told, whether the ways out are open.

Belongs here: printing, and the frame around a run that tells of its end. Does not belong here: what is told
(`orchestration/alerts/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli import OK, REFUSED
from orchestration.cli.output import counted, instant, say, table, warn
from orchestration.resources.settings import ALERT_WEBHOOK, from_environment

if TYPE_CHECKING:
    from orchestration.alerts.causes import Ended
    from orchestration.alerts.tell import Told
    from orchestration.pipeline import Pipeline
    from orchestration.resources.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Alarms: check now, list what was told, send a test.")
_DRY = typer.Option("--dry-run", help="Print what would be sent; send and keep nothing.")
_NO_CHANNEL = f"No channel is configured: set {ALERT_WEBHOOK}, or alerts.mail_to (docs/configuration.md)."


@app.command("check", epilog="Example:  sluice alerts check --dry-run")
def check(dry_run: Annotated[bool, _DRY] = False) -> int:
    """Tell what is new since the last run or check, and what could not be delivered then.

    Exit code 1 where it could not be delivered.
    """
    from filelock import Timeout

    from orchestration.alerts import tell
    from orchestration.alerts.messages import lines, subject

    settings = from_environment()
    if dry_run:
        notices = tell.news(settings, datetime.now(UTC))
        if notices:
            say(_plain(subject(notices, settings.config.alerts.name)))
        for line in lines(notices):
            say(_plain(line))
        say(f"{counted(notices, 'notice')} would be sent through {_named(settings)}")
        return OK
    try:
        told = tell.check(settings)
    except Timeout:
        warn("another process is telling alarms just now")
        return OK
    if not tell.configured(settings):
        say(_NO_CHANNEL)
    elif not told:
        say("Nothing new.")
    return _report(told)


def _named(settings: Settings) -> str:
    from orchestration.alerts.channels import configured

    return ", ".join(channel.name for channel in configured(settings)) or "no channel: none is configured"


@app.command("list", epilog="Example:  sluice alerts list --limit 50")
def list_alerts(limit: Annotated[int, typer.Option(help="Notices shown.", min=1)] = 20) -> None:
    """What stands wrong by what was told, and the newest notices with how they were delivered."""
    from orchestration.alerts.ledger import AlertLedger
    from orchestration.store.layout import Layout

    ledger = AlertLedger(Layout(from_environment().home).alerts)
    open_ = [notice for notice in ledger.last().values() if notice.event == "alarm"]
    if open_:
        table("stands", ("since", "kind", "severity", "what"),
              [(instant(n.at), n.kind, n.severity, n.text) for n in open_])  # fmt: skip
    newest = ledger.newest(limit)
    if not newest:
        say("No alarm was ever told.")
        return
    table(
        "told, newest first", ("at", "event", "kind", "what", "delivery"),
        [(instant(n.at), n.event, n.kind, n.text, ways) for n, ways in newest],
    )  # fmt: skip


@app.command("test", epilog="Example:  sluice alerts test")
def send_test(dry_run: Annotated[bool, _DRY] = False) -> int:
    """Send a message that says it is a test, through every channel. Exit code 1 where one does not take it."""
    from orchestration.alerts import tell

    settings = from_environment()
    if dry_run:
        say(f"a test message would be sent through {_named(settings)}")
        return OK
    told = tell.try_out(settings, datetime.now(UTC))
    if not told:
        say(_NO_CHANNEL)
    return _report(told)


def _report(told: Sequence[Told]) -> int:
    for item in told:
        if item.fault:
            warn(f"{item.channel}: {item.fault}; tried again at the next run or check")
        else:
            say(f"{item.channel}: {counted(item.notices, 'notice')} delivered")
    return REFUSED if any(item.fault for item in told) else OK


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


@contextmanager
def told_of(pipeline: Pipeline) -> Iterator[None]:
    """Around a run: however it ends, whoever is on call is told what stands wrong then.

    A run that a person stops has not failed.
    """
    from orchestration.alerts.causes import RunEnd
    from orchestration.alerts.tell import run_ended

    def tell(outcome: Ended, what: str = "", message: str = "") -> None:
        for item in run_ended(pipeline.settings, RunEnd(datetime.now(UTC), outcome, what, message)):
            if item.fault:
                warn(f"alarms: {item.channel}: {item.fault}; tried again at the next run")

    try:
        yield
    except Exception as error:
        what = type(error).__name__
        tell("refused" if what == "Refused" else "failed", what, str(error))
        raise
    tell("ok" if pipeline.verdict is None or pipeline.verdict.passed else "refused")
