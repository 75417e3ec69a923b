"""A browser, a sandbox for each test, and the page on it. How the page is driven is in `support.sandbox_page`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from encode_media.resources import resource
from support.fake_action import FakeAction
from support.sandbox import RunningSandbox, running_sandbox
from support.sandbox_page import open_page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)
WIDE = (1280, 800)
NARROW = (390, 844)

PageAt = Callable[..., Page]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine (looked for chromium, chromium-browser, google-chrome on PATH)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def page_folder() -> Path:
    return resource("sandbox_page")


@pytest.fixture
def sandbox(tmp_path: Path, page_folder: Path) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path / "data", page=page_folder) as running:
        yield running


@pytest.fixture
def action(sandbox: RunningSandbox) -> Iterator[FakeAction]:
    listening = FakeAction(sandbox.session(hub=True))
    listening.start()
    yield listening
    listening.stop()


@pytest.fixture
def page_at(browser: Browser, sandbox: RunningSandbox) -> Iterator[PageAt]:
    """`page_at(size=(w, h), theme="light"|"dark")`: the loaded page. Errors in its console fail the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_at(
        *, size: tuple[int, int] = WIDE, theme: str = "light", path: str = "/", connected: bool = True
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: troubles.append(f"{error}"))
        page.on(
            "console",
            lambda message: troubles.append(message.text) if is_trouble(message.type, message.text) else None,
        )
        if connected:
            open_page(page, sandbox.url + path)
        else:
            page.goto(sandbox.url + path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not troubles, "the page's console is not clean: " + "; ".join(troubles)


def is_trouble(kind: str, text: str) -> bool:
    """A server that went away is reported by the browser itself; everything else in red is ours."""
    return kind == "error" and "net::ERR_" not in text and "WebSocket connection" not in text


@pytest.fixture
def results(request: pytest.FixtureRequest) -> Path:
    """Where screenshots are kept for a look."""
    return Path(request.config.rootpath) / "test-results"
