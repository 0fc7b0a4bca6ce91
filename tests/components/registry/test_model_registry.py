import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from components.registry import model_registry, staging
from components.registry.file_lock import hold_file
from components.registry.model_registry import (
    EXTRA,
    Candidate,
    Record,
    earlier,
    history,
    in_service,
    require_writable,
    tree_digest,
)
from configs.errors import ConfigError, MillraceError, NotBlessed, PipelineBusy
from configs.home import Home
from configs.repository import ROOT
from tests.components.registry.conftest import RECORD
from tests.fakes.models import admit, promote, publish, rollback
from tests.fakes.small_disk import mounted


def content(version):
    return (version.path / "saved_model.pb").read_text()


def numbers(home):
    return sorted(int(path.name) for path in home.serving.iterdir() if path.name.isdigit())


def staged(home):
    return [*home.serving.glob(".staging*"), *home.serving.glob(".candidate*"), *home.root.glob("history.new")]


def damage(home, number):
    (home.serving / str(number) / "saved_model.pb").write_text("?")


def test_versions_count_up_and_the_highest_is_in_service(three):
    assert numbers(three) == [1, 2, 3]
    assert [version.number for version in model_registry.versions(three)] == [1, 2, 3]
    assert content(in_service(three)) == "c"
    assert staged(three) == []


def test_a_version_carries_its_extras_and_its_manifest(home, model, tmp_path):
    schema, statistics = tmp_path / "schema.pbtxt", tmp_path / "statistics"
    schema.write_text("feature {}")
    statistics.mkdir()
    (statistics / "FeatureStats.pb").write_bytes(b"\0\1")
    candidate = model("a")
    version = publish(home, candidate, {"schema.pbtxt": schema, "statistics": statistics}, RECORD).version
    assert (version.extras / "schema.pbtxt").read_text() == "feature {}"
    assert (version.extras / "statistics" / "FeatureStats.pb").read_bytes() == b"\0\1"
    assert json.loads((version.path / EXTRA / "version.json").read_text()) == version.manifest
    assert version.manifest == {
        "number": 1,
        "digest": tree_digest(version.path, exclude=[f"{EXTRA}/version.json"]),
        "model_digest": tree_digest(candidate),
        "event": "published",
        "of": None,
        "run": "run-1",
        "at": version.manifest["at"],
        "by": "ada@mill",
        "reason": "",
        "metrics": {"auc": 0.9},
    }
    assert version.model_digest == tree_digest(version.path, exclude=[EXTRA])


@pytest.mark.parametrize("name", ["../schema", "a/b", "", "..", "version.json"])
def test_an_extra_cannot_leave_its_folder_or_pose_as_the_manifest(home, model, name):
    with pytest.raises(MillraceError, match="cannot name"):
        publish(home, model("a"), {name: model("b") / "saved_model.pb"}, RECORD)
    assert numbers(home) == []
    assert staged(home) == []


def test_an_equal_model_is_nothing_new(three, model):
    again = publish(three, model("c"), {}, Record("run-2"))
    assert (again.new, again.version.number) == (False, 3)
    assert numbers(three) == [1, 2, 3]


def test_a_number_is_never_used_twice(three, model):
    rollback(three, to=1)
    for number in (1, 3, 4):
        shutil.rmtree(three.serving / str(number))
    with pytest.raises(MillraceError, match=r"Name one with --to \(there are: 2\)"):
        rollback(three)
    assert rollback(three, to=2).number == 5
    three.history.unlink()
    assert publish(three, model("d"), {}, RECORD).version.number == 6


def test_rollback_publishes_the_version_before_again(three):
    version = rollback(three, reason="slow", by="ada@mill")
    assert (version.number, content(version), in_service(three)) == (4, "b", version)
    assert {key: version.manifest[key] for key in ("event", "of", "run", "by", "reason", "metrics")} == {
        "event": "rolled_back",
        "of": 2,
        "run": "run-1",
        "by": "ada@mill",
        "reason": "slow",
        "metrics": {"auc": 0.9},
    }


def test_rollback_after_rollback_goes_further_back(three):
    assert [rollback(three).manifest["of"] for _ in range(2)] == [2, 1]
    with pytest.raises(MillraceError, match="no older version"):
        rollback(three)
    assert content(in_service(three)) == "a"


