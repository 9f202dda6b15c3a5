"""A browser, and the three hosts that every figure is tested in."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

HOW = "Install Chromium with your system's packages, or: python -m playwright install chromium; or set COURSE_CHROMIUM."
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def chromium(playwright: Playwright) -> str | None:
    """The browser's path: the one COURSE_CHROMIUM names, the machine's own, or Playwright's."""
    own = playwright.chromium.executable_path
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (
        os.environ.get("COURSE_CHROMIUM"),
        *map(shutil.which, names),
        own if os.path.exists(own) else None,
    )
    return next(filter(None, found), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            # A skipped test on the machine that guards the course would be a hole in the guard.
            (pytest.fail if os.environ.get("CI") else pytest.skip)(
                f"No Chromium for the browser tests. {HOW}"
            )
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    from hosts import Server

    server = Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.close()


@pytest.fixture(scope="session", params=["page", "lab", "notebook"])
def host(request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory):
    """Each host in turn: `host.open("masks")` shows the figure of that name in figures.py."""
    from hosts import Jupyter, KernelFreePage

    if request.param == "page":
        host = KernelFreePage(browser, tmp_path_factory.mktemp("site"))
    else:
        host = Jupyter(request.param, browser, request.getfixturevalue("server"))
    yield host
    host.context.close()


@pytest.fixture
def walk() -> Callable:
    """Go through states of a page: `now = walk(page, figure)`, move something, then `now(what=changed)` compares.

    A page remembers the state that the last test left it in, and the next goes on from there.
    """

    def start(page, figure) -> Callable:
        def now(**changes: object) -> None:
            page.state.update(changes)
            page.shows(figure, **page.state)

        return now

    return start
