import pytest
from jinja2 import UndefinedError

from pipelines.reporting.html_templates import open_templates


def test_texts_of_the_data_are_texts_and_a_missing_name_is_an_error() -> None:
    environment = open_templates("pipelines.reporting")
    template = environment.from_string("<p>{{ name }}</p>")
    assert template.render(name="<b>Ada</b>") == "<p>&lt;b&gt;Ada&lt;/b&gt;</p>"
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        template.render()
