"""The shell: facts before deeds, exits before the rest, a failure that stops everything."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.desk.table import DAY, OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.plausibility import DayRange
from maemae.desk.records import Halt, Intended, Listed
from maemae.errors import LedgerError
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.trader.inbox import Inbox
from maemae.trader.trader import Trader


class HandClock:
    """Moves when told, and never otherwise."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - DAY).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class HandPacer:
    """Jumps from one moment to the next."""

    sequential = True

    async def hold(self) -> None:
        """Nothing moves by itself here."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock

    async def wait(self, ready: asyncio.Event, until: datetime) -> None:
        if not ready.is_set():
            self.clock.at = max(self.clock.at, until)


@dataclass
class PaperVenue:
    """Fills every order at once at 10,000 won, and remembers what it was asked."""

    clock: HandClock
    ledger: Ledger
    done: list[cmd.Command] = field(default_factory=list)
    intents_on_disk: list[bool] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    desk: Desk | None = None
    early: tuple[ev.Event, ...] = ()

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        self.put = put
        for event in self.early:
            put(event)

    async def stop(self) -> None:
        self.done.append(cmd.Wake("stopped", self.clock.now()))

    async def perform(self, command: cmd.Command) -> ev.Event | None:  # noqa: PLR0911 - a table
        self.done.append(command)
        now = self.clock.now()
        match command:
            case cmd.Send():
                on_disk = {r.intent for r in self.ledger.records() if isinstance(r, Intended)}
                self.intents_on_disk.append(command.intent in on_disk)
                sign = 1 if command.side is Side.BUY else -1
                self.held[command.code] = self.held.get(command.code, 0) + sign * command.quantity
                number = len(self.intents_on_disk)
                self.put(
                    ev.Notice(
                        at=now,
                        kind=ev.NoticeKind.FILLED,
                        order_no=number,
                        original_no=None,
                        side=command.side,
                        code=command.code,
                        quantity=command.quantity,
                        price=10_000,
                        executed=now,
                    )
                )
                return ev.OrderAccepted(at=now, intent=command.intent, order_no=number)
            case cmd.Ask(query=ev.Query.BALANCE):
                assert self.desk is not None
                holdings = tuple(
                    ev.Holding(code=code, quantity=n, price=0) for code, n in self.held.items()
                )
                cash = self.desk.state.cash if self.desk.state.day else 10_000_000
                return ev.Balance(at=now, cash=cash, holdings=holdings, asked=command.version)
            case cmd.Ask(query=ev.Query.EXECUTIONS):
                return ev.Unavailable(at=now, query=command.query, reason="none", permanent=True)
            case cmd.Ask(query=ev.Query.SEARCH):
                offers = (ev.Candidate(Listed(code="005930"), 10_000),)
                return ev.Candidates(at=now, book="scalper", offers=offers)
            case cmd.Ask(query=ev.Query.POWER):
                return ev.BuyingPower(at=now, code=command.key, quantity=700, amount=9_100_000)
            case cmd.Ask(query=ev.Query.PRICE):
                return ev.Price(at=now, code=command.key, price=10_000, polled=True)
            case _:
                return None


async def session(tmp_path: Path, tell: Callable[[Trader], None] = lambda _: None) -> PaperVenue:
    clock = HandClock(OPENS - timedelta(minutes=1))
    with Ledger(tmp_path / "ledger.sqlite", "50000000-01") as ledger:
        venue = PaperVenue(clock, ledger)
        venue.desk = Desk(rules())
        trader = Trader(venue.desk, ledger, venue, HandPacer(clock))
        tell(trader)
        await trader.run(OPENS, DAY.replace(hour=15, minute=20), DAY.replace(hour=15, minute=30))
    return venue


async def test_a_session_runs_from_the_first_question_to_the_closed_day(tmp_path: Path) -> None:
    venue = await session(tmp_path)
    searches = [c for c in venue.done if c == cmd.Ask(ev.Query.SEARCH, "scalper")]
    assert len(searches) == (6 * 60 + 20) // 5
    assert venue.clock.now() >= DAY.replace(hour=15, minute=31)
    assert venue.desk is not None
    assert venue.desk.finished
    assert isinstance(venue.done[-1], cmd.Wake)


async def test_an_intent_is_on_the_disk_before_the_order_goes_out(tmp_path: Path) -> None:
    venue = await session(tmp_path)
    assert venue.intents_on_disk == [True]
    assert venue.held == {"005930": 100}


async def test_a_ledger_that_cannot_be_written_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise LedgerError("disk full")

    monkeypatch.setattr(Ledger, "append", broken)
    with pytest.raises(LedgerError, match="disk full"):
        await session(tmp_path)


async def test_told_to_stop_it_stops_and_lets_go_of_the_venue(tmp_path: Path) -> None:
    def tell(trader: Trader) -> None:
        trader.stop()

    venue = await session(tmp_path, tell)
    assert venue.desk is not None
    assert not venue.desk.finished
    assert venue.done == [cmd.Wake("stopped", venue.clock.now())]


async def test_what_an_early_halt_lets_the_desk_want_is_done_once_the_venue_is_there(
    tmp_path: Path,
) -> None:
    halt = ev.HaltOrdered(
        at=OPENS - timedelta(minutes=1), level=Halt.ENTRIES, reason="book_failed", book="scalper"
    )
    clock = HandClock(halt.at)
    with Ledger(tmp_path / "ledger.sqlite", "50000000-01") as ledger:
        before = Table(Desk(rules()))
        before.open()
        before.bought()
        ledger.append(before.records)
        venue = PaperVenue(clock, ledger, early=(halt,), held={"005930": 100})
        venue.desk = Desk(rules(), ledger.records())
        trader = Trader(venue.desk, ledger, venue, HandPacer(clock))
        trader.stop()
        await trader.run(OPENS, DAY.replace(hour=15, minute=20), DAY.replace(hour=15, minute=30))
    assert cmd.Watch(("005930",)) in venue.done


def test_the_inbox_keeps_every_event_and_only_the_latest_price_of_a_code() -> None:
    inbox = Inbox()
    prices = [ev.Price(at=OPENS, code="005930", price=p) for p in (1, 2, 3)]
    halt = ev.Timer(at=OPENS, name="x")
    for event in (*prices, ev.Price(at=OPENS, code="000660", price=9), halt, halt):
        inbox.put(event)
    taken = [inbox.take() for _ in range(len(inbox))]
    assert taken == [halt, halt, prices[-1], ev.Price(at=OPENS, code="000660", price=9)]
    assert inbox.dropped == 2
    assert inbox.take() is None
    assert not inbox.ready.is_set()


def test_an_old_frame_does_not_replace_a_newer_trade_that_waits() -> None:
    inbox = Inbox()
    new = ev.Price(at=OPENS, code="005930", price=2, traded=OPENS)
    old = ev.Price(at=OPENS, code="005930", price=1, traded=OPENS - timedelta(seconds=40))
    for event in (new, old):
        inbox.put(event)
    assert inbox.take() == new
    assert inbox.dropped == 1


ANSWER = ev.Price(
    at=OPENS,
    code="005930",
    price=10_000,
    polled=True,
    listed=Listed(code="005930"),
    base=9_900,
    day=DayRange(9_900, 6_930, 12_870),
)


@pytest.mark.parametrize("price", [10_010, 0])
def test_a_trade_takes_nothing_from_an_answer_that_waits_nor_the_other_way(price: int) -> None:
    inbox = Inbox()
    trade = ev.Price(at=OPENS, code="005930", price=price, traded=OPENS)
    old = replace(trade, price=1, traded=OPENS - timedelta(seconds=40))
    for first, second in ((ANSWER, trade), (trade, ANSWER)):
        for event in (first, second, old):
            inbox.put(event)
        assert [inbox.take(), inbox.take(), inbox.take()] == [first, second, None]


def test_an_order_by_hand_gets_the_answer_it_waits_for_however_busy_its_name_is() -> None:
    table, inbox = Table(Desk(rules())), Inbox()
    table.open()
    table.say(
        ev.OrderOrdered(
            at=table.later(),
            ticket="t",
            book="scalper",
            side=Side.BUY,
            code="005930",
            quantity=1,
            price=None,
        )
    )
    for event in (ANSWER, replace(ANSWER, price=10_010, polled=False, listed=None, day=None)):
        inbox.put(replace(event, at=table.later()))
    while (waiting := inbox.take()) is not None:
        table.say(waiting)
    assert [one.code for one in table.sends()] == ["005930"]
    assert table.desk.quotes["005930"].price == 10_010
