"""The pictures of the documentation: pages of the dashboard over a day on the exchange.

Run as `.venv/bin/python -m bench.pictures [FOLDER]`; it needs Debian's Chromium. The market is
the made-up one, so that nobody's data is published.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.dashboard import chromium

# What the documentation shows; plans and backtests are empty in a demonstration.
PAGES = {
    "now": "/", "orders": "/orders", "chart": "/chart", "candidates": "/candidates",
    "profit": "/profit", "log": "/log",
}  # fmt: skip
SIZE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
ON_PHONE = {"phone": "/"}
SETTLE_MS = 8_000
TRADING_SECONDS = 80


@contextmanager
def demo(folder: Path, language: str) -> Iterator[str]:
    """Run a slow demonstration and a dashboard over it; yield the link of the page."""
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "MAEMAE_LANGUAGE": language,
    }
    command = [sys.executable, "-m", "maemae"]
    trader = subprocess.Popen(
        [*command, "demo", "--no-screen", "--speed", "60", "--log-dir", str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    time.sleep(TRADING_SECONDS)
    page = subprocess.Popen(
        [*command, "dashboard", "--no-open", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    try:
        said = page.stdout.readline() if page.stdout is not None else ""
        yield next(word for word in said.split() if word.startswith("http"))
    finally:
        for process in (page, trader):
            process.terminate()
            process.wait(30)


def shoot(browser: Any, link: str, target: Path, language: str) -> None:
    with chromium.opened(browser, link) as page:
        for size, pages in ((SIZE, PAGES), (PHONE, ON_PHONE)):
            page.set_viewport_size(size)
            for name, path in pages.items():
                page.goto(page.base + path)
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=target / f"{name}-{language}.png")
        for complaint in page.complaints:
            print(f"{link}: {complaint}", file=sys.stderr)


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    target.mkdir(parents=True, exist_ok=True)
    with chromium.launched() as browser:
        for language in ("ko", "en"):
            with (
                tempfile.TemporaryDirectory() as name,
                demo(Path(name), language) as link,
            ):
                shoot(browser, link, target, language)
    print(*sorted(path.name for path in target.glob("*.png")), sep="\n")


if __name__ == "__main__":
    main()
