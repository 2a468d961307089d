"""Pages of the documentation that are generated from the code say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.resources.config_file import load
from orchestration.resources.config_names import problems
from orchestration.resources.pages import PAGES, rendered
from orchestration.sources.http.venues import CONNECTORS

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_as_generated(name):
    """A key or a feed that the page has not, or has with another default or time, misleads. `make render` mends it."""
    page = (DOCS / name).read_text("utf-8")
    assert page == rendered(name, page)


def test_a_page_without_marks_is_named():
    """Text between lost marks would be generated nowhere, and drift."""
    with pytest.raises(ValueError, match=r"live-feeds\.md lacks"):
        rendered("live-feeds.md", "no marks")


def test_the_configuration_that_the_page_shows_is_right(tmp_path):
    """Examples are copied."""
    page = (DOCS / "configuration.md").read_text("utf-8")
    file = tmp_path / "sluice.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0], "utf-8")
    assert list(problems(load(file))) == []


def test_every_live_feed_is_on_its_page():
    """One looks there for what is fetched, and when."""
    page = (DOCS / "live-feeds.md").read_text("utf-8")
    assert all(f"`{feed}`" in page for feed in CONNECTORS)