def test_rollback_keeps_what_the_older_version_carried(home, model, tmp_path):
    (tmp_path / "note").write_text("kept")
    publish(home, model("a"), {"note": tmp_path / "note"}, RECORD)
    publish(home, model("b"), {}, RECORD)
    version = rollback(home)
    assert (version.extras / "note").read_text() == "kept"
    assert version.digest == model_registry.versions(home)[0].digest


def test_rollback_to_a_version_that_is_named(three):
    assert earlier(three, 1).number == 1
    assert content(rollback(three, to=1)) == "a"
    assert content(rollback(three, to=3)) == "c"


@pytest.mark.parametrize(("to", "what"), [(9, "no version 9"), (3, "in service already")])
def test_rollback_refuses_what_makes_no_sense(three, to, what):
    with pytest.raises(ConfigError, match=what):
        rollback(three, to=to)
    assert numbers(three) == [1, 2, 3]


def test_rollback_refuses_a_damaged_version(three):
    damage(three, 2)
    with pytest.raises(MillraceError, match="version 2 is damaged"):
        rollback(three)
    assert content(rollback(three, to=1)) == "a"


def test_rollback_needs_something_published(home):
    with pytest.raises(MillraceError, match="no older version"):
        rollback(home)


@pytest.mark.parametrize("reason", ["", "  "])
def test_promote_needs_a_reason(home, model, reason):
    with pytest.raises(ConfigError, match="needs a reason"):
        promote(home, model("a"), {}, Record("run-1", reason))
    assert not home.serving.exists()


def test_promote_publishes_with_its_reason(three, model):
    promoted = promote(three, model("d"), {}, Record("run-9", "the label moved"))
    assert promoted.new
    assert in_service(three).manifest["event"] == "promoted"
    assert history(three)[-1]["reason"] == "the label moved"


def change_file(path):
    (path / "saved_model.pb").write_text("?")


def add_file(path):
    (path / "more").write_text("")


def remove_file(path):
    (path / "variables" / "variables.index").unlink()


def link_file(path):
    remove_file(path)
    (path / "variables" / "variables.index").symlink_to("/etc/hostname")


def remove_manifest(path):
    (path / EXTRA / "version.json").unlink()


def change_manifest(path):
    manifest = path / EXTRA / "version.json"
    manifest.write_text(manifest.read_text().replace("0.9", "0.1"))


def tear_manifest(path):
    os.truncate(path / EXTRA / "version.json", 40)


def link_folder(path):
    path.rename(path.parent / "elsewhere")
    path.symlink_to("elsewhere")


def remove_folder(path):
    shutil.rmtree(path)


def foreign_folder(path):
    (path.parent / "9").mkdir()


HARM = [change_file, add_file, remove_file, link_file, remove_manifest, change_manifest, tear_manifest, link_folder]
HARM += [remove_folder, foreign_folder]


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_harm_to_the_version_in_service_is_refused_and_rollback_mends_it(three, model, harm):
    number = 9 if harm is foreign_folder else 3
    harm(three.serving / "3")
    with pytest.raises(MillraceError, match=f"version {number} is .*(damaged|gone).*millrace rollback") as refusal:
        in_service(three)
    assert refusal.value.where == str(three.serving / str(number))
    with pytest.raises(MillraceError, match=f"version {number} is"):
        publish(three, model("d"), {}, RECORD)
    mended = rollback(three)
    assert mended.number == number + 1
    assert content(mended) == ("c" if harm is foreign_folder else "b")
    assert in_service(three) == mended


def test_a_damaged_repeat_is_mended_by_its_origin(three):
    rollback(three, to=1)
    damage(three, 4)
    assert rollback(three).manifest["of"] == 1


def test_a_damaged_only_version_is_mended_by_a_promotion(home, model):
    publish(home, model("a"), {}, RECORD)
    damage(home, 1)
    with pytest.raises(MillraceError, match="no older version"):
        rollback(home)
    assert promote(home, model("a"), {}, Record("run-1", "the disk failed")).version.number == 2
    assert content(in_service(home)) == "a"


