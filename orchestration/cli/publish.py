"""`sluice publish`: serve a release from a database."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli import NOT_SERVED, OK
from orchestration.cli.output import counted, errors, instant, is_terminal, say, table
from orchestration.resources.settings import POSTGRES_DSN, from_environment

if TYPE_CHECKING:
    from orchestration.store.layout import Layout
    from orchestration.store.serve.target import Target

EXAMPLES = """
Examples:

  sluice publish --to postgres --dry-run    what would be loaded

  sluice publish --to postgres              the newest release; only what changed is loaded

  sluice publish --to postgres --release 20260206T140000Z   back to an earlier one, in a second if it is kept there

  sluice publish --to postgres --dsn-from REPORTING_DSN     another database

  sluice publish --to postgres --status     what is served there, and since when

The connection comes from the environment: export SLUICE_POSTGRES_DSN='postgresql://sluice:…@db.example:5432/markets'.
Schema, retention and the reader's role: \\[targets.postgres] in sluice.toml, with enabled = true for every run.
"""


class To(StrEnum):
    """Kinds of targets."""

    postgres = "postgres"


def publish(
    to: Annotated[To, typer.Option("--to", help="Kind of database.")] = To.postgres,
    release: Annotated[str | None, typer.Option(metavar="ID", help="A release other than the newest.")] = None,
    dsn_from: Annotated[str, typer.Option(metavar="ENV", help="Variable with the connection string.")] = POSTGRES_DSN,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be loaded; write nothing.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say what is served; write nothing.")] = False,
) -> int:
    """Serve a release from a database: loaded beside what is read, then shown in one transaction.

    Readers keep what they see until their transaction ends. Whatever fails leaves the release of before. Exit code 4
    where the database did not take it.
    """
    from orchestration.serving import postgres_target
    from orchestration.store.layout import Layout

    if status and (dry_run or release):
        raise typer.BadParameter("it says how the database stands, whatever would be served", param_hint="--status")
    settings = from_environment()
    target, layout = postgres_target(settings, dsn_from), Layout(settings.home)
    if status:
        return _status(layout, target)
    return (_plan if dry_run else _publish)(layout, target, release)


def _publish(layout: Layout, target: Target, release_id: str | None) -> int:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from orchestration.serving import summary
    from orchestration.store import releases
    from orchestration.store.serve import postgres

    release = releases.get(layout, release_id)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=errors, transient=True, disable=not is_terminal(),
    )  # fmt: skip
    with bar:
        task = bar.add_task(f"loading into {target.where}", total=None)
        done = postgres.publish(
            layout, release, target, lambda what, done, of: bar.update(task, completed=done, total=of)
        )
    say(f"{target.where}, schema {target.schema}")
    say(summary(done))
    if done.views:
        say(f"{counted(done.views, 'view')} made anew: columns or descriptions changed")
    return OK


def _plan(layout: Layout, target: Target, release_id: str | None) -> int:
    from orchestration.store import releases
    from orchestration.store.serve import postgres

    plan = postgres.plan(layout, releases.get(layout, release_id), target)
    say(f"{target.where}, schema {target.schema}, serves {plan.served or 'nothing yet'}")
    say(f"would serve {plan.release_id}: {plan.load} objects to load ({plan.load_rows:,} rows), {plan.carried} there")
    for one in plan.drop:
        say(f"would drop {one}")
    return OK


def _status(layout: Layout, target: Target) -> int:
    """What is served there against what is out here. Exit code 4 where they differ."""
    from orchestration.store import releases
    from orchestration.store.serve import postgres

    standing, here = postgres.standing(target), releases.current(layout)
    say(f"{standing.where}, PostgreSQL {standing.version}, schema {target.schema}: {standing.size / 1e6:,.1f} MB")
    if standing.publisher:
        say(f"publishing now: {standing.publisher}")
    rows = [("→" if kept.is_current else "", kept.release_id, instant(kept.published_at), instant(kept.served_at))
            for kept in standing.kept]  # fmt: skip
    if rows:
        table("", ("", "release", "published", "served since"), rows)
    now = standing.current
    if here is None:
        say("Nothing is published here yet: `sluice run` publishes.")
        return OK
    if now is not None and now.release_id == here.release_id:
        say("Its readers see the newest release.")
        return OK
    say(f"The newest release here is {here.release_id}: `sluice publish --to postgres` serves it.")
    return NOT_SERVED
