"""`sluice feeds`: which feeds there are and what is known of them."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from orchestration.cli import drift, live
from orchestration.cli.output import instant, say, table
from orchestration.resources.settings import from_environment

app = typer.Typer(no_args_is_help=True, help="The feeds: what they are, what was fetched, how their bodies drifted.")
app.command("drift", epilog=drift.EXAMPLES)(drift.list_drift)


@app.command("list", epilog="Example:  sluice feeds list")
def list_feeds() -> None:
    """All feeds, with how many payloads were fetched, when the last one became known, and when live ones are due."""
    from orchestration.resources.feeds_on import standing
    from orchestration.sources.http.venues import CONNECTORS
    from orchestration.store.layout import Layout
    from orchestration.store.ledger import Ledger
    from transforms.parse import FEEDS

    settings = from_environment()
    seen = {row["feed"]: row for row in Ledger(Layout(settings.home).ledger).summary()}
    found = standing(settings, datetime.now(UTC))
    rows = []
    for feed in FEEDS.values():
        row = seen.get(feed.name, {})
        known = instant(str(row["last_known_at"])) if row else "never"
        due, state = live.columns(CONNECTORS.get(feed.name), found.get(feed.name))
        rows.append((feed.name, feed.source, feed.title, row.get("fetches", 0), known, due, state))
    table("", ("feed", "source", "what", "payloads", "last known at", "due (UTC)", "live"), rows)


@app.command("show", epilog="Example:  sluice feeds show farside_etf_flows")
def show_feed(name: str = typer.Argument(help="A feed's name, from `sluice feeds list`.")) -> None:
    """One feed: what, from where, limits, licence, history, finality rule, last fetch and change, next due."""
    from orchestration.recorder.channels import channels
    from orchestration.resources.feeds_on import standing
    from orchestration.sources.http.venues import CONNECTORS
    from orchestration.store.accounts import Accounts
    from orchestration.store.layout import Layout
    from orchestration.store.ledger import Ledger
    from transforms.parse import FEEDS

    if name not in FEEDS:
        raise typer.BadParameter(f"no feed {name!r}; `sluice feeds list` shows them", param_hint="NAME")
    settings = from_environment()
    feed, layout = FEEDS[name], Layout(settings.home)
    say(f"[bold]{feed.name}[/]  {feed.title}")
    for label, text in (
        ("source", feed.source),
        ("from", feed.url),
        ("cadence", feed.cadence),
        ("finality", feed.finality_rule),
        ("licence", feed.licence),
        ("fills", ", ".join(feed.tables)),
        *((f"param {key}", meaning) for key, meaning in feed.params.items()),
    ):
        say(f"{label:<13} {text}")
    if name in CONNECTORS:
        live.describe(CONNECTORS[name], standing(settings, datetime.now(UTC))[name], layout)
    else:
        recorded = [channel for channel in channels(()).values() if channel.feed == name]
        told = (
            "by `sluice record`, which keeps what is pushed (docs/recorder.md)"
            if recorded
            else "no: files only (docs/inbox.md)"
        )
        say(f"{'live':<14}{told}")
        for channel in recorded:
            say(f"{'channel':<14}{channel.name}: {channel.url}")
    fetches = Ledger(layout.ledger).fetches(name)
    accounts = Accounts(layout.accounts).all(name)
    say(f"{'fetches':<14}{len(fetches)}")
    if fetches:
        say(f"{'last fetch':<14}{fetches[-1].locator}, known at {fetches[-1].known_at:%Y-%m-%d %H:%M:%S}Z")
        say(f"{'sha256':<14}{fetches[-1].sha256}")
    counts = [
        sum(getattr(account, part) for account in accounts)
        for part in ("rows_in", "published", "quarantined", "duplicates")
    ]
    say(f"{'rows':<14}{counts[0]} in = {counts[1]} published + {counts[2]} quarantined + {counts[3]} duplicates")
