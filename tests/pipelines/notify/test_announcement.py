import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from components.registry.line_file import add_line
from configs.errors import MillraceError, NotBlessed
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.notify import announcement
from pipelines.notify.announcement import announce, read_ledger
from pipelines.notify.message import Message
from tests.pipelines.notify.records import asked_record, run_record
from tests.sandbox import Sandbox

NOON = datetime(2026, 6, 30, 12, tzinfo=timezone.utc)
NOTIFIERS = "notify=[{kind: command, command: [a]}, {kind: command, command: [b], on: [failed, recovered]}]"
FULL = MillraceError("The disk is full.", "/w", "Free some space.")


class Post:
    """Takes messages in place of the notifiers; those named in `down` take none."""

    def __init__(self) -> None:
        self.taken, self.down, self.tries = list[str](), set[str](), 0

    def send(self, notifier: Any, message: Message) -> None:
        self.tries += 1
        if notifier.command[0] in self.down:
            raise MillraceError("Connection refused")
        self.taken.append(f"{notifier.command[0]} {message.event}")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    post = Post()
    monkeypatch.setattr(announcement, "send", post.send)
    monkeypatch.setattr(announcement, "PAUSES", (0.0, 0.0))
    return post


@pytest.fixture
def config(fresh: Sandbox) -> Config:
    return load(fresh.config, [NOTIFIERS, "schedule={cron: 0 3 * * *, when: {age: 30d}}"])


def tell(config: Config, record: dict[str, Any]) -> list[str]:
    said: list[str] = []
    announce(config, record, NOON, said.append)
    return said


def test_a_cause_is_told_once_and_then_that_it_is_over(config: Config, post: Post) -> None:
    for error in (FULL, FULL, FULL):
        assert tell(config, run_record(error)) == []
    tell(config, asked_record(pause="3 runs in a row failed"))
    assert post.taken == ["a failed", "b failed", "a paused"]
    tell(config, run_record(MillraceError("The database is gone.")))
    assert post.taken[3:] == ["a failed", "b failed"]
    tell(config, run_record(published=2))
    tell(config, run_record())
    assert post.taken[5:] == ["a published", "a recovered", "b recovered"]
    tell(config, run_record(FULL))
    assert post.taken[8:] == ["a failed", "b failed"]


def test_a_schedule_that_is_paused_again_is_told_again(config: Config, post: Post) -> None:
    paused = asked_record(pause="3 runs in a row failed")
    for record in (run_record(FULL), paused, paused, run_record(FULL), paused):
        tell(config, record)
    assert post.taken == ["a failed", "b failed", "a paused", "a paused"]


def test_each_version_that_is_published_and_each_model_that_falls_short_is_told(config: Config, post: Post) -> None:
    for record in (
        run_record(published=1), run_record(published=2), run_record(NotBlessed("auc is 0.7")),
        run_record(NotBlessed("auc is 0.7")), run_record(NotBlessed("auc is 0.6")),
    ):  # fmt: skip
        tell(config, record)
    assert post.taken == ["a published", "a published", "a not_blessed", "a not_blessed"]


def test_who_is_down_fails_nothing_and_is_told_later_in_order(config: Config, post: Post) -> None:
    post.down = {"a"}
    assert tell(config, run_record(FULL)) == [
        "notify[0] (command) could not be told, and will be later: Connection refused"
    ]
    assert (post.taken, post.tries) == (["b failed"], 4)  # three for a
    tell(config, run_record(published=2))
    assert post.taken == ["b failed", "b recovered"]
    post.down = set()
    assert tell(config, asked_record()) == []
    assert post.taken[2:] == ["a failed", "a published", "a recovered"]
    assert read_ledger(config.home).waiting == []


def test_what_waits_for_a_notifier_that_is_gone_is_forgotten(config: Config, post: Post) -> None:
    post.down = {"b"}
    tell(config, run_record(FULL))
    fewer = config.model_copy(update={"notify": config.notify[:1]})
    assert tell(fewer, asked_record()) == []
    assert read_ledger(config.home).waiting == []


def test_nothing_published_for_too_long_is_told_once_a_version(config: Config, post: Post) -> None:
    config.home.root.mkdir(parents=True)
    config.home.history.write_text('{"number": 7, "at": "2026-05-01T12:00:00+00:00"}\n')
    tell(config, asked_record())
    tell(config, run_record())
    assert post.taken == ["a stale"]
    config.home.history.write_text('{"number": 8, "at": "2026-06-29T12:00:00+00:00"}\n')
    tell(config, run_record(published=8))
    assert post.taken[1:] == ["a published", "a recovered", "b recovered"]


def test_without_notifiers_nothing_is_kept(fresh: Sandbox, post: Post) -> None:
    config = load(fresh.config)
    tell(config, run_record(FULL))
    assert not config.home.notify.exists()


def test_a_ledger_that_cannot_be_read_fails_nothing(config: Config, post: Post) -> None:
    config.home.root.mkdir(parents=True)
    config.home.notify.write_text("{")
    [said] = tell(config, run_record(FULL))
    assert said.startswith("Nobody could be told what became of the pipeline: ")
    assert str(config.home.notify) in said


def test_what_becomes_of_challengers_is_told_once(config: Config, post: Post) -> None:
    aside = config.home.challenger
    aside.root.mkdir(parents=True)
    lines = [{"number": number, "run": f"r{number}"} for number in (1, 2)]
    aside.history.write_text(json.dumps(lines[0]) + "\n")
    tell(config, run_record())
    tell(config, run_record())
    assert post.taken == ["a waiting"]
    add_line(aside.looks, {"challenger": 1, "event": "set_aside", "why": "on span 7"})
    aside.history.write_text("".join(json.dumps(line) + "\n" for line in lines))
    tell(config, run_record())
    tell(config, asked_record())
    assert post.taken == ["a waiting", "a set_aside", "a waiting"]
    add_line(aside.looks, {"challenger": 2, "event": "in_service", "version": 2, "won": "on span 8"})
    tell(config, asked_record())
    tell(config, asked_record())
    assert post.taken[3:] == ["a published"]