def test_a_torn_last_line_is_ignored_and_repaired(three, model):
    os.truncate(three.history, three.history.stat().st_size - 30)
    assert [record["number"] for record in history(three)] == [1, 2, 3]
    assert in_service(three).number == 3
    publish(three, model("d"), {}, RECORD)
    assert [json.loads(line)["number"] for line in three.history.read_text().splitlines()] == [1, 2, 3, 4]


def test_a_model_that_was_rolled_away_from_stays_out_until_it_is_promoted(three, model):
    assert rollback(three, reason="it is slow", by="ada@mill").manifest["away"] == tree_digest(model("c"))
    with pytest.raises(NotBlessed, match="rolled away from by ada@mill at .*: it is slow"):
        publish(three, model("c"), {}, RECORD)
    assert content(in_service(three)) == "b"
    assert promote(three, model("c"), {}, Record("run-1", "it is fast again")).version.number == 5
    publish(three, model("d"), {}, RECORD)
    rollback(three)
    assert publish(three, model("a"), {}, RECORD).version.number == 8


def test_a_rollback_from_a_damaged_version_says_nothing_of_its_model(three, model):
    damage(three, 3)
    assert rollback(three).manifest["away"] is None
    assert publish(three, model("c"), {}, RECORD).version.number == 5


def test_what_was_judged_against_another_version_is_refused(three, model):
    against = in_service(three).model_digest
    rollback(three)
    with pytest.raises(NotBlessed, match="version 4 is in service now"):
        model_registry.publish(three, Candidate(model("d")), RECORD, against, admit)
    with pytest.raises(NotBlessed, match="version 4 is in service now"):
        model_registry.publish(three, Candidate(model("d")), RECORD, None, admit)
    assert numbers(three) == [1, 2, 3, 4]
    assert model_registry.publish(three, Candidate(model("b")), RECORD, against, admit).new is False
    assert model_registry.publish(three, Candidate(model("d")), RECORD, tree_digest(model("b")), admit).new


@pytest.mark.parametrize("way", ["publish", "promote"])
def test_a_damaged_candidate_is_refused_by_name(three, model, way):
    folder = model("d")
    candidate = Candidate(folder, {}, {folder: tree_digest(folder)})
    (folder / "saved_model.pb").write_text("D")
    arguments = {"publish": [RECORD, None, admit], "promote": [Record("run-9", "the label moved"), admit]}[way]
    with pytest.raises(MillraceError, match="changed, cut or deleted") as error:
        getattr(model_registry, way)(three, candidate, *arguments)
    assert error.value.where == str(folder)
    assert (numbers(three), staged(three)) == ([1, 2, 3], [])


def refuse(folder, digest):
    raise MillraceError("the model cannot be loaded and asked.", str(folder))


def test_what_does_not_come_through_the_door_changes_nothing(three, model):
    current = in_service(three)
    for change in (
        lambda: model_registry.publish(three, Candidate(model("d")), RECORD, current.model_digest, refuse),
        lambda: model_registry.promote(three, Candidate(model("d")), Record("run-9", "the label moved"), refuse),
        lambda: model_registry.rollback(three, admit=refuse),
    ):
        with pytest.raises(MillraceError, match="cannot be loaded and asked"):
            change()
        assert (in_service(three), numbers(three), staged(three)) == (current, [1, 2, 3], [])


def test_no_way_into_service_goes_around_the_door():
    sources = [path for package in ("components", "pipelines") for path in (ROOT / package).rglob("*.py")]
    around = [path for path in sources if re.search(r"admit=(?!admit\b)", path.read_text())]
    assert around == []
    [mechanics] = [path for path in sources if "os.rename(staging" in path.read_text()]
    assert mechanics == ROOT / "components" / "registry" / "model_registry.py"


def test_rollback_refuses_a_manifest_that_the_history_does_not_know(three):
    change_manifest(three.serving / "2")
    with pytest.raises(MillraceError, match="version 2 is damaged: its manifest is not what the history says"):
        rollback(three)


