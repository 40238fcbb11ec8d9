"""The service over a trader in this process."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from maemae.clock import Clock
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.ledger.ledger import FillLine, Ledger, OrderLine
from maemae.market.kinds import Side
from maemae.service import answers
from maemae.service.answers import Receipt, Snapshot
from maemae.service.feed import Feed
from maemae.service.history import History, incident, is_told
from maemae.service.market_view import (
    Chart,
    Index,
    IndexDay,
    MarketView,
    Named,
    RankedLine,
    Ranking,
    Scale,
    find_known,
)
from maemae.service.service import Caller
from maemae.service.status import Status, status
from maemae.trader.trader import Trader

_CODE = re.compile("[0-9A-Z]{6}")

PATIENCE = 10.0
"""Seconds of real time that a command waits for the desk's answer."""

PUSH_EVERY = 0.25
"""Seconds of real time between two snapshots that a watcher gets, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The trader that is served, and what surrounds it. `account` is shown masked."""

    trader: Trader
    ledger: Ledger
    feed: Feed
    history: History
    clock: Clock
    venue: str
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

    def acting(self, caller: Caller) -> "LocalService":
        """Return the same service, speaking for somebody else."""
        return LocalService(self._subject, caller)

    # Questions.

    async def status(self) -> Status:
        """Return the state at a glance."""
        return status(self._subject.trader.desk, self._subject.clock.now())

    async def orders(self, day: date | None = None) -> list[OrderLine]:
        """Return the orders of a day (today without one), oldest first."""
        return await asyncio.to_thread(self._subject.history.orders, day or self._subject.day)

    async def fills(self, day: date | None = None) -> list[FillLine]:
        """Return the executions of a day (today without one), oldest first."""
        return await asyncio.to_thread(self._subject.history.fills, day or self._subject.day)

    async def incidents(self, n: int = 50) -> list[answers.IncidentLine]:
        """Return the last things the owner should know about, newest first."""
        return await asyncio.to_thread(self._subject.history.incidents, n)

    async def audit(self, n: int = 50) -> list[answers.AuditLine]:
        """Return the last commands of people, newest first."""
        return await asyncio.to_thread(self._subject.history.audit, n)

    async def pnl(self, first: date, last: date) -> answers.Pnl:
        """Return the realised profit of a span of days, both ends included."""
        return await asyncio.to_thread(self._subject.history.pnl, first, last)

    async def health(self) -> answers.Health:
        """Return how the trader and its connection are doing."""
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
        )

    async def log(self, lines: int = 100) -> list[str]:
        """Return the last lines of the trader's log, oldest first."""
        return await asyncio.to_thread(_tail, self._subject.log_file, lines)

    async def chart(self, code: str, scale: Scale = Scale.DAY) -> Chart:
        """Return candles, order book and latest trades of an instrument."""
        return await self._view().chart(code, scale)

    async def ranking(self, by: Ranking) -> list[RankedLine]:
        """Return the top of the market, best first."""
        return await self._view().ranking(by)

    async def index(self, index: Index, first: date, last: date) -> list[IndexDay]:
        """Return where an index closed on each day of a span, both ends included."""
        return await self._view().index(index, first, last)

    async def find(self, text: str) -> list[Named]:
        """Find instruments by code, name or initial consonants (초성)."""
        now, view = await self.status(), self._subject.view
        known = [Named(code, name) for code, name in now.names.items()]
        if view is None:
            return find_known(text, known)
        return await asyncio.to_thread(view.find, text, known)

    async def plans(self, n: int = 20) -> list[answers.PlanLine]:
        """Return the next-open plans, the latest day first."""
        return await asyncio.to_thread(self._subject.plans, n)

    async def watch(self) -> AsyncIterator[Snapshot]:
        """Yield the present state at once, and then whenever it has changed."""
        with self._subject.feed.bell() as bell:
            while True:
                bell.clear()
                yield await self._snapshot()
                await asyncio.sleep(PUSH_EVERY)
                await bell.wait()

    # Commands.

    async def pause(self, reason: str) -> Receipt:
        """Stop new entries; exits and orders by hand go on."""
        return replace(await self.halt(Halt.ENTRIES, reason), command="pause")

    async def resume(self, reason: str) -> Receipt:
        """Let everything go on."""
        return replace(await self.halt(Halt.NONE, reason), command="resume")

    async def halt(self, level: Halt, reason: str) -> Receipt:
        """Change how much the desk may do."""
        self._audit("halt", f"level={level} reason={reason}")
        if self._subject.trader.desk.state.halt is level:
            return Receipt("halt", detail=f"the level was {level} already")
        order = ev.HaltOrdered(at=self._now(), level=level, reason=reason)
        await self._tell(order, lambda r: isinstance(r, rec.Halted) and r.level is level)
        return Receipt("halt", detail=f"the level is {level} now")

    async def flatten(self, book: str | None, reason: str) -> Receipt:
        """Cancel and sell everything of a book, or of all books."""
        known = self._books()
        if book is not None and book not in known:
            raise CommandRefused(f"there is no book {book}; known are {', '.join(sorted(known))}")
        self._audit("flatten", f"book={book or '*'} reason={reason}")
        order = ev.FlattenOrdered(at=self._now(), book=book, reason=reason)
        await self._tell(order, lambda r: isinstance(r, rec.FlattenBegun) and r.book == book)
        return Receipt("flatten", detail="selling has begun")

    async def order(
        self, book: str, side: Side, code: str, quantity: int, price: int | None
    ) -> Receipt:
        """Order by hand, through the guard; a price of None is a market order."""
        known = self._books() | {rec.OWNER}
        if book not in known:
            raise CommandRefused(f"there is no book {book}; known are {', '.join(sorted(known))}")
        if not _CODE.fullmatch(code):
            raise CommandRefused(f"{code!r} is no code: six digits or capital letters, like 005930")
        self._audit("order", f"{book} {side} {code} {quantity} at {price or 'market'}")
        ticket = uuid4().hex
        wanted = ev.OrderOrdered(
            at=self._now(),
            ticket=ticket,
            book=book,
            side=side,
            code=code,
            quantity=quantity,
            price=price,
        )
        fact = await self._tell(
            wanted, lambda r: isinstance(r, rec.Intended | rec.Declined) and r.ticket == ticket
        )
        if isinstance(fact, rec.Declined):
            raise CommandRefused(f"the guard declined: {fact.rule} ({fact.detail})")
        intent = fact.intent if isinstance(fact, rec.Intended) else ""
        return Receipt("order", intent, "sent", f"order {intent} is on its way")

    async def cancel(self, intent: str) -> Receipt:
        """Cancel what is left of an order."""
        self._audit("cancel", f"intent={intent}")
        fact = await self._tell(
            ev.CancelOrdered(at=self._now(), intent=intent),
            lambda r: _is_about(r, intent, rec.CancelIntended, "cancel_impossible"),
        )
        _refuse_impossible(fact)
        return Receipt("cancel", intent, "sent", f"the cancel of {intent} is on its way")

    async def amend(self, intent: str, price: int) -> Receipt:
        """Change the limit price of what is left of an order."""
        self._audit("amend", f"intent={intent} price={price}")
        fact = await self._tell(
            ev.AmendOrdered(at=self._now(), intent=intent, price=price),
            lambda r: _is_about(r, intent, rec.AmendIntended, "amend_impossible"),
        )
        _refuse_impossible(fact)
        return Receipt("amend", intent, "sent", f"the amendment of {intent} is on its way")

    # How.

    def _view(self) -> MarketView:
        if self._subject.view is None:
            raise ServiceError("this trader shows no charts")
        return self._subject.view

    def _now(self) -> datetime:
        return self._subject.clock.now()

    def _books(self) -> set[str]:
        desk = self._subject.trader.desk
        return set(desk.rules.books) | {book for book, _ in desk.state.positions}

    def _audit(self, command: str, detail: str) -> None:
        """Make the command durable before it takes effect."""
        who = self._caller
        record = rec.Audited(
            at=self._now(), who=who.who, face=who.face, command=command, detail=detail
        )
        self._subject.ledger.append([record])

    async def _tell(self, event: ev.Event, answered: Callable[[rec.Record], bool]) -> rec.Record:
        """Hand the desk an event and wait for the fact that answers it.

        Raises:
            ServiceError: no answer came in time; the command may still take effect.
        """
        with self._subject.feed.listening() as facts:
            self._subject.trader.put(event)
            try:
                async with asyncio.timeout(PATIENCE):
                    while not answered(record := await facts.get()):
                        pass
            except TimeoutError:
                raise ServiceError(
                    "the trader has taken the command but not dealt with it in "
                    f"{PATIENCE:g} seconds; look at its status before repeating it"
                ) from None
        return record

    async def _snapshot(self) -> Snapshot:
        now = await self.status()
        prices = {line.code: line.price for line in now.positions if line.price is not None}
        feed = self._subject.feed
        told = [incident(record) for record in reversed(feed.facts) if is_told(record)]
        return Snapshot(
            status=now,
            health=await self.health(),
            prices=feed.sample(prices),
            incidents=told[:20],
        )


def _is_about(
    record: rec.Record, intent: str, done: type[rec.CancelIntended | rec.AmendIntended], no: str
) -> bool:
    """Whether a fact answers a command about an order: it is under way, or cannot be."""
    if isinstance(record, rec.Incident):
        return record.kind == no and record.detail.startswith(f"{intent}:")
    return isinstance(record, done) and record.intent == intent


def _refuse_impossible(fact: rec.Record) -> None:
    if isinstance(fact, rec.Incident):
        raise CommandRefused(fact.detail)


def _tail(file: Path, lines: int) -> list[str]:
    """Return the last lines of a text file, an empty list where there is none yet."""
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return [line.rstrip("\n") for line in deque(text, maxlen=lines)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ServiceError(f"the log {file} cannot be read: {error.strerror}") from error
