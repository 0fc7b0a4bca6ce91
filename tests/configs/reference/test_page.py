import re

import pytest

from configs.reference.json_schema import describe_keys
from configs.reference.page import write_page
from configs.repository import ROOT

PAGE = write_page()


def test_the_page_in_docs_is_current() -> None:
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == PAGE, "make reference"


def test_every_link_has_a_heading() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\(#([^)]*)\)", PAGE)
    assert len(anchors) == len(headings)
    assert set(links) == anchors - {"the-whole"}


def test_every_section_and_every_key_has_its_place() -> None:
    schema = describe_keys()
    used = [schema, *schema["$defs"].values()]
    assert PAGE.count("\n## ") == len(used)
    keys = sum("const" not in key for section in used for key in section["properties"].values())
    assert len(re.findall(r"^\| `", PAGE, re.MULTILINE)) == keys


@pytest.mark.parametrize(
    "line",
    [
        "## `features.COLUMN` with `kind: numeric`",
        "| `impute` | `mean` or number | `mean` | What a missing value becomes. |",
        "| `data` | [section](#data) | **required** | Where the rows come from. |",
        "| `learning_rate` | number > 0 | `0.001` | The rate, or the highest that the schedule has. |",
        "| `columns` | text or list of text |  | One for each number, step by step; without, the cell is a list. |",
        "| `step` | number > 0 |  | How far values lie apart. |",
        "| `crosses` | list of list of text |  | Features whose values in combination have weights in the linear part: "
        "[[a, b]]. |",
        "| `metadata` | [section](#clustermetadata) | `{secret: millrace-metadata, key: url}` | Holds "
        "mysql://USER:PASSWORD@HOST:PORT/DATABASE, which stands for storage.metadata. |",
        "## `resources.NODE.env.VARIABLE`",
    ],
)
def test_a_line_reads_well(line: str) -> None:
    assert line in PAGE.splitlines()
