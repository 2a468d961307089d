"""The project's Markdown pages as HTML: headings that can be linked to, links that lead to pages of the site.

Belongs here: rendering one page. Does not belong here: which pages there are (`site.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# Gives the address of a link's target on the site; None for what is not on it.
Resolve = Callable[[str], str | None]
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables; HTML in a page is text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def slug(title: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def title_of(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def html(text: str, resolve: Resolve) -> Markup:
    """The page, without its comments. A link whose target is not on the site becomes plain text."""
    parser = _parser()
    tokens = parser.parse(_COMMENT.sub("", text))
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", slug(_plain(tokens[at + 1])))
        elif token.type == "inline" and token.children:
            token.children = _linked(token.children, resolve)
    rendered = parser.renderer.render(tokens, parser.options, {})
    scrolling = '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>'
    return Markup(rendered.replace("<table>", scrolling).replace("</table>", "</table></div>"))


def _plain(heading: Token) -> str:
    return "".join(child.content for child in heading.children or [])


def _linked(children: list[Token], resolve: Resolve) -> list[Token]:
    """The tokens with addresses of the site; links to elsewhere in the project lose their mark-up."""
    kept: list[Token] = []
    dropped = False
    for token in children:
        if token.type == "link_open":
            target = str(token.attrGet("href") or "")
            address = target if re.match(r"(https?|mailto):", target) else resolve(target)
            dropped = address is None
            if address is None:
                continue
            token.attrSet("href", address)
            if address.startswith("http"):
                token.attrSet("rel", "noreferrer")
        elif token.type == "link_close" and dropped:
            dropped = False
            continue
        elif token.type == "image":
            # A page fetches nothing; an image is what it says.
            token = Token("text", "", 0, content=token.content)
        kept.append(token)
    return kept
