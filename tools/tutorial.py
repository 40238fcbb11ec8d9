"""Type what the tutorial says into real terminals, and measure: `python tools/tutorial.py [ko|en]`.

It runs in a home of its own. What needs keys of KIS is left out and said to be.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect

ROOT = Path(__file__).resolve().parents[1]
READY = "READY-TO-TYPE> "
QUESTION = r"(\]|\)|[^\s]): $"
PATIENCE = 600
STARTS = {"maemae exchange": r"127\.0\.0\.1:29443", "maemae run": r"maemae · \S*.*sim"}
"""Commands that go on while others are typed, and what shows that they have begun."""


@dataclass
class Block:
    """Lines to type into a terminal; `answers` are given when the last of them asks."""

    section: str
    terminal: str
    lines: list[str]
    answers: list[str] = field(default_factory=list)


def blocks(page: str) -> Iterator[Block]:
    """Yield what the page says to type, in its order."""
    section, last = "", None
    pattern = r'(?m)^## (?P<section>.*)$|^```sh(?: title="(?P<title>.*)")?\n(?P<body>(?s:.*?))^```$'
    pattern += r"|^\| [^|`]+ \| (?P<answer>`[^`]*`|Enter\b[^|]*) \|$"
    for found in re.finditer(pattern, page):
        if found["section"]:
            section = found["section"]
        elif found["answer"] and last is not None:
            answer = found["answer"]
            last.answers.append("" if answer.startswith("Enter") else answer.strip("`"))
        elif found["title"]:
            if last is not None:
                yield last
            last = Block(section, found["title"], found["body"].strip().splitlines())
    if last is not None:
        yield last


class Terminal:
    """A shell that is typed into."""

    def __init__(self, home: Path, language: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAEMAE_", "XDG_"))}
        here = Path(sys.executable).parent
        own = {"HOME": str(home), "PS1": READY, "TERM": "xterm", "MAEMAE_LANGUAGE": language,
               "PATH": f"{here}:{kept['PATH']}"}  # fmt: skip
        self._shell = pexpect.spawn(
            "/bin/bash", ["--norc", "--noprofile"], cwd=str(home), env={**kept, **own},
            encoding="utf-8", timeout=PATIENCE, dimensions=(50, 160), echo=False,
        )  # fmt: skip
        self._shell.expect_exact(READY)
        self._busy = False
        self.questions = 0

    def type(self, line: str, answers: list[str]) -> None:
        """Type a line, answer what it asks, and see that it went well."""
        self.wait()
        self._shell.sendline(line)
        for answer in answers:
            self._shell.expect(QUESTION)
            self._shell.sendline(answer)
            self.questions += 1
        begins = next((sign for word, sign in STARTS.items() if line.startswith(word)), None)
        self._busy = True
        if begins is not None:
            self._shell.expect(begins)
        else:
            self.wait()

    def wait(self) -> None:
        """Wait until the command in it has ended; it must have ended well."""
        if not self._busy:
            return
        self._shell.expect_exact(READY)
        said = self._shell.before
        self._shell.sendline("echo status=$?")
        self._shell.expect(r"status=(\d+)")
        found: Any = self._shell.match
        status = found.group(1)
        self._shell.expect_exact(READY)
        self._busy = False
        if status != "0":
            raise SystemExit(f"it ended with {status}:\n{said}")

    def interrupt(self) -> None:
        """Press Ctrl-C and close it."""
        self._shell.sendintr()
        self._shell.expect_exact(READY)
        self._shell.close()


def main(language: str) -> None:
    """Type the whole tutorial."""
    page = ROOT / "docs" / ("tutorial.md" if language == "en" else f"tutorial.{language}.md")
    began, questions, section, since = time.monotonic(), 0, "", time.monotonic()
    with tempfile.TemporaryDirectory(prefix="maemae-tutorial-") as folder:
        terminals: dict[str, Terminal] = {}
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.section != section:
                _tell(section, since)
                section, since = block.section, time.monotonic()
                if section.startswith("5"):  # Afterwards: the session ends by itself.
                    terminals["terminal 2"].wait()
            if not block.terminal.startswith("terminal"):
                print(f"   left out, {block.terminal}: {'; '.join(block.lines)}")
                continue
            if block.terminal not in terminals:
                terminals[block.terminal] = Terminal(Path(folder), language)
            for line in block.lines:
                print(f"   {block.terminal}> {line}", flush=True)
                terminals[block.terminal].type(line, block.answers)
        _tell(section, since)
        questions = sum(one.questions for one in terminals.values())
        terminals["terminal 1"].interrupt()
    print(f"{time.monotonic() - began:.0f} s in all, {questions} questions answered")


def _tell(section: str, since: float) -> None:
    if section:
        print(f"{section}: {time.monotonic() - since:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "en")
