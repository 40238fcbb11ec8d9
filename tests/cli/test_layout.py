"""The command line as one tool: panels, groups, old spellings, the language of the system."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from maemae import cli
from maemae.cli import build
from maemae.cli.panels import MOVED, ORDER, PANELS

MAEMAE = Path(sys.executable).with_name("maemae")
KOREAN = ["시작", "매매", "조회", "주문", "전략과 데이터", "운영", "개발"]
ENGLISH = ["Start", "Trade", "Look", "Order", "Strategies and data", "Operation", "Development"]


def help_page(**environment: str) -> str:
    done = subprocess.run(
        [MAEMAE, "--help"],
        env={"COLUMNS": "100", "PATH": "", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(("language", "titles"), [("ko", KOREAN), ("en", ENGLISH)])
def test_the_help_page_has_its_panels_in_order(language: str, titles: list[str]) -> None:
    page = help_page(MAEMAE_LANGUAGE=language)
    places = [page.index(f"─ {title} ─") for title in titles]
    assert places == sorted(places)
    rows = [line.split()[1] for line in page.splitlines() if line.startswith("│ ")]
    assert [row for row in rows if row in ORDER] == ORDER


def test_every_command_is_in_one_panel_or_hidden() -> None:
    group: Any = typer.main.get_command(build())
    shown = {name for name, command in group.commands.items() if not command.hidden}
    assert shown == set(ORDER)
    assert len(ORDER) == sum(len(names) for _title, names in PANELS) == len(set(ORDER))


def test_what_moved_is_reached_by_both_spellings() -> None:
    group: Any = typer.main.get_command(build())
    for name, (_text, commands) in MOVED.items():
        inside = group.commands[name].commands
        assert inside.keys() == commands.keys()
        for own, before in commands.items():
            assert group.commands[before].hidden
            old, new = group.commands[before], inside[own]
            assert [p.opts for p in old.params] == [p.opts for p in new.params]


SILENT = {
    "demo", "run", "dashboard", "dashboard link", "dashboard password", "init", "backup", "restore",
    "golive", "warmup", "exchange", "venue-clock", "kis stream", "plan execute", "notify test",
    "notify setup telegram", "config template", "instruments update", "bars import",
    "bars download", "bars check", "bars export", "strategy import", "strategy export",
    "strategy picture", "prove simulate", "prove ways", "prove history",
}  # fmt: skip
"""Commands that do something, or write a file of their own, rather than answer."""


def leaves(command: Any, *words: str) -> Iterator[tuple[str, Any]]:
    if command.hidden:
        return
    yield " ".join(words), command
    for name, inside in getattr(command, "commands", {}).items():
        yield from leaves(inside, *words, name)


def test_every_command_that_answers_prints_json_when_asked() -> None:
    every = {name: one for name, one in leaves(typer.main.get_command(build())) if name}
    groups = {name for name, one in every.items() if getattr(one, "commands", {})}
    flags = {name: [o for p in one.params for o in p.opts] for name, one in every.items()}
    without = {name for name in every if "--json" not in flags[name]}
    assert without - groups | {"dashboard"} == SILENT


def test_the_screen_was_called_live_before() -> None:
    group: Any = typer.main.get_command(build())
    for name in ("run", "demo"):
        params = {p.name: p for p in group.commands[name].params}
        assert params["screen"].secondary_opts == ["--no-screen"]
        assert params["live"].hidden
        assert params["live"].secondary_opts == ["--no-live"]


def test_nobody_is_told_an_old_spelling() -> None:
    moved = "|".join(before for _text, commands in MOVED.values() for before in commands.values())
    old = re.compile(rf"maemae (?:{moved})\b")
    assert old.search("with maemae adopt.")
    package = Path(cli.__file__).parents[1]
    files = [*package.rglob("*.py"), *package.rglob("*.po")]
    found = {f"{file}": old.findall(file.read_text(encoding="utf-8")) for file in files}
    assert {file: hits for file, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "ko"),
        ({"LANG": "C.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8", "MAEMAE_LANGUAGE": "ko"}, "ko"),
    ],
)
def test_the_language_is_that_of_the_system_where_nothing_else_says(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MAEMAE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cli._chosen_language(["maemae"]) == language
    (tmp_path / "maemae.toml").write_text('language = "en"\n', encoding="utf-8")
    wanted = environment.get("MAEMAE_LANGUAGE", "en")
    assert cli._chosen_language(["maemae"]) == wanted
