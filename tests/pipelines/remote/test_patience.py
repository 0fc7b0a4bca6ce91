"""Of a run that cannot start the reason is said, by Kubernetes where it may be asked; one that is gone is noticed."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pipelines.remote import patience, workloads
from pipelines.remote.connect import connect_service
from pipelines.remote.patience import Patience
from pipelines.remote.service import Run
from tests.fakes.argo_nodes import tasks_of
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import KfpServer
from tests.fakes.kubernetes_api import Kubernetes, make_pod, make_workflow
from tests.pipelines.remote.conftest import Configure


@dataclass
class Watched:
    """A run that waits for its Trainer's machine, and who watches it, by a clock of ours."""

    patience: Patience
    run: Run
    said: list[str]
    clock: list[float]

    def after(self, seconds: float, news: bool = False) -> str | None:
        self.clock[0] += seconds
        return self.patience.look(self.run, news)


@dataclass
class Watching:
    server: KfpServer
    configure: Configure
    clock: list[float] = field(default_factory=lambda: [0.0])

    def __call__(self, state: str = "PENDING", **options: Any) -> Watched:
        tasks = tasks_of("trainer", state, state="RUNNING")
        self.server.course = [{"state": "RUNNING", "run_details": {"task_details": tasks}}]
        config, said = self.configure(), list[str]()
        service = connect_service("kubeflow", config)
        run = service.get_run(service.submit(PIPELINE, {}).run)
        return Watched(Patience(service, config, said.append, **options), run, said, self.clock)


@pytest.fixture
def watching(server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Watching:
    made = Watching(server, configure)
    monkeypatch.setattr(patience.time, "monotonic", lambda: made.clock[0])
    return made


def test_after_a_minute_the_reason_is_said_once(watching: Watching, kubernetes: Kubernetes) -> None:
    watched = watching()
    kubernetes.workflows = [make_workflow(watched.run.run)]
    why = {"status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
    kubernetes.pods = [make_pod(watched.run.run, "trainer", "t-1", conditions=[why])]
    for seconds in (0, 59):
        assert (watched.after(seconds), watched.said) == (None, [])
    for seconds in (1, 60):
        assert watched.after(seconds) is None
        assert watched.said == ["trainer cannot start: Unschedulable: 0/3 nodes are available"]


def test_without_a_kubeconfig_one_command_is_said_that_tells(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workloads, "connect", lambda namespace: None)
    watched = watching()
    watched.after(0)
    watched.after(61)
    (said,) = watched.said
    command = f"kubectl describe pods --namespace kubeflow --selector pipeline/runid={watched.run.run}"
    assert said == f"Nothing has started for 60 s. What keeps it: {command}"


def test_a_step_that_works_in_silence_and_news_are_no_reason_to_worry(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workloads, "connect", lambda namespace: None)
    at_work = watching("RUNNING")
    at_work.after(0)
    assert (at_work.after(600), at_work.said) == (None, [])
    waiting = watching()
    for _ in range(3):
        assert (waiting.after(50, news=True), waiting.said) == (None, [])


def test_a_deadline_ends_a_run_that_does_not_start(
    watching: Watching, server: KfpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workloads, "connect", lambda namespace: None)
    watched = watching(deadline=90.0)
    watched.after(0)
    assert watched.after(61) is None
    given_up = watched.after(61)
    assert given_up is not None and given_up.startswith("nothing of it has started for 122 s, and it is told to end.")
    assert server.runs[watched.run.run].state == "CANCELING"


def test_a_run_whose_workflow_was_deleted_is_waited_for_no_longer(watching: Watching, kubernetes: Kubernetes) -> None:
    watched = watching("RUNNING")
    watched.after(0)
    kubernetes.workflows = [make_workflow(watched.patience.service.submit(PIPELINE, {}).run)]  # of another run
    assert watched.after(61) == (
        f"run {watched.run.run} has no workflow in Kubernetes any more, whatever Kubeflow says"
    )


def test_a_try_is_explained_by_its_pod(watching: Watching, kubernetes: Kubernetes) -> None:
    watched = watching("RUNNING")
    ended = {"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
    kubernetes.pods = [make_pod(watched.run.run, "trainer", "t-1", phase="Failed", containerStatuses=[ended])]
    [step] = watched.run.steps
    assert watched.patience.explain(watched.run, step) == "OOMKilled"
