"""`sluice run --dry-run`: what would be landed. Nothing is written."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from orchestration.cli.output import say, table

if TYPE_CHECKING:
    from orchestration.pipeline import Pipeline


def preview(pipeline: Pipeline) -> None:
    """Print payloads per feed: offered, and new to the ledger."""
    from orchestration.offers import of_all
    from orchestration.store.ledger import Ledger

    known = {
        (fetch.feed, fetch.locator, fetch.known_at, fetch.sha256) for fetch in Ledger(pipeline.layout.ledger).fetches()
    }
    offered: Counter[str] = Counter()
    new: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for item in of_all(pipeline.settings, lambda: pipeline.inbox_plan):
        offered[item.feed] += 1
        size[item.feed] += len(item.content)
        identity = (item.feed, item.locator, item.known_at, hashlib.sha256(item.content).hexdigest())
        new[item.feed] += identity not in known
    rows = [(name, offered[name], new[name], size[name]) for name in sorted(offered)]
    table("would land", ("feed", "payloads", "new", "bytes"), rows)
    if not rows:
        say("Nothing is offered in this window: look at --date, --from and --to, or at the inbox map.")
    say("Dry run: nothing was written.")


def preview_live(pipeline: Pipeline) -> None:
    """Print per feed the series that would be asked for, with the first request of each feed; asks nothing."""
    from orchestration.fetching import asked
    from orchestration.sources.http.addresses import locator

    wanted = asked(pipeline.settings, pipeline.settings.window, None, pipeline.clock())
    rows = []
    for connector, batch in wanted.batches:
        every = list(connector.series(batch))
        first = next((request for series in every if (request := next(series, None)) is not None), None)
        for series in every:
            series.close()
        rows.append((connector.feed, f"{batch.first} … {batch.last}", len(every), locator(first) if first else ""))
    table("would fetch", ("feed", "days", "series", "first request"), rows)
    for line in wanted.refused:
        say(line)
    say("Dry run: nothing was asked for, nothing was written.")
