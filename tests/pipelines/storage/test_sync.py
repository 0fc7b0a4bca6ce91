"""A pipeline in an object store (a stand-in), and its working copies on two machines."""

import itertools
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.registry.challenger import challenge, find_waiting, keep_event
from components.registry.model_registry import Candidate, Record
from components.registry.versions import MANIFEST, history, in_service, list_folders
from configs.errors import MillraceError, PipelineBusy
from configs.home import Home
from configs.schema.config import Config
from configs.schema.storage import Storage
from pipelines.runs.directory import find_record
from pipelines.runs.run import RECORD, Run
from pipelines.storage import object_store, sync
from tests.fakes.models import admit, publish


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def add(home: Home, weights: str) -> int:
    """Publishes a model in a working copy, and puts it into the store as the Pusher does."""
    sync.fetch_service(home)
    model = home.root / "candidate"
    write(model / "saved_model.pb", "graph")
    write(model / "variables" / "variables.data", weights)
    version = publish(home, model, {}, Record(run=f"run-of-{weights}")).version
    sync.put_service(home, admit)
    return version.number


def served(home: Home) -> tuple[int, str] | None:
    """The version in service, its files verified, and its weights."""
    sync.fetch_service(home)
    version = in_service(home)
    return version and (version.number, (version.path / "variables" / "variables.data").read_text())


def test_a_url_has_the_same_working_copy_everywhere_and_a_folder_is_its_own(config: Config) -> None:
    homes = [
        config.model_copy(update={"storage": Storage(root=root)}).home
        for root in ("gs://models/a", "gs://models/a/", "gs://models-a", "s3://models/a", "/models/a")
    ]
    assert [home.store for home in homes] == [
        "gs://models/a/taxi",
        "gs://models/a/taxi",
        "gs://models-a/taxi",
        "s3://models/a/taxi",
        None,
    ]
    assert len({home.root for home in homes}) == 4
    assert homes[0].root.parent.name.startswith("gs-models-a-")
    assert homes[4].root == Path("/models/a/taxi")
    places = [home.address(home.serving / "1") for home in homes[2:]]
    assert places == ["gs://models-a/taxi/serving/1", "s3://models/a/taxi/serving/1", "/models/a/taxi/serving/1"]


@pytest.mark.slow
def test_what_one_machine_puts_another_fetches(here: Home, there: Home) -> None:
    artifact = here.artifacts / "ExampleGen" / "examples" / "1"
    write(artifact / "Split-train" / "data.gz", "rows")
    write(artifact / "empty", "")
    sync.put_files(here, artifact)
    copy = there.root / artifact.relative_to(here.root)
    assert sync.fetch_artifact(there, str(artifact)) == copy
    assert (copy / "Split-train" / "data.gz").read_text() == "rows"
    assert (copy / "empty").read_text() == ""
    assert sorted(os.listdir(copy)) == ["Split-train", "empty"]


def test_what_an_attempt_that_was_killed_left_does_not_stay_on_either_side(here: Home, there: Home, files: Any) -> None:
    folder = here.artifacts / "Transform" / "1"
    write(folder / "a-of-00001")
    sync.put_files(here, folder)
    sync.fetch_files(there, there.artifacts)
    (folder / "a-of-00001").unlink()
    write(folder / "a-of-00002")
    sync.put_files(here, folder)
    sync.fetch_files(there, there.artifacts)
    assert files.find("models/taxi") == ["models/taxi/artifacts/Transform/1/a-of-00002"]
    assert os.listdir(there.artifacts / "Transform" / "1") == ["a-of-00002"]


@pytest.mark.slow
def test_a_record_of_the_same_size_is_fetched_again(here: Home, there: Home) -> None:
    for text in ("first", "other"):
        record = write(here.run("r1") / "nodes" / "Trainer.json", text)
        sync.put_files(here, record)
        sync.fetch_files(there, there.run("r1"))
        assert (there.run("r1") / "nodes" / "Trainer.json").read_text() == text


