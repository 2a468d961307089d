"""Markdown pages on the site."""

from __future__ import annotations

from orchestration.pages import markdown


def test_headings_have_the_anchors_that_links_use():
    """A link to a heading that leads to the top of the page leads nowhere."""
    assert 'id="rule-function-test"' in markdown.html("## Rule, function, test\n", lambda target: None)
    assert 'id="the-as_of-macro"' in markdown.html("## The `as_of` macro\n", lambda target: None)


def test_a_link_is_led_to_the_site_and_one_that_leads_off_it_becomes_text():
    """Links of the project's folder are dead on a site that is not in that folder."""
    pages = {"basis.md": "basis.html"}
    html = markdown.html("[a](basis.md) and [b](../Makefile) and [c](https://example.org)", pages.get)
    assert '<a href="basis.html">a</a>' in html
    assert "and b and" in html
    assert 'rel="noreferrer">c</a>' in html


def test_markup_in_a_page_is_text_and_comments_and_images_are_gone():
    """The site runs nothing and fetches nothing, whatever somebody wrote into a page."""
    html = markdown.html("<!-- generated -->\n<script>x</script> ![a picture](https://example.org/x.png)", str)
    assert "generated" not in html
    assert "&lt;script&gt;" in html
    assert "<img" not in html
    assert "a picture" in html


def test_a_script_as_the_target_of_a_link_is_no_link():
    """A page of documentation must not run anything when a link is followed."""
    html = markdown.html("[a](javascript:alert(1))", lambda target: target)
    assert "href" not in html
