"""`sluice feeds`: which feeds there are and what is known of them."""

from __future__ import annotations

import typer

from orchestration.cli.output import instant, say, table
from orchestration.resources.settings import from_environment

app = typer.Typer(no_args_is_help=True, help="The feeds: what they are, what was fetched.")


@app.command("list", epilog="Example:  sluice feeds list")
def list_feeds() -> None:
    """All feeds, with how many payloads were fetched and when the last one became known."""
    from orchestration.store.layout import Layout
    from orchestration.store.ledger import Ledger
    from transforms.parse import FEEDS

    seen = {row["feed"]: row for row in Ledger(Layout(from_environment().home).ledger).summary()}
    rows = []
    for feed in FEEDS.values():
        row = seen.get(feed.name, {})
        known = instant(str(row["last_known_at"])) if row else "never"
        rows.append((feed.name, feed.source, feed.title, row.get("fetches", 0), known))
    table("", ("feed", "source", "what", "payloads", "last known at"), rows)


@app.command("show", epilog="Example:  sluice feeds show farside_etf_flows")
def show_feed(name: str = typer.Argument(help="A feed's name, from `sluice feeds list`.")) -> None:
    """One feed: what, from where, licence, finality rule, parameters, what was fetched."""
    from orchestration.store.accounts import Accounts
    from orchestration.store.layout import Layout
    from orchestration.store.ledger import Ledger
    from transforms.parse import FEEDS

    if name not in FEEDS:
        raise typer.BadParameter(f"no feed {name!r}; `sluice feeds list` shows them", param_hint="NAME")
    feed, layout = FEEDS[name], Layout(from_environment().home)
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
        say(f"{label:<14}{text}")
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
