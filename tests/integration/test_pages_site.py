"""The static site without a release: whole, linked, and asking nothing of the network."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from orchestration.pages import lineage
from orchestration.pages.site import DOCS, Known, NotASite, pages, write_site
from orchestration.resources.settings import Settings
from schemas.tables import CORE, FACTS, TABLES
from transforms.parse import FEEDS

NOW = datetime(2026, 2, 8, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    docs = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in DOCS.rglob("*.md")}
    return pages(Known(docs=docs), NOW)


@pytest.fixture(scope="module")
def trees(site) -> dict[str, LexborHTMLParser]:
    return {address: LexborHTMLParser(text) for address, text in site.items()}


def test_every_link_leads_to_a_page_and_a_place_on_it(trees):
    """A dictionary is read by following links; a dead one ends the reading."""
    places = {address: {node.attributes["id"] for node in tree.css("[id]")} | {""} for address, tree in trees.items()}
    dead = []
    for address, tree in trees.items():
        for node in tree.css("a[href]"):
            href = node.attributes["href"] or ""
            if href.startswith(("http:", "https:")):
                continue
            path, _, anchor = href.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(address), path)) if path else address
            if anchor not in places.get(target, set()):
                dead.append((address, href))
    assert dead == []


def test_no_page_loads_anything(trees):
    """The site is read from a disk, behind a firewall, years later."""
    for address, tree in trees.items():
        assert not tree.css("script, img, iframe, link, object, embed, video, audio, source"), address
        assert not tree.css("[src], [srcset], [background]"), address
        style = "".join(node.text() for node in tree.css("style"))
        assert "url(" not in style
        assert "@import" not in style


def test_no_two_places_of_a_page_have_one_name(trees):
    """A link to a name given twice leads to the wrong one of them."""
    for address, tree in trees.items():
        names = [node.attributes["id"] for node in tree.css("[id]")]
        assert len(names) == len(set(names)), address


def test_every_table_every_column_and_every_feed_has_its_place(trees):
    """What is not in the dictionary is guessed at."""
    for name, table in TABLES.items():
        found = {node.attributes["id"] for node in trees[f"tables/{name}.html"].css("#columns-table tr[id]")}
        assert found == set(table.column_names)
    for name, feed in FEEDS.items():
        text = trees[f"feeds/{name}.html"].body.text()
        assert feed.licence in text
        assert feed.cadence in text


def test_every_fact_made_of_core_tables_leads_back_to_a_feed():
    """Lineage that ends half-way answers nobody's question."""
    whole = lineage.graph()
    nodes = {node.name: node for node in whole.nodes}
    for fact in FACTS:
        assert any(node.column == 0 for node in whole.above(nodes[fact.name])), fact.name
    for table in CORE:
        assert any(node.column == 0 for node in whole.above(nodes[table.name])), table.name


def test_the_documentation_is_on_the_site(site):
    """The pages that explain the numbers belong beside the numbers' names."""
    for path in DOCS.rglob("*.md"):
        name = path.relative_to(DOCS).as_posix().removesuffix(".md")
        assert name == "data-dictionary" or f"docs/{name}.html" in site


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    """`--out ~` must not empty a home directory."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(NotASite, match="something else"):
        write_site(Settings(tmp_path / "home"), NOW, out)
    assert (out / "thesis.tex").read_text() == "years of work"


def test_a_site_takes_the_place_of_the_site_before(tmp_path):
    """A page of a table that is gone must not stay behind."""
    out = tmp_path / "out"
    write_site(Settings(tmp_path / "home"), NOW, out)
    (out / "tables" / "gone.html").write_text("gone")
    written = write_site(Settings(tmp_path / "home"), NOW, out)
    assert not (out / "tables" / "gone.html").exists()
    assert all((out / address).is_file() for address in written)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
