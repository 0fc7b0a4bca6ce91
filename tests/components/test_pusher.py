"""Nothing is published without both blessings; and where the config says so, not before it has waited."""

from functools import partial
from types import SimpleNamespace

import pytest
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.types import standard_artifacts

from components import pusher
from components.pusher import Driver, Executor, require_blessing, summarise
from components.registry import challenger, model_registry
from components.registry.tree_digest import DIGEST, tree_digest
from components.registry.versions import in_service
from components.resolver import MODEL_DIGEST
from configs.errors import NotBlessed
from configs.home import Home
from tests.fakes.models import admit

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


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Offers a model of this content to be published, as the Pusher is launched; returns the artifact that it made."""
    monkeypatch.setattr(pusher, "require_blessing", lambda *_: None)
    monkeypatch.setattr(pusher, "read_measured", lambda _: [])
    monkeypatch.setattr(Executor, "write_card", lambda *_: "")  # which tells of a run that there is none of here
    monkeypatch.setattr(pusher, "publish", partial(model_registry.publish, admit=admit))
    monkeypatch.setattr(challenger, "challenge", partial(challenger.challenge, admit=admit))
    home = Home(tmp_path / "trips")

    def offer(content, shadow="3"):
        folder, inputs = tmp_path / content, {}
        for key in ("model/Format-Serving", "schema", "statistics", "evaluation"):
            (folder / key).mkdir(parents=True)
            (folder / key / "saved_model.pb").write_text(content)
        for key in ("model", "schema", "statistics", "evaluation"):
            artifact = standard_artifacts.Model()
            artifact.uri = str(folder / key)
            artifact.set_string_custom_property(DIGEST, tree_digest(folder / key))
            inputs[key] = [artifact]
        if current := in_service(home):
            baseline = standard_artifacts.Model()
            baseline.set_string_custom_property(MODEL_DIGEST, current.model_digest)
            inputs["baseline"] = [baseline]
        pushed = standard_artifacts.PushedModel()
        pushed.uri = str(folder)
        executor = Executor()
        executor._context = SimpleNamespace(pipeline_run_id=f"run-of-{content}")
        executor.Do(inputs, {"pushed_model": [pushed]}, {"home": str(home.root), "config": "{}", "shadow": shadow})
        return pushed

    return home, offer


def test_the_first_version_goes_into_service_and_the_next_waits(offer):
    home, offer = offer
    first = summarise({"pushed_model": [offer("a")]})
    assert (first.text, first.details) == ("version 1 published", {"version": 1, "new": True})
    second = summarise({"pushed_model": [offer("b")]})
    assert (second.text, second.details) == ("blessed, and waits as a challenger", {"challenger": 1, "new": True})
    assert in_service(home).number == 1
    assert challenger.find_waiting(home).line["run"] == "run-of-b"
    assert summarise({"pushed_model": [offer("c", shadow="")]}).details == {"version": 2, "new": True}


def test_what_waits_is_part_of_the_key_where_something_may(offer):
    home, offer = offer
    offer("a")
    offer("b")

    def drive(shadow):
        properties = {"home": str(home.root), "in_service": "", "shadow": shadow}
        return Driver(None).run(ExecutionInfo(exec_properties=properties)).exec_properties["in_service"].string_value

    assert drive("3") == f"1:{in_service(home).digest} 1:"
    assert drive("") == f"1:{in_service(home).digest}"
