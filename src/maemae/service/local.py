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
from maemae.desk.moving import sellable
from maemae.desk.orders import Order
from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import FillLine, Ledger, OrderLine
from maemae.market.kinds import Side
from maemae.service import answers, words
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
    Scan,
    find_known,
)
from maemae.service.moves import is_moved, move_order, moved
from maemae.service.outcomes import heard, is_answer, is_end, refuse
from maemae.service.service import Caller
from maemae.service.status import Status, status, unseen
from maemae.service.units import converted, is_converted, unit_order
from maemae.trader.trader import Trader

_CODE = re.compile("[0-9A-Z]{6}")

PATIENCE = 10.0
"""Seconds of real time that a command waits for the desk's answer."""

BROKER_ANSWERS = 2.0
"""Seconds of real time for which it is awaited what came of a cancel or an amendment."""

PUSH_EVERY = 0.25
"""Seconds of real time between two snapshots that a watcher gets, at least."""

LAST = 20
"""Incidents, and executions, that a snapshot has."""


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
            unseen=unseen(subject.trader.desk.state),
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

    async def scan(self, condition: str) -> Scan:
        """Ask a condition search saved at the broker, by number or name, what it finds now."""
        return await self._view().scan(condition)

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

    async def pause(self, reason: str, book: str | None = None) -> Receipt:
        """Stop new entries, of one book or of all; exits and orders by hand go on."""
        if book is not None:
            return await self._let("pause", Halt.ENTRIES, book, reason)
        return replace(await self.halt(Halt.ENTRIES, reason), command="pause")

    async def resume(self, reason: str, book: str | None = None) -> Receipt:
        """Let everything go on; with a book, that book alone."""
        if book is not None:
            return await self._let("resume", Halt.NONE, book, reason)
        return replace(await self.halt(Halt.NONE, reason), command="resume")

    async def halt(self, level: Halt, reason: str) -> Receipt:
        """Change how much the desk may do."""
        self._audit("halt", f"level={level} reason={reason}")
        if self._subject.trader.desk.state.stands(level):
            return Receipt(
                "halt", detail=_("it was so already: {level}").format(level=words.halt(level))
            )
        order = ev.HaltOrdered(at=self._now(), level=level, reason=reason)
        await self._tell(
            order, lambda r: isinstance(r, rec.Halted) and not r.book and r.level is level
        )
        return Receipt("halt", detail=_("now: {level}").format(level=words.halt(level)))

    async def flatten(self, book: str | None, reason: str) -> Receipt:
        """Cancel and sell everything of a book, or of all books."""
        if book is not None:
            self._demand(book, self._books())
        self._audit("flatten", f"book={book or '*'} reason={reason}")
        order = ev.FlattenOrdered(at=self._now(), book=book, reason=reason)
        await self._tell(order, lambda r: isinstance(r, rec.FlattenBegun) and r.book == book)
        return Receipt("flatten", detail=_("selling has begun"))

    async def order(
        self, book: str, side: Side, code: str, quantity: int, price: int | None
    ) -> Receipt:
        """Order by hand, through the guard; a price of None is a market order."""
        self._demand(book, self._books() | {rec.OWNER})
        _demand_code(code)
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
        refuse(fact)
        intent = fact.intent if isinstance(fact, rec.Intended) else ""
        return Receipt(
            "order", intent, "sent", _("order {intent} is on its way").format(intent=intent)
        )

    async def move(
        self, origin: str, book: str, code: str, quantity: int | None, price: int | None
    ) -> Receipt:
        """Put shares (all without a quantity) from one book into another."""
        for one in (origin, book):
            self._demand(one, self._books() | {rec.OWNER})
        _demand_code(code)
        self._audit("move", f"{quantity or 'all'} of {code} from {origin} to {book}")
        order = move_order(self._now(), (origin, book), code, quantity, price)
        fact = await self._tell(order, lambda record: is_moved(record, order.ticket))
        return moved(fact)

    async def convert(self, code: str, shares: int, into: str = "") -> Receipt:
        """Say what all the account's shares of a name have become overnight."""
        for one in filter(None, (code, into)):
            _demand_code(one)
        self._audit("convert", f"{code} to {shares} {into or code}")
        order = unit_order(self._now(), code, shares, into)
        fact = await self._tell(order, lambda record: is_converted(record, order.ticket))
        return converted(fact)

    async def clean_up(self, codes: list[str]) -> Receipt:
        """Sell the owner's shares at the market, of these names or of all."""
        state = self._subject.trader.desk.state
        if self._subject.venue == "live":
            raise CommandRefused(
                _("cleaning up is for virtual accounts; on live sell name by name: maemae sell")
            )
        if state.halt is Halt.NONE and self._subject.trader.desk.rules.books.keys() - state.paused:
            raise CommandRefused(_("the books are trading: pause them first (maemae pause)"))
        unknown = [code for code in codes if code not in state.portfolio.foreign]
        if unknown:
            raise CommandRefused(
                _("you hold no {unknown} of your own").format(unknown=", ".join(unknown))
            )
        wanted = codes or sorted(state.portfolio.foreign)
        if not wanted:
            raise CommandRefused(_("there is nothing to clean up: no shares of your own are held"))
        self._audit("clean_up", " ".join(wanted))
        sent, refused = 0, []
        for code in wanted:
            try:
                await self.order(rec.OWNER, Side.SELL, code, sellable(state, rec.OWNER, code), None)
                sent += 1
            except CommandRefused as error:
                refused.append(f"{code}: {error}")
        if not sent:
            raise CommandRefused("; ".join(refused))
        detail = _("{n} of {all} names are being sold").format(n=sent, all=len(wanted))
        return Receipt("clean_up", detail="; ".join([detail, *refused]))

    async def cancel(self, intent: str) -> Receipt:
        """Cancel what is left of an order."""
        self._audit("cancel", f"intent={intent}")
        fact = await self._change(
            ev.CancelOrdered(at=self._now(), intent=intent), rec.CancelIntended, "cancel_impossible"
        )
        if isinstance(fact, rec.Ended):
            return Receipt(
                "cancel", intent, "done", _("{intent} is cancelled").format(intent=intent)
            )
        return Receipt(
            "cancel",
            intent,
            "sent",
            _("the cancel of {intent} is on its way").format(intent=intent),
        )

    async def amend(self, intent: str, price: int) -> Receipt:
        """Change the limit price of what is left of an order, through the guard."""
        self._audit("amend", f"intent={intent} price={price}")
        wanted = ev.AmendOrdered(at=self._now(), intent=intent, price=price, ticket=uuid4().hex)
        fact = await self._change(wanted, rec.AmendIntended, "amend_impossible")
        if isinstance(fact, rec.Amended):
            said = _("{intent} is at {price} now").format(
                intent=intent, price=words.won(fact.price)
            )
            return Receipt("amend", intent, "done", said)
        return Receipt(
            "amend",
            intent,
            "sent",
            _("the amendment of {intent} is on its way").format(intent=intent),
        )

    # How.

    def _view(self) -> MarketView:
        if self._subject.view is None:
            raise ServiceError(_("this trader shows no charts"))
        return self._subject.view

    def _now(self) -> datetime:
        return self._subject.clock.now()

    def _books(self) -> set[str]:
        desk = self._subject.trader.desk
        return set(desk.rules.books) | {book for book, _ in desk.state.portfolio.positions}

    def _demand(self, book: str, known: set[str]) -> None:
        """Refuse a book that there is not."""
        if book not in known:
            raise CommandRefused(
                _("there is no book {book}; known are {known}").format(
                    book=book, known=", ".join(sorted(known))
                )
            )

    async def _let(self, command: str, level: Halt, book: str, reason: str) -> Receipt:
        """Stop the entries of a book, or let them go on."""
        self._demand(book, self._books())
        self._audit(command, f"book={book} reason={reason}")
        paused = level is not Halt.NONE
        if (book in self._subject.trader.desk.state.paused) is paused:
            was, not_so = _("{book} was paused already"), _("{book} was not paused")
            return Receipt(command, detail=(was if paused else not_so).format(book=book))
        order = ev.HaltOrdered(at=self._now(), level=level, reason=reason, book=book)
        await self._tell(order, lambda r: isinstance(r, rec.Halted) and r.book == book)
        stops, goes_on = _("{book} buys nothing now"), _("{book} goes on")
        return Receipt(command, detail=(stops if paused else goes_on).format(book=book))

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
            return await heard(facts, answered, PATIENCE)

    async def _change(
        self,
        event: ev.CancelOrdered | ev.AmendOrdered,
        done: type[rec.CancelIntended | rec.AmendIntended],
        no: str,
    ) -> rec.Record | None:
        """Have an order changed; return what came of it at the broker, if that is soon known.

        Raises:
            CommandRefused: it cannot be changed, the guard forbids it, or the broker did not do it.
            ServiceError: no answer came in time; the command may still take effect.
        """
        with self._subject.feed.listening() as facts:
            self._subject.trader.put(event)
            refuse(await heard(facts, lambda r: is_answer(r, event, done, no), PATIENCE))
            try:
                fact = await heard(facts, lambda r: is_end(r, event.intent), BROKER_ANSWERS)
            except ServiceError:
                return None
        refuse(fact)
        return fact

    async def _snapshot(self) -> Snapshot:
        now = await self.status()
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
            health=await self.health(),
            prices=feed.sample(prices),
            incidents=told[:LAST],
            fills=fills[:LAST],
        )


def _demand_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise CommandRefused(
            _("{code!r} is no code: six digits or capital letters, like 005930").format(code=code)
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
