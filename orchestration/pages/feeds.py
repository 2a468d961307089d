"""How fresh each feed is, as the run page shows it: from the ledger, the feed log and the accounts.

Belongs here: putting them together per feed. Does not belong here: when a feed is late (`store/feed_health.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.redaction import redact
from orchestration.store.accounts import Account, Accounts
from orchestration.store.feed_log import FeedLog
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger

if TYPE_CHECKING:
    from orchestration.resources.settings import Settings
    from orchestration.store.feed_health import FeedHealth

# In the order of the page: what a person must look at comes first.
STATES = {
    "failing": "the last fetches failed",
    "late": "a reading was due and nobody fetched since",
    "missed": "snapshots were missed; they cannot be fetched later",
    "on time": "fetched when it was due",
    "off": "not fetched: switched off, or its key is missing",
    "not scheduled": "comes as files or samples, when somebody brings it",
}


@dataclass(frozen=True)
class FeedRow:
    """One feed: its state with a remark, the newest content, and what became of its rows."""

    feed: str
    state: str
    remark: str
    transports: str
    payloads: int
    last_known_at: datetime | None
    missed: int
    rows_in: int = 0
    published: int = 0
    quarantined: int = 0
    duplicates: int = 0

    @property
    def needs_a_look(self) -> bool:
        """Somebody has to do something, or to know."""
        return self.state in ("failing", "late", "missed")


def read(settings: Settings, now: datetime) -> list[FeedRow]:
    """Every feed that ever brought something or that is watched, those that need a look first."""
    layout = Layout(settings.home)
    found: Mapping[str, FeedHealth] = {}
    log = FeedLog(layout)
    if log.exists:
        from orchestration.resources.feeds_on import standing

        found = {feed: health for feed, health in standing(settings, now).items() if log.spans(feed) or health.failing}
    return rows(Ledger(layout.ledger).summary(), found, Accounts(layout.accounts).all())


def rows(
    summary: Iterable[Mapping[str, object]], health: Mapping[str, FeedHealth], accounts: Iterable[Account]
) -> list[FeedRow]:
    """The rows, of the ledger's summary, how the live feeds stand, and the accounts of all fetches."""
    fetched = {str(row["feed"]): row for row in summary}
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for account in accounts:
        counts = (account.rows_in, account.published, account.quarantined, account.duplicates)
        sums[account.feed] = [have + more for have, more in zip(sums[account.feed], counts, strict=True)]
    made = []
    for feed in sorted(fetched.keys() | health.keys()):
        known = fetched.get(feed, {})
        stands = health.get(feed)
        state, remark = _state(stands) if stands else ("not scheduled", "")
        last = known.get("last_known_at")
        made.append(
            FeedRow(
                feed, state, redact(remark), str(known.get("transports", "")), int(str(known.get("fetches", 0))),
                datetime.fromisoformat(str(last)) if last else None, len(stands.missed) if stands else 0, *sums[feed],
            )
        )  # fmt: skip
    order = list(STATES)
    return sorted(made, key=lambda row: (order.index(row.state), row.feed))


def _state(stands: FeedHealth) -> tuple[str, str]:
    """The state that matters most, and what to say of it."""
    if stands.off:
        return "off", stands.off
    if stands.failing:
        since = f"{stands.failing.since:%Y-%m-%d %H:%M} UTC"
        return "failing", f"since {since}, {stands.failing.times} times: {stands.failing.last.message}"
    if stands.late_since:
        return "late", f"due at {stands.late_since:%Y-%m-%d %H:%M} UTC"
    if stands.missed:
        last = stands.missed[-1]
        return "missed", f"{len(stands.missed)}, the last due at {last.due_at:%Y-%m-%d %H:%M} UTC: {last.reason}"
    return "on time", f"next due at {stands.next_due:%Y-%m-%d %H:%M} UTC" if stands.next_due else ""
