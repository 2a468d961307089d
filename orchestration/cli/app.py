"""The application: commands and their groups."""

from __future__ import annotations

import typer

from orchestration.cli import (
    alerts,
    backup,
    claims,
    config,
    feeds,
    pages,
    publish,
    quarantine,
    record,
    releases,
    run,
    sql,
    status,
    trace,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Sluice: a warehouse for crypto market structure. Lands raw feeds, audits, publishes releases.\n\n"
    "Exit codes: 0 ok, 1 a check refused, 2 wrong use, 3 a feed failed, "
    "4 a database did not take the release. "
    "SLUICE_HOME names the data directory (default .sluice), SLUICE_CONFIG the configuration file (sluice.toml).",
)
app.command("run", epilog=run.EXAMPLES)(run.run)
app.command("status", epilog="Example:  sluice status")(status.status)
app.command("show", epilog=status.SHOW_EXAMPLES)(status.show)
app.command("sql", epilog=sql.EXAMPLES)(sql.sql)
app.command("page", epilog=pages.EXAMPLES)(pages.page)
app.command("trace", epilog=trace.EXAMPLES)(trace.trace)
app.command("claims", epilog=claims.EXAMPLES)(claims.claims)
app.command("doctor", epilog="Example:  sluice doctor --repair")(status.doctor)
app.command("record", epilog=record.EXAMPLES)(record.record)
app.command("dev", epilog="Example:  sluice dev --port 3001")(run.dev)
app.command("publish", epilog=publish.EXAMPLES)(publish.publish)
app.command("backup", epilog=backup.EXAMPLES)(backup.backup)
app.add_typer(feeds.app, name="feeds")
app.add_typer(alerts.app, name="alerts")
app.add_typer(config.app, name="config")
app.add_typer(releases.app, name="release")
app.add_typer(pages.app, name="docs")
app.add_typer(quarantine.app, name="quarantine")
