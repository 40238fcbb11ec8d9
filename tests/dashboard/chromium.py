"""Debian's Chromium through Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["Browser", "Page", "launched", "opened"]

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, link: str, locale: str | None = None) -> Iterator[Any]:
    """Open a link in a window of its own; `complaints` gathers errors of the page."""
    context = browser.new_context(
        viewport={"width": 1360, "height": 900},
        locale=locale,
        ignore_https_errors=True,  # A test signs its own certificate.
    )
    context.set_default_timeout(60_000)
    page: Any = context.new_page()
    page.complaints = []
    page.base = link.split("/enter", maxsplit=1)[0]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: page.complaints.append(said.text) if said.type == "error" else None,
    )
    page.goto(link)
    try:
        yield page
    finally:
        context.close()
