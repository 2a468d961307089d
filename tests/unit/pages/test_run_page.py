"""The run page: whole without any fact, harmless with any name, and honest about simulations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from page_parts import DAY, facts, no_rejects, nothing, parts
from selectolax.lexbor import LexborHTMLParser

from orchestration.pages.feeds import FeedRow
from orchestration.pages.notes import Notes
from orchestration.pages.run_page import page

HOSTILE = (
    '</title></style><script>alert(1)</script><img src=x onerror="alert(1)">"\'><a href="javascript:alert(1)">{{ 7*7 }}'
)
SIMULATION = "which are a simulation, not market data"


def test_no_name_becomes_markup():
    """A fund, symbol, feed or rule is called what a vendor wants; none may run in a reader's browser."""
    html = page(parts(facts(HOSTILE), HOSTILE))
    tree = LexborHTMLParser(html)
    assert not tree.css("script, img, iframe, object, link, base, form")
    assert not [node for node in tree.css("*") if any(name.startswith("on") for name in node.attributes)]
    assert all((node.attributes["href"] or "").startswith("#") for node in tree.css("a"))
    assert HOSTILE in tree.css_first("#contradictions-list").text()
    assert "49" not in tree.css_first("#contradictions-list").text()


def test_the_browser_is_told_to_run_and_fetch_nothing():
    """Escaping is one wall; the policy is the second."""
    head = LexborHTMLParser(page(parts(facts()))).css_first("meta[http-equiv=Content-Security-Policy]")
    assert "default-src 'none'" in head.attributes["content"]
    assert "script" not in head.attributes["content"]


def test_a_release_without_facts_has_a_page(tmp_path):
    """The page of the first release of a home with one feed must not fail for what is not there."""
    empty = replace(parts(nothing()), feeds=[], rejects=no_rejects(tmp_path), notes=Notes(None, [], True),
                    audit=parts(nothing()).audit.clear())  # fmt: skip
    text = LexborHTMLParser(page(empty)).body.text()
    for said in ("No liquidations by hour are known", "No curve is known", "No ETF flows", "Nothing is quarantined",
                 "Every check passed", "No feed has brought anything", "No source contradicts"):  # fmt: skip
        assert said in text


def test_an_empty_chart_says_up_to_when_the_release_knows():
    """Nothing may mean that the feed is a day late, or that nobody has it."""
    reach = {"curve": DAY - timedelta(days=3), "liquidations": DAY - timedelta(days=2)}
    text = LexborHTMLParser(page(parts(replace(nothing(), reach=reach)))).body.text()
    assert "No curve is known for this day. The newest in this release: Mon 2 Feb 2026." in text
    assert "No funding is known for these days. This release has none." in text
    assert "fct_liquidations_daily has them up to Tue 3 Feb 2026." in text


def test_a_simulation_says_so_at_every_chart_and_market_data_does_not():
    """Numbers of the sample feeds quoted as the market's would be a lie, and a picture of one chart is soon cut out."""
    simulated = page(parts(facts(), is_simulated=True))
    tree = LexborHTMLParser(simulated)
    assert SIMULATION in simulated
    assert "simulation" in tree.css_first("title").text()
    assert all("simulation" in figure.css_first("h3").text() for figure in tree.css("figure"))
    assert "simulation" not in page(parts(facts()))


def test_feeds_that_nobody_watches_are_not_called_on_time():
    """Vendor files have no due time; a green mark would promise that somebody looks."""
    idle = replace(parts(facts()), feeds=[FeedRow("a", "not scheduled", "", "files", 1, None, 0)])
    assert "no feed on a schedule" in page(idle)
    assert "no feed late" not in page(idle)
    well = replace(idle, feeds=[FeedRow("a", "on time", "", "http", 1, None, 0)])
    assert "no feed late" in page(well)


def test_contradictions_that_are_not_listed_are_counted():
    """A list that ends at forty must not pass for all of them."""
    tree = LexborHTMLParser(page(parts(replace(facts(), n_contradictions=41))))
    assert "41 contradictions" in tree.css_first(".pills").text()
    assert "40 more" in tree.css_first("[aria-label=Contradictions]:has(.note)").text()


def test_every_chart_has_a_sentence_and_a_table():
    """Who does not see the chart must have its numbers."""
    tree = LexborHTMLParser(page(parts(facts())))
    figures = tree.css("figure")
    assert len(figures) == 6
    for figure in figures:
        assert figure.css_first("[role=img]").attributes["aria-label"]
        assert figure.css_first("table thead th[scope=col]")
        assert all(svg.attributes["aria-hidden"] == "true" for svg in figure.css("svg"))


def test_the_page_says_what_failed_what_waits_and_what_was_restated():
    """A page of charts alone says nothing of how far to trust them."""
    tree = LexborHTMLParser(page(parts(facts(), "coinglass_x")))
    assert "coinglass_x" in tree.css_first("#checks-failed").text()
    assert "failing" in tree.css_first("#feeds-unwell").text()
    assert tree.css_first("#quarantine-counts data").attributes["value"] == "3"
    restated = [node.attributes["value"] for node in tree.css("#notes-restated data")]
    assert restated == ["6000000.0", "7000000.0", "1000000.0"]
    row = tree.css_first("#contradictions-list tbody tr")
    assert row.css_first(".grade").text() == "X"
    assert str(DAY) in row.text()


def test_a_missing_value_is_a_dash_and_no_zero():
    """A zero proves something; a value that is not known does not."""
    tree = LexborHTMLParser(page(parts(facts())))
    cells = [row.css("td")[0].text() for row in tree.css(".etf-by-fund tbody tr")]
    assert cells == ["−$123m", "–"]
