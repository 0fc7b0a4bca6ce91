from rich.console import Console

from components.evaluation.judgement import Failure
from components.evaluation.tally import Estimate
from pipelines.monitoring.account import tell_look
from pipelines.monitoring.drift import Strayed
from pipelines.monitoring.look import Look

METRICS = [
    Estimate("Overall", "example_count", 1200.0),
    Estimate("Overall", "auc", 0.91234, 0.9, 0.92),
    Estimate("place=port", "example_count", 300.0),
    Estimate("place=port", "auc", 0.7, 0.65, 0.75),
    Estimate("place=sea", "example_count", 1.0),
]


def told(**parts):
    look = Look(at="2026-11-20T03:00:00+00:00", version=3, source="new.csv", rows=1500, labelled=1200, **parts)
    console = Console(width=200)
    with console.capture() as captured:
        console.print(tell_look(look, "monitor.html"))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_figures_stand_beside_their_bar_and_what_they_were_when_published():
    lines = told(
        metrics=METRICS,
        published={"Overall": {"auc": 0.93}, "place=port": {"auc": 0.72}},
        bar={"auc": {"min": 0.9}},
        strayed=[Strayed("fare", 0.1, 0.3)],
    )
    assert lines[0] == "Version 3 reaches its bar. 1,500 rows of new.csv, 1,200 with a label."
    assert " auc     0.9123  0.9000 to 0.9200  0.9300          min 0.9" in lines
    assert " place=port  300   0.7000  0.6500 to 0.7500  0.7200" in lines
    assert " place=sea   1" in lines
    assert lines[-1] == "Over time   monitor.html"


def test_below_the_bar_that_comes_first():
    lines = told(metrics=METRICS, missed=[Failure("Overall", "auc", 0.91234, 0.95)])
    assert lines[0].startswith("Version 3 is below its bar: auc (Overall) is 0.9123, below 0.95. 1,500 rows")


def test_columns_that_moved_too_far_are_named():
    far = [Strayed("fare", 0.5, 0.3, 0.125), *(Strayed(f"x{number}", 0.1, 0.3) for number in range(9))]
    lines = told(strayed=far)
    assert lines[0].startswith("Version 3 is not measured: no row has a label, but fare moved too far.")
    assert " fare    0.50   0.30   12.5%    too far" in lines
    assert sum(line.startswith(" x") for line in lines) == 4
    assert told(strayed=[*far, Strayed("prediction", 0.2, 0.3)])[-3] == " prediction  0.20   0.30   0.0%"
