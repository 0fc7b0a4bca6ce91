"""A run that has nothing to do is answered at once, and by the nodes themselves as soon as anything differs."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components.registry.model_registry import EXTRA, Record
from configs.errors import MillraceError, Stopped
from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.execution import local_runner, settled
from pipelines.graph import fingerprint
from pipelines.graph.nodes import choose_nodes
from pipelines.runs.directory import find_record
from pipelines.runs.run import Run
from tests.fakes.models import promote, rollback
from tests.sandbox import Answer, Sandbox

HEAVY = {
    "tensorflow",
    "keras",
    "tfx",
    "apache_beam",
    "ml_metadata",
    "tensorflow_data_validation",
    "pandas",
    "pyarrow",
    "grpc",
}
RECORD = Record(run="elsewhere", reason="a test", by="a test")


def recall(config: Config, nodes: list[str] | None = None) -> settled.Settled | None:
    nodes = nodes or [spec.id for spec in choose_nodes(config)]
    return settled.recall(config, settled.digest_needs(config, nodes))


def flip(path: Path) -> None:
    """Changes one bit in the middle of a file, and neither its size nor its times."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def texts(answer: Answer) -> dict[str, str]:
    return {node["node"]: node["text"] for node in answer.record["nodes"]}


@pytest.mark.slow
def test_a_second_run_says_the_same_and_loads_little(sandbox: Sandbox, first_run: tuple[Sandbox, Answer]) -> None:
    first, untouched = first_run[1], (sandbox.home.history, sandbox.home.metadata, sandbox.home.settled)
    before = [path.read_bytes() for path in untouched]
    command = [sys.executable, "-X", "importtime", "-m", "pipelines", "run", str(sandbox.config), "--output", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    answer = Answer(done.returncode, done.stdout, done.stderr)
    loaded = set(re.findall(r"^import time:[^|]*\|[^|]*\| +(\w+)", done.stderr, re.MULTILINE))
    assert {"pipelines", "jinja2"} <= loaded
    assert loaded & HEAVY == set()
    assert (answer.code, answer.record["error"]) == (0, None)
    assert (answer.record["published"], answer.record["in_service"]) == (None, 1)
    assert answer.record["repeats"] == first.record["run"] != answer.record["run"]
    assert set(answer.states.values()) == {"cached"}
    assert texts(answer) == texts(first) | {"Pusher": "nothing new: version 1 is this model"}
    assert answer.record["nodes"][-1]["details"] == {"version": 1, "new": False}
    assert [node["outputs"] for node in answer.record["nodes"]] == [node["outputs"] for node in first.record["nodes"]]
    assert [path.read_bytes() for path in untouched] == before
    run = Run(sandbox.home, answer.record["run"])
    assert find_record(sandbox.home) == answer.record
    assert run.report.exists() and run.config.exists()
    assert first.record["run"] in run.log.read_text()


@pytest.mark.slow
def test_the_run_that_made_it_keeps_the_record(sandbox: Sandbox) -> None:
    config, kept = load(sandbox.config), sandbox.home.settled.read_text()
    record = find_record(sandbox.home)
    run, needs = (
        Run(sandbox.home, record["run"]),
        settled.digest_needs(config, [node["node"] for node in record["nodes"]]),
    )
    known = recall(config)
    assert known is not None
    assert (known.run, known.needs, len(known.artifacts)) == (run.id, needs, 12)

    def keep(record: dict, needs: str | None, config: Config = config) -> bool:
        sandbox.home.settled.unlink(missing_ok=True)
        settled.keep(config, run, record, needs)
        return sandbox.home.settled.exists()

    needs = known.needs
    assert not keep(record, None)
    assert not keep(record | {"exit_code": 4}, needs)
    assert not keep(record | {"nodes": record["nodes"][:-1]}, needs)  # of a run that was to publish nothing
    late = sandbox.folder / "schema.pbtxt"
    late.touch()  # after the run began
    assert not keep(record, needs, load(sandbox.config, [f"data.schema_file={late}"]))
    assert keep(record, needs)
    assert sandbox.home.settled.read_text() == kept
    promote(sandbox.home, sandbox.home.serving / "1" / EXTRA, {}, RECORD)
    assert not keep(record, needs)


def flip_data(place: Sandbox) -> None:
    text, before = place.data.read_text(), place.data.stat()
    place.data.write_text(text.replace("Credit Card", "Credit Cord", 1))
    os.utime(place.data, ns=(before.st_atime_ns, before.st_mtime_ns))


def flip_artifact(place: Sandbox) -> None:
    flip(next(place.home.artifacts.glob("Transform/transform_graph/*/transform_fn/saved_model.pb")))


def add_to_artifact(place: Sandbox) -> None:
    (next(place.home.artifacts.glob("Evaluator/evaluation/*")) / "new").touch()


def remove_artifact(place: Sandbox) -> None:
    next(place.home.artifacts.glob("SchemaGen/schema/*/schema.pbtxt")).unlink()


def flip_model(place: Sandbox) -> None:
    flip(place.home.serving / "1" / "saved_model.pb")


def change_manifest(place: Sandbox) -> None:
    path = place.home.serving / "1" / EXTRA / "version.json"
    path.write_text(path.read_text().replace('"reason": ""', '"reason": "x"'))


def promote_another(place: Sandbox) -> None:
    promote(place.home, place.home.serving / "1" / EXTRA, {}, RECORD)


def roll_back(place: Sandbox) -> None:
    promote_another(place)
    rollback(place.home)


def lose_version(place: Sandbox) -> None:
    (place.home.serving / "1").rename(place.home.serving / "lost")


def lose_metadata(place: Sandbox) -> None:
    place.home.metadata.unlink()


def flip_metadata(place: Sandbox) -> None:
    flip(place.home.metadata)


def flip_record(place: Sandbox) -> None:
    flip(place.home.settled)


def cut_record(place: Sandbox) -> None:
    place.home.settled.write_bytes(place.home.settled.read_bytes()[:100])


def spoil_record(place: Sandbox) -> None:
    place.home.settled.write_bytes(bytes(range(256)))


def lose_record(place: Sandbox) -> None:
    place.home.settled.unlink()


def refuse_versions(place: Sandbox) -> None:
    place.home.serving.rename(place.home.root / "elsewhere")
    place.home.serving.write_text("a file")


CHANGES = [
    flip_data,
    flip_artifact,
    add_to_artifact,
    remove_artifact,
    flip_model,
    change_manifest,
    promote_another,
    roll_back,
    lose_version,
    lose_metadata,
    flip_metadata,
    flip_record,
    cut_record,
    spoil_record,
    lose_record,
    refuse_versions,
]


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_what_lies_there_is_left_to_the_nodes(sandbox: Sandbox, change: Callable[[Sandbox], None]) -> None:
    config = load(sandbox.config)
    assert recall(config) is not None
    change(sandbox)
    assert recall(config) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "training.seed=7",
        "gate.accept=because",
        "schedule={cron: '0 3 * * *'}",
        "training.warm_start=true",
        "training.teacher={version: 1}",
        "storage.metadata=mysql://me@127.0.0.1/runs",
    ],
)
def test_another_config_is_left_to_the_nodes(published: Sandbox, override: str) -> None:
    assert recall(load(published.config, [override])) is None


