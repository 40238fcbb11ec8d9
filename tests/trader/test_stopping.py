"""A termination request while an order is on its way: answered or journalled, never sent twice."""

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from tests.desk.table import DAY, OPENS, rules
from tests.trader.test_trader import HandClock, HandPacer, PaperVenue

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.ledger.ledger import Ledger
from maemae.trader import trader as trader_room
from maemae.trader.signals import Ending, obeying_signals
from maemae.trader.trader import Trader

AUCTION, CLOSES = DAY.replace(hour=15, minute=20), DAY.replace(hour=15, minute=30)


class BusyPacer(HandPacer):
    """Lets several things be done at a time, as with a real broker."""

    sequential = False

    async def wait(self, ready: asyncio.Event, until: object) -> None:
        del until
        if not ready.is_set():
            self.clock.at += timedelta(seconds=1)
            await asyncio.sleep(0)


class SlowVenue(PaperVenue):
    """Asks for the end of the process while an order is on the wire; answers it, or never."""

    answers = True
    sends = 0

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        if isinstance(command, cmd.Send):
            self.sends += 1
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.02)
            if not self.answers:
                await asyncio.Event().wait()
        return await super().perform(command)


async def day(
    file: Path,
    clock: HandClock,
    kind: type[PaperVenue],
) -> tuple[Desk, PaperVenue]:
    with Ledger(file, "50000000-01") as ledger:
        venue = kind(clock, ledger)
        desk = venue.desk = Desk(rules(), ledger.records())
        trader = Trader(desk, ledger, venue, BusyPacer(clock))
        with obeying_signals(trader):
            await trader.run(OPENS, AUCTION, CLOSES)
    return desk, venue


async def test_the_answer_to_an_order_on_its_way_is_still_taken_in(tmp_path: Path) -> None:
    clock = HandClock(OPENS - timedelta(minutes=1))
    desk, venue = await day(tmp_path / "l.sqlite", clock, SlowVenue)
    assert not desk.finished
    (order,) = desk.state.blotter.orders.values()
    assert order.state is OrderState.FILLED
    with Ledger(tmp_path / "l.sqlite", "50000000-01") as ledger:
        (line,) = ledger.orders()
    assert (line.state, line.filled) == ("filled", order.quantity)
    assert venue.held == {"005930": order.quantity}


async def test_without_an_answer_the_intent_stays_and_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trader_room, "SETTLING_SECONDS", 0.01)
    monkeypatch.setattr(SlowVenue, "answers", False)
    clock = HandClock(OPENS - timedelta(minutes=1))
    file = tmp_path / "l.sqlite"
    desk, stopped = await day(file, clock, SlowVenue)
    (order,) = desk.state.blotter.orders.values()
    assert order.state is OrderState.INTENDED
    assert stopped.held == {}

    # It had not reached the broker; the venue lists nothing, so balances decide.
    desk, again = await day(file, clock, PaperVenue)
    first = desk.state.blotter.orders[order.intent]
    assert first.state in (OrderState.UNKNOWN, OrderState.NEVER_ARRIVED, OrderState.EXPIRED)
    assert first.filled == 0
    assert desk.state.portfolio.holdings() == again.held
    assert len(again.intents_on_disk) == sum(
        one.state is OrderState.FILLED for one in desk.state.blotter.orders.values()
    )


class MuteVenue(SlowVenue):
    """Answers no more questions about orders once the process was asked to end."""

    answers = False

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        if isinstance(command, cmd.Ask) and command.query is ev.Query.EXECUTIONS and self.sends:
            await asyncio.Event().wait()
        return await super().perform(command)


async def test_the_end_does_not_wait_for_ever_for_the_last_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trader_room, "SETTLING_SECONDS", 0.01)
    monkeypatch.setattr(trader_room, "LAST_ANSWER_SECONDS", 0.01)
    clock = HandClock(OPENS - timedelta(minutes=1))
    async with asyncio.timeout(30):
        desk, venue = await day(tmp_path / "l.sqlite", clock, MuteVenue)
    assert isinstance(venue, MuteVenue)
    assert venue.sends == 1
    assert not desk.finished


async def test_once_trading_is_over_the_first_signal_is_answered_and_the_second_ends() -> None:
    told = asyncio.Event()
    before = signal.getsignal(signal.SIGINT)
    with Ending(told.set) as ending:
        ending.begins()
        os.kill(os.getpid(), signal.SIGINT)
        await told.wait()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ending.begins()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)
