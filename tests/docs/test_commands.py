"""Every `maemae` command of the documentation: understood, and run wherever it can be."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from maemae.cli import build
from maemae.i18n import LANGUAGES, set_language

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]

UNTIL_STOPPED = "runs until it is stopped, or a whole day; tests/test_first_trade.py runs it"
ASKS = "asks at a terminal; tests/setup/test_init.py types the answers, tools/tutorial.py these"
NEEDS_KEYS = "needs keys of KIS"
COMPILES = "compiles for half a minute; tests/backtest runs it"
NEEDS_BARS = "needs a store of bars; tests/trader/plans and tests/cli run it"
NOT_RUN = {
    r"maemae (run|exchange|demo)\b": UNTIL_STOPPED,
    r"maemae kis stream \S+ \d": UNTIL_STOPPED,
    r"maemae venue-clock\b": "runs a program of one's own; tests/cli/test_venue_clock.py runs one",
    r"maemae init\b": ASKS,
    r"maemae .*--venue (dry|paper)": NEEDS_KEYS,
    r"maemae notify ": "talks to Telegram; tests/notify/test_cli.py runs it against a server",
    r"maemae (backtest|warmup)\b": COMPILES,
    r"maemae plan ": NEEDS_BARS,
    r"maemae .*--from-file": "needs a file of one's own; tests/cli/test_kis_commands.py has one",
    r"maemae confirm": "the simulated exchange needs none; tests/cli/test_confirm.py runs it",
    r"maemae profile accept": "needs something that was found; tests/cli/test_profile.py has it",
    r"maemae restore ": "names a backup of one's own; tests/setup/test_backup.py has one",
}
"""What is only read, not run, with the reason."""


def commands() -> list[str]:
    """Every command in a block of code, without its remark, once."""
    found = {}
    for page in PAGES:
        inside = False
        for line in page.read_text("utf-8").replace("\\\n", " ").splitlines():
            if line.startswith("```"):
                inside = not inside
            command = re.sub(r"\s+#.*$", "", line.strip())
            if inside and command.startswith("maemae "):
                found[command] = page.name
    return list(found)


def is_synopsis(command: str) -> bool:
    """Whether it shows what may be typed rather than being typed."""
    return bool(re.search(r"\||\[|\.\.\.|…", command))


COMMANDS = [command for command in commands() if not is_synopsis(command)]
RUN = [one for one in COMMANDS if not any(re.match(pattern, one) for pattern in NOT_RUN)]


def test_there_are_commands_and_no_reason_is_left_over() -> None:
    assert len(COMMANDS) > 40
    assert len(RUN) > 14
    for pattern in NOT_RUN:
        assert any(re.match(pattern, command) for command in COMMANDS), pattern


@cache
def top() -> Any:
    """Return `maemae` itself."""
    return typer.main.get_command(build())


def named(group: Any, word: str) -> Any:
    """Return the command of a group that help shows under this word."""
    assert word in group.commands, f"there is no command {word}"
    assert not group.commands[word].hidden, f"{word} is an old spelling"
    return group.commands[word]


def parse(words: list[str]) -> None:
    """Read a command as `maemae` would, and do nothing."""
    command = top()
    while hasattr(command, "commands"):
        if command.invoke_without_command and (not words or words[0].startswith("-")):
            break
        command, words = named(command, words[0]), words[1:]
    command.make_context("maemae", words)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood(command: str) -> None:
    parse(shlex.split(command)[1:])


def mentions() -> set[str]:
    """The commands that a sentence names."""
    return {
        found
        for page in PAGES
        for found in re.findall(r"`maemae ([a-z][^`]*)`", page.read_text("utf-8"))
    }


def follow(group: Any, words: list[str]) -> None:
    """Look up the words of a mention for as long as they must be commands."""
    if words and words[0][0].isalpha() and hasattr(group, "commands"):
        for word in re.split(r"[|,]", words[0]):
            follow(named(group, word), words[1:])


def test_a_sentence_names_commands_that_there_are() -> None:
    for mention in mentions():
        follow(top(), mention.split())


def test_what_people_are_told_to_type_is_no_old_spelling() -> None:
    old = "|".join(name for name, command in top().commands.items() if command.hidden)
    # Words of a catalogue go over lines; a Korean particle follows without a space.
    spelt = re.compile(rf'\bmaemae["\s]+({old})(?![a-z-])')
    catalogues = sorted((ROOT / "src" / "maemae" / "locale").rglob("*.po"))
    for page in (*PAGES, ROOT / "examples" / "maemae.toml", *catalogues):
        assert spelt.findall(page.read_text("utf-8")) == [], page


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the files that the pages show, a simulated exchange and a trader on it."""
    home = tmp_path_factory.mktemp("home")
    cookbook = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    for name, body in re.findall(r'(?ms)^```\w+ title="(.*?)"\n(.*?)^```', cookbook):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(body, encoding="utf-8")
    (home / "backups").mkdir()
    before = dict(os.environ)
    for name in [one for one in os.environ if one.startswith("MAEMAE_")]:
        del os.environ[name]
    os.environ.update(HOME=str(home), XDG_DATA_HOME=str(home / "share"), COLUMNS="200",
                      MAEMAE_SECRETS_FILE=str(home / "secrets.toml"))  # fmt: skip
    exchange = start(home, "exchange", "--announce", "--port", "0", "--virtual-port", "0",
                     "--speed", "20", "--time", "09:30")  # fmt: skip
    assert exchange.stdout is not None
    os.environ["MAEMAE_SIM__URL"] = json.loads(exchange.stdout.readline())["real"]
    # The page's settings have a book that needs bars; the trader of this test does without.
    trader = start(home, "run", "--config", os.devnull, "--no-screen")
    shown = home / "share" / "maemae" / "api-sim.json"
    until = time.monotonic() + 60
    while not shown.exists():
        assert trader.poll() is None, "the trader did not start"
        assert time.monotonic() < until, "the trader did not come up"
        time.sleep(0.1)
    yield home
    for process in (trader, exchange):
        process.terminate()
        process.communicate(timeout=60)
    os.environ.clear()
    os.environ.update(before)


def start(home: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "maemae", *words], cwd=home, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commands_do_what_the_pages_say(
    trading: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.chdir(trading)
    monkeypatch.setenv("XDG_DATA_HOME", str(trading / "share"))
    set_language("ko" if language == "ko" else "en")
    for number, command in enumerate(RUN):
        words = shlex.split(command)[1:]
        words = [re.sub(r"^~", str(trading), word) for word in words]
        words = [re.sub(r"^first-day", f"first-day-{language}", word) for word in words]
        done = CliRunner().invoke(build(), words, input="y\n")
        said = f"{number}. {command}\n{done.output}\n{done.exception!r}"
        assert done.exit_code == 0, said
        assert done.output.strip(), said
