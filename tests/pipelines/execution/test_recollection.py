"""A node of a cluster's run is answered by the last run's record where nothing has changed, and else launched."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from components.registry.versions import EXTRA, in_service
from configs.errors import NotBlessed
from configs.loading.loader import load
from configs.nodes import NODES
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.execution import settled
from pipelines.execution.container_entrypoint import close_run, run_step
from pipelines.execution.recollection import recall_settled, repeat_node
from pipelines.graph.nodes import choose_nodes
from pipelines.runs.mlmd import Execution, connection, read_executions, read_outputs
from pipelines.runs.outcomes import Outcome
from pipelines.runs.run import Run
from tests.fakes.models import promote, rollback
from tests.pipelines.execution.test_settled import (
    HEAVY,
    RECORD,
    add_to_artifact,
    flip_artifact,
    flip_data,
    lose_metadata,
    roll_back,
)
from tests.sandbox import Sandbox


def nodes_of(config: Config) -> list[str]:
    return [spec.id for spec in choose_nodes(config)]


def repeat(config: Config, run: Run) -> list[Outcome | None]:
    """What the record answers for each node in turn."""
    known = recall_settled(config)
    assert known is not None
    return [repeat_node(config, run, node, known) for node in nodes_of(config)]


@pytest.mark.slow
def test_every_node_of_an_unchanged_run_is_answered_and_is_in_the_metadata_as_the_cache_has_it(
    sandbox: Sandbox,
) -> None:
    config = load(sandbox.config)
    run, store, known = Run(sandbox.home, "r2"), connection(config), recall_settled(config)
    assert known is not None
    answered = repeat(config, run)
    assert [outcome and outcome.state for outcome in answered] == ["cached"] * len(known.outcomes)
    assert answered[-1] is not None
    assert answered[-1].text == "nothing new: version 1 is this model"
    first, second = (read_executions(store, "trips", id) for id in (known.run, "r2"))
    assert {execution.last_known_state for execution in second.values()} == {Execution.CACHED}
    for node, outcome in zip(nodes_of(config), answered, strict=True):
        made, repeated = (read_outputs(store, [each[node]]) for each in (first, second))
        assert [artifact.id for artifact in made] == [artifact.id for artifact in repeated]
        assert outcome and outcome.execution == second[node].id != first[node].id
    assert close_run(config, run)["exit_code"] == 0
    again = recall_settled(config)
    assert again is not None
    assert (again.run, again.artifacts) == ("r2", known.artifacts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "answered"),
    [
        (flip_data, []),
        (flip_artifact, ["ExampleGen", "StatisticsGen", "SchemaGen", "DataGate"]),  # of Transform
        (add_to_artifact, [id for id in NODES if id not in ("Evaluator", "Pusher")]),  # of Evaluator
        (lose_metadata, []),
        (roll_back, []),
    ],
)
def test_a_node_is_launched_where_anything_it_depends_on_has_changed(
    sandbox: Sandbox, change: Callable[[Sandbox], None], answered: list[str]
) -> None:
    change(sandbox)
    config = load(sandbox.config)
    found = [outcome.node for outcome in repeat(config, Run(sandbox.home, "r2")) if outcome]
    assert found == [node for node in nodes_of(config) if node in answered]


@pytest.mark.slow
def test_a_config_of_other_keys_is_none_that_the_record_is_of(sandbox: Sandbox) -> None:
    assert recall_settled(load(sandbox.config, ["training.epochs=2"])) is None
    assert recall_settled(load(sandbox.config, ["storage.metadata=mysql://me:p@db/x"])) is not None
    assert settled.recall(load(sandbox.config, ["storage.metadata=mysql://me:p@db/x"]), "any") is None


@pytest.mark.full
def test_what_follows_an_answered_node_is_launched_with_what_that_made(sandbox: Sandbox) -> None:
    config, run = load(sandbox.config), Run(sandbox.home, "r2")
    add_to_artifact(sandbox)
    outcomes = {outcome.node: outcome for outcome in run_step(config, run, nodes_of(config), True, print)}
    launched = [node for node, outcome in outcomes.items() if outcome.state == "done"]
    assert launched[0] == "Evaluator"
    assert outcomes["Evaluator"].inputs["model"] == outcomes["Trainer"].outputs["model"]
    assert outcomes["Pusher"].text == "nothing new: version 1 is this model"
    record = close_run(config, run)
    assert (record["exit_code"], record["in_service"]) == (0, 1)


@pytest.mark.slow
def test_an_unchanged_step_loads_no_tfx(sandbox: Sandbox) -> None:
    program = """
import sys
from configs.loading.loader import load
from configs.nodes import NODES
from pipelines.execution.container_entrypoint import run_step
from pipelines.graph.nodes import choose_nodes
from pipelines.runs.run import Run

config = load(sys.argv[1])
outcomes = run_step(config, Run(config.home, "r2"), [spec.id for spec in choose_nodes(config)], True, print)
assert {outcome.state for outcome in outcomes} == {"cached"}
"""
    command = [sys.executable, "-X", "importtime", "-c", program, str(sandbox.config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"^import time:[^|]*\|[^|]*\| +(\w+)", done.stderr, re.MULTILINE))
    assert loaded & HEAVY <= {"ml_metadata", "grpc"}
    assert len(re.findall(r"^\w+ +cached +\d+\.\d s", done.stdout, re.MULTILINE)) == len(nodes_of(load(sandbox.config)))


@pytest.mark.full
def test_a_model_that_was_rolled_away_from_does_not_come_back_by_a_submitted_run(sandbox: Sandbox) -> None:
    home, config = sandbox.home, load(sandbox.config)
    ours, other = home.root / "ours", home.root / "other"
    for folder in (ours, other):
        shutil.copytree(home.serving / "1", folder, ignore=shutil.ignore_patterns(EXTRA))
    (other / "assets").mkdir(exist_ok=True)
    (other / "assets" / "note.txt").write_text("another model, to the registry")
    extras = {path.name: path for path in (home.serving / "1" / EXTRA).iterdir() if path.name != "version.json"}
    promote(home, other, extras, RECORD)
    promote(home, ours, extras, RECORD)
    assert rollback(home, 2, "it is slow").number == 4
    outcomes = run_step(config, Run(home, "r2"), nodes_of(config), True, print)
    error = outcomes[-1].error
    assert error is not None
    assert (outcomes[-1].node, error["exit_code"]) == ("Pusher", NotBlessed.exit_code)
    assert error["what"].startswith("This model was in service and was rolled away from by")
    version = in_service(home)
    assert version is not None and version.number == 4
    assert close_run(config, Run(home, "r2"))["exit_code"] == NotBlessed.exit_code
