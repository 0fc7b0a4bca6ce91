"""A run is known to have ended by Kubeflow's word, or by Kubernetes' where Kubeflow never learns of it."""

import pytest

from pipelines.remote import liveness, workloads
from pipelines.remote.connect import connect_service
from pipelines.remote.liveness import find_end
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import KfpServer
from tests.fakes.kubernetes_api import Kubernetes, make_workflow
from tests.pipelines.remote.conftest import Configure


def test_kubeflow_tells_of_a_run_that_has_ended(
    server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workloads, "connect", lambda namespace: None)
    config = configure()
    run = connect_service("kubeflow", config).submit(PIPELINE, {}).run
    assert find_end(config, run) is None
    server.runs[run].state = "FAILED"
    assert find_end(config, run) == f"run {run} has ended: failed"
    assert find_end(config, "of another server") is None


def test_a_run_whose_workflow_was_deleted_has_ended_whatever_kubeflow_says(
    server: KfpServer,
    configure: Configure,
    kubernetes: Kubernetes,
) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    run, other = (service.submit(PIPELINE, {}).run for _ in range(2))
    server.runs[run].state = "RUNNING"
    kubernetes.workflows = [make_workflow(run), make_workflow(other)]
    assert find_end(config, run) is None
    kubernetes.workflows = [make_workflow("of another Kubeflow")]  # as another cluster's kubeconfig shows
    assert find_end(config, run) is None
    kubernetes.workflows = [make_workflow(other)]
    assert find_end(config, run) == f"run {run} has no workflow in Kubernetes any more, whatever Kubeflow says"
    kubernetes.may = ()  # as a step's own account
    assert find_end(config, run) is None


def test_without_a_cluster_nobody_is_asked(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configure()
    monkeypatch.setattr(liveness, "connect_service", lambda *_: pytest.fail("it is asked"))
    alone = config.model_copy(update={"cluster": config.cluster.model_copy(update={"host": None})})
    assert find_end(alone, "r1") is None
