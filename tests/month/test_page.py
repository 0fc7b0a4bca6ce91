"""The page and the picture of a month, of a diary of four days."""

from pathlib import Path
from xml.etree import ElementTree

from tests.month.diary import Entry
from tests.month.page import PAGE, PICTURE, tell_deeds, write_page

DUE = {"decision": {"text": "due: 4 of 4 new spans; more"}, "exit_code": 0, "published": 2}
REFUSED = {"decision": {"text": "due: ada@mill asks: x"}, "exit_code": 3, "published": None}
DIARY = [
    Entry(1, "", 480, said="not due: 1 of 4 new spans, more", drift=0.05, auc=0.93),
    Entry(2, "", 480, said="not due: 2 of 4 new spans, more", drift=0.1, auc=0.93),
    Entry(3, "A & B come.", 480, "more", [DUE], [{"number": 2, "of": None}], ["published"], "fare", 0.4, 0.95),
    Entry(4, "B rolls back.", 0, "more", [REFUSED], [{"number": 3, "of": 1}], ["refused"]),
]


def test_the_table_has_a_line_for_each_day_on_which_something_happened(tmp_path: Path) -> None:
    (tmp_path / PICTURE).parent.mkdir()
    write_page(tmp_path, DIARY)
    lines = (tmp_path / PAGE).read_text().splitlines()
    assert lines[lines.index("|---|---|---|---|") + 1 :][:4] == [
        "| 1 to 2 |  | not due: 2 of 4 new spans |  |",
        "| 3 | A & B come. | 4 of 4 new spans: **version 2** | published |",
        "| 4 | B rolls back. | version 1 again, as **version 3**; a person asks: x: refused by the gate | refused |",
        "",
    ]


def test_the_picture_shows_each_day_and_each_message(tmp_path: Path) -> None:
    (tmp_path / PICTURE).parent.mkdir()
    write_page(tmp_path, DIARY)
    picture = ElementTree.parse(tmp_path / PICTURE)
    titles = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "1: 480 trips. ",
        "2: 480 trips. ",
        "3: 480 trips. A & B come.",
        "3: published",
        "4: 0 trips. B rolls back.",
        "4: refused",
        "1, drift: 0.0500",
        "2, drift: 0.1000",
        "3, drift: 0.4000",
        "1, AUC: 0.9300",
        "2, AUC: 0.9300",
        "3, AUC: 0.9500",
    ]


def test_a_run_that_goes_on_is_told_without_its_id() -> None:
    record = {
        "decision": {"text": "due: run 2026-1 was cut short, and is gone on with"},
        "exit_code": 0,
        "published": 3,
    }
    assert tell_deeds(Entry(13, "", runs=[record])) == ["the run was cut short, and is gone on with: **version 3**"]
