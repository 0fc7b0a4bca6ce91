from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load

SERVED = "args: {job_endpoint: 'localhost:8099', environment_type: EXTERNAL, experiments: [a, b], flag: true}"


def test_a_node_has_the_engine_of_all_unless_it_has_its_own(write: Callable[..., str]) -> None:
    config = load(write(), [f"beam={{runner: flink, {SERVED}, nodes: {{Transform: {{runner: direct}}}}}}"])
    engine = config.beam.engine("Evaluator")
    assert (engine.runner, engine.args["experiments"], engine.args["flag"]) == ("flink", ("a", "b"), True)
    assert (config.beam.engine("Transform").runner, config.beam.engine("Transform").args) == ("direct", {})
    assert load(write()).beam.engine("Transform").runner == "direct"


@pytest.mark.parametrize(
    ("beam", "what"),
    [
        ("{runner: storm}", "should be 'direct', 'flink', 'spark', 'dataflow' or 'portable'"),
        ("{runner: flink}", "of runner flink needs args: job_endpoint, environment_type"),
        ("{runner: portable, args: {job_endpoint: 'h:1'}}", "of runner portable needs args: environment_type"),
        ("{runner: dataflow, args: {project: p, region: r}}", "needs args: temp_location, sdk_container_image"),
        ("{runner: spark, args: {job_endpoint: 'h:1', environment_type: DOCKER}}", "DOCKER needs args: sdk_container"),
        ("{args: {--job_endpoint: 'h:1'}}", "'--job_endpoint' is no option of Beam's"),
        ("{args: {runner: FlinkRunner}}", "'runner' is no option of Beam's"),
        ("{nodes: {Trainer: {runner: direct}}}", "Trainer"),
    ],
)
def test_an_engine_that_cannot_work_is_refused(write: Callable[..., str], beam: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(), [f"beam={beam}"])
    assert what in str(caught.value)


@pytest.mark.parametrize("root", ["storage.root=gs://bucket/millrace", "cluster.root=s3://bucket/millrace"])
@pytest.mark.parametrize("place", ["beam={%s}", "beam={nodes: {Transform: {%s}}}"])
def test_other_machines_do_not_see_a_copy_of_a_store(write: Callable[..., str], root: str, place: str) -> None:
    assert not load(write(), [root]).beam.hands_over
    with pytest.raises(ConfigError, match="hands work to machines that see nothing of (gs|s3)://bucket/millrace"):
        load(write(), [root, place % f"runner: spark, {SERVED}"])
