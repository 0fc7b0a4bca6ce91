import pytest

from configs.errors import ConfigError
from configs.loading.yaml_document import parse
from configs.loading.yaml_writer import insert, spell_text

BLOCK = """\
# what it is
data:
  # where it lies
  format: csv
  path: rows.csv   # a comment, aligned
  split:
    train: 8

label: {name: big}
"""


@pytest.mark.parametrize("text", ["fare", "mean radius", "pixel_*", "Größe", "a.b", "B/C (mg)", "50%"])
@pytest.mark.parametrize("around", ["{}: 1", "[{}]", "{{{}: 1}}"])
def test_a_text_reads_back_as_itself(text, around):
    assert list(parse(around.format(spell_text(text)), "f").data) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.5",
        "no",
        "True",
        "null",
        "~",
        "a: b",
        "a #b",
        "*a",
        "- a",
        "a, b",
        'say "x"',
        "\t",
        "a ",
        "é:",
        "x\x7f",
        "x\x85",
        "\u2028",
        "\ufeff",
    ],
)
def test_a_text_that_means_something_else_is_quoted(text):
    assert spell_text(text)[0] == '"'
    assert parse(f"[{spell_text(text)}]", "f").data == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BLOCK, BLOCK.replace("aligned\n", "aligned\n  schema_file: s.pbtxt\n")),
        ("data: {path: a, format: csv}  # x\n", "data: {path: a, format: csv, schema_file: s.pbtxt}  # x\n"),
        ("data:\n  {path: a,\n   split: {train: 8},  # x\n  }\n", None),
        ("data:\n  path: a", "data:\n  path: a\n  schema_file: s.pbtxt"),
    ],
)
def test_a_key_is_added_and_the_rest_stays(text, expected):
    after = insert(text, "data", "schema_file", "s.pbtxt", "f")
    assert after == (expected or after)
    before = parse(text, "f").data
    assert parse(after, "f").data == before | {"data": before["data"] | {"schema_file": "s.pbtxt"}}


@pytest.mark.parametrize("text", ["label: {name: a}\n", "data:\n", "data: {}\n", "data:\n  split:\n    train: 8\n"])
def test_a_file_without_a_place_for_it_is_named(text):
    with pytest.raises(ConfigError) as told:
        insert(text, "data", "schema_file", "s.pbtxt", "f.yaml")
    assert told.value.where == "f.yaml:data"
    assert told.value.remedy == "Add it by hand: schema_file: s.pbtxt"
