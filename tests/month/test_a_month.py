"""The month of docs/a-month.md."""

from pathlib import Path

import pytest

from tests.month.account import require_month
from tests.month.diary import live


@pytest.mark.full
def test_the_month_goes_as_its_page_tells(tmp_path: Path) -> None:
    world, diary = live(tmp_path)
    require_month(world, diary)
