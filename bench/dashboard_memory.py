"""Memory of trader and dashboard over a whole accelerated day, with a browser watching.

Run as `.venv/bin/python -m bench.dashboard_memory [SPEED]`; it needs Debian's Chromium. Prints, for
each hour of the exchange's time, the resident memory of both processes in MB.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.dashboard import chromium

SPEED = "60"
PAGES = ("/", "/orders", "/chart?code=005930", "/candidates", "/profit", "/log")
LOOK_SECONDS = 5


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


def watch(page: Any, trader: subprocess.Popen[bytes], dashboard: int) -> None:
    """Go from page to page until the day is over."""
    shown = -1
    turn = 0
    while trader.poll() is None:
        page.goto(page.base + PAGES[turn % len(PAGES)])
        turn += 1
        time.sleep(LOOK_SECONDS)
        clock = re.search(r"\d{4}-\d\d-\d\d (\d\d):\d\d:\d\d", page.inner_text("header"))
        if clock and int(clock.group(1)) != shown and trader.poll() is None:
            shown = int(clock.group(1))
            print(
                f"{shown:02d} h  trader {resident(trader.pid):6.1f} MB"
                f"  dashboard {resident(dashboard):6.1f} MB",
                flush=True,
            )


def main() -> None:
    speed = sys.argv[1] if len(sys.argv) > 1 else SPEED
    command = [sys.executable, "-m", "maemae"]
    with tempfile.TemporaryDirectory() as name, chromium.launched() as browser:
        environment = {
            **os.environ,
            "HOME": name,
            "XDG_DATA_HOME": f"{name}/data",
            "MAEMAE_LANGUAGE": "en",
        }
        running: dict[str, Any] = {"env": environment, "cwd": name, "stdout": subprocess.PIPE}
        page = subprocess.Popen([*command, "dashboard", "--no-open", "--port", "0"], **running)
        assert page.stdout is not None
        said = page.stdout.readline().decode()
        link = next(word for word in said.split() if word.startswith("http"))
        trader = subprocess.Popen([*command, "demo", "--no-screen", "--speed", speed], **running)
        try:
            with chromium.opened(browser, link) as opened:
                watch(opened, trader, page.pid)
                print(f"the day has ended; dashboard {resident(page.pid):.1f} MB")
        finally:
            for process in (page, trader):
                process.terminate()
                process.wait(30)


if __name__ == "__main__":
    main()
