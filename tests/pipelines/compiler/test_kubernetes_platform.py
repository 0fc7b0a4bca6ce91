"""The second document of a compiled file: what its steps need of Kubernetes."""

from importlib.metadata import version
from typing import Any

import pytest
from google.protobuf import json_format

from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from tests.pipelines.compiler.golden import ENGINES, compiled, executors

TAXI = str(ROOT / "configs/taxi.yaml")


@pytest.mark.skipif(version("kfp-kubernetes").startswith("1."), reason="kfp-kubernetes 1 knows no tolerations")
@pytest.mark.parametrize("name", [name for name, engine in ENGINES.items() if engine == "kubeflow"])
def test_kfp_reads_what_is_needed_of_kubernetes(name: str) -> None:
    from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig

    for executor in executors(compiled(name)).values():
        read = json_format.ParseDict(executor, KubernetesExecutorConfig())
        assert read.security_context.run_as_non_root


def test_a_volume_is_mounted_for_a_folder_alone() -> None:
    def mounts(root: str) -> Any:
        return executors(compile_pipeline(TAXI, [f"cluster.root={root}"]))["exec-trainer"].get("pvcMount")

    assert mounts("/srv/models") == [{"constant": "millrace", "mountPath": "/srv/models"}]
    assert mounts("s3://bucket/models") is None