@pytest.mark.slow
def test_fewer_nodes_other_code_and_other_packages_are_left_to_the_nodes(
    published: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(published.config)
    assert recall(config) is not None
    assert recall(config, [spec.id for spec in choose_nodes(config, "LoadCheck")]) is None
    for name in ("of_repository", "of_packages"):
        with monkeypatch.context() as patch:
            patch.setattr(fingerprint, name, lambda: "other")
            assert recall(config) is None


@pytest.mark.slow
def test_a_signal_is_heard_while_files_are_read(published: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_path: Path) -> str:
        raise Stopped("The run was stopped by SIGTERM.")

    monkeypatch.setattr(settled, "tree_digest", stop)
    with pytest.raises(Stopped):
        recall(load(published.config))


@pytest.mark.slow
def test_without_the_cache_the_nodes_are_launched(sandbox: Sandbox) -> None:
    config = load(sandbox.config)

    def stop(_event: object) -> None:
        raise MillraceError("The nodes' process has begun.")

    nodes = [spec.id for spec in choose_nodes(config)]
    assert local_runner.run_nodes(config, nodes, cache=True, watch=lambda _event: None)["repeats"] is not None
    record = local_runner.run_nodes(config, nodes, cache=False, watch=stop)
    assert (record["repeats"], record["error"]["what"]) == (None, "The nodes' process has begun.")


@pytest.mark.slow
def test_a_pipeline_that_was_cleaned_has_nothing_to_repeat(sandbox: Sandbox) -> None:
    answer = sandbox.millrace("clean")
    assert answer.code == 0
    assert f"removed {sandbox.home.settled}" in answer.stdout.splitlines()
    assert not sandbox.home.settled.exists()


def needs(config: Config) -> str | None:
    return settled.digest_needs(config, [spec.id for spec in choose_nodes(config)])


def test_the_content_of_files_that_the_config_names_counts(fresh: Sandbox) -> None:
    schema, module = fresh.folder / "schema.pbtxt", fresh.folder / "mine.py"
    schema.write_text("a schema")
    module.write_text("a model")
    config = load(fresh.config, [f"data.schema_file={schema}", f"model={{family: custom, module: {module}}}"])
    digests = [needs(config)]
    for path in (schema, module):
        path.write_text(f"{path.read_text()} that is another")
        digests.append(needs(config))
    assert None not in digests
    assert len(set(digests)) == 3
    module.unlink()
    assert needs(config) is None


def test_what_the_environment_says_in_a_config_counts(fresh: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.config.write_text(f"{fresh.config.read_text()}gate:\n  accept: ${{REASON}}\n")
    digests = []
    for reason in ("one", "another"):
        monkeypatch.setenv("REASON", reason)
        digests.append(needs(load(fresh.config)))
    assert None not in digests
    assert digests[0] != digests[1]


@pytest.mark.parametrize("name", ["trainer/__init__.py", "components.py"])
def test_code_that_the_nodes_would_find_in_the_current_folder_is_theirs_to_tell(
    fresh: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    config = load(fresh.config)
    monkeypatch.chdir(fresh.folder)
    (fresh.folder / "trainer").mkdir()  # of whatever, but no package
    assert needs(config) is not None
    (fresh.folder / name).touch()
    assert needs(config) is None
