"""The commands of people to a trader in this process: each is on record before it takes effect."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from maemae.clock import Clock
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.moving import sellable
from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.market.phases import Venue
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Receipt
from maemae.service.feed import Feed
from maemae.service.moves import is_moved, move_note, move_order, moved
from maemae.service.operations import Methods
from maemae.service.outcomes import (
    demand_offered,
    heard,
    is_answer,
    is_end,
    let,
    no_such_book,
    refuse,
)
from maemae.service.service import Caller
from maemae.service.units import converted, is_converted, unit_note, unit_order
from maemae.trader.trader import Trader

_CODE = re.compile("[0-9A-Z]{6}")

PATIENCE = 10.0
"""Seconds of real time that a command waits for the desk's answer."""

BROKER_ANSWERS = 2.0
"""Seconds of real time for which it is awaited what came of a cancel or an amendment."""

COMMANDS: "Methods[Commands]" = Methods()


@dataclass(frozen=True, slots=True)
class Commands:
    """What a person commands.

    Args:
        trader: the trader that obeys.
        ledger: where commands are put on record.
        feed: the facts of the trader as they come.
        clock: the venue's time.
        venue: `sim`, `paper` or `live`.
        virtual: whether KIS's virtual server (모의투자) takes the orders.
        caller: who speaks.
    """

    trader: Trader
    ledger: Ledger
    feed: Feed
    clock: Clock
    venue: str
    virtual: bool
    caller: Caller

    @COMMANDS.answer(op.Pause)
    async def _pause(self, asked: op.Pause) -> Receipt:
        return await self._let(asked, Halt.ENTRIES)

    @COMMANDS.answer(op.Resume)
    async def _resume(self, asked: op.Resume) -> Receipt:
        return await self._let(asked, Halt.NONE)

    @COMMANDS.answer(op.HaltTo)
    async def _halt(self, asked: op.HaltTo) -> Receipt:
        level, reason = asked.level, asked.reason
        self._audit("halt", f"level={level} reason={reason}")
        if self.trader.desk.state.stands(level):
            return Receipt(
                "halt", detail=_("it was so already: {level}").format(level=words.halt(level))
            )
        order = ev.HaltOrdered(at=self._now(), level=level, reason=reason)
        await self._tell(
            order, lambda r: isinstance(r, rec.Halted) and not r.book and r.level is level
        )
        return Receipt("halt", detail=_("now: {level}").format(level=words.halt(level)))

    @COMMANDS.answer(op.Flatten)
    async def _flatten(self, asked: op.Flatten) -> Receipt:
        book, reason = asked.book, asked.reason
        if book is not None:
            self._demand(book, self._books())
        self._audit("flatten", f"book={book or '*'} reason={reason}")
        order = ev.FlattenOrdered(at=self._now(), book=book, reason=reason)
        await self._tell(order, lambda r: isinstance(r, rec.FlattenBegun) and r.book == book)
        return Receipt("flatten", detail=_("selling has begun"))

    @COMMANDS.answer(op.PlaceOrder)
    async def _order(self, asked: op.PlaceOrder) -> Receipt:
        self._demand(asked.book, self._books() | {rec.OWNER})
        _demand_code(asked.code)
        kind = asked.kind or ""
        demand_offered(kind, asked.exchange, virtual=self.virtual)
        where = f"{kind} {asked.exchange}".strip()
        way = f"at {asked.price or 'market'}" + (f" ({where})" if where != Venue.KRX else "")
        self._audit("order", f"{asked.book} {asked.side} {asked.code} {asked.quantity} {way}")
        ticket = uuid4().hex
        wanted = ev.OrderOrdered(
            at=self._now(),
            ticket=ticket,
            book=asked.book,
            side=asked.side,
            code=asked.code,
            quantity=asked.quantity,
            price=asked.price,
            kind=kind,
            exchange=asked.exchange,
        )
        fact = await self._tell(
            wanted, lambda r: isinstance(r, rec.Intended | rec.Declined) and r.ticket == ticket
        )
        refuse(fact)
        intent = fact.intent if isinstance(fact, rec.Intended) else ""
        return Receipt("order", intent, "sent", self._called(intent))

    @COMMANDS.answer(op.MoveShares)
    async def _move(self, asked: op.MoveShares) -> Receipt:
        for one in (asked.origin, asked.book):
            self._demand(one, self._books() | {rec.OWNER})
        _demand_code(asked.code)
        self._audit("move", move_note(asked))
        order = move_order(self._now(), asked)
        fact = await self._tell(order, lambda record: is_moved(record, order.ticket))
        return moved(fact)

    @COMMANDS.answer(op.ConvertShares)
    async def _convert(self, asked: op.ConvertShares) -> Receipt:
        for one in filter(None, (asked.code, asked.into)):
            _demand_code(one)
        self._audit("convert", unit_note(asked))
        order = unit_order(self._now(), asked)
        fact = await self._tell(order, lambda record: is_converted(record, order.ticket))
        return converted(fact)

    @COMMANDS.answer(op.CleanUp)
    async def _clean_up(self, asked: op.CleanUp) -> Receipt:
        codes = asked.codes
        state = self.trader.desk.state
        if self.venue == "live":
            raise CommandRefused(
                _("cleaning up is for virtual accounts; on live sell name by name: maemae sell")
            )
        if state.halt is Halt.NONE and self.trader.desk.rules.books.keys() - state.paused:
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
                quantity = sellable(state, rec.OWNER, code)
                await self._order(
                    op.PlaceOrder(book=rec.OWNER, side=Side.SELL, code=code, quantity=quantity)
                )
                sent += 1
            except CommandRefused as error:
                refused.append(f"{code}: {error}")
        if not sent:
            raise CommandRefused("; ".join(refused))
        detail = _("{n} of {all} names are being sold").format(n=sent, all=len(wanted))
        return Receipt("clean_up", detail="; ".join([detail, *refused]))

    @COMMANDS.answer(op.CancelOrder)
    async def _cancel(self, asked: op.CancelOrder) -> Receipt:
        intent = asked.intent
        self._audit("cancel", f"intent={intent}")
        fact = await self._change(
            ev.CancelOrdered(at=self._now(), intent=intent), rec.CancelIntended, "cancel_impossible"
        )
        if isinstance(fact, rec.Ended):
            said = _("cancelled: {order}").format(order=self._called(intent))
            return Receipt("cancel", intent, "done", said)
        said = _("the cancel is on its way: {order}").format(order=self._called(intent))
        return Receipt("cancel", intent, "sent", said)

    @COMMANDS.answer(op.AmendOrder)
    async def _amend(self, asked: op.AmendOrder) -> Receipt:
        intent, price = asked.intent, asked.price
        self._audit("amend", f"intent={intent} price={price}")
        wanted = ev.AmendOrdered(at=self._now(), intent=intent, price=price, ticket=uuid4().hex)
        fact = await self._change(wanted, rec.AmendIntended, "amend_impossible")
        if isinstance(fact, rec.Amended):
            said = _("at {price} now: {order}").format(
                order=self._called(intent), price=words.won(fact.price)
            )
            return Receipt("amend", intent, "done", said)
        said = _("the amendment is on its way: {order}").format(order=self._called(intent))
        return Receipt("amend", intent, "sent", said)

    def _now(self) -> datetime:
        return self.clock.now()

    def _called(self, intent: str) -> str:
        order = self.trader.desk.state.blotter.orders.get(intent)
        if order is None:
            return intent
        return words.order_title(order.side, order.listed.name or order.code, order.quantity)

    def _books(self) -> set[str]:
        desk = self.trader.desk
        return set(desk.rules.books) | {book for book, _ in desk.state.portfolio.positions}

    def _demand(self, book: str, known: set[str]) -> None:
        """Refuse a book that there is not."""
        if book not in known:
            raise no_such_book(book, known)

    async def _let(self, asked: op.Pause | op.Resume, level: Halt) -> Receipt:
        """Stop the entries of a book or of all, or let them go on."""
        command, book, reason = asked.name, asked.book, asked.reason
        if book is None:
            halted = await self._halt(op.HaltTo(level=level, reason=reason))
            return replace(halted, command=command)
        self._demand(book, self._books())
        self._audit(command, f"book={book} reason={reason}")
        paused = level is not Halt.NONE
        if (book in self.trader.desk.state.paused) is paused:
            was, not_so = _("{book} was paused already"), _("{book} was not paused")
            return Receipt(command, detail=(was if paused else not_so).format(book=book))
        order = ev.HaltOrdered(at=self._now(), level=level, reason=reason, book=book)
        await self._tell(order, lambda r: isinstance(r, rec.Halted) and r.book == book)
        return let(command, book, paused=paused)

    def _audit(self, command: str, detail: str) -> None:
        """Make the command durable before it takes effect."""
        who = self.caller
        record = rec.Audited(
            at=self._now(), who=who.who, face=who.face, command=command, detail=detail
        )
        self.ledger.append([record])

    async def _tell(self, event: ev.Event, answered: Callable[[rec.Record], bool]) -> rec.Record:
        """Hand the desk an event and wait for the fact that answers it.

        Raises:
            ServiceError: no answer came in time; the command may still take effect.
        """
        with self.feed.listening() as facts:
            self.trader.put(event)
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
        with self.feed.listening() as facts:
            self.trader.put(event)
            refuse(await heard(facts, lambda r: is_answer(r, event, done, no), PATIENCE))
            try:
                fact = await heard(facts, lambda r: is_end(r, event.intent), BROKER_ANSWERS)
            except ServiceError:
                return None
        refuse(fact)
        return fact


def _demand_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise CommandRefused(
            _("{code!r} is no code: six digits or capital letters, like 005930").format(code=code)
        )
