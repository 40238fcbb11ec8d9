"""How long `make demo` takes: to the first movement, to the first fill, to the end of the day.

Run as `.venv/bin/python -m bench.demo_times [--speed 400] [--rounds 3]`. The demonstration runs in
a terminal of 80 columns and 24 lines, in a home of its own, with the page beside it, as `make demo`
starts it once everything is installed. Prints the seconds of each round and the least of each.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import pexpect

ENDS = "the ledger agree|ledger differ"
FILLED = "fill("
LOOK_SECONDS = 0.05
PATIENCE = 900


def run(speed: str) -> tuple[float, float, float]:
    """Return seconds to the first movement, to the first fill and to the report of the day."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "HOME": home,
            "XDG_DATA_HOME": f"{home}/data",
            "MAEMAE_LANGUAGE": "en",
            "BROWSER": "true",
            "TERM": "xterm-256color",
        }
        asked = ["-m", "maemae", "demo", "--page", "--speed", speed, "--log-dir", home]
        began = time.monotonic()
        terminal = pexpect.spawn(
            sys.executable, asked, cwd=home, env=environment, dimensions=(24, 80),
            timeout=PATIENCE, encoding="utf-8", codec_errors="replace",
        )  # fmt: skip
        terminal.expect(r"\S")
        moved = time.monotonic() - began
        log, seen = Path(home) / "maemae.log", ""
        while FILLED not in seen and terminal.isalive():
            terminal.expect([pexpect.TIMEOUT, r"[^\n]+"], timeout=LOOK_SECONDS)
            seen = log.read_text(encoding="utf-8") if log.exists() else ""
        traded = time.monotonic() - began
        terminal.expect(ENDS)
        ended = time.monotonic() - began
        terminal.sendintr()
        terminal.expect(pexpect.EOF)
        return moved, traded, ended


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speed", default="400")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    rounds = []
    print("first movement  first fill  report of the day   (seconds)")
    for _ in range(given.rounds):
        rounds.append(run(given.speed))
        print("{:14.1f}  {:10.1f}  {:17.1f}".format(*rounds[-1]), flush=True)
    least = [min(kind) for kind in zip(*rounds, strict=True)]
    print("{:14.1f}  {:10.1f}  {:17.1f}   least".format(*least))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
