"""The calendar held against the broker, over real sockets and with a broker that disagrees."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.exchange.conftest import DAY, make_exchange
from tests.kis.test_exchange import Simulated

from maemae.errors import WireError
from maemae.exchange.server import Server
from maemae.kis import MarketDay
from maemae.market.calendar import krx
from maemae.trader.holidays import checked_calendar


class Broker:
    """Says what our calendar says, except on some days; counts the questions."""

    def __init__(self, *wrong: date) -> None:
        self.wrong = wrong
        self.asked = 0
        self.down = False

    async def ask(self, first: date) -> list[MarketDay]:
        self.asked += 1
        if self.down:
            raise WireError("no answer")
        days = [first + timedelta(days=n) for n in range(24)]
        return [MarketDay(d, krx().is_session(d) != (d in self.wrong), True) for d in days]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "holidays.json"


async def test_a_broker_that_agrees_changes_nothing_and_is_asked_once_a_day(file: Path) -> None:
    broker = Broker()
    for _ in range(2):
        checked = await checked_calendar(broker.ask, krx(), DAY, file)
        assert (checked.disagreement, checked.problem) == ("", "")
    assert broker.asked == 1
    await checked_calendar(broker.ask, krx(), DAY + timedelta(days=1), file)
    assert broker.asked == 2


async def test_the_broker_is_followed_and_the_owner_told_once(file: Path) -> None:
    closed, opened = DAY + timedelta(days=1), date(2024, 3, 1)
    broker = Broker(closed, opened)
    today = opened - timedelta(days=1)
    checked = await checked_calendar(broker.ask, krx(), today, file)
    assert "2024-03-01 open(개장), 2024-03-06 closed(휴장)" in checked.disagreement
    assert checked.calendar.is_session(opened)
    assert not checked.calendar.is_session(closed)
    assert checked.calendar.next_session(DAY) == date(2024, 3, 7)
    told = await checked_calendar(broker.ask, krx(), today, file)
    assert told.disagreement == checked.disagreement  # Whoever asked first, nobody else knows it.
    again = await checked_calendar(broker.ask, checked.calendar, today, file)
    assert again.disagreement == ""
    assert broker.asked == 1
    assert not again.calendar.is_session(closed)


async def test_a_broker_that_cannot_be_asked_is_no_broker_that_agrees(file: Path) -> None:
    closed = DAY + timedelta(days=1)
    broker = Broker(closed)
    await checked_calendar(broker.ask, krx(), DAY, file)
    broker.down = True
    checked = await checked_calendar(broker.ask, krx(), closed, file)
    assert "no answer" in checked.problem
    assert not checked.calendar.is_session(closed)


async def test_an_unreadable_file_is_as_good_as_none(tmp_path: Path) -> None:
    broker = Broker()
    await checked_calendar(broker.ask, krx(), DAY, _broken(tmp_path / "holidays.json"))
    assert broker.asked == 1


def _broken(file: Path) -> Path:
    file.write_text("{")
    return file


async def test_the_simulated_exchange_is_asked_over_a_socket(file: Path, tmp_path: Path) -> None:
    exchange = make_exchange(at="09:30")
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    try:
        async with Simulated(exchange, server, tmp_path).client() as kis:
            checked = await checked_calendar(kis.history.market_days, krx(), DAY, file)
    finally:
        await server.stop()
    assert (checked.disagreement, checked.problem) == ("", "")
    # Kept: nobody needs to be asked again that day.
    broker = Broker()
    await checked_calendar(broker.ask, krx(), DAY, file)
    assert broker.asked == 0