def test_some_files_are_fetched_by_name(here: Home, there: Home) -> None:
    write(Run(here, "r1").record, json.dumps({"run": "r1", "ended": "2026", "exit_code": 0}))
    write(Run(here, "r1").log, "long")
    sync.put_files(here, here.run("r1"))
    sync.fetch_records(there)
    assert find_record(there)["run"] == "r1"
    assert os.listdir(there.run("r1")) == [RECORD]


def test_a_folder_of_this_machine_needs_no_mirror(tmp_path: Path) -> None:
    home = Home(tmp_path / "taxi")
    sync.require_access(home)
    sync.fetch_files(home, home.artifacts)
    sync.put_files(home, home.artifacts)
    sync.fetch_service(home)
    sync.put_service(home)
    assert sync.fetch_artifact(home, "/mnt/taxi/artifacts/a/b") == home.artifacts / "a/b"
    assert not home.root.exists()


@pytest.mark.slow
def test_versions_are_in_service_on_every_machine(here: Home, there: Home) -> None:
    assert served(there) is None
    assert [add(here, "one"), add(there, "two"), add(here, "two"), add(here, "three")] == [1, 2, 2, 3]
    assert served(there) == served(here) == (3, "three")
    assert [line["number"] for line in history(there)] == [1, 2, 3]
    sync.fetch_service(there, every=True)
    assert [(path / "variables" / "variables.data").read_text() for path in list_folders(there).values()] == [
        "one",
        "two",
        "three",
    ]


def test_of_the_versions_before_a_fresh_machine_has_the_manifests(here: Home, there: Home) -> None:
    add(here, "one")
    add(here, "two")
    assert served(there) == (2, "two")
    assert [path.name for path in (there.serving / "1").rglob("*") if path.is_file()] == [Path(MANIFEST).name]


