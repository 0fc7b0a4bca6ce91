"""A real Chromium, headless and cut off from any network, in which a page is looked at.

`python -m tests.browser CONFIG FOLDER` keeps pictures of the page of a config's newest run, in both themes.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.runs.directory import find_record
from pipelines.runs.run import Run

SHOTS = ROOT / ".pytest_cache" / "pages"  # what a person may look at after the tests
THEMES, WIDTHS = ("light", "dark"), (360, 1024, 1920)


@dataclass
class Visit:
    """A page that is open, what its console and its dialogs said, and what it asked for beside itself."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def read_table(self, heading: str) -> list[list[str]]:
        """The cells of the first table of a section, by rows; the section is found by how its heading begins."""
        section = self.page.locator("section", has=self.page.locator(f"h2:text('{heading}')")).first
        rows = section.locator("table").first.locator("tr").all()
        return [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in rows]


@contextmanager
def opened() -> Iterator[Browser]:
    """Starts the browser."""
    program = shutil.which("chromium")
    assert program, "there is no chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])  # which root cannot have
        yield browser
        browser.close()


@contextmanager
def visited(browser: Browser, path: Path, width: int = 1024, theme: str = "light") -> Iterator[Visit]:
    """Opens a file; whatever else it asks for is refused, and noted."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    visit = Visit(context.new_page())

    def answer(route: Route, request: Request) -> None:
        if request.url == path.as_uri():
            route.continue_()
            return
        visit.asked.append(request.url)
        route.abort()

    visit.page.on("console", lambda message: visit.said.append(message.text))
    visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
    visit.page.on("dialog", lambda dialog: (visit.said.append(dialog.message), dialog.dismiss()))
    context.route("**/*", answer)
    visit.page.goto(path.as_uri())
    yield visit
    context.close()


def look(browser: Browser, path: Path, name: str) -> None:
    """Keeps pictures of a page at all widths in both themes; fails where it says or asks anything, or is too wide."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        for width in WIDTHS:
            with visited(browser, path, width, theme) as visit:
                visit.page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png", full_page=True)
                assert (visit.said, visit.asked) == ([], [])
                assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def main(arguments: Sequence[str]) -> None:
    """Draws the head of the page of a config's newest run, in both themes."""
    config_path, folder = arguments
    home = load(config_path).home
    run = Run(home, find_record(home)["run"])
    with opened() as browser:
        for theme in THEMES:
            with visited(browser, run.report, theme=theme) as visit:
                visit.page.screenshot(path=Path(folder, f"page-{theme}.png"))


if __name__ == "__main__":
    main(sys.argv[1:])
