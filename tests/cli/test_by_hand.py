"""docs/by-hand.md against the commands as they are, and their answers as JSON."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.exchange.conftest import make_exchange
from tests.service.test_moves import TWO, kept
from tests.trader.days import Bars
from tests.trader.test_targets import BARS, MONDAY
from typer.testing import CliRunner

from maemae.cli import ask, build, confirm, moves, reach, scan, steer
from maemae.errors import CommandRefused, MaemaeError, ServiceError, SettingsError
from maemae.exchange.server import Server

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "by-hand.md", DOCS / "by-hand.ko.md")
COMMON = {"--venue", "--config", "--json", "--help"}


def commands() -> dict[str, Any]:
    """Return the commands by hand, by name."""
    app = typer.Typer()
    for module in (ask, scan, steer, confirm, moves):
        module.register(app)
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def documented(page: Path) -> dict[str, str]:
    """Return the rows of a page, by command."""
    rows = re.findall(
        r"^\| `maemae (?:book )?([a-z-]+)[^`]*` \|(.*)\|$", page.read_text("utf-8"), re.MULTILINE
    )
    return dict(rows)


def without_trader(page: Path) -> set[str]:
    """Return the commands that the ledger alone can answer or take down."""
    rows = [re.findall(r"`([a-z-]+)`", row) for row in page.read_text("utf-8").splitlines()]
    return {name for row in rows if {"status", "halt"} & set(row) and len(row) > 4 for name in row}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_on_the_page_and_every_row_is_a_command(page: Path) -> None:
    assert documented(page).keys() == commands().keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_ledger_answers_can_be_asked_of_an_account(page: Path) -> None:
    named = {n for n, command in commands().items() for p in command.params if p.name == "account"}
    assert named == without_trader(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_is_on_the_page(name: str, page: Path) -> None:
    command = commands()[name]
    options = {flag for p in command.params for flag in p.opts if flag.startswith("--")}
    assert {"--json", "--venue", "--config"} <= options
    own = set(re.findall(r"`(--[a-z-]+)`", documented(page)[name].rpartition("|")[2]))
    assert own == options - COMMON - {"--account"}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build(), list(arguments))
    if isinstance(result.exception, MaemaeError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_without_a_trader_the_ledger_answers_in_json(tmp_path: Path) -> None:
    asyncio.run(kept(tmp_path, TWO))
    where = ("--config", str(tmp_path / "maemae.toml"), "--json")
    assert json.loads(run("status", *where))["order_count"] == 2
    found = json.loads(run("positions", *where))
    assert [line["quantity"] for line in found["positions"] + found["owner"]] == [100, 5]
    assert {line["state"] for line in json.loads(run("orders", *where))} == {"filled"}
    assert len(json.loads(run("fills", "--day", "2022-06-02", *where))) == 2
    for span in (
        (),
        ("--day", "2022-06-02"),
        ("--month", "2022-06"),
        ("--from", "2022-05-30", "--to", "2022-06-03"),
    ):
        pnl = json.loads(run("pnl", *span, *where))
        assert [day["day"] for day in pnl["days"]] == ["2022-06-02"]
    assert json.loads(run("pause", "--book", "other", *where))["command"] == "pause"
    moved = json.loads(run("move", "005930", "scalper", "other", "--yes", *where))
    assert moved["detail"] == "100 of 005930 are in other now"
    assert json.loads(run("status", *where))["paused"] == ["other"]
    with pytest.raises(CommandRefused, match=r"more than is held \(005930: scalper > other\)"):
        run("move", "005930", "scalper", "other", "--yes", *where)


@pytest.mark.parametrize(
    "span",
    [
        ("--day", "2022-06-02", "--month", "2022-06"),
        ("--from", "2022-06-02"),
        ("--from", "2022-06-02", "--to", "2022-06-01"),
        ("--day", "yesterday"),
        ("--month", "2022-13"),
    ],
)
def test_days_that_make_no_sense_are_said(tmp_path: Path, span: tuple[str, ...]) -> None:
    file = tmp_path / "maemae.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as said:
        run("pnl", *span, "--config", str(file))
    assert said.value.exit_status == 2


def test_neither_trader_nor_ledger_is_said(tmp_path: Path) -> None:
    file = tmp_path / "maemae.toml"
    file.write_text(f'venue = "paper"\ndata_dir = "{tmp_path}"\n', encoding="utf-8")
    for name in ("status", "positions", "orders", "fills", "pnl"):
        with pytest.raises(ServiceError, match="no trader is running") as said:
            run(name, "--config", str(file))
        assert said.value.exit_status == 2


@asynccontextmanager
async def exchange(folder: Path) -> AsyncIterator[Path]:
    """Serve an exchange; yield the settings of a trader of it, of which none runs."""
    server = Server(
        make_exchange(source=Bars(BARS), day=MONDAY, at="10:00"), {"real": 0, "virtual": 0}
    )
    await server.start()
    file = folder / "maemae.toml"
    urls = f'[sim]\nurl = "{server.urls["real"]}"\nvirtual_url = "{server.urls["virtual"]}"\n'
    file.write_text(f'data_dir = "{folder}/state"\n{urls}', encoding="utf-8")
    try:
        yield file
    finally:
        await server.stop()


async def test_without_a_trader_names_are_those_of_the_venue_of_the_order(tmp_path: Path) -> None:
    async with exchange(tmp_path) as file:
        buy = ["buy", "종묵000020", "1", "--yes", "--config", f"{file}"]
        with pytest.raises(CommandRefused, match="near it: 종목000020 000020"):
            await asyncio.to_thread(run, *buy)
        asked = ["buy", "종목000020", "1", "--config", f"{file}"]
        result = await asyncio.to_thread(CliRunner().invoke, build(), asked, input="n\n")
        assert "종목000020 (000020) 1 @ market" in result.stdout


async def test_a_search_is_asked_of_the_broker_directly(tmp_path: Path) -> None:
    async with exchange(tmp_path) as file:
        settings = reach.settings_for(file, None)
        found = await scan.directly(settings, "0")
        assert "000030" in {hit.code for hit in found.hits}, "the name that rises most"
        assert (await scan.directly(settings, found.name)).number == 0
        with pytest.raises(CommandRefused, match=f"saved as '7'; saved are: 0 {found.name}"):
            await scan.directly(settings, "7")
