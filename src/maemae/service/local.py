"""The service over a trader in this process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from maemae.clock import Clock
from maemae.desk import records as rec
from maemae.desk.orders import Order
from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import FillLine, Ledger, OrderLine
from maemae.service import answers
from maemae.service import operations as op
from maemae.service.answers import Snapshot
from maemae.service.commanding import COMMANDS, Commands
from maemae.service.feed import Feed
from maemae.service.history import History, incident, is_told
from maemae.service.market_view import (
    Chart,
    IndexDay,
    MarketView,
    Named,
    RankedLine,
    Scan,
    find_known,
    near_known,
)
from maemae.service.operations import Methods, Operation, checked
from maemae.service.service import Caller
from maemae.service.status import Status, status, unseen
from maemae.trader.trader import Trader

T = TypeVar("T")

PUSH_EVERY = 0.25
"""Seconds of real time between two snapshots that a watcher gets, at least."""

LAST = 20
"""Incidents, and executions, that a snapshot has."""

QUESTIONS: "Methods[LocalService]" = Methods()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The trader that is served, and what surrounds it.

    `account` is shown masked; `virtual` says that KIS's virtual server (모의투자) takes the orders.
    """

    trader: Trader
    ledger: Ledger
    feed: Feed
    history: History
    clock: Clock
    venue: str
    virtual: bool
    account: str
    day: date
    opens: datetime
    closes: datetime
    log_file: Path
    wire: Callable[[], answers.WireHealth] = answers.WireHealth
    view: MarketView | None = None
    plans: Callable[[int], list[answers.PlanLine]] = lambda _: []


class LocalService:
    """Questions are answered from memory or, in a thread, from the ledger.

    Args:
        subject: the trader.
        caller: who speaks; see `acting` for the same service in another person's name.
    """

    def __init__(self, subject: Subject, caller: Caller) -> None:
        self._subject = subject
        self._caller = caller
        self._started = subject.clock.now()
        self._commands = Commands(
            trader=subject.trader,
            ledger=subject.ledger,
            feed=subject.feed,
            clock=subject.clock,
            venue=subject.venue,
            virtual=subject.virtual,
            caller=caller,
        )

    def acting(self, caller: Caller) -> "LocalService":
        """Return the same service, speaking for somebody else."""
        return LocalService(self._subject, caller)

    async def ask(self, operation: Operation[T]) -> T:
        """Answer a question, or carry out a command."""
        asked = checked(operation)
        if (answer := QUESTIONS.of(asked)) is not None:
            return await answer(self, asked)
        if (carry_out := COMMANDS.of(asked)) is not None:
            return await carry_out(self._commands, asked)
        return await self._subject.history.ask(asked)

    # Questions.

    @QUESTIONS.answer(op.GetStatus)
    async def _status(self, _asked: op.GetStatus) -> Status:
        return self._now()

    @QUESTIONS.answer(op.GetOrders)
    async def _orders(self, asked: op.GetOrders) -> list[OrderLine]:
        day = asked.day or self._subject.day
        return await self._subject.history.ask(op.GetOrders(day=day, limit=asked.limit))

    @QUESTIONS.answer(op.GetFills)
    async def _fills(self, asked: op.GetFills) -> list[FillLine]:
        day = asked.day or self._subject.day
        return await self._subject.history.ask(op.GetFills(day=day, limit=asked.limit))

    @QUESTIONS.answer(op.GetPnl)
    async def _pnl(self, asked: op.GetPnl) -> answers.Pnl:
        last = asked.last or self._subject.day
        return await self._subject.history.ask(op.GetPnl(first=asked.first, last=last))

    @QUESTIONS.answer(op.GetHealth)
    async def _health(self, _asked: op.GetHealth) -> answers.Health:
        return self._well()

    @QUESTIONS.answer(op.GetLog)
    async def _log(self, asked: op.GetLog) -> list[str]:
        return await asyncio.to_thread(_tail, self._subject.log_file, asked.lines)

    @QUESTIONS.answer(op.GetChart)
    async def _chart(self, asked: op.GetChart) -> Chart:
        return await self._view().chart(asked.code, asked.scale)

    @QUESTIONS.answer(op.GetRanking)
    async def _ranking(self, asked: op.GetRanking) -> list[RankedLine]:
        return await self._view().ranking(asked.by)

    @QUESTIONS.answer(op.GetIndex)
    async def _index(self, asked: op.GetIndex) -> list[IndexDay]:
        return await self._view().index(asked.index, asked.first, asked.last)

    @QUESTIONS.answer(op.RunScan)
    async def _scan(self, asked: op.RunScan) -> Scan:
        return await self._view().scan(asked.condition)

    @QUESTIONS.answer(op.Find)
    async def _find(self, asked: op.Find) -> list[Named]:
        now, view = self._now(), self._subject.view
        known = [Named(code, name) for code, name in now.names.items()]
        if view is None:
            find = near_known if asked.near else find_known
        else:
            find = view.near if asked.near else view.find
        return await asyncio.to_thread(find, asked.text, known)

    @QUESTIONS.answer(op.GetPlans)
    async def _plans(self, asked: op.GetPlans) -> list[answers.PlanLine]:
        return await asyncio.to_thread(self._subject.plans, asked.n)

    async def watch(self) -> AsyncIterator[Snapshot]:
        """Yield the present state at once, and then whenever it has changed."""
        with self._subject.feed.bell() as bell:
            while True:
                bell.clear()
                yield await self._snapshot()
                await asyncio.sleep(PUSH_EVERY)
                await bell.wait()

    # How.

    def _now(self) -> Status:
        return status(self._subject.trader.desk, self._subject.clock.now())

    def _well(self) -> answers.Health:
        subject, feed = self._subject, self._subject.feed
        return answers.Health(
            venue=subject.venue,
            account=subject.account,
            day=subject.day,
            opens=subject.opens,
            closes=subject.closes,
            at=subject.clock.now(),
            started=self._started,
            last_step=feed.last_step,
            steps=feed.steps,
            waiting=len(subject.trader.inbox),
            dropped_prices=subject.trader.inbox.dropped,
            finished=subject.trader.desk.finished,
            wire=subject.wire(),
            unseen=unseen(subject.trader.desk.state),
        )

    def _view(self) -> MarketView:
        if self._subject.view is None:
            raise ServiceError(_("this trader shows no charts"))
        return self._subject.view

    async def _snapshot(self) -> Snapshot:
        now = self._now()
        prices = {line.code: line.price for line in now.positions if line.price is not None}
        feed = self._subject.feed
        told = [incident(record) for record in reversed(feed.facts) if is_told(record)]
        orders = self._subject.trader.desk.state.blotter.orders  # Of the day alone.
        fills = [
            _fill(record, orders[record.intent])
            for record in reversed(feed.facts)
            if isinstance(record, rec.Filled) and record.intent in orders
        ]
        return Snapshot(
            status=now,
            health=self._well(),
            prices=feed.sample(prices),
            incidents=told[:LAST],
            fills=fills[:LAST],
        )


def _tail(file: Path, lines: int) -> list[str]:
    """Return the last lines of a text file, an empty list where there is none yet."""
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return [line.rstrip("\n") for line in deque(text, maxlen=lines)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ServiceError(
            _("the log {file} cannot be read: {why}").format(file=file, why=error.strerror)
        ) from error


def _fill(record: rec.Filled, order: Order) -> FillLine:
    return FillLine(
        intent=record.intent,
        book=order.book,
        side=order.side.value,
        code=order.code,
        quantity=record.quantity,
        amount=record.amount,
        executed=record.executed,
        source=record.source,
    )
