"""`sluice page` and `sluice docs`: the run page of a release, the dictionary and documentation as a static site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import complain, counted, instant, say
from orchestration.resources.settings import from_environment

EXAMPLES = """
Examples:

  sluice page --open                       the newest release, in the browser

  sluice page --date 2026-02-05 --out crash.html

  sluice page --release 20260206T140000Z-1a2b3c4d5e6f
"""

app = typer.Typer(no_args_is_help=True, help="The dictionary and the documentation as a static site.")


def page(
    release: Annotated[str | None, typer.Option(metavar="ID", help="A release other than the newest.")] = None,
    day: Annotated[str | None, typer.Option("--date", metavar="D", help="Another day than its newest.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: page.html beside the release.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the run page of a release: one HTML file with the day's charts, checks, feeds and what changed."""
    from orchestration.cli.run import _day
    from orchestration.pages.write import write_page
    from orchestration.store import releases
    from orchestration.store.layout import Layout

    settings = from_environment()
    wanted = _day(day, "--date")
    if wanted and out is None:
        raise typer.BadParameter("the page beside the release is of its newest day: name a file", param_hint="--out")
    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.absolute().parent}", param_hint="--out")
    if out is not None and out.exists() and not out.is_file():
        # A rename would put a page in the place of a device.
        raise typer.BadParameter(f"{out} is no file that a page may replace", param_hint="--out")
    found = releases.get(Layout(settings.home), release)
    path = write_page(settings, found, datetime.now(UTC), out, wanted)
    say(f"{path}  ({path.stat().st_size:,} bytes, release of {instant(found.published_at)})")
    if show:
        _open(path)


@app.command("build", epilog="Example:  sluice docs build --out site")
def build(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the site; made where there is none.")],
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the site: tables, feeds, lineage, checks with their last result, release notes, documentation."""
    from orchestration.pages.site import NotASite, write_site

    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file", param_hint="--out")
    try:
        written = write_site(from_environment(), datetime.now(UTC), out)
    except NotASite as error:
        raise typer.BadParameter(str(error), param_hint="--out") from error
    say(f"{out / 'index.html'}  ({counted(written, 'page')})")
    if show:
        _open(out / "index.html")


def _open(path: Path) -> None:
    import webbrowser

    if not webbrowser.open(path.absolute().as_uri()):
        complain(f"no browser opens here; the page is {path}")
