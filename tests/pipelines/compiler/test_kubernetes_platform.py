"""The second document of a compiled file: what its steps need of Kubernetes."""

from typing import Any

import kubernetes_validate

from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from tests.fakes.pods import faults, pod_of
from tests.pipelines.compiler.golden import compiled, documents, executors

TAXI = str(ROOT / "configs/taxi.yaml")


def trainer(*overrides: str) -> Any:
    return executors(compile_pipeline(TAXI, ["cluster.steps=each", *overrides]))["exec-trainer"]


def test_a_step_is_who_the_config_says_where_the_release_can_be_told() -> None:
    assert trainer()["securityContext"] == {"runAsNonRoot": True, "runAsUser": "1000", "runAsGroup": "1000"}
    other = trainer("resources.default={user: 5000, group: 6000}")["securityContext"]
    assert other == {"runAsNonRoot": True, "runAsUser": "5000", "runAsGroup": "6000"}
    assert "securityContext" not in trainer("resources.default.user=")
    for release in ("2.14", "2.15"):
        assert "securityContext" not in trainer(f"cluster.version={release}")
    assert "securityContext" in trainer("cluster.version=2.16")


def test_rules_on_machines_are_one_condition_and_several_wishes() -> None:
    rules = [
        "{key: zone, operator: In, values: [a, b]}",
        "{key: spot, operator: DoesNotExist}",
        "{key: disk, values: [ssd], weight: 10}",
    ]
    assert trainer(f"resources.Trainer.affinity=[{', '.join(rules)}]")["nodeAffinity"] == [
        {
            "matchExpressions": [
                {"key": "zone", "operator": "In", "values": ["a", "b"]},
                {"key": "spot", "operator": "DoesNotExist"},
            ]
        },
        {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}], "weight": 10},
    ]


def test_the_end_has_a_machine_of_its_own_and_a_run_its_limits() -> None:
    text = compile_pipeline(TAXI, ["resources.finish={timeout: 60}", "cluster.deadline=7200", "cluster.ttl=600"])
    assert executors(text)["exec-finish"]["activeDeadlineSeconds"] == "60"
    whole = documents(text)[1]["platforms"]["kubernetes"]["pipelineConfig"]
    assert whole == {"activeDeadlineSeconds": 7200, "resourceTtlOnCompletion": 600}


def test_shared_memory_lies_beside_a_claim_of_any_name() -> None:
    made = documents(compile_pipeline(TAXI, ["resources.Trainer={shared_memory: 1Gi, volumes: {/data: shm}}"]))
    assert faults(pod_of(*made, "trainer")) == []


def test_a_worker_s_pod_is_sound_by_kubernetes_schema_and_the_trainer_s_but_for_its_command_and_name() -> None:
    made = documents(compiled("workers"))
    trainer, worker = (pod_of(*made, task) for task in ("trainer", "trainer-worker-3"))
    kubernetes_validate.validate(worker, kubernetes_validate.latest_version(), strict=True)
    assert faults(worker) == []
    [main], [leads] = worker["spec"]["containers"], trainer["spec"]["containers"]
    assert main["command"] == ["millrace", "train-along"]
    assert main["args"][1:3] == ["--worker", "3"]
    assert main["resources"] == {"limits": {"cpu": "4", "memory": "8.589934592G"}}
    for key in ("command", "args"):
        main[key] = leads[key]
    assert worker["spec"] == trainer["spec"]
    component = "app.kubernetes.io/component"
    assert worker["metadata"]["labels"] == trainer["metadata"]["labels"] | {component: "trainer-worker-3"}


def test_a_volume_is_mounted_for_a_folder_alone() -> None:
    def mounts(root: str) -> Any:
        return trainer(f"cluster.root={root}").get("pvcMount")

    assert mounts("/srv/models") == [{"constant": "millrace", "mountPath": "/srv/models"}]
    assert mounts("s3://bucket/models") is None
