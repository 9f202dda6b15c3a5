"""A browser, and the three hosts that every figure is tested in."""

import os
import shutil
from collections.abc import Iterator

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


@pytest.fixture(scope="module")
def plain(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """The page without a kernel, one a test file."""
    from hosts import KernelFreePage

    host = KernelFreePage(browser, tmp_path_factory.mktemp("site"))
    yield host
    host.context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    from hosts import Server

    server = Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.close()
