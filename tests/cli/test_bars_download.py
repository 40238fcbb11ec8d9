"""`maemae bars download` as a person runs it, against a simulated exchange over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.exchange.conftest import DAY, FixedSource, make_exchange
from typer.testing import CliRunner

from maemae.bars.store import BarStore
from maemae.cli import build
from maemae.errors import DataError
from maemae.exchange.listing import DayBar
from maemae.exchange.server import Server
from maemae.market.calendar import krx

HALTED = (date(2023, 3, 2), date(2023, 12, 28))


class LongHalt(FixedSource):
    """One code has no row at all for ten months: more than two answers of a hundred days."""

    def history(self, code: str, before: date) -> list[DayBar]:
        days = krx().sessions(date(2022, 12, 1), before - timedelta(days=1))
        return [
            DayBar(day, 10_000, 10_100, 9_900, 10_000, 1_000, 10_000_000)
            for day in days
            if code != "000010" or not HALTED[0] <= day <= HALTED[1]
        ]


@dataclass
class Command:
    """The command, with an exchange to ask and a store of its own."""

    url: str
    store: BarStore

    async def run(self, *words: str) -> tuple[int, str]:
        given = ["bars", "download", "--url", self.url, "--root", str(self.store.root), *words]
        result = await asyncio.to_thread(CliRunner().invoke, build(), given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output


@pytest.fixture
async def command(tmp_path: Path) -> AsyncIterator[Command]:
    server = Server(make_exchange(at="15:40", source=LongHalt()), {"real": 0, "virtual": 0})
    await server.start()
    yield Command(server.urls["real"], BarStore(tmp_path))
    await server.stop()


async def test_daily_bars_survive_a_long_halt_and_are_not_asked_for_twice(
    command: Command,
) -> None:
    status, output = await command.run("--first", "2022-11-01")
    assert status == 0, output
    days = krx().sessions(date(2022, 12, 1), DAY)
    bars = command.store.daily(codes=["000020"])
    assert bars["date"].to_list() == list(days)
    halted = command.store.daily(codes=["000010"])["date"].to_list()
    assert halted == [day for day in days if not HALTED[0] <= day <= HALTED[1]]
    assert bars["source"].unique().to_list() == ["KIS sim"]
    assert bars["market"].unique().to_list() == ["KOSDAQ"]
    status, output = await command.run("--first", "2022-11-01", "000020", "000010")
    assert (status, "2 were up to date" in output) == (0, True), output


async def test_minute_bars_of_the_day(command: Command) -> None:
    status, output = await command.run("--minutes", "000010", "000020")
    assert status == 0, output
    bars = command.store.minutes("000010", DAY, DAY)
    assert bars.height > 300
    assert (bars["open"][0], bars["close"][-1]) == (10_100, 10_400)
    assert bars["volume"].sum() == 3_000_000
    assert "2 were up to date" in (await command.run("--minutes", "000010", "000020"))[1]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["999990"], "unknown codes: 999990"),
        (["--first", "2024-03-06"], "no bars are final"),
        (["--first", "yesterday"], "yesterday"),
    ],
)
async def test_bad_input_is_one_line(command: Command, words: list[str], named: str) -> None:
    with pytest.raises(DataError, match=named) as raised:
        await command.run(*words)
    assert "\n" not in str(raised.value)
