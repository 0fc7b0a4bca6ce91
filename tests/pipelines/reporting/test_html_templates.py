import pytest
from jinja2 import UndefinedError

from pipelines.reporting.html_templates import mark_code, open_templates


def test_texts_of_the_data_are_texts_and_a_missing_name_is_an_error() -> None:
    environment = open_templates("pipelines.reporting")
    template = environment.from_string("<p>{{ name }}</p>")
    assert template.render(name="<b>Ada</b>") == "<p>&lt;b&gt;Ada&lt;/b&gt;</p>"
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        template.render()


def test_what_stands_between_backticks_is_code_and_nothing_else_is_markup() -> None:
    assert mark_code("run `millrace init <FILE>`, <b>then</b> ` `more`") == (
        "run <code>millrace init &lt;FILE&gt;</code>, &lt;b&gt;then&lt;/b&gt; <code> </code>more`"
    )


@pytest.mark.parametrize(("package", "page"), [("reporting", "page.html"), ("monitoring", "monitor.html")])
def test_every_page_forbids_what_it_could_fetch(package: str, page: str) -> None:
    environment = open_templates(f"pipelines.{package}")
    source = environment.loader.get_source(environment, page)[0]
    assert '<meta http-equiv="Content-Security-Policy" content="{{ policy }}">' in source
    assert environment.from_string("{{ policy }}").render().startswith("default-src 'none'; ")
