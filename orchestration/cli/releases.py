"""`sluice release`: what was published, going back, clearing up."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.output import counted, instant, say, table
from orchestration.resources.settings import from_environment
from orchestration.store.layout import Layout

app = typer.Typer(no_args_is_help=True, help="Releases: list, show, rollback, gc.")


def _layout() -> Layout:
    return Layout(from_environment().home)


@app.command("list", epilog="Example:  sluice release list")
def list_releases() -> None:
    """All releases, newest first; the one that readers see is marked."""
    from orchestration.store import releases

    layout = _layout()
    current = releases.current(layout)
    rows = [
        ("→" if current and release.release_id == current.release_id else "", release.release_id,
         instant(release.published_at), release.tables, release.rows)
        for release in releases.list_releases(layout)
    ]  # fmt: skip
    if not rows:
        say("Nothing is published yet: `sluice run` publishes.")
        return
    table("", ("", "release", "published", "tables", "rows"), rows)


@app.command("show", epilog="Example:  sluice release show")
def show_release(
    release: Annotated[str | None, typer.Argument(metavar="ID", help="Default: the newest.")] = None,
) -> None:
    """One release: its tables, what changed against the one before, its checks."""
    from orchestration.store import releases

    layout = _layout()
    found = releases.get(layout, release)
    say(f"[bold]{found.release_id}[/]  published {instant(found.published_at)}, candidate {found.candidate_id[:12]}")
    changed = {name: (added, removed) for name, added, removed in releases.changes(layout, found)}
    table(
        "", ("table", "rows", "objects", "rows added", "rows removed"),
        [(name, rows, objects, *changed.get(name, (0, 0))) for name, rows, objects in found.by_table()],
    )  # fmt: skip
    audit = releases.audit_rows(layout, found)
    failed = audit.filter(~audit["passed"])
    say(f"{audit.height} checks, {counted(failed, 'warning')}")
    if failed.height:
        table("", ("check", "table", "partition", "observed", "expected"),
              failed.select("check", "table", "partition", "observed", "expected").head(30).iter_rows())  # fmt: skip


@app.command("rollback", epilog="Example:  sluice release rollback 20260206T140000Z-1a2b3c4d5e6f")
def rollback(
    release: Annotated[str, typer.Argument(metavar="ID", help="The release that readers shall see.")],
) -> None:
    """Point readers at an earlier release. The next `sluice run` publishes the newest facts again."""
    from orchestration.store import releases

    say(f"readers now see {releases.rollback(_layout(), release).release_id}")


@app.command("gc", epilog="Example:  sluice release gc --keep 30 --dry-run")
def gc(
    keep: Annotated[int, typer.Option(help="Releases to keep, the current one always.", min=1)] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove releases beyond the retention, then objects that no release uses."""
    from orchestration.store import releases

    gone = releases.gc(_layout(), keep=keep, dry_run=dry_run)
    verb = "would remove" if dry_run else "removed"
    say(f"{verb} {counted(gone.releases, 'release')} and {counted(gone.objects, 'object')} ({gone.size:,} bytes)")
