"""A step of a cluster, and the end of its run."""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components.registry.versions import in_service
from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.home import Home
from configs.nodes import NODES
from configs.schema.config import Config
from configs.schema.kubernetes import METADATA
from pipelines.execution import container_entrypoint, memory_limit
from pipelines.execution.container_entrypoint import Order, close_run, recall_outcome, require_volume, run_step
from pipelines.graph import fingerprint
from pipelines.reporting import testimony
from pipelines.runs.directory import find_record, lock_home
from pipelines.runs.lease import release_lease, take_lease
from pipelines.runs.mlmd import Execution, connection
from pipelines.runs.outcomes import Outcome, read_outcomes, write_outcome
from pipelines.runs.run import Run
from pipelines.storage import sync
from tests.fakes import bucket, metadata_store
from tests.fakes.container_steps import Cluster
from tests.pipelines.execution.test_node_launcher import made
from tests.sandbox import YAML, Sandbox

SHOWN = {"Trainer": ["model"], "Evaluator": ["classification"]}
IDS = [spec.id for spec in NODES.values() if spec.key is None]


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """An order for the small pipeline, whose file is not there."""
    monkeypatch.delenv(METADATA, raising=False)
    return Order(str(tmp_path / "trips.yaml"), YAML, ["training.epochs=7"], fingerprint.of_image(), "/workspace")


@pytest.fixture
def cluster(fresh: Sandbox, database: str) -> Cluster:
    """The small pipeline with an empty volume."""
    return Cluster(fresh, str(fresh.folder / "volume"), database)


