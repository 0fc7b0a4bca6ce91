"""What a run's closing words say."""

import io
import re
from typing import Any

import pytest
from rich.console import RenderableType

from configs.repository import ROOT
from pipelines.reporting.console import Screen, compare, conclude, listing, open_console, paragraph, tell_changes

MODELS = {"majority": {"auc": 0.5}, "tree": {"auc": 0.92}, "svm": {}}


def record(*nodes):
    return {"nodes": [{"node": name, "details": details} for name, details in nodes]}


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([], ""),
        ([("Evaluator", {"overall": {"auc": 0.9}}), ("SklearnBaselines", {})], ""),
        (
            [("Evaluator", {"overall": {"auc": 0.9}}), ("SklearnBaselines", {"metric": "auc", "models": MODELS})],
            "auc: this model 0.9000, majority 0.5000, tree 0.9200",
        ),
        ([("SklearnBaselines", {"metric": "auc", "models": MODELS})], "auc: majority 0.5000, tree 0.9200"),
    ],
)
def test_what_a_model_is_compared_with(nodes, text):
    assert compare(record(*nodes)) == text


def test_of_spans_that_changed_the_newest_are_told():
    changes = [{"text": f"span {number} has changed"} for number in range(7)]
    told = ["span 2", "span 3", "span 4", "span 5", "span 6"]
    assert tell_changes({"changed_spans": changes}) == [f"{name} has changed" for name in told] + [
        "2 more, in run.json"
    ]
    assert tell_changes({"changed_spans": changes[:5]})[-1] == "span 4 has changed"
    assert "Changed     span 0 has changed\n" in draw(conclude({**RECORD, "changed_spans": changes[:1]}, "taxi.yaml"))


DATA = r"root:x:0 [bold]b[/] [/] \[a] C:\new\ :warning: "
OUTCOME = {"node": "Trainer", "state": "done", "text": DATA, "seconds": 1.0, "details": {}}
RECORD: dict[str, Any] = {
    "exit_code": 1,
    "published": None,
    "in_service": 1,
    "serving": DATA,
    "folder": DATA,
    "error": {"what": DATA, "where": DATA, "remedy": DATA},
    "nodes": [OUTCOME],
}


def draw(*printed: RenderableType, terminal: bool = False) -> str:
    """What a person sees, without its colours."""
    console = open_console(file=io.StringIO(), width=1000, force_terminal=terminal)
    console.print(*printed, soft_wrap=True)
    return re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())


@pytest.mark.parametrize("terminal", [True, False])
def test_what_data_hold_is_printed_as_it_is(terminal: bool) -> None:
    table = listing("a", DATA)
    table.add_row(DATA, "b")
    screen = Screen(open_console(file=io.StringIO()), ["Trainer"])
    screen.watch({"outcome": OUTCOME})
    drawn = {
        "a text": (draw(DATA, terminal=terminal), 1),
        "a table": (draw(table, terminal=terminal), 2),
        "an error": (draw(paragraph(DATA, DATA, DATA), terminal=terminal), 3),
        "a run's end": (draw(conclude(RECORD, DATA), terminal=terminal), 6),
        "a success": (draw(conclude(RECORD | {"exit_code": 0, "error": None}, DATA), terminal=terminal), 4),
        "the live table": (draw(screen.table(), terminal=terminal), 1),
    }
    assert {name: text.count(DATA.rstrip()) for name, (text, _) in drawn.items()} == {
        name: count for name, (_, count) in drawn.items()
    }


def test_every_console_takes_texts_as_they_are() -> None:
    sources = [path for package in ("components", "pipelines") for path in (ROOT / package).rglob("*.py")]
    makes = re.compile(r"\bConsole\(|from_markup|highlight=True|markup=True|emoji=True")
    assert [path.name for path in sources if makes.search(path.read_text())] == ["console.py"]


@pytest.mark.parametrize("decision", [None, {"text": "due: 3 of 2 new spans"}])
def test_a_run_that_a_schedule_began_says_why(decision: dict[str, Any] | None) -> None:
    said = [line for line in draw(conclude(RECORD | {"decision": decision}, "a.yaml")).splitlines() if "Why" in line]
    assert said == (["Why         due: 3 of 2 new spans"] if decision else [])


def test_a_terminal_shows_no_table_of_a_run_that_never_began() -> None:
    file = io.StringIO()
    with Screen(open_console(file=file, force_terminal=True), ["Trainer"]):
        pass
    assert file.getvalue() == ""
    with Screen(open_console(file=file, force_terminal=True), ["Trainer"]) as screen:
        screen.watch({"outcome": OUTCOME})
    assert "Trainer" in file.getvalue()


def test_a_node_that_goes_on_when_it_is_stopped_shows_its_time() -> None:
    with Screen(open_console(file=io.StringIO()), ["Trainer"]) as screen:
        screen.watch({"node": "Trainer", "state": "running", "text": "step 10"})
        screen.started["Trainer"] -= 20
    assert (screen.rows["Trainer"]["state"], round(screen.rows["Trainer"]["seconds"])) == ("failed", 20)


def test_what_a_node_is_warned_of_is_a_line_where_there_is_no_terminal() -> None:
    file = io.StringIO()
    with Screen(open_console(file=file), ["Trainer"]) as screen:
        for warned in (False, True):
            screen.watch({"node": "Trainer", "state": "running", "text": "is ended in 9 s", "warning": warned})
    assert file.getvalue() == "Trainer       is ended in 9 s\n"


def test_a_table_that_is_left_for_a_question_stands_as_it_was_and_is_drawn_anew():
    file = io.StringIO()
    console = open_console(file=file, force_terminal=True, width=100)
    with Screen(console, ["Trainer"]) as screen:
        screen.watch({"node": "Trainer", "state": "running", "text": "step 10"})
        screen.pause()
        assert screen.live is not None and not screen.live.is_started
        screen.watch({"node": "Trainer", "state": "running", "text": "step 20"})
        assert screen.live.is_started
        screen.pause()
    assert "failed" not in file.getvalue()
    assert file.getvalue().count("step 20") > 0


def test_what_follows_is_named_where_the_run_was_elsewhere():
    assert "Next        millrace report taxi.yaml" in draw(conclude(RECORD, "taxi.yaml"))
    assert "Next        kubectl exec x" in draw(conclude(RECORD, "taxi.yaml", "kubectl exec x"))
