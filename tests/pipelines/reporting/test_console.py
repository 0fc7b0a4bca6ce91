"""What a run's closing words say."""

import pytest

from pipelines.reporting.console import compare

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