def test_the_config_is_the_text_with_the_cluster_s_root_and_metadata(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(METADATA, "mysql://me:secret@somewhere/runs")
    config = order.config()
    assert config.data.path == str(tmp_path / "rows.csv")
    assert (config.training.epochs, config.storage.root) == (7, "/workspace")
    assert config.storage.metadata == "mysql://me:secret@somewhere/runs"
    monkeypatch.delenv(METADATA)
    assert order.config().storage.metadata is None


def test_the_code_of_the_compiled_pipeline_is_that_of_the_image(order: Order) -> None:
    assert order.mismatch() is None
    wrong = Order(order.path, order.document, order.overrides, "0123456789ab", order.root).mismatch()
    assert wrong is not None
    assert wrong.exit_code == 2
    assert re.search(r"from code 0123456789ab, and this image holds code [0-9a-f]{12}$", wrong.what)
    assert "millrace image" in wrong.remedy


@contextmanager
def user(number: int) -> Iterator[None]:
    """Does what is within as another user where this one is root, who may write anywhere."""
    root = os.geteuid() == 0
    if root:
        os.setegid(number)
        os.seteuid(number)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
            os.setegid(0)


@pytest.fixture
def volume() -> Iterator[Path]:
    """A folder that any user reaches, and only root or its owner may change."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_volume_that_is_not_the_user_s_is_said_with_its_remedy(volume: Path) -> None:
    (volume / "trips").mkdir()
    (volume / "trips").chmod(0o555)
    if os.geteuid():
        volume.chmod(0o555)
    with user(1000), pytest.raises(MillraceError) as error:
        require_volume(str(volume), "trips")
    assert re.fullmatch(
        rf"{volume}: User \d+ may not write to the volume: it belongs to user \d+, group \d+. "
        r"Mount its claim once with `fsGroup: \d+`, as the Job millrace-volume of deploy/base does for 1000; "
        r"where its driver does not heed that, let an administrator give it to \d+:\d+.",
        str(error.value),
    )
    volume.chmod(0o777)
    with user(1000), pytest.raises(MillraceError) as error:
        require_volume(str(volume), "trips")
    assert error.value.where == f"{volume}/trips"
    (volume / "trips").chmod(0o777)
    with user(1000):
        require_volume(str(volume), "trips")
        require_volume(str(volume), "no run yet")
    require_volume("gs://bucket/root", "trips")


def test_a_verdict_is_recalled_and_any_other_failure_is_not(config: Config) -> None:
    assert recall_outcome(config, Run(config.home, "r1"), "ExampleGen") is None
    for code, recalled in ((1, False), (3, True), (4, True), (5, True)):
        outcome = Outcome("ExampleGen", "failed", error={"exit_code": code, "what": "", "where": "", "remedy": ""})
        write_outcome(Run(config.home, "r1"), outcome)
        assert recall_outcome(config, Run(config.home, "r1"), "ExampleGen") == (outcome if recalled else None)


def test_a_node_that_was_killed_for_its_memory_names_the_key_and_is_not_tried_with_the_same_limit(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def run_worker(*_: Any) -> MillraceError:
        tries.append("a try")
        write_group(tmp_path, limit=600 << 20, kills=len(tries))
        return MillraceError("The process was killed (signal 9).")

    monkeypatch.setattr(container_entrypoint, "run_worker", run_worker)
    monkeypatch.setattr(memory_limit, "GROUP", tmp_path)
    write_group(tmp_path, limit=600 << 20, kills=0)
    run = Run(config.home, "r1")
    [outcome] = run_step(config, run, ["ExampleGen"], True, print)
    assert outcome.error is not None
    what = "ExampleGen reached its limit of 600Mi (resources.ExampleGen.memory), and was killed"
    assert (outcome.error["what"], outcome.error["exit_code"]) == (what, 1)
    assert (run_step(config, run, ["ExampleGen"], True, print), len(tries)) == ([outcome], 1)
    write_group(tmp_path, limit=900 << 20, kills=1)
    run_step(config, run, ["ExampleGen"], True, print)
    assert len(tries) == 2


def write_group(folder: Path, limit: int, kills: int) -> None:
    """Writes what the kernel shows of a container's control group."""
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.events").write_text(f"oom {kills}\noom_kill {kills}\n")


def test_a_success_is_recalled_if_the_metadata_knows_of_it(config: Config) -> None:
    outcome = Outcome("ExampleGen", "done", 2.5, "2,000 rows")
    write_outcome(Run(config.home, "r1"), outcome)
    assert recall_outcome(config, Run(config.home, "r1"), "ExampleGen") is None
    metadata_store.record(connection(config), "taxi", "r1", {"ExampleGen": Execution.COMPLETE})
    assert recall_outcome(config, Run(config.home, "r1"), "ExampleGen") == outcome
    assert run_step(config, Run(config.home, "r1"), ["ExampleGen"], True, print) == [outcome]


def test_a_step_that_may_not_run_is_on_record(config: Config) -> None:
    with lock_home(config.home, "r1"):
        [outcome] = run_step(config, Run(config.home, "r2"), ["ExampleGen", "StatisticsGen"], True, print)
    assert outcome.error is not None
    assert (outcome.state, outcome.error["exit_code"]) == ("failed", 5)
    assert "run r1, process" in outcome.error["what"]
    assert read_outcomes(Run(config.home, "r2")) == {"ExampleGen": outcome}
    record = close_run(config, Run(config.home, "r2"))
    assert (record["exit_code"], record["error"]) == (5, outcome.error)
    assert [node["state"] for node in record["nodes"]][1:] == ["not run"] * (len(IDS) - 1)


@pytest.mark.parametrize("node", ["ExampleGen", "Pusher"])
def test_a_step_that_is_started_in_a_run_that_has_ended_does_nothing(config: Config, node: str) -> None:
    run = Run(config.home, "r1")
    rejected = Outcome("ExampleGen", "failed", error={"exit_code": 3, "what": "a cell", "where": "", "remedy": ""})
    write_outcome(run, rejected)  # and the cell is mended since
    close_run(config, run)
    before = {path: path.read_bytes() for path in config.home.root.rglob("*") if path.is_file()}
    with pytest.raises(MillraceError, match="^r1: This run has ended") as refused:
        run_step(config, run, [node], True, print)
    assert refused.value.remedy.startswith("Submit again")
    assert refused.value.exit_code == 1
    assert {path: path.read_bytes() for path in config.home.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("run_id", "node"), [("../r1", "ExampleGen"), ("r1", "Tuner")])
def test_a_run_or_a_node_that_is_none_is_refused(config: Config, run_id: str, node: str) -> None:
    with pytest.raises(ConfigError):
        run_step(config, Run(config.home, run_id), [node], True, print)
    assert not config.home.runs.exists()


def test_a_run_that_never_began_is_closed(config: Config) -> None:
    record = close_run(config, Run(config.home, "r1"), MillraceError("The image is another's."))
    assert (record["exit_code"], record["error"]["what"]) == (1, "The image is another's.")
    assert record["started"] <= record["ended"]
    assert {"run.json", "report.html", "config.json", "started.txt", "log.txt"} <= {
        path.name for path in Run(config.home, "r1").folder.iterdir()
    }


def test_the_logs_of_the_steps_are_one_in_the_end(config: Config) -> None:
    run = Run(config.home, "r1")
    run.folder.mkdir(parents=True)
    for node in ("Transform", "ExampleGen"):
        run.node_log(node).write_text(f"{node} at work\n")
    for _ in range(2):
        container_entrypoint.gather_logs(run, IDS)
        assert run.log.read_text() == "ExampleGen at work\nTransform at work\n"


@pytest.mark.slow
def test_how_a_node_ended_is_in_the_store_before_the_next_begins(tmp_path: Path) -> None:
    run = Run(Home.below("s3://models/volume", "trips"), "r1")
    outcome = Outcome("ExampleGen", "done")
    write_outcome(run, outcome)
    listener = container_entrypoint.Listener(print, partial(container_entrypoint.keep_outcome, run))
    with bucket.serve():
        listener.take(outcome)
        shutil.rmtree(run.folder)
        sync.fetch_files(run.home, run.folder)
    assert read_outcomes(run) == {"ExampleGen": outcome}
    listener.take(outcome)  # a store that is away is told of at the end of the step


def test_progress_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    listener = container_entrypoint.Listener(said.append)
    progress = {"node": "Trainer", "state": "running", "text": "step 100, loss 0.5"}
    listener(progress)
    begun = testimony.tell({"node": "Trainer", "state": "running"})
    assert said == ["Trainer begins", begun]
    listener(progress | {"text": "going on from step 1500", "landmark": True})
    assert said.pop() == "Trainer running: going on from step 1500"
    monkeypatch.setattr(container_entrypoint, "QUIET", 0.0)
    listener(progress)
    listener({"outcome": {"node": "Trainer", "state": "done", "text": "auc 0.7"}})
    ended = {"outcome": {"node": "Trainer", "state": "done", "seconds": 0.0, "text": "auc 0.7"}}
    assert said[2:] == [
        "Trainer running: step 100, loss 0.5", "Trainer       done       0.0 s  auc 0.7", testimony.tell(ended),
    ]  # fmt: skip
    assert listener.outcomes == [Outcome("Trainer", "done", text="auc 0.7")]
    assert testimony.read_all("\n".join(said)) == [{"node": "Trainer", "state": "running"}, ended]


@pytest.mark.slow
def test_rejected_data_costs_no_tensorflow_and_is_not_looked_at_again(cluster: Cluster) -> None:
    sound = cluster.place.data.read_text()
    cluster.place.data.write_text(sound + "one field\n")
    first = cluster.step("r1", "ExampleGen")
    assert (first.code, first.stdout.split()[:2]) == (3, ["ExampleGen", "failed"])
    assert first.stderr.startswith(f"{cluster.place.data}:2002: ")
    assert len(first.stderr.splitlines()) == 2
    cluster.place.data.write_text(sound)
    assert cluster.step("r1", "ExampleGen") == first
    answer = cluster.finish("r1")
    assert (answer.code, answer.stderr) == (0, "")  # it has done its work
    assert f"\nData rejected; nothing was published.\n{cluster.place.data}:2002: " in answer.stdout
    assert [testimony.read(each.stdout)["exit_code"] for each in (first, answer)] == [3, 3]
    take_lease(cluster.config, "r2")  # the pipeline is free
    release_lease(cluster.config, "r2")


@pytest.mark.slow
def test_another_image_is_named_and_the_run_ends_with_it(cluster: Cluster) -> None:
    answer = cluster.step("r1", "ExampleGen", image="0123456789ab")
    assert answer.code == 2
    assert answer.stderr.startswith("--image: The pipeline was compiled from code 0123456789ab, and this image holds")
    ended = cluster.finish("r1", image="0123456789ab")
    assert ended.code == 0
    assert "compiled from code 0123456789ab" in ended.stdout
    assert [testimony.read(each.stdout)["exit_code"] for each in (answer, ended)] == [2, 2]
    assert find_record(cluster.home, "r1")["exit_code"] == 2


@pytest.mark.slow
def test_a_database_that_is_down_is_named_by_step_and_finish(fresh: Sandbox, unused_port: int) -> None:
    url = f"mysql://millrace:p%40ss%2Fword@127.0.0.1:{unused_port}/runs"
    cluster = Cluster(fresh, str(fresh.folder / "volume"), url)
    answer = cluster.step("r1", "ExampleGen")
    assert answer.code == 1
    assert answer.stderr.startswith(f"127.0.0.1:{unused_port}: The metadata store cannot be used: Can't connect")
    ended = cluster.finish("r1")
    assert ended.code == 1
    assert f"127.0.0.1:{unused_port}: The metadata store cannot be used" in ended.stdout
    assert ended.stderr.startswith("The pipeline could not be given back; it is free within the hour.")
    files = [path for path in cluster.home.root.rglob("*") if path.is_file()]
    assert {"config.json", "run.json", "report.html"} <= {path.name for path in files}
    assert [path for path in files if "p@ss" in path.read_text() or "p%40ss" in path.read_text()] == []


@pytest.mark.slow
def test_the_serving_folder_is_tried_before_the_data_is_read(cluster: Cluster) -> None:
    cluster.home.root.mkdir(parents=True)
    cluster.home.serving.write_text("a file where a folder must be")
    answer = cluster.step("r1", "ExampleGen")
    assert answer.code == 1
    assert f"{cluster.home.serving}: what is in service could not be changed: [Errno 17] File exists" in answer.stderr
    release_lease(cluster.config, "r1")


@pytest.fixture
def stored(fresh: Sandbox, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The small pipeline in an empty bucket, whose containers have no disk in common."""
    disk = tmp_path / "disk"
    disk.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    with bucket.serve():
        yield Cluster(fresh, "s3://models/volume", database, str(disk))


@pytest.mark.cluster
def test_a_run_step_by_step_makes_what_a_local_run_makes(stored: Cluster, published: Sandbox, tmp_path: Path) -> None:
    cluster = stored
    for node in IDS:
        cluster.forget()
        if node == "StatisticsGen":
            refuse_another(cluster)
        if node == "Trainer":
            stop_in_the_middle(cluster)
        answer = cluster.step("r1", node, SHOWN.get(node, ()))
        assert (answer.code, answer.stderr) == (0, ""), answer.stderr
        if node == "Trainer":
            [model] = told(cluster, "model")
            assert model["metadata"]["path"].startswith("s3://models/volume/trips/artifacts/Trainer/model/")
        if node == "Evaluator":
            [judged] = told(cluster, "classification")
            assert len(judged["metadata"]["confusionMatrix"]["rows"]) == 2
            assert judged["metadata"]["confidenceMetrics"]
        shown = [line for line in answer.stdout.splitlines() if not line.startswith(testimony.MARK)]
        assert re.fullmatch(rf"{node} begins\n({node} running: .*\n)*{node} +done +\d+\.\d s  \S.*", "\n".join(shown))
    again = cluster.step("r1", "Pusher")
    assert (again.code, again.stdout) == (0, "".join(answer.stdout.splitlines(keepends=True)[-2:]))
    ended = cluster.finish("r1")
    assert (ended.code, ended.stderr) == (0, "")
    assert testimony.read(ended.stdout)["published"] == 1
    assert [line.split()[:2] for line in ended.stdout.splitlines()[: len(IDS)]] == [[node, "done"] for node in IDS]
    assert "\nPublished version 1: auc 0." in ended.stdout
    assert "Published version 1" in (cluster.outputs / "summary").read_text()
    [metrics] = told(cluster, "metrics")
    assert metrics["metadata"]["auc"] > 0.5
    cluster.fetch()
    shutil.rmtree(cluster.home.run("r2"))
    ours, theirs = made(cluster.home), made(published.home)
    assert ours.pop("metrics") == pytest.approx(theirs.pop("metrics"), abs=0.02)
    assert ours == theirs
    be_cached(cluster)
    be_used_elsewhere(cluster, tmp_path / "laptop")
    cluster.fetch()
    texts = [path.read_text(errors="replace") for path in cluster.home.root.rglob("*") if path.is_file()]
    assert [text for text in texts if "p@ss" in text or "p%40ss" in text] == []


def refuse_another(cluster: Cluster) -> None:
    """Another run's first step and its end, while r1 holds the pipeline and none of its steps is at work."""
    answer = cluster.step("r2", "ExampleGen")
    assert answer.code == 5
    assert "Another run holds the pipeline: run r1, last on " in answer.stderr
    ended = cluster.finish("r2")
    assert ended.code == 0
    assert "Another run holds the pipeline: run r1, last on " in ended.stdout
    with pytest.raises(PipelineBusy, match="run r1"):
        take_lease(cluster.config, "r3")


def stop_in_the_middle(cluster: Cluster) -> None:
    """Starts a training that would last for hours, and tells it to end as Kubernetes does."""
    process = cluster.start("step", "r1", ["training.epochs=100000"], node="Trainer")
    models = cluster.home.artifacts / "Trainer" / "model"
    while not models.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    told = time.monotonic()
    process.terminate()
    answer = cluster.end(process)
    assert time.monotonic() - told < 10
    assert (answer.code, answer.stderr) == (
        1,
        "Trainer: The run was stopped by SIGTERM.\nRun again: it resumes where it was.\n",
    )
    sync.fetch_service(cluster.home)
    assert in_service(cluster.home) is None
    cluster.forget()


def be_cached(cluster: Cluster) -> None:
    """The first nodes of a second run, after the first has given the pipeline back."""
    for node in IDS[:2]:
        answer = cluster.step("r4", node)
        assert re.search(rf"^{node} +cached +\d+\.\d s  \S.*$", answer.stdout, re.MULTILINE), answer.stderr
    ended = cluster.finish("r4")
    assert ended.code == 0
    assert "SchemaGen: It was expected to run" in ended.stdout
    assert "In service  version 1" in ended.stdout
    take_lease(cluster.config, "r5")


def be_used_elsewhere(cluster: Cluster, laptop: Path) -> None:
    """The verbs on another machine, which has neither the containers' disks nor their folder for temporary files."""
    laptop.mkdir()
    storage = f"storage:\n  root: {cluster.root}\n  metadata: ${{STORE}}\n"
    cluster.place.config.write_text(YAML.replace("storage: {root: workspace}\n", storage))
    env = {"TMPDIR": str(laptop), "STORE": cluster.database}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in env.items():
            patched.setenv(name, value)
        history = cluster.place.millrace("history", "--output", "json")
        assert [line["run"] for line in json.loads(history.stdout)] == ["r1"], history.stderr
        ended = json.loads(cluster.place.millrace("runs", "--output", "json").stdout)
        assert {record["run"]: record["exit_code"] for record in ended} == {"r1": 0, "r2": 5, "r4": 1}
        report = cluster.place.millrace("report", "r1").stdout.strip()
        assert report.startswith(str(laptop))
        assert "Published version 1" in Path(report).read_text()
        row = '{"fare": 12.5, "trip_miles": 3, "trip_seconds": 600, "payment_type": "Cash", "company": "x"}'
        scored = cluster.place.millrace("predict", "--row", row, "--output", "json")
        assert scored.code == 0, scored.stderr
        held = cluster.place.millrace("clean")
        assert (held.code, "run r5" in held.stderr) == (5, True), held.stderr
        braked = cluster.place.millrace("rollback")  # which does not wait for r5
        assert (braked.code, "there is no older version" in braked.stderr) == (1, True), braked.stderr
        promoted = cluster.place.millrace("promote", "--run", "r1", "--reason", "a test")
        assert promoted.stdout == "Nothing new: version 1 is this model.\n", promoted.stderr
        release_lease(cluster.config, "r5")


def told(cluster: Cluster, artifact: str) -> list[dict[str, Any]]:
    """What Kubeflow was told of an artifact of the last step."""
    found: dict[str, Any] = json.loads((cluster.outputs / "out.json").read_text())["artifacts"]
    return found[artifact]["artifacts"]
