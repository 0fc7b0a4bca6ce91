"""Nothing is published without both blessings."""

import pytest
from tfx.types import standard_artifacts

from components.pusher import require_blessing
from configs.errors import NotBlessed

pytestmark = pytest.mark.slow


@pytest.fixture
def evaluation(first_run):
    _, answer = first_run
    [node] = [node for node in answer.record["nodes"] if node["node"] == "Evaluator"]
    return node["outputs"]["evaluation"][0]


def blessings(folder, model, infra):
    """The artifacts as the Evaluator and the load check leave them."""
    judged, loaded = standard_artifacts.ModelBlessing(), standard_artifacts.InfraBlessing()
    for artifact, blessed in ((judged, model), (loaded, infra)):
        artifact.uri = str(folder)
        artifact.set_int_custom_property("blessed", int(blessed))
    return {"model_blessing": [judged], "infra_blessing": [loaded]}


def test_both_blessings_pass(tmp_path, evaluation):
    require_blessing(blessings(tmp_path, model=True, infra=True), evaluation)


@pytest.mark.parametrize(
    ("model", "infra", "where"), [(False, True, "Evaluator"), (True, False, "LoadCheck"), (False, False, "Evaluator")]
)
def test_either_missing_refuses(tmp_path, evaluation, model, infra, where):
    with pytest.raises(NotBlessed) as error:
        require_blessing(blessings(tmp_path, model, infra), evaluation)
    assert error.value.where == where
    assert error.value.exit_code == 4
