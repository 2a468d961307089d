"""The static site: dictionary, lineage, feeds, checks with their last result, release notes, documentation.

Belongs here: which pages there are and writing them. Does not belong here: the words of any (`dictionary.py`,
`markdown.py`, `templates/`).

Without a release the site is whole but for the results. The Markdown pages are those of the project's folder; an
installation without it has a site without them.
"""

from __future__ import annotations

import posixpath
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.pages import dictionary, lineage, markdown
from orchestration.pages.frame import render
from orchestration.store.atomic import temporary
from orchestration.store.layout import Layout
from schemas.rules import CHANGE_REASON, CONTRADICTION_REASON, FINALITY, GRADES, ISSUANCE_KIND, STATUS
from schemas.tables import TABLES
from schemas.units import UNITS

if TYPE_CHECKING:
    from orchestration.pages.notes import Notes
    from orchestration.resources.settings import Settings
    from orchestration.store.releases import Release

DOCS = Path(__file__).resolve().parents[2] / "docs"
# Rendered from the same declarations as the pages of the tables, which stand in its place.
_DICTIONARY = "data-dictionary.md"
_MARK = ".sluice-site"
CODES = {
    "status": ("Status", STATUS),
    "finality": ("Finality", FINALITY),
    "change_reason": ("Reason of a change", CHANGE_REASON),
    "grade": ("Grade", GRADES),
    "contradiction_reason": ("Reason of a contradiction", CONTRADICTION_REASON),
    "issuance_kind": ("Kind of issuance", ISSUANCE_KIND),
    "units": ("Units", UNITS),
}


class NotASite(FileExistsError):
    """The folder holds other things than a site, which are not to be removed."""


@dataclass(frozen=True)
class Known:
    """What a site says of the newest release; `results` as `dictionary.results` gives them."""

    release: Release | None = None
    notes: Notes | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    run_page: str | None = None
    docs: Mapping[str, str] = field(default_factory=dict)


def write_site(settings: Settings, now: datetime, out: Path) -> list[str]:
    """Write the site into a folder, in place of the site that was there; return the addresses of its pages.

    Raises `NotASite` for a folder that holds anything else.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / _MARK).exists():
        raise NotASite(f"{out} holds something else than a site of Sluice: name an empty folder")
    found = pages(_known(settings, now), now)
    out = out.resolve()
    unfinished, before = temporary(out), temporary(out)
    try:
        for address, text in found.items():
            path = unfinished / address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        (unfinished / _MARK).touch()
        # Two renames, so that a kill leaves the old site or the new one, if under a hidden name, and never a part.
        if out.is_dir():
            out.rename(before)
        unfinished.rename(out)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return sorted(found)


def _known(settings: Settings, now: datetime) -> Known:
    from orchestration.pages import notes
    from orchestration.pages.write import run_page
    from orchestration.store import releases

    layout = Layout(settings.home)
    docs = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    release = releases.current(layout)
    if release is None:
        return Known(docs=docs)
    return Known(
        release,
        notes.read(layout, release),
        dictionary.results(releases.audit_rows(layout, release)),
        run_page(settings, release, now),
        docs,
    )


def pages(known: Known, now: datetime) -> dict[str, str]:
    """Every page of the site by its address."""
    docs = {name: text for name, text in known.docs.items() if name != _DICTIONARY}
    common = {
        "known": known,
        "now": now,
        "titles": {f"docs/{name.removesuffix('.md')}.html": markdown.title_of(text) for name, text in docs.items()},
    }
    found = dict(_dictionary_pages(known, common))
    for address, template, given in (
        ("index.html", "site_index.html", {"graph": lineage.graph(), "kinds": dictionary.KINDS}),
        ("checks.html", "site_checks.html", {}),
        ("release.html", "site_release.html", {"reason_words": CHANGE_REASON}),
        ("codes.html", "site_codes.html", {"codes": CODES}),
        ("docs/index.html", "site_docs.html", {}),
    ):
        found[address] = _page(template, address, common | given)
    for name, text in docs.items():
        address = f"docs/{name.removesuffix('.md')}.html"
        resolve = partial(_resolved, docs, posixpath.dirname(name), address)
        shown = {"title": markdown.title_of(text), "body": markdown.html(text, resolve)}
        found[address] = _page("site_doc.html", address, common | shown)
    if known.run_page is not None:
        found["run.html"] = known.run_page
    return found


def _page(template: str, address: str, given: Mapping[str, Any]) -> str:
    return render(template, address=address, root="../" * address.count("/"), **given)


def _dictionary_pages(known: Known, common: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pages of tables and feeds, their lists, and the lineage of each domain."""
    from transforms.parse import FEEDS

    whole = lineage.graph()
    of_table: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in known.results:
        of_table[result["table"]].append(result)
    tables = {name: dictionary.table(declared) for name, declared in TABLES.items()}
    feeds = {name: dictionary.feed(declared) for name, declared in FEEDS.items()}
    for name, table in tables.items():
        picture = lineage.picture(whole.around(table["fact"]), "../", table["fact"])
        given = {"table": table, "results": of_table[name], "picture": picture}
        yield f"tables/{name}.html", _page("site_table.html", f"tables/{name}.html", {**common, **given})
    for name, feed in feeds.items():
        given = {"feed": feed, "picture": lineage.picture(whole.around(name), "../", name)}
        yield f"feeds/{name}.html", _page("site_feed.html", f"feeds/{name}.html", {**common, **given})
    given = {"tables": tables, "kinds": dictionary.KINDS, "of_table": of_table}
    yield "tables/index.html", _page("site_tables.html", "tables/index.html", {**common, **given})
    yield "feeds/index.html", _page("site_feeds.html", "feeds/index.html", {**common, "feeds": feeds})
    yield "lineage.html", _page("site_lineage.html", "lineage.html", {**common, "pictures": _pictures(whole)})


def _pictures(whole: lineage.Graph) -> dict[str, Any]:
    """Per domain with facts: its facts and all that they are made of."""
    found = {}
    for domain in dict.fromkeys(table.domain for table in TABLES.values()):
        facts = {node for node in whole.nodes if node.column == 3 and lineage.domain_of(node) == domain}
        read = {b for b in facts if any(edge[1] == b for edge in whole.edges)}
        kept = {node for fact in read for node in whole.above(fact)}
        if kept:
            found[domain] = lineage.picture(whole.of(kept), "")
    return found


def _resolved(docs: Mapping[str, str], folder: str, address: str, target: str) -> str | None:
    """The address of a link of a Markdown page; None where the site has no such page."""
    path, _, heading = target.partition("#")
    anchor = f"#{heading}" if heading else ""
    if not path:
        return anchor
    name = posixpath.normpath(posixpath.join(folder, path))
    root = "../" * address.count("/")
    if name == _DICTIONARY:
        if heading in TABLES:
            return f"{root}tables/{heading}.html"
        return f"{root}codes.html#{heading}" if heading in CODES else f"{root}tables/index.html"
    if name not in docs:
        return None
    return f"{root}docs/{name.removesuffix('.md')}.html{anchor}"
