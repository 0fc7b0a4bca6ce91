import json
from types import SimpleNamespace

import pytest

from components.evaluation.judgement import KEPT
from configs.schema.label import Label
from pipelines.monitoring.publication import Publication, recall_publication

METRICS = [
    {"slice": "Overall", "metric": "example_count", "candidate": 10.0, "baseline": 10.0},
    {"slice": "Overall", "metric": "accuracy", "candidate": 0.9, "baseline": 0.8},
    {"slice": "a=1", "metric": "accuracy", "candidate": 0.7, "baseline": None},
]


@pytest.fixture
def version(tmp_path):
    def version(answers=None):
        (tmp_path / "evaluation").mkdir(exist_ok=True)
        if answers is not None:
            (tmp_path / "evaluation" / KEPT).write_text(json.dumps({"metrics": METRICS, "answers": answers}))
        return SimpleNamespace(extras=tmp_path, manifest={"metrics": {"accuracy": 0.9, "example_count": 10.0}})

    return version


def test_a_version_says_what_was_measured_and_answered(version):
    told = Publication({"Overall": {"accuracy": 0.9}, "a=1": {"accuracy": 0.7}}, {"rows": 10, "edges": [0.1, 0.2]})
    assert recall_publication(version([0.1, 0.2]), Label(name="tip", kind="binary")) == told
    several = Label(name="tip", kind="multiclass", classes=["a", "b", "c"])
    assert recall_publication(version([7.0, 0.0, 3.0]), several).answers == {"rows": 10, "counts": {"a": 7, "c": 3}}


def test_one_of_an_older_release_or_that_no_row_has_judged_says_less(version):
    for answers in (None, []):
        found = recall_publication(version(answers), Label(name="tip", kind="binary"))
        assert found == Publication({"Overall": {"accuracy": 0.9}})
