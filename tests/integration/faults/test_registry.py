"""Attacks on what is in service, the lease and the metadata: what is given, what is right, and the tests of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.registry.model_registry import Record
from components.registry.versions import in_service
from configs.repository import ROOT
from tests.fakes import models
from tests.integration.faults.table import check_row, functions
from tests.sandbox import Sandbox

HERE = "tests/integration/faults/test_registry.py"
REGISTRY = "tests/components/registry/test_model_registry.py"
DOOR = "tests/components/registry/test_door.py"
ROWS = {  # what is given: what is right, and the tests that give it
    "a candidate with a flipped, cut or deleted file, and promote": (
        "refused by name; what is in service stays",
        f"{HERE}::test_a_damaged_candidate_is_not_promoted",
        f"{REGISTRY}::test_a_damaged_candidate_is_refused_by_name",
        f"{DOOR}::test_a_part_that_is_not_what_was_recorded_is_named",
    ),
    "a model that no server can load, or that does not answer": (
        "refused by every way into service: run, promote, rollback, the copy to a store",
        f"{DOOR}::test_what_cannot_be_loaded_and_asked_is_refused_by_name",
        f"{REGISTRY}::test_what_does_not_come_through_the_door_changes_nothing",
        f"{REGISTRY}::test_no_way_into_service_goes_around_the_door",
        "tests/pipelines/storage/test_sync.py::test_a_model_that_no_server_can_load_does_not_reach_the_store",
    ),
    "a rollback with a reason, and the same config again": (
        "exit 4 with the reason and who gave it, until somebody promotes the model",
        f"{HERE}::test_a_model_that_was_rolled_away_from_does_not_come_back_by_itself",
        f"{DOOR}::test_a_model_is_refused_from_its_rollback_until_somebody_puts_it_back",
    ),
    "the version in service changes between Evaluator and Pusher": (
        "exit 4; the next run judges it against what is in service then",
        f"{HERE}::test_a_version_that_came_while_a_candidate_was_judged_is_not_overwritten",
        f"{REGISTRY}::test_what_was_judged_against_another_version_is_refused",
    ),
    "kill -9 of a run whose metadata is in MySQL": (
        "the next run takes over at once; a rollback never waits",
        "tests/pipelines/runs/test_lease.py::test_a_run_that_is_killed_is_taken_over_at_once_and_one_that_lives_is_not",
        "tests/pipelines/runs/test_lease.py::test_what_is_in_service_waits_for_no_training",
        "tests/pipelines/runs/test_holder.py::test_of_another_machine_or_another_space_of_numbers_nothing_is_known",
    ),
    "promote after a blessed run": (
        "nothing is published; it says which version is this model",
        f"{HERE}::test_a_model_that_is_in_service_is_not_published_once_more",
    ),
    "promote on a machine that has the volume in another folder": (
        "published: what a run remembers of its files is told from the pipeline's home on",
        f"{HERE}::test_a_candidate_is_promoted_where_its_volume_lies_elsewhere",
        "tests/pipelines/runs/test_outcomes.py::test_a_record_names_places_wherever_the_home_is_mounted",
    ),
    "a model that answers otherwise when it is asked again": (
        "not blessed, with the row",
        "tests/components/test_load_check.py::test_a_model_that_answers_otherwise_when_it_is_asked_again_is_found",
    ),
    "the clock goes back between two runs": (
        "the run that began last is the newest",
        "tests/pipelines/runs/test_directory.py::"
        "test_runs_are_ordered_by_which_began_after_which_whatever_the_clock_says",
    ),
    "a damaged version in service": (
        "found before TensorFlow is loaded",
        f"{HERE}::test_a_damaged_version_is_found_before_the_first_node",
        f"{REGISTRY}::test_a_damaged_version_is_found_before_a_training",
    ),
    "root:x:0, [b] and backslashes in data": (
        "printed as they are",
        "tests/pipelines/reporting/test_console.py::test_what_data_hold_is_printed_as_it_is",
        "tests/pipelines/reporting/test_console.py::test_every_console_takes_texts_as_they_are",
    ),
    "an error of the disk after the rename of publishing": (
        "the message says what is in service",
        f"{REGISTRY}::test_what_fails_after_the_rename_says_what_is_in_service",
    ),
    "a stray file or link at serving/.staging-x": (
        "removed, and not what it leads to",
        "tests/components/registry/test_staging.py::"
        "test_a_stray_thing_where_a_version_is_staged_is_removed_and_its_target_is_not",
    ),
    "a rollback while a candidate is loaded and asked, which may take minutes": (
        "done at once; the candidate was judged against another version then, and is refused",
        f"{REGISTRY}::test_a_rollback_waits_for_no_candidate_that_is_being_asked",
        f"{REGISTRY}::test_a_promotion_that_another_went_ahead_of_is_nothing_new",
    ),
    "a link in the pipeline's folder": (
        "exit 2 before anything is done; what it leads to stays as it is",
        f"{HERE}::test_a_link_for_a_lock_is_refused_and_what_it_leads_to_stays",
        f"{REGISTRY}::test_a_link_in_the_folder_is_refused_before_anything_is_changed",
        f"{REGISTRY}::test_the_lock_of_the_registry_is_no_link_either",
        "tests/configs/test_home.py::test_a_link_in_a_pipelines_folder_is_named_with_where_it_leads",
    ),
    "a flipped byte in metadata.db": (
        "found before the run, set aside, made anew; what is in service stays",
        f"{HERE}::test_damaged_metadata_are_set_aside_and_made_anew",
        "tests/pipelines/runs/test_metadata_file.py::test_any_flipped_byte_in_what_was_sealed_is_found",
    ),
    "predict, runs or serve from another folder than the run's": (
        "the same workspace; another one nearby is mentioned",
        f"{HERE}::test_every_verb_finds_the_workspace_from_any_folder",
        "tests/configs/test_home.py::test_a_folder_of_the_same_pipeline_elsewhere_is_mentioned",
    ),
}


@pytest.mark.parametrize("given", ROWS)
def test_every_row_has_its_tests(given: str) -> None:
    check_row(ROWS, given)


def test_every_test_here_has_its_row() -> None:
    named = {test for _, *tests in ROWS.values() for test in tests}
    rows = {"test_every_row_has_its_tests", "test_every_test_here_has_its_row"}
    assert {f"{HERE}::{name}" for name in functions(HERE) if name.startswith("test_")} - named == {
        f"{HERE}::{name}" for name in rows
    }


def flip(path: Path) -> None:
    """Changes one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def put_another(place: Sandbox) -> None:
    """Puts a model into service that differs by a file, and answers as the one before."""
    version = in_service(place.home)
    assert version is not None
    other = shutil.copytree(version.path, place.folder / "other", ignore=shutil.ignore_patterns("assets.extra"))
    (other / "assets").mkdir(exist_ok=True)
    (other / "assets" / "name").write_text("other")
    extras = {path.name: path for path in version.extras.iterdir() if path.name != "version.json"}
    models.promote(place.home, other, extras, Record("elsewhere", "a test", version.manifest["metrics"]))


