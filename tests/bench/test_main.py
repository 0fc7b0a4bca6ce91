import json

import pytest
import typer

from bench.__main__ import choose, main
from bench.page import PAGE, RECORDS
from tests.bench.records import MEASURED


def test_contestants_run_in_their_order():
    assert choose("c,b2,b") == ["b", "b2", "c"]


@pytest.mark.parametrize(("only", "reason"), [("a,x", "'x' is none of"), ("b2", "b2 runs where b ran")])
def test_who_cannot_take_part_is_named(only, reason):
    with pytest.raises(typer.BadParameter, match=reason):
        choose(only)


def test_a_page_is_drawn_again_without_a_run(tmp_path):
    (tmp_path / RECORDS).write_text(json.dumps(MEASURED))
    main(into=tmp_path, redraw=True)
    assert "29.0 +10.0" in (tmp_path / PAGE).read_text()
