"""How pages are filled in: texts of the data stay texts, and a name that a template is not given is an error."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

# What a page may fetch: nothing. https://www.w3.org/TR/CSP3/
POLICY = Markup("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:")


@cache  # what is filled in twice is compiled once
def open_templates(package: str) -> Environment:
    """Returns the templates of a package."""
    environment = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["policy"] = POLICY
    environment.filters["mark_code"] = mark_code
    return environment


def mark_code(text: str) -> Markup:
    """Returns a text whose parts between backticks are set as code; all else in it stays text."""
    return Markup(re.sub("`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))