@pytest.mark.slow
def test_a_model_that_is_in_service_is_not_published_once_more(sandbox: Sandbox) -> None:
    for dry in (["--dry-run"], []):
        answer = sandbox.millrace("promote", "--reason", "why not", *dry)
        assert (answer.code, answer.stdout) == (0, "Nothing new: version 1 is this model.\n")
    put_another(sandbox)
    would = sandbox.millrace("promote", "--reason", "why not", "--dry-run")
    assert would.stdout == "The candidate would be published: it is the model of version 1.\n"
    answer = sandbox.millrace("promote", "--reason", "why not")
    assert answer.stdout == "Version 3 is in service. It is the model of version 1, published again.\n"


@pytest.mark.slow
def test_a_candidate_is_promoted_where_its_volume_lies_elsewhere(sandbox: Sandbox, tmp_path: Path) -> None:
    place = Sandbox(Path(shutil.move(sandbox.folder, tmp_path / "elsewhere")))
    shutil.rmtree(place.home.serving)
    answer = place.millrace("promote", "--reason", "a test")
    assert (answer.code, answer.stdout) == (0, "Version 2 is in service.\n"), answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("part", ["Trainer/model/*/Format-Serving/saved_model.pb", "SchemaGen/schema/*/schema.pbtxt"])
def test_a_damaged_candidate_is_not_promoted(sandbox: Sandbox, part: str) -> None:
    put_another(sandbox)
    before = in_service(sandbox.home)
    [file] = sandbox.home.artifacts.glob(part)
    whole = file.read_bytes()
    for damage in (lambda: flip(file), lambda: file.write_bytes(whole[:-1]), file.unlink):
        damage()
        answer = sandbox.millrace("promote", "--reason", "the fair is in town")
        assert answer.code == 1
        where, what = answer.stderr.split(": ", 1)
        assert what.startswith("a file of the candidate was changed, cut or deleted after it was made")
        assert Path(where) in file.parents
        assert in_service(sandbox.home) == before
        file.write_bytes(whole)
    assert sandbox.millrace("promote", "--reason", "the fair is in town").code == 0


