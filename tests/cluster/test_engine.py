"""The engine tries a step again as Argo does."""

from pathlib import Path

import pytest

from pipelines.compiler.compile import compile_pipeline
from tests.cluster.engine import Engine, Step
from tests.pipelines.compiler.golden import config

SECRETS = {"database": {"address": "mysql://u:$(p)@h/d"}}


class Scripted:
    """Ends each try at the Trainer as it is told, after so many seconds; all else succeeds at once."""

    def __init__(self, seconds: float, *codes: int | None) -> None:
        self.seconds, self.codes, self.now = seconds, list(codes), 0.0
        self.steps: list[Step] = []
        self.due = "true"

    def run(self, step: Step) -> int | None:
        self.steps.append(step)
        for name, text in (("due", self.due), ("decision", "...")) if "-decide-" in step.name else ():
            (step.outputs / "tmp/kfp/outputs").mkdir(parents=True, exist_ok=True)
            (step.outputs / "tmp/kfp/outputs" / name).write_text(text)
        if "-trainer-" not in step.name:
            return 0
        self.now += self.seconds
        return self.codes.pop(0)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


def execute(folder: Path, backend: Scripted, policy: str = "OnFailure", text: str | None = None) -> Engine:
    file = folder / "compiled.yaml"
    file.write_text(text or compile_pipeline(config("gpu")), encoding="utf-8")
    engine = Engine(file, backend, {}, SECRETS, folder, backend.wait, backend.clock, policy)
    engine.execute("r1")
    return engine


@pytest.mark.parametrize("hours", [0.25, 4, 40])
def test_a_training_longer_than_the_old_window_is_tried_again(tmp_path: Path, hours: float) -> None:
    ending = execute(tmp_path, Scripted(hours * 3600, 137, 1, 0)).endings["trainer"]
    assert (ending.codes, ending.succeeded) == ([137, 1, 0], True)


def test_argo_tries_nothing_again_once_the_window_of_all_tries_is_over(tmp_path: Path) -> None:
    old = compile_pipeline(config("gpu"))
    start = old.index("backoffMaxDuration: '")
    old = old.replace(old[start : old.index("s'", start) + 2], "backoffMaxDuration: '900s'")
    ending = execute(tmp_path, Scripted(901, 1, 0), text=old).endings["trainer"]
    assert (ending.codes, ending.message) == ([1], "Max duration limit exceeded")
    ending = execute(tmp_path, Scripted(880, 1, 0), text=old).endings["trainer"]
    assert (ending.codes, ending.message) == ([1], "Backoff would exceed max duration limit")


@pytest.mark.parametrize(
    ("policy", "code", "tries"),
    [("OnFailure", 1, 3), ("OnFailure", None, 1), ("OnError", 1, 1), ("OnError", None, 3), ("Always", None, 3)],
)
def test_which_ends_are_tried_again_is_argo_s_policy(tmp_path: Path, policy: str, code: int | None, tries: int) -> None:
    ending = execute(tmp_path, Scripted(1, *[code] * 3), policy).endings["trainer"]
    assert ending.codes == [code] * tries
    assert ending.message == ("No more retries left" if tries == 3 else "Node not set to be retried")


def test_a_step_is_told_what_a_kubelet_hands_on(tmp_path: Path) -> None:
    backend = Scripted(1, 0)
    engine = execute(tmp_path, backend)
    assert engine.endings["finish"].succeeded
    assert {step.user for step in backend.steps} == {"1000:1000"}
    assert "$(p)" not in " ".join(word for step in backend.steps for word in step.command)
    assert backend.steps[0].env == {"MILLRACE_METADATA": "mysql://u:$(p)@h/d"}


@pytest.mark.parametrize("due", ["true", "false"])
def test_what_is_not_due_is_skipped_and_the_run_succeeds(tmp_path: Path, due: str) -> None:
    backend = Scripted(1, 0)
    backend.due = due
    text = compile_pipeline(config("gpu"), ["schedule={cron: 0 3 * * *}"], scheduled=True)
    engine = execute(tmp_path, backend, text=text)
    assert engine.succeeded
    ran = [task for task, ending in engine.endings.items() if ending.codes]
    assert (ran == ["decide", "finish"], len(engine.endings) > 4) == (due == "false", True)
    assert engine.endings["finish"].succeeded
    assert all(not ending.failed for ending in engine.endings.values())


def test_a_first_step_that_fails_is_a_run_that_failed(tmp_path: Path) -> None:
    class Failing(Scripted):
        def run(self, step: Step) -> int | None:
            return 2 if "-decide-" in step.name else super().run(step)

    text = compile_pipeline(config("gpu"), ["schedule={cron: 0 3 * * *}"], scheduled=True)
    engine = execute(tmp_path, Failing(1, 0), text=text)
    assert not engine.succeeded
    assert [task for task, ending in engine.endings.items() if ending.codes] == ["decide", "finish"]
