"""How bodies differ from what their feeds declare, as `sluice feeds drift`, `sluice status` and a run print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.output import counted, instant, say, table, warn
from orchestration.resources.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.store.drift import Found
    from orchestration.store.layout import Layout

EXAMPLES = """
Examples:

  sluice feeds drift                              every feed, the latest first

  sluice feeds drift bybit_tickers                one feed

  sluice quarantine replay --feed bybit_tickers   once mended

Each difference is told once, with the payload in which it was first seen.

[bold]tolerated[/]: a field that no body had before, a value that no rule knows. The rows are judged as ever.

[bold]held[/]: a field that is read is gone or of another type, or the parser refused the payload for its shape. \
It waits in the quarantine, whole. To release it: look at it (`sluice quarantine show`), mend the parser and its \
declaration (a new fund: schemas/funds.py, or `extra_funds` of the inbox map), replay the feed, and run.
"""
_HASH = 12


def list_drift(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A feed's name; default is every feed.")] = None,
) -> None:
    """Schema drift: new and missing fields, changed types, new values and new funds, with the first payload of each."""
    from orchestration.store.layout import Layout
    from transforms.parse import FEEDS

    if name is not None and name not in FEEDS:
        raise typer.BadParameter(f"no feed {name!r}; `sluice feeds list` shows them", param_hint="NAME")
    found = _found(Layout(from_environment().home), name)
    if not found:
        say("No drift: every body is as its feed declares it.")
        return
    rows = [
        (d.feed, d.kind, d.field, d.detail, d.sha256[:_HASH], d.locator, instant(d.known_at), _what(d)) for d in found
    ]
    table("", ("feed", "drift", "field", "detail", "first payload", "locator", "known at", ""), rows)
    held = sorted({drift.feed for drift in found if drift.is_held})
    for feed in held:
        say(f"held: `sluice quarantine list --feed {feed}` and `show ID`; once mended, `replay --feed {feed}`")


def _found(layout: Layout, feed: str | None = None) -> list[Found]:
    from orchestration.store.drift import Drifts

    return Drifts(layout.drifts).all(feed)


def _what(drift: Found) -> str:
    return "held" if drift.is_held else "tolerated"


def standing(layout: Layout) -> None:
    """The line of `sluice status`; nothing where nothing has drifted."""
    found = _found(layout)
    held = sorted({drift.feed for drift in found if drift.is_held})
    if found:
        say(f"drift        {counted(found, 'difference')} of bodies from their declaration: `sluice feeds drift`")
    if held:
        warn(f"payloads are held for their drift: {', '.join(held)}; facts are made without them")


def new_in_run(found: Sequence[Found]) -> None:
    """The line of `sluice run`; nothing where nothing is new."""
    if not found:
        return
    held = sum(drift.is_held for drift in found)
    say(f"drift      {counted(found, 'new difference')}, {held} held: `sluice feeds drift`")