@pytest.mark.slow
def test_a_model_that_was_rolled_away_from_does_not_come_back_by_itself(sandbox: Sandbox) -> None:
    put_another(sandbox)
    assert sandbox.millrace("promote", "--reason", "a trial").code == 0
    back = sandbox.millrace("rollback", "--reason", "it is [slow] :x:")
    assert (back.code, back.stdout) == (0, "Version 4 is in service: version 2, published again.\n")
    before = in_service(sandbox.home)
    answer = sandbox.millrace("run")
    assert answer.code == 4, answer.stdout + answer.stderr
    assert "\nNot blessed; nothing was published.\nPusher: This model was in service and was rolled away from by " in (
        answer.stdout
    )
    assert ": it is [slow] :x:.\n" in answer.stdout
    assert in_service(sandbox.home) == before
    assert sandbox.millrace("promote", "--reason", "it is fast again").code == 0
    again = sandbox.run()
    assert (again.code, again.record["published"], again.record["in_service"]) == (0, None, 5), again.stderr


@pytest.mark.slow
def test_a_version_that_came_while_a_candidate_was_judged_is_not_overwritten(sandbox: Sandbox) -> None:
    put_another(sandbox)
    known = set(sandbox.home.runs.glob("*/nodes/Evaluator.json"))
    change = ["--set", "training.optimizer.learning_rate=2e-2"]
    process = sandbox.start("run", "--output", "json", *change)
    deadline = time.monotonic() + 600
    while not (judged := set(sandbox.home.runs.glob("*/nodes/Evaluator.json")) - known):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGSTOP)
    assert not (judged.pop().parent / "Pusher.json").exists()
    assert sandbox.millrace("rollback", "--reason", "an emergency").code == 0
    for child in children:
        os.kill(int(child), signal.SIGCONT)
    told, errors = process.communicate(timeout=600)
    record = json.loads(told)
    assert (process.returncode, record["published"], record["in_service"]) == (4, None, 3), errors
    assert "has changed since the candidate was judged: version 3 is in service now" in record["error"]["what"]
    again = sandbox.run(*change)
    assert (again.states["Trainer"], again.states["Evaluator"]) == ("cached", "done")
    assert (again.code, again.record["published"]) == (0, 4), again.record["error"]


@pytest.mark.slow
def test_a_damaged_version_is_found_before_the_first_node(sandbox: Sandbox) -> None:
    flip(sandbox.home.serving / "1" / "saved_model.pb")
    answer = sandbox.run()
    assert answer.code == 1
    assert set(answer.states.values()) == {"failed", "not run"}
    assert answer.states["ExampleGen"] == "failed"
    assert answer.record["error"]["what"].startswith("version 1 is damaged")
    assert sum(node["seconds"] for node in answer.record["nodes"]) == 0


@pytest.mark.slow
def test_a_link_for_a_lock_is_refused_and_what_it_leads_to_stays(sandbox: Sandbox) -> None:
    precious = sandbox.folder / "precious"
    precious.write_text("text")
    sandbox.home.lock.unlink()
    sandbox.home.lock.symlink_to(precious)
    for verb in (["run"], ["clean"], ["rollback"], ["promote", "--reason", "why not"]):
        answer = sandbox.millrace(*verb)
        assert (answer.code, answer.stdout) == (2, ""), answer.stderr
        assert answer.stderr.startswith(f"{sandbox.home.lock}: A pipeline's folder may hold no links, and this one ")
    assert precious.read_text() == "text"


@pytest.mark.slow
def test_damaged_metadata_are_set_aside_and_made_anew(sandbox: Sandbox) -> None:
    before = in_service(sandbox.home)
    flip(sandbox.home.metadata)
    answer = sandbox.run("--until", "ExampleGen")
    assert (answer.code, answer.states) == (0, {"ExampleGen": "done"}), answer.stderr
    assert f"{sandbox.home.metadata} is damaged (it is not as the last run left it). It was set" in answer.stderr
    assert (sandbox.home.root / "metadata.db.damaged-1").exists()
    assert in_service(sandbox.home) == before
    again = sandbox.run("--until", "ExampleGen")
    assert (again.states, again.stderr.count("damaged")) == ({"ExampleGen": "cached"}, 0)


@pytest.mark.slow
def test_every_verb_finds_the_workspace_from_any_folder(sandbox: Sandbox) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    text = sandbox.config.read_text().replace("storage: {root: workspace}\n", "")
    deep = sandbox.folder / "configs" / "trips.yaml"
    deep.parent.mkdir()
    deep.write_text(text.replace("rows.csv", "../rows.csv"))
    for folder in (sandbox.folder, deep.parent, Path("/")):
        for verb, told in (("validate", f"works in {sandbox.home.root}."), ("runs", "published"), ("history", "run")):
            command = [sys.executable, "-m", "pipelines", verb, str(deep)]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
            assert told in done.stdout
            assert verb == "validate" or len(done.stdout.splitlines()) == 2