def test_what_fails_after_the_rename_says_what_is_in_service(three, model):
    def obstruct(folder, digest):
        three.history.rename(three.root / "elsewhere")
        (three.history / "no file").mkdir(parents=True)  # which no rename can replace

    with pytest.raises(MillraceError, match="version 4 is in service, but the disk did not confirm all of it"):
        model_registry.rollback(three, admit=obstruct)
    shutil.rmtree(three.history)
    (three.root / "elsewhere").rename(three.history)
    assert in_service(three).number == 4
    assert publish(three, model("e"), {}, RECORD).version.number == 5
    assert [json.loads(line)["number"] for line in three.history.read_text().splitlines()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["serving", "history.jsonl"])
def test_a_link_in_the_folder_is_refused_before_anything_is_changed(three, model, name, tmp_path):
    place = three.root / name
    place.rename(tmp_path / "outside")
    place.symlink_to(tmp_path / "outside")
    for change in (
        lambda: require_writable(three),
        lambda: publish(three, model("d"), {}, RECORD),
        lambda: rollback(three),
    ):
        with pytest.raises(ConfigError, match="may hold no links, and this one leads to .*outside") as error:
            change()
        assert error.value.where == str(place)


def test_the_lock_of_the_registry_is_no_link_either(three, tmp_path):
    lock, target = three.serving / ".lock", tmp_path / "target"
    target.write_text("precious")
    lock.unlink()
    lock.symlink_to(target)
    with pytest.raises(MillraceError, match="symbolic links"):
        require_writable(three)
    assert target.read_text() == "precious"


def test_a_damaged_version_is_found_before_a_training(three):
    require_writable(three)
    damage(three, 3)
    with pytest.raises(MillraceError, match="version 3 is damaged"):
        require_writable(three)


@pytest.mark.parametrize("kind", ["link", "pipe", "empty", "absent"])
def test_a_candidate_that_is_no_plain_folder_is_refused(home, model, kind):
    candidate = model("a")
    if kind == "link":
        (candidate / "more").symlink_to("saved_model.pb")
    elif kind == "pipe":
        os.mkfifo(candidate / "more")
    else:
        shutil.rmtree(candidate)
    if kind == "empty":
        candidate.mkdir()
    with pytest.raises(MillraceError, match=str(candidate)):
        publish(home, candidate, {}, RECORD)
    assert numbers(home) == []


def test_a_second_process_waits_and_then_gives_way(three, model, monkeypatch):
    monkeypatch.setattr(staging, "LOCK_SECONDS", 0.1)
    with hold_file(three.serving / ".lock"), pytest.raises(PipelineBusy, match="another process"):
        publish(three, model("d"), {}, RECORD)
    assert publish(three, model("d"), {}, RECORD).version.number == 4


def test_a_serving_folder_that_cannot_be_written_is_said(home, model):
    home.root.mkdir(parents=True)
    home.serving.write_text("a file")
    with pytest.raises(MillraceError, match="could not be changed") as refusal:
        publish(home, model("a"), {}, RECORD)
    assert type(refusal.value) is MillraceError
    assert refusal.value.where == str(home.serving)


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", "1m") as disk:
        yield disk


def test_a_full_disk_is_said_and_leaves_what_was(small_disk, model):
    home = Home(small_disk / "taxi")
    publish(home, model("a"), {}, RECORD)
    with pytest.raises(MillraceError, match=r"disk is full; it needs 2,007,040 bytes, and 1,0\d\d,\d{3}") as refusal:
        publish(home, model("b", size=2_000_000), {}, RECORD)
    assert refusal.value.where == str(home.serving)
    assert (content(in_service(home)), numbers(home), staged(home)) == ("a", [1], [])
    assert publish(home, model("b", size=2_000), {}, RECORD).version.number == 2


def test_a_disk_that_became_read_only_is_said(small_disk, model):
    home = Home(small_disk / "taxi")
    publish(home, model("a"), {}, RECORD)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(MillraceError, match="could not be changed.*Read-only") as refusal:
        publish(home, model("b"), {}, RECORD)
    assert type(refusal.value) is MillraceError
    assert content(in_service(home)) == "a"