def test_a_version_is_put_with_its_graph_and_then_its_manifest_last(
    here: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    put = object_store.Store.put

    def recorded(store: object_store.Store, names: Any, root: Path) -> None:
        order.extend(sorted(names := list(names)))
        put(store, names, root)

    monkeypatch.setattr(object_store.Store, "put", recorded)
    add(here, "one")
    assert order == [
        "serving/1/variables/variables.data",
        "serving/1/saved_model.pb",
        f"serving/1/{MANIFEST}",
        "history.jsonl",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("survived", range(4))
def test_a_publication_that_is_killed_leaves_what_was_or_what_shall_be(
    here: Home, there: Home, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    add(here, "one")
    puts = itertools.count()
    put = object_store.Store.put

    def killed(store: object_store.Store, names: Any, root: Path) -> None:
        if next(puts) == survived:
            raise KeyboardInterrupt
        put(store, names, root)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(object_store.Store, "put", killed)
        add(here, "a longer two")
    assert served(there) == ((1, "one") if survived < 3 else (2, "a longer two"))
    shutil.rmtree(here.root)  # the retried step has a container of its own
    assert add(here, "2") == (2 if survived < 3 else 3)
    assert served(there) == (list_folders(here).popitem()[0], "2")
    assert [line["number"] for line in history(there)] == sorted(list_folders(there))


@pytest.mark.parametrize("harm", ["the model", "what it carries"])
def test_what_was_damaged_since_it_was_published_does_not_reach_the_store(
    here: Home, there: Home, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    add(here, "one")
    with monkeypatch.context() as patched:
        patched.setattr(sync, "put_service", lambda home, admit: None)
        add(here, "two")
    version = here.serving / "2"
    write(version / "saved_model.pb" if harm == "the model" else version / "assets.extra" / "schema", "other")
    with pytest.raises(MillraceError, match="version 2 is damaged"):
        sync.put_service(here, admit)
    assert served(there) == (1, "one")


def test_a_model_that_no_server_can_load_does_not_reach_the_store(here: Home, there: Home, files: Any) -> None:
    with pytest.raises(MillraceError, match="cannot be loaded and asked"):
        model = here.root / "candidate"
        write(model / "saved_model.pb", "graph")
        sync.fetch_service(here)
        publish(here, model, {}, Record(run="r1"))
        sync.put_service(here)
    assert served(there) is None
    assert files.find("models/taxi") == []


@pytest.mark.slow
def test_a_second_writer_is_refused_and_begins_anew(here: Home, there: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    add(here, "one")
    put_service = sync.put_service
    with monkeypatch.context() as patched:
        patched.setattr(sync, "put_service", lambda home, admit: None)
        add(here, "mine")
    add(there, "theirs")
    with pytest.raises(PipelineBusy, match="another process has published version 2 meanwhile"):
        put_service(here)
    assert served(here) == served(there) == (2, "theirs")
    assert add(here, "mine") == 3
    assert served(there) == (3, "mine")


def test_a_damaged_copy_is_fetched_again_and_a_damaged_store_is_refused(here: Home, there: Home, files: Any) -> None:
    add(here, "one")
    served(there)
    write(there.serving / "1" / "variables" / "variables.data", "eno")
    write(there.serving / "1" / "stray")
    assert served(there) == (1, "one")
    files.pipe_file("models/taxi/serving/1/variables/variables.data", b"eno")
    shutil.rmtree(there.root)
    with pytest.raises(MillraceError, match="version 1 is damaged"):
        served(there)


def test_a_version_that_is_gone_from_the_store_is_not_taken_for_nothing(here: Home, there: Home, files: Any) -> None:
    add(here, "one")
    served(there)
    files.rm("models/taxi/serving/1", recursive=True)
    with pytest.raises(MillraceError, match="version 1 is in service by the history, but its folder is gone"):
        served(there)


def test_what_a_training_keeps_is_put_while_it_goes_on(here: Home, files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "EVERY", 0.1)
    state = here.checkpoints / "digest" / "state.npz"
    with sync.following(here, here.checkpoints):
        for text in ("step 100", "step 200"):
            write(state, text)
            wait_for(lambda text=text: files.exists(PLACE) and files.cat_file(PLACE) == text.encode())
        shutil.rmtree(state.parent)
    assert not files.exists(PLACE)


PLACE = "models/taxi/checkpoints/digest/state.npz"


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_training_goes_on_from_what_another_machine_kept(config: Config, here: Home, files: Any) -> None:
    shared = config.model_copy(update={"storage": Storage(root="s3://models")})
    assert shared.home.store == here.store
    sync.put_files(here, write(here.checkpoints / "digest" / "state.npz").parent)
    for node, fetched in (("Evaluator", False), ("Trainer", True)):
        with sync.working(shared, Run(shared.home, "r1"), [node]):
            assert (shared.home.checkpoints / "digest" / "state.npz").exists() is fetched


def test_a_training_that_is_stopped_does_not_wait_for_the_store(here: Home, files: Any) -> None:
    with pytest.raises(ZeroDivisionError), sync.following(here, here.checkpoints):
        write(here.checkpoints / "digest" / "state.npz")
        1 / 0  # noqa: B018
    assert not files.exists(PLACE)


def test_a_folder_of_another_user_is_no_place_for_copies(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sync.own(here)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(MillraceError, match="another user's"):
        sync.fetch_files(here, here.runs)


@pytest.mark.slow
def test_a_challenger_waits_on_every_machine_and_the_one_before_it_is_removed(here: Home, there: Home) -> None:
    add(here, "old")
    for home, weights in ((here, "new"), (there, "newer")):
        sync.fetch_service(home)
        sync.fetch_challenger(home)
        model = home.root / "candidate"
        write(model / "saved_model.pb", "graph")
        write(model / "variables" / "variables.data", weights)
        current = in_service(home)
        assert current is not None
        challenge(home, Candidate(model), Record(f"run-of-{weights}"), current.model_digest, admit)
        sync.put_challenger(home, admit)
    newest = find_waiting(there)
    assert newest is not None
    keep_event(there, newest, "compared", span="7", against=newest.digest, won=True)
    sync.put_challenger(there, admit)
    sync.fetch_challenger(here)
    waiting = find_waiting(here)
    assert waiting is not None
    assert (waiting.line["run"], [event["span"] for event in waiting.events]) == ("run-of-newer", ["7"])
    assert (here.challenger.serving / "2" / "variables" / "variables.data").read_text() == "newer"
    assert [*list_folders(here.challenger)] == [2]
    assert served(here) == (1, "old")
