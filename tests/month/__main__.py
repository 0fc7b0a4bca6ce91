"""`python -m tests.month`: lives through the month, sees that it went as told, and writes its page."""

from pathlib import Path
from tempfile import TemporaryDirectory

from configs.repository import ROOT
from tests.month.account import require_month
from tests.month.diary import live
from tests.month.page import write_page


def main() -> None:
    """Lives through it in a folder of its own."""
    with TemporaryDirectory(prefix="month-") as folder:
        world, diary = live(Path(folder))
        require_month(world, diary)
    write_page(ROOT / "docs", diary)


if __name__ == "__main__":
    main()
