"""The daemon over four days, on a clock that is set."""

import pytest

from components.registry.versions import history
from pipelines.runs.directory import read_records
from tests.month.account import require_service, require_told_once
from tests.month.trips import cut_spans, in_cents, read_trips
from tests.month.world import NOTIFY, World
from tests.sandbox import Sandbox

DAILY = """\
schedule: {cron: "0 3 * * *", when: {new_rows: 400}, failures: {pause_after: 3, retry_in: 15m}}
"""


@pytest.mark.full
def test_days_without_reason_with_bad_data_and_with_a_disk_that_can_only_be_read(sandbox: Sandbox) -> None:
    spans, apart = cut_spans(read_trips())
    text = sandbox.config.read_text()
    with World(sandbox.folder, apart, text + DAILY + NOTIFY) as world:
        world.go_to(1, 3)
        world.start_server()
        world.start_daemon()
        world.wait_for_answer()
        assert (world.events, len(read_records(world.home))) == ([], 1)
        with sandbox.data.open("a") as rows:  # a unit has changed
            rows.writelines(",".join(trip.values()) + "\n" for trip in in_cents([*spans[0], *spans[1], *spans[2]]))
        world.go_to(2, 3)
        world.wait_for_answer()
        assert world.events == ["refused"]
        world.lock_disk()
        world.go_to(3, 3)
        world.ask_in_vain(3)
        assert world.events == ["refused", "failed"]
        world.free_disk()
        world.go_to(4, 3)
        world.wait_for_answer()
        world.wait(lambda: len(world.hook.taken) == 3)
    assert world.events == ["refused", "failed", "recovered"]
    require_told_once(world.hook.taken)
    assert "It cannot be asked whether to train: " in world.hook.taken[1][1]["text"]
    [refused, first] = read_records(world.home)
    assert (refused["exit_code"], refused["decision"]["text"][:5], first["published"]) == (3, "due: ", 1)
    assert [line["number"] for line in history(world.home)] == [1]
    require_service(world.reader, 0.85)
