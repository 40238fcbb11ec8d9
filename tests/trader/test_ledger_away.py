"""A stop-loss over an outage: it falls while nothing can be written, and is sold on first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.desk.table import OPENS, rules
from tests.trader.test_trader import HandClock, HandPacer, PaperVenue

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Listed, Record
from maemae.errors import LedgerAway
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.trader.trader import Trader

HELD, OFFERED = "005930", "000660"


class Database(Ledger):
    """Is away from a moment on, until told."""

    away = False

    def append(self, records: Sequence[Record]) -> None:
        if self.away:
            raise LedgerAway("connection refused")
        super().append(records)


@dataclass
class Falling(PaperVenue):
    """A venue at which what is held falls, and at which there is always something else to buy."""

    price: int = 10_000
    offered: str = HELD

    async def perform(self, command: cmd.Command) -> Any:
        answer: Any = await super().perform(command)
        now = self.clock.now()
        match command:
            case cmd.Ask(query=ev.Query.BALANCE):
                holdings = tuple(
                    ev.Holding(code=code, quantity=n, price=self.price)
                    for code, n in self.held.items()
                    if n
                )
                return ev.Balance(
                    at=now, cash=answer.cash, holdings=holdings, asked=command.version
                )
            case cmd.Ask(query=ev.Query.PRICE, key=code) if code == HELD:
                return replace(answer, price=self.price)
            case cmd.Ask(query=ev.Query.SEARCH):
                offers = (ev.Candidate(Listed(code=self.offered), 10_000),)
                return ev.Candidates(at=now, book="scalper", offers=offers)
            case _:
                return answer

    @property
    def sends(self) -> list[cmd.Send]:
        return [one for one in self.done if isinstance(one, cmd.Send)]


class Losing(HandPacer):
    """Loses the database five minutes after the open, when the shares are held."""

    def __init__(self, clock: HandClock, database: Database) -> None:
        super().__init__(clock)
        self.database = database

    async def wait(self, ready: Any, until: datetime) -> None:
        await super().wait(ready, until)
        self.database.away = self.clock.at >= OPENS + timedelta(minutes=5)


async def test_what_fell_while_the_database_was_away_is_sold_before_anything_is_bought(
    tmp_path: Path,
) -> None:
    hours = OPENS, OPENS + timedelta(minutes=40), OPENS + timedelta(minutes=50)
    clock = HandClock(OPENS - timedelta(minutes=1))
    with Database(tmp_path / "ledger.sqlite", "50000000-01") as ledger:
        venue = Falling(clock, ledger)
        venue.desk = Desk(rules())
        with pytest.raises(LedgerAway):
            await Trader(venue.desk, ledger, venue, Losing(clock, ledger)).run(*hours)
        (bought,) = venue.sends
        assert (bought.side, bought.code) == (Side.BUY, HELD)

        clock.at += timedelta(minutes=20)
        venue.price, venue.offered = 9_000, OFFERED
        ledger.away = False
        venue.desk = Desk(rules(), ledger.records())
        assert venue.desk.state.at_stake
        began = clock.at
        await Trader(venue.desk, ledger, venue, HandPacer(clock)).run(*hours)
    first, *later = venue.sends[1:]
    assert (first.side, first.code, first.quantity) == (Side.SELL, HELD, bought.quantity)
    assert {one.code for one in later} == {OFFERED}, "and entries go on behind it"
    sold = venue.desk.state.blotter.order(first.intent)
    assert sold.reason == "stop_loss"
    assert sold.intended - began <= timedelta(seconds=1)
