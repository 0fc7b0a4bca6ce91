from collections.abc import Callable

import pytest
from pydantic import ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.nodes import FINISH, NODES
from configs.schema.resources import Backoff, Resources


def test_resources_know_every_node(write: Callable[..., str]) -> None:
    steps = {"default": {"retries": 1}} | {id: {"retries": 2} for id in (*NODES, FINISH)}
    assert load(write(), [f"resources={steps}"]).resources == {
        id: Resources.model_validate(own) for id, own in steps.items()
    }


@pytest.mark.parametrize(
    ("section", "place", "remedy"),
    [
        ("resources:\n  Trainr: {cpu: 2}\n", "2:resources.Trainr", "Did you mean 'Trainer'?"),
        ("beam:\n  nodes:\n    Evaluater: {}\n", "3:beam.nodes.Evaluater", "Did you mean 'Evaluator'?"),
        (
            "beam:\n  nodes:\n    Pusher: {}\n",
            "3:beam.nodes.Pusher",
            "Known keys: ExampleGen, StatisticsGen, Tr",
        ),
    ],
)
def test_a_node_that_is_none_is_named_with_its_place(
    write: Callable[..., str], section: str, place: str, remedy: str
) -> None:
    path = write("name: trips\n", f"{section}name: trips\n")
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert refused.value.what == f"unknown key '{place.rpartition('.')[2]}'"
    assert refused.value.where == f"file.yaml:{place}"
    assert refused.value.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"cpu": "2Gi"}, "'2Gi' is no number of CPUs"),
        ({"cpu": "0"}, "'0' is no number of CPUs"),
        ({"cpu": -1}, "'-1' is no number of CPUs"),
        ({"memory": "8GB"}, "'8GB' is no amount of memory"),
        ({"memory": "0Gi"}, "'0Gi' is no amount of memory"),
        ({"memory": 8}, "'8' is no amount of memory"),
        ({"retries": -1}, "greater than or equal to 0"),
        ({"gpu": 1}, "Extra inputs are not permitted"),
        ({"shared_memory": "1GB"}, "'1GB' is no amount of memory"),
        ({"backoff": {"seconds": 0}}, "greater than 0"),
        ({"timeout": 0}, "greater than 0"),
        ({"user": 0}, "greater than 0"),
        ({"env": {"1A": {"secret": "s", "key": "k"}}}, "'1A' is no name of an environment variable"),
        ({"env": {"MILLRACE_METADATA": {"secret": "s", "key": "k"}}}, "MILLRACE_METADATA comes from cluster.metadata"),
        ({"env": {"A": {"key": "k"}}}, "takes one of secret and config_map"),
        ({"env": {"A": {"secret": "s", "config_map": "c", "key": "k"}}}, "takes one of secret and config_map"),
        ({"env": {"A": "plain text"}}, "valid dictionary"),
        ({"volumes": {"data": "claim"}}, "'data' is no folder to mount at, like '/data'"),
        ({"volumes": {"/data/../etc": "claim"}}, "'/data/../etc' is no folder to mount at"),
        ({"volumes": {"/": "claim"}}, "'/' is no folder to mount at"),
        ({"volumes": {"/data": "My_Claim"}}, "'My_Claim' is no claim that Kubeflow can mount"),
        ({"volumes": {"/a": "claim", "/b": "claim"}}, "mount a claim twice"),
        ({"labels": {"team": "the fares team"}}, "'the fares team' is no value of a label"),
        ({"image_pull_policy": "Sometimes"}, "'Always', 'IfNotPresent' or 'Never'"),
        ({"image_pull_secrets": ["a b"]}, "'a b' is no name in Kubernetes"),
        (
            {"volumes": {"/data": "a.b"}},
            "'a.b' is no claim that Kubeflow can mount: it names the volume after",
        ),
        ({"volumes": {"/minio": "claim"}}, "'/minio' is no folder to mount at: Kubeflow mounts a volume of its own"),
        ({"labels": {"a/b/c": "x"}}, "'a/b/c' is no key of a label"),
        ({"labels": {"pipeline/runid": "x"}}, "'pipeline/runid' is Kubeflow's own"),
        ({"annotations": {"a": "{{workflow.name}}"}}, "holds '{{', which begins a placeholder of Argo's"),
        ({"env": {"A": {"secret": "s", "key": "a/b"}}}, "'a/b' is no key of a secret or a config map"),
        ({"env": {"KFP_POD_NAME": {"secret": "s", "key": "k"}}}, "'KFP_POD_NAME' is set by Kubeflow"),
        ({"backoff": {"most": 900}}, "Extra inputs are not permitted"),
        ({"requests": {"cpu": "1Gi"}}, "'1Gi' is no number of CPUs"),
        ({"ephemeral_storage": "20GB"}, "'20GB' is no amount of memory"),
        ({"affinity": [{"key": "zone"}]}, "has values, when its operator is In"),
        ({"affinity": [{"key": "zone", "operator": "Exists", "values": ["a"]}]}, "has no values, when its operator is"),
        ({"affinity": [{"key": "cores", "operator": "Gt", "values": ["many"]}]}, "has one value, a whole number"),
        ({"affinity": [{"key": "zone", "values": ["a"], "weight": 101}]}, "less than or equal to 100"),
        ({"tolerations": [{"key": "a b"}]}, "'a b' is no key of a label"),
        ({"tolerations": [{"key": "a", "value": "b"}]}, "has a value when, and only when, its operator is Equal"),
        ({"tolerations": [{"key": "a", "operator": "Equal"}]}, "has a value when, and only when"),
    ],
)
def test_an_impossible_machine_is_named(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Resources.model_validate(values)


def test_a_step_has_the_defaults_that_it_does_not_say_itself() -> None:
    default = Resources.model_validate(
        {"cpu": "2", "retries": 5, "labels": {"team": "fares", "tier": "batch"}, "backoff": {"seconds": 5}}
    )
    own = Resources.model_validate({"cpu": "8", "memory": "1Gi", "labels": {"team": "serving"}, "timeout": 60})
    merged = default.merge(own)
    assert (merged.cpu, merged.memory, merged.retries, merged.timeout) == ("8", "1Gi", 5, 60)
    assert merged.labels == {"team": "serving", "tier": "batch"}
    assert merged.backoff == Backoff(seconds=5)


def test_a_step_can_do_without_what_the_defaults_have() -> None:
    default = Resources(timeout=60, user=5000, image_pull_secrets=("registry",))
    merged = default.merge(Resources(timeout=None, user=None, image_pull_secrets=()))
    assert (merged.timeout, merged.user, merged.image_pull_secrets) == (None, None, ())


def test_a_step_is_tried_again_and_is_not_root_unless_told() -> None:
    assert (Resources().retries, Resources().user) == (2, 1000)
