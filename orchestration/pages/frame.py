"""What all pages share: the templates' environment, the style sheet, and the promise that a page loads nothing.

Belongs here: rendering a template. Does not belong here: what is in it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestration.pages.words import FILTERS

# Even where escaping failed, a browser runs no script of the page and fetches nothing for it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@cache
def environment() -> Environment:
    """The templates: everything put into them is escaped, and a name that is not given is an error."""
    made = Environment(
        loader=PackageLoader("orchestration.pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(FILTERS)
    source = made.loader.get_source(made, "style.css")[0] if made.loader else ""
    made.globals.update(policy=POLICY, style=Markup(source))
    return made


def render(template: str, **given: Any) -> str:
    """The page as text."""
    return environment().get_template(template).render(**given)
