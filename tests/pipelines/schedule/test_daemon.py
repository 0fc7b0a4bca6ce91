"""The daemon on a clock that the tests set, with processes that answer as the tests say."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from configs.errors import MillraceError
from configs.loading.loader import load
from pipelines.schedule.asking import Answer
from pipelines.schedule.daemon import Daemon
from pipelines.schedule.state import change_state
from tests.fakes.webhook import listening
from tests.pipelines.execution.test_local_runner import wait_for
from tests.sandbox import YAML

NOON = datetime(2026, 6, 2, 12, tzinfo=timezone.utc)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@dataclass
class Asked:
    """A process that was sent to ask, and has not answered yet."""

    path: Path
    answer: Answer | None = None
    told: list[str] = field(default_factory=list)

    def poll(self) -> Answer | None:
        return self.answer

    def stop(self) -> None:
        self.told.append("stop")

    def end(self, patience: float) -> None:
        self.told.append("end")


class World:
    """A daemon in a folder of configs: the clock, and whom it has sent."""

    def __init__(self, folder: Path, jobs: int = 9) -> None:
        self.folder, self.now, self.sent = folder, NOON, list[Asked]()
        self.daemon = Daemon([], folder, jobs, lambda: self.now, self.send)

    def send(self, path: Path) -> Asked:
        self.sent.append(Asked(path))
        return self.sent[-1]

    def write(self, name: str, schedule: str = "schedule: {cron: 0 3 * * *}\n") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(YAML.replace("name: trips", f"name: {name}") + schedule)
        return path

    def step(self, passed: timedelta = SECOND) -> list[str]:
        """Lets time pass and the daemon look; returns of which configs it sent somebody."""
        before, self.now = len(self.sent), self.now + passed
        self.daemon.step()
        return [asked.path.stem for asked in self.sent[before:]]

    def answer(self, name: str, answer: Answer) -> None:
        next(asked for asked in self.sent[::-1] if asked.path.stem == name).answer = answer

    def said(self, name: str) -> str:
        return next(each.said for each in self.daemon.pipelines.values() if each.path.stem == name)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def later(ask_at: datetime | None) -> Answer:
    return Answer(0, "not due: the next time is ...", True, None, ask_at)


def test_each_is_asked_at_first_and_then_at_the_moment_that_it_names(world: World) -> None:
    world.write("taxi")
    world.write("iris")
    assert world.step() == ["iris", "taxi"]
    world.answer("taxi", later(NOON + HOUR))
    assert world.step() == []
    assert world.step(HOUR - 10 * SECOND) == []
    assert world.step(10 * SECOND) == ["taxi"]  # iris is still asked


def test_after_a_run_it_is_asked_at_once_what_is_next(world: World) -> None:
    world.write("taxi")
    assert world.step() == ["taxi"]
    world.answer("taxi", Answer(1, "it failed", True, "r1", NOON + HOUR))
    assert world.step() == ["taxi"]
    [taxi] = world.daemon.pipelines.values()
    assert (taxi.runs, taxi.said) == ({1: 1}, "it failed")


def test_so_many_are_at_work_at_once_and_who_waits_longest_is_next(tmp_path: Path) -> None:
    world = World(tmp_path, jobs=2)
    for name in ("a", "b", "c", "d"):
        world.write(name)
    assert world.step() == ["a", "b"]
    assert world.step() == []
    world.answer("a", later(NOON + 3 * SECOND))
    assert world.step() == ["c"]
    world.answer("b", later(NOON + HOUR))
    assert world.step() == ["d"]
    world.answer("c", later(NOON + HOUR))
    assert world.step() == ["a"]


def test_one_that_waits_for_a_person_is_asked_when_a_person_wants_something(world: World) -> None:
    path = world.write("taxi")
    home = load(path).home
    world.step()
    change_state(home, paused="paused by ada")
    world.answer("taxi", later(None))
    assert world.step() == ["taxi"]  # it was changed while it was asked
    world.answer("taxi", later(None))
    assert world.step() == []
    assert world.step(300 * HOUR) == []
    change_state(home, paused=None)
    assert world.step() == ["taxi"]
    world.answer("taxi", later(NOON + 999 * HOUR))
    assert world.step() == []
    change_state(home, handled=NOON)  # as who was asked does
    assert world.step() == []
    change_state(home, asked="ada asks")
    assert world.step() == ["taxi"]


def test_a_config_that_changes_is_asked_again_and_a_new_one_is_taken_up(world: World) -> None:
    world.write("taxi")
    world.step()
    world.answer("taxi", later(NOON + HOUR))
    assert world.step() == []
    world.write("taxi", "schedule: {cron: 30 4 * * *}\n")
    assert world.step() == ["taxi"]
    world.write("iris")
    assert world.step() == ["iris"]


def test_one_that_is_broken_stops_only_itself_until_it_is_mended(world: World) -> None:
    world.write("iris")
    world.write("taxi", "scheduel: {}\n")
    assert world.step() == ["iris"]
    assert "unknown key 'scheduel'" in world.said("taxi")
    world.write("taxi")
    assert world.step() == ["taxi"]


def test_what_a_run_says_is_wrong_with_a_config_waits_for_another_config(world: World) -> None:
    world.write("taxi")
    world.step()
    world.answer("taxi", Answer(2, "data.schema_file: there is no such file"))
    assert world.step(9 * HOUR) == []
    [taxi] = world.daemon.pipelines.values()
    assert taxi.broken
    world.write("taxi", "schedule: {cron: 30 4 * * *}\n")
    assert world.step() == ["taxi"]


def test_one_that_gave_no_answer_is_asked_again_before_long(world: World) -> None:
    world.write("taxi")
    world.step()
    world.answer("taxi", Answer(-9, "its process ended with -9: it said nothing"))
    assert world.step() == []
    assert world.step(15 * MINUTE) == ["taxi"]


def test_who_is_to_be_told_hears_once_that_no_answer_comes_and_once_that_one_does(world: World) -> None:
    with listening() as hook:
        world.write("taxi", f"schedule: {{cron: 0 3 * * *}}\nnotify: [{{kind: webhook, url: '{hook.url}'}}]\n")
        for _ in range(3):
            assert world.step(HOUR) == ["taxi"]
            world.answer("taxi", Answer(1, "it is read-only", error=MillraceError("The disk is read-only.")))
            assert world.step() == []
        assert world.step(HOUR) == ["taxi"]
        assert wait_for(lambda: len(hook.taken) == 1)
        world.answer("taxi", later(NOON + 9 * HOUR))
        world.step()
        assert wait_for(lambda: len(hook.taken) == 2)
    assert [text.split(":")[0] for text in hook.texts] == ["taxi failed", "taxi recovered"]


def test_a_config_without_a_schedule_is_left_alone_and_one_that_is_gone_is_let_go(world: World) -> None:
    world.write("iris", "")
    path = world.write("taxi")
    assert world.step() == ["taxi"]
    assert world.said("iris") == "it has no schedule"
    path.unlink()
    world.step()
    assert len(world.daemon.pipelines) == 2  # its run ends first
    world.answer("taxi", later(NOON + HOUR))
    world.step()
    assert [each.path.stem for each in world.daemon.pipelines.values()] == ["iris"]


def test_two_configs_of_one_pipeline_are_a_mistake(world: World) -> None:
    first = world.write("taxi")
    (world.folder / "zwei.yaml").write_text(first.read_text())
    assert world.step() == ["taxi"]
    assert f"{first} is a config of this pipeline, too." in world.said("zwei")


def test_when_it_is_told_to_stop_those_at_work_are(world: World) -> None:
    class Once:
        """Time passes once."""

        def __init__(self) -> None:
            self.waited = False

        def is_set(self) -> bool:
            return self.waited

        def wait(self, _seconds: float) -> None:
            self.waited = True

    world.write("taxi")
    world.daemon.serve(Once())  # type: ignore[arg-type]
    assert [asked.told for asked in world.sent] == [["stop", "end"]]
