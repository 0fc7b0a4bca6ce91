"""How pages are filled in: texts of the data stay texts, and a name that a template is not given is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache  # what is filled in twice is compiled once
def open_templates(package: str) -> Environment:
    """Returns the templates of a package."""
    return Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
