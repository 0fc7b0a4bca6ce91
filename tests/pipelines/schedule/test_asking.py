import json
import signal
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from configs.errors import ConfigError
from pipelines.schedule.asking import Answer, begin_asking, read_answer
from tests.sandbox import YAML, Sandbox

NOON = datetime(2026, 6, 2, 12, tzinfo=timezone.utc)
DECISION = {"text": "due: its time has come", "ask_at": NOON.isoformat()}
RUN = {"run": "r1", "exit_code": 0, "published": 3, "error": None, "decision": DECISION}
ERROR = {"exit_code": 4, "what": "Not blessed.", "where": "Pusher", "remedy": "Improve it."}


@pytest.mark.parametrize(
    ("code", "said", "answer"),
    [
        (0, {"run": None, "exit_code": 0, "decision": {"text": "not due: paused", "ask_at": None}},
         Answer(0, "not due: paused", True)),
        (0, RUN, Answer(0, "due: its time has come; run r1: version 3 published", True, "r1", NOON)),
        (0, RUN | {"published": None},
         Answer(0, "due: its time has come; run r1: nothing new was published", True, "r1", NOON)),
        (4, RUN | {"exit_code": 4, "error": ERROR}, Answer(
            4, "due: its time has come; run r1: it ended with 4: Pusher: Not blessed. Improve it.", True, "r1", NOON)),
        (2, {"error": ERROR | {"exit_code": 2}}, Answer(2, "Pusher: Not blessed. Improve it.")),
    ],
)  # fmt: skip
def test_what_a_process_answers(code: int, said: object, answer: Answer) -> None:
    assert read_answer(code, json.dumps(said), "Nearby ...") == answer


@pytest.mark.parametrize("output", ["", "{", "[]", "{}", '{"decision": {}}', '{"decision": null, "run": "r1"}'])
def test_what_is_no_answer_is_told_with_its_last_words(output: str) -> None:
    told = read_answer(-9, output, "")
    assert (told.exit_code, told.decided, told.run) == (-9, False, None)
    assert told.text == "its process ended with -9: it said nothing"
    assert str(told.error) == "its process ended with -9. The daemon's log has what it said."


def test_why_there_is_no_answer_is_told_as_an_error() -> None:
    error = read_answer(2, json.dumps({"error": ERROR | {"exit_code": 2}}), "").error
    assert isinstance(error, ConfigError)
    assert (error.what, error.where, error.remedy) == ("Not blessed.", "Pusher", "Improve it.")


def wait_for(path: Path) -> Answer:
    asking = begin_asking(path)
    deadline = time.monotonic() + 120
    while not (answer := asking.poll()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


def test_a_process_is_sent_and_answers(fresh: Sandbox) -> None:
    fresh.config.write_text(YAML + "schedule: {cron: 0 3 * * *, enabled: false}\n")
    assert wait_for(fresh.config) == Answer(0, "not due: paused by schedule.enabled", True)


def test_a_process_that_does_not_end_is_ended(fresh: Sandbox) -> None:
    asking = begin_asking(fresh.config)
    asking.end(0.0)
    answer = asking.poll()
    assert answer is not None
    assert (answer.exit_code, answer.decided) == (-signal.SIGKILL, False)
