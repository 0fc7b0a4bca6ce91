import pytest

from bench.summary import START, Growth, divide, grow, judge, summarise
from tests.bench.records import RECORDS, record

RUNS = [item for item in RECORDS if item["rows"]]


def verdicts(records):
    return {aim.text: (aim.measured, aim.met) for aim in judge(summarise(records))}


def test_figures_are_medians_and_the_noise_is_that_of_the_seeds():
    scores = {1: 0.90, 2: 0.94, 3: 0.92}
    rounds = [record("b", 100, n, cpu=10.0 * n, auc=auc, parts={"Trainer": 4.0 * n}) for n, auc in scores.items()]
    (line,) = summarise(rounds)
    assert (line.cpu, line.memory, line.auc) == (20.0, 1002.0, 0.92)
    assert line.parts == {START: 12.0, "Trainer": 8.0}
    assert line.noise == pytest.approx(0.02)


def test_the_start_is_what_no_component_used():
    parts = {"CsvExampleGen": 3.0, "latest_blessed_model_resolver": 0.5}
    assert divide(record("a", 1, cpu=10.0, parts=parts)) == {START: 6.5, "ExampleGen": 3.0, "Resolver": 0.5}


def test_growth_is_a_line_through_both_sizes():
    lines = [line for line in summarise(RUNS) if line.contestant == "b"]
    found = grow(*lines)
    assert found["total"] == Growth(pytest.approx(29.0), pytest.approx(10.0))
    assert found["ExampleGen"] == Growth(pytest.approx(0.4), pytest.approx(6.0))


def test_aims_are_judged_by_what_was_measured():
    assert verdicts(RUNS) == {
        "3.5 times less CPU than TFX's example at 10,000 rows": ("3.0 times: 30.0 s against 90.0 s", False),
        "5 times less CPU than TFX's example at 110,000 rows": ("4.0 times: 40.0 s against 160.0 s", False),
        "for each 100,000 rows more 0.07 of the CPU that TFX's example takes": ("0.14: 10.0 s against 70.0 s", False),
        "a first run, against the plain script of equal work: 1.1 of its wall time": (
            "1.20: 30.0 s against 25.0 s",
            False,
        ),
        "a run with another learning rate, against the first: 0.45 of its wall time": (
            "0.40: 12.0 s against 30.0 s",
            True,
        ),
        "at most 1 s for a run for which nothing has changed": ("1.5 s, of CPU 1.0 s, at 110,000 rows", False),
        "at most 922 MiB for the largest process of a run": ("1,001 MiB", False),
        "an AUC not below that of TFX's example by more than the seeds' noise, at 10,000 rows": (
            "0.9500 against 0.9400, noise unknown",
            True,
        ),
        "an AUC not below that of TFX's example by more than the seeds' noise, at 110,000 rows": (
            "0.9600 against 0.9500, noise unknown",
            True,
        ),
    }


def test_an_auc_within_the_noise_is_as_good():
    theirs = [record("a", 10, number, auc=auc) for number, auc in enumerate([0.92, 0.94])]
    ours = [record("b", 10, number, auc=0.92) for number in range(2)]
    text = "an AUC not below that of TFX's example by more than the seeds' noise, at 10 rows"
    assert verdicts([*theirs, *ours])[text] == ("0.9200 against 0.9300, noise 0.0141", True)


def test_what_was_not_measured_is_said_to_be_so():
    found = verdicts([record("c", 10)])
    assert set(found.values()) == {("not measured", None)}
    assert len(found) == 8