def test_a_disk_may_fill_up_anywhere(small_disk, model):
    home = Home(small_disk / "taxi")
    before, outcomes = publish(home, model("0"), {}, RECORD).version, []
    for pages in range(10):
        with (small_disk / "filler").open("wb") as filler:
            filler.write(bytes(shutil.disk_usage(small_disk).free - pages * 4096))
        try:
            before = publish(home, model(f"with {pages} pages"), {}, RECORD).version
        except MillraceError as error:
            assert "disk is full" in str(error)
        outcomes.append(content(before))
        assert in_service(home) == before
        assert staged(home) == []
        (small_disk / "filler").unlink()
    assert outcomes[0] == "0"
    assert outcomes[-1] == "with 9 pages"


def test_what_a_dead_publisher_left_is_cleared(three, model):
    leftover = three.serving / f".candidate-run-1-{os.getpid()}"
    leftover.mkdir()
    (leftover / "half").write_text("written")
    version = publish(three, model("d"), {}, RECORD).version
    assert version.model_digest == tree_digest(model("d")) == tree_digest(version.path, exclude=[EXTRA])
    assert staged(three) == []


@pytest.fixture
def publisher():
    command = [sys.executable, "-m", "tests.components.registry.publisher"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def publish_until(home, candidate, fatal):
            process.stdin.write(f"{home.root} {candidate} {fatal}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield publish_until


@pytest.fixture
def server(three):
    """Takes up the highest integer again and again, as a server does, and notes each number with its digest.

    It asks the registry as well, and notes what it refuses.
    """
    seen, stopped = [], threading.Event()

    def serve():
        while not stopped.wait(0.01):
            number = max(numbers(three), default=0)
            try:
                seen.append((number, tree_digest(three.serving / str(number), exclude=[f"{EXTRA}/version.json"])))
                version = in_service(three)
                seen.append((version.number, version.digest))
            except (OSError, MillraceError) as error:
                seen.append((number, str(error)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield seen
    stopped.set()
    thread.join()


@pytest.mark.slow
def test_a_kill_at_any_file_operation_leaves_a_whole_version_in_service(three, model, publisher, server):
    kills, before = 0, in_service(three)
    while kills < 200:
        candidate = model(f"killed-{kills}")
        ended = publisher(three, candidate, kills + 1)
        after = in_service(three)
        assert after == before or (after.number, content(after)) == (before.number + 1, candidate.name[10:])
        assert [record["number"] for record in history(three)] == numbers(three)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        kills, before = kills + 1, publish(three, candidate, {}, RECORD).version
        assert (before.number, content(before)) == (kills + 3, candidate.name[10:])
        assert staged(three) == []
        assert three.history.read_text().count("\n") == kills + 3
    assert 50 < kills < 200
    whole = {(version.number, version.digest) for version in model_registry.versions(three)}
    assert set(server) <= whole
    assert len(set(server)) > kills / 2
    assert [number for number, _ in server] == sorted(number for number, _ in server)


def test_a_rollback_waits_for_no_candidate_that_is_being_asked(three, model):
    """Publishes from within the door, as another process may."""
    against, event = in_service(three).model_digest, []

    def ask(folder, digest):
        assert (folder / "saved_model.pb").read_text() == "d"
        event.append(rollback(three, reason="complaints").number)
        assert (folder / "saved_model.pb").exists()

    with pytest.raises(NotBlessed, match="version 4 is in service now"):
        model_registry.publish(three, Candidate(model("d")), RECORD, against, ask)
    assert (event, content(in_service(three)), numbers(three), staged(three)) == ([4], "b", [1, 2, 3, 4], [])


def test_one_candidate_is_asked_at_a_time(three, model, monkeypatch):
    monkeypatch.setattr(staging, "LOCK_SECONDS", 0.1)

    def ask(folder, digest):
        with pytest.raises(PipelineBusy, match="another process"):
            publish(three, model("e"), {}, RECORD)
        assert folder.exists()

    against = in_service(three).model_digest
    assert model_registry.publish(three, Candidate(model("d")), RECORD, against, ask).version.number == 4


def test_a_promotion_that_another_went_ahead_of_is_nothing_new(three, model):
    def ask(folder, digest):
        model_registry.rollback(three, to=1, admit=admit)

    promoted = model_registry.promote(three, Candidate(model("a")), Record("run-9", "the label moved"), ask)
    assert (promoted.new, promoted.version.number, staged(three)) == (False, 4, [])
