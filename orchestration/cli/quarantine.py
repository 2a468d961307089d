"""`sluice quarantine`: what was refused, why, and trying again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli import FEED_FAILED, OK
from orchestration.cli.output import instant, say, table
from orchestration.resources.settings import from_environment

if TYPE_CHECKING:
    from orchestration.store.quarantine import Quarantine

app = typer.Typer(no_args_is_help=True, help="Rows and payloads that broke a rule: list, show, replay.")


def _quarantine() -> Quarantine:
    from orchestration.store.layout import Layout
    from orchestration.store.quarantine import Quarantine

    return Quarantine(Layout(from_environment().home).quarantine)


def _known(feed: str | None) -> str | None:
    """The feed's name; raises `BadParameter` for one that does not exist."""
    from transforms.parse import FEEDS

    if feed is not None and feed not in FEEDS:
        raise typer.BadParameter(f"no feed {feed!r}; `sluice feeds list` shows them", param_hint="--feed")
    return feed


@app.command("list", epilog="Example:  sluice quarantine list --feed farside_etf_flows")
def list_rejects(feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None) -> None:
    """Rejects by feed, rule and payload. A table of `*` means that the whole payload was refused."""
    rejects = _quarantine().read(_known(feed))
    if rejects.is_empty():
        say("The quarantine is empty.")
        return
    groups = rejects.group_by("feed", "rule", "table_name").len().sort("feed", "rule", "table_name")
    fetches = rejects.group_by("feed", "rule", "table_name", maintain_order=True).agg("fetch_id")
    groups = groups.join(fetches, on=["feed", "rule", "table_name"])
    table(
        "", ("feed", "rule", "table", "rows", "payload ids"),
        [(f, r, t, n, _ids(sorted(set(ids)))) for f, r, t, n, ids in groups.iter_rows()],
    )  # fmt: skip
    say("`sluice quarantine show ID` prints the records of a payload.")


def _ids(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:6])) + (f", … {len(ids)} in all" if len(ids) > 6 else "")


@app.command("show", epilog="Example:  sluice quarantine show 17")
def show_rejects(
    fetch_id: Annotated[int, typer.Argument(metavar="ID", help="Payload id, from `sluice quarantine list`.")],
    limit: Annotated[int, typer.Option(help="At most this many records.", min=1)] = 20,
) -> None:
    """The records of one payload with rule and reason, and where its bytes are."""
    rejects = _quarantine().read(fetch_id=fetch_id)
    if rejects.is_empty():
        raise typer.BadParameter(
            f"nothing is quarantined of payload {fetch_id}; `sluice quarantine list` shows the ids",
            param_hint="ID",
        )
    first = rejects.row(0, named=True)
    say(f"payload {fetch_id} of {first['feed']}: {first['locator']}")
    say(f"known at {instant(first['known_at'])}, sha256 {first['raw_sha256']}")
    for row in rejects.head(limit).iter_rows(named=True):
        say(f"\n{row['table_name']}  [bold]{row['rule']}[/]: {row['reason']}".replace("[{", r"\[{"))
        say("  " + row["record"].replace("[", r"\["))
    if rejects.height > limit:
        say(f"\n… and {rejects.height - limit} more; --limit shows them")


@app.command("replay", epilog="Example:  sluice quarantine replay --feed okx_liquidations")
def replay(
    feed: Annotated[str | None, typer.Option(help="Only this feed; default is every feed with rejects.")] = None,
) -> int:
    """Process a feed's raw bytes again, after a parser or an instrument list was mended.

    Rows that now pass go to core; `sluice run` publishes them.
    """
    from orchestration.pipeline import Pipeline

    store = _quarantine()
    names = sorted(set(store.read(_known(feed))["feed"]))
    if not names:
        say("Nothing to replay.")
        return OK
    pipeline = Pipeline(from_environment())
    reports = [pipeline.reprocess(name) for name in names]
    table(
        "", ("feed", "rows in", "published", "quarantined", "duplicates"),
        [(r.feed, r.rows_in, r.published, r.quarantined, r.duplicates) for r in reports],
    )  # fmt: skip
    say("`sluice run` publishes what changed.")
    return FEED_FAILED if any(report.failed for report in reports) else OK
