"""A step's tries, and the names of their pods, as a run of Kubeflow's has them."""

from typing import Any

from kfp_server_api import models

from configs.schema.resources import Resources
from pipelines.remote.pods import name_pods, read_tries
from pipelines.remote.service import Try
from tests.fakes.argo_nodes import node_id, pod_name, tasks_of
from tests.fakes.kfp_server import deserialise


def nodes(*tasks: dict[str, Any]) -> dict[str, Any]:
    read: models.V2beta1Run = deserialise({"run_details": {"task_details": list(tasks)}}, "V2beta1Run")
    return {task.pod_name: task for task in read.run_details.task_details}


def test_each_try_is_told_in_order_and_none_of_the_step_that_follows() -> None:
    states = ["FAILED"] * 11 + ["RUNNING"]
    found = nodes(*tasks_of("trainer", *states, after="evaluator"), *tasks_of("evaluator", "PENDING"))
    tries = read_tries(found[node_id("trainer")], found)
    assert tries == tuple(Try(state, node_id(f"trainer.executor({n})")) for n, state in enumerate(states))


def test_a_step_that_is_tried_once_has_no_node_below_its_executor() -> None:
    step, executor = tasks_of("trainer", "FAILED")[1:3]
    found = nodes(step, executor)
    assert read_tries(found[node_id("trainer")], found) == (Try("FAILED", node_id("trainer.executor")),)
    assert read_tries(nodes(step)[node_id("trainer")], {}) == ()


def test_a_pod_is_called_after_its_template() -> None:
    node = node_id("trainer.executor(1)")
    assert name_pods(node, Resources())[0] == pod_name("trainer", 1)
    labelled = name_pods(node, Resources(labels={"team": "a"}, annotations={"b": "c", "d": "e"}))
    assert labelled[0] == pod_name("trainer", 1).replace("metadata-0-3-", "metadata-2-4-")
    assert node in labelled  # where Argo is told to name pods as its nodes
