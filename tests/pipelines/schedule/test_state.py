from datetime import datetime, timezone
from pathlib import Path

import pytest

from configs.errors import MillraceError
from configs.home import Home
from pipelines.schedule.state import State, change_state, read_state, write_state

NOON = datetime(2026, 6, 2, 12, tzinfo=timezone.utc)


def test_what_is_written_is_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path / "taxi")
    assert read_state(home) == State()
    state = State(handled=NOON, resumed=NOON, paused="paused by ada", asked="ada asks")
    write_state(home, state)
    assert read_state(home) == state
    assert change_state(home, paused=None) == read_state(home) == State(NOON, NOON, None, "ada asks")


def test_nothing_is_written_where_nothing_differs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    change_state(home, handled=NOON)
    before = home.schedule.stat()
    change_state(home, handled=NOON)
    assert home.schedule.stat() == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"handled": "yesterday"}', '{"unknown": 1}'])
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.schedule.write_text(text)
    with pytest.raises(MillraceError) as raised:
        read_state(home)
    assert raised.value.where == str(home.schedule)
