"""The broker of a simulation: the exchange's own venue and books, asked without a wire.

It answers the desk's commands with the events that the wire would have brought, and knows the
truth: which order belongs to which intent, and what it came to.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TypeVar

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.disputes import readable
from maemae.desk.terms import Route
from maemae.exchange.accounts import Account
from maemae.exchange.behaviour import Behaviour
from maemae.exchange.depth import Depth
from maemae.exchange.moment import SECOND, Moment, datetime_of
from maemae.exchange.orders import Happening, Order, OrderEvent, OrderKind, Place, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import Point
from maemae.exchange.venue import Venue
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind
from maemae.profile.facts import Fact
from maemae.proof.agreement import Agreement
from maemae.proof.answers import BRANCH, Answers, Listing
from maemae.proof.hazards import NOTICE, ORDER, QUESTION, Hazard, Hazards
from maemae.proof.looks import Looks
from maemae.proof.printed import Printed
from maemae.proof.replies import NOES, REASONS, Lost, Said, attempt, refused, why_not
from maemae.proof.sightings import Sightings
from maemae.proof.told import Told
from maemae.proof.truth import Truth

TIMEOUT = 5.0
"""Seconds after which the client gives up on a reply."""

LATE: Mapping[Hazard | None, tuple[float, float]] = {
    Hazard.SENT_LATE: (-2.0, 2.9),
    Hazard.SENT_VERY_LATE: (2.9, 10.0),
}
"""Seconds after the client gave up at which a late request arrives."""

T = TypeVar("T")


class Broker:
    """One account at the simulated broker on one day.

    Args:
        venue: the exchange's day.
        account: the account's books there.
        hazards: what goes wrong on the way.
        truth: whose every order and share is; outlives the day.
        listing: how it answers the order inquiry.
        denied: what is taken for granted and is not so.
    """

    def __init__(
        self,
        venue: Venue,
        account: Account,
        hazards: Hazards,
        truth: Truth,
        listing: Listing = Listing.ROWS,
        *,
        denied: frozenset[Fact] = frozenset(),
    ) -> None:
        self.branch = BRANCH
        """The organisation number of its orders."""
        self.denied = denied
        self._behaviour = Behaviour(venue, account, denied)
        self.venue = venue
        self.account = account
        self.hazards = hazards
        self.truth = truth
        self.listing = listing
        self.listener: Callable[[ev.Event], None] | None = None
        """Takes what the socket says; None while nobody is connected."""
        self.broken: datetime | None = None
        """Since when the socket is broken, and the process was told so."""
        self.disturbed = self.now
        """When an answer to a question was last missing, late or wrong."""
        self.unchanged = self.now
        """When a cancel or an amendment last came to nothing that anybody knows of."""
        self._cut_until = self._no_token_until = self._deaf_until = venue.now
        self._throttled_until = venue.now
        self._unanswered_until: dict[ev.Query, Moment] = {}
        self.sightings = Sightings()
        self.heard: dict[str, datetime] = {}
        """When the last trade of each watched instrument was told."""
        self.accepted: set[int] = set()
        """Numbers of orders of which the process that lives was told that they were taken."""
        self.shown: set[int] = set()
        """Numbers of orders that a list has shown, however late it came."""
        self.coming: dict[str, Moment] = {}
        """When the requests reach the broker that are on their way although nobody waits."""
        self._watched: set[str] = set()
        self.watched: frozenset[str] = frozenset()
        """Instruments whose trades are asked for, also those that are not listed."""
        self.printed = Printed(hazards)
        self.answers = Answers(venue, account, hazards, self.printed, listing, denied=denied)
        self.agreement = Agreement()
        self.told = Told(truth)
        self.looks = Looks()
        venue.listen(truth)
        venue.listen(self.agreement)
        venue.listen(self)
        venue.floor.listen(self)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Let a process have what it speaks with the broker by: here, nothing."""
        yield

    @property
    def now(self) -> datetime:
        """Venue time."""
        return datetime_of(self.venue.now)

    @property
    def lasts(self) -> dict[str, int]:
        """The last prices of all instruments, in won."""
        floor = self.venue.floor
        return {one.code: floor.state(one.code).price for one in floor.market.listings}

    def base(self, code: str) -> int | None:
        """Return the base price of an instrument, None where it is not listed."""
        floor = self.venue.floor
        return floor.listing(code).base if code in floor.market.rows else None

    def orders_of(self, intent: str) -> list[Order]:
        """Return the orders of the account that an intent became, also by amendments."""
        orders = self.account.orders.values()
        return [one for one in orders if not one.is_cancel and self.truth.intent_of(one) == intent]

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen after so many seconds of venue time."""

        def act(_: Moment) -> None:
            action()

        self.venue.agenda.add(self._in(seconds), act)

    def cut_off(self, seconds: float) -> None:
        """Let no request through for a while."""
        self._cut_until = self._in(seconds)

    def refuse_tokens(self, seconds: float) -> None:
        """Take no token for a while."""
        self._no_token_until = self._in(seconds)

    def throttle(self, seconds: float) -> None:
        """Look at no order for a while."""
        self._throttled_until = self._in(seconds)

    def leave_unanswered(self, query: ev.Query, seconds: float) -> None:
        """Answer no question of a kind for a while; at the close all are answered."""
        self._unanswered_until[query] = min(self._in(seconds), self.venue.hours.close)

    def hang_up(self) -> None:
        """Let the socket be nobody's: its process is gone, and with it what it was told of it."""
        self.listener = self.broken = None

    def fall_silent(self, seconds: float) -> None:
        """Say nothing on the socket for a while."""
        self._deaf_until = self._in(seconds)

    def spoil_balances(self, hazard: Hazard, seconds: float) -> None:
        """Give wrong balances of one kind for so long."""
        self.answers.spoil(hazard, self._in(seconds))

    def _in(self, seconds: float) -> Moment:
        return self.venue.now + int(seconds * SECOND)

    # What the desk commands.

    async def order(self, send: cmd.Send) -> ev.Event:
        """Take an order, unless the way there or back is broken."""
        self.truth.send(send.intent)
        said: Said[ev.Event] = Said(
            lambda: self._submit(send),
            lambda kind: refused(self.now, send, kind),
            lambda why: ev.OrderUnknown(at=self.now, intent=send.intent, reason=why),
        )
        return await self._carry(send, said)

    async def _carry(self, send: cmd.Send, said: Said[T]) -> T:
        """Carry an order to the venue and the answer back, or not."""
        if (kind := self._without_looking()) is not None:
            no = said.refused(kind)
            await self._pass(0.05)
            self._take_all_the_same(said.submit)
            return no
        hazard = self.hazards.strike(*ORDER)
        cut = self.venue.now < self._cut_until
        if cut or hazard in (Hazard.NEVER_SENT, *LATE):
            if hazard in LATE and not cut:
                late = TIMEOUT + self.hazards.seconds(*LATE[hazard])
                self.coming[send.intent] = self._in(late)
                self.later(late, lambda: self._arrive_late(send, hazard, said.submit))
            await self._pass(TIMEOUT)
            return said.lost(Lost.TIMEOUT)
        if hazard is Hazard.FAILED_BEFORE:
            await self._pass(0.05)
            return said.lost(Lost.FAILED)
        if hazard in NOES:
            await self._pass(0.05)
            if hazard is not Hazard.UNSENT:
                self._take_all_the_same(said.submit)
            return said.refused(NOES[hazard])
        answer = await self._after(self.hazards.seconds(0.02, 0.08), said.submit)
        if hazard is Hazard.REPLY_LOST:
            await self._pass(self.hazards.seconds(0, TIMEOUT))
            return said.lost(Lost.RESET)
        late = hazard is Hazard.REPLY_LATE
        await self._pass(self.hazards.seconds(0.2, 4) if late else self.hazards.seconds(0, 0.1))
        return answer

    def _take_all_the_same(self, submit: Callable[[], object]) -> None:
        """Take an order that is refused, where a refusal is not to be believed."""
        if Fact.REFUSAL_FINAL in self.denied and self.hazards.even():
            submit()

    async def cancel(self, command: cmd.SendCancel) -> ev.Event:
        """Take a cancel, unless the way there or back is broken."""
        if self.venue.now < self._throttled_until:
            self.unchanged = self.now
            await self._pass(0.05)
            return ev.CancelAnswered(
                at=self.now, intent=command.intent, failure="EGW00201", kind=RefusalKind.THROTTLED
            )
        done = await self._change(Hazard.CANCEL_LOST, attempt(partial(self._cancel, command)))
        failure, kind = why_not(done)
        return ev.CancelAnswered(at=self.now, intent=command.intent, failure=failure, kind=kind)

    async def amend(self, command: cmd.SendAmend) -> ev.Event:
        """Take an amendment, unless the way there or back is broken."""
        done = await self._change(Hazard.AMEND_LOST, attempt(partial(self._amend, command)))
        if not isinstance(done, Order):
            return ev.AmendAnswered(at=self.now, intent=command.intent, failure=why_not(done)[0])
        return ev.AmendAnswered(
            at=self.now, intent=command.intent, order_no=done.number, org_no=self.branch
        )

    async def _change(self, hazard: Hazard, make: Callable[[], T]) -> T | None:
        """Change an order; return what the broker says to it, None where nobody knows."""
        cut = self.venue.now < max(self._cut_until, self._no_token_until)
        lost = self.hazards.strike(hazard) is not None
        if cut or lost:
            self.unchanged = self.now
        if cut or (lost and self.hazards.even()):
            await self._pass(TIMEOUT)
            return None
        done = await self._after(0.05, make)
        await self._pass(0.05)
        return None if lost else done

    async def answer(self, ask: cmd.Ask) -> ev.Event | None:
        """Answer a question as things stand when it arrives; None: another is asked for it."""
        asked = self.now
        make, late = await self._asked(ask.query, lambda: self.answers.answer(ask))
        if make is None:
            self.sightings.failed(ask, asked, self.now)
            return ev.Unavailable(at=self.now, query=ask.query, key=ask.key, reason=Lost.FAILED)
        self._note(ask, asked, make.event(self.now), spoilt=late or make.spoilt)
        return make.event(self.now)

    async def _asked(self, query: ev.Query, make: Callable[[], T]) -> tuple[T | None, bool]:
        """Bring a question to the broker and the answer back; None where none comes.

        The second part is whether the way was as it should not be.
        """
        hazard = self.hazards.strike(*QUESTION)
        blind = self._unanswered_until.get(query, self.venue.now)
        cut = self.venue.now < max(self._cut_until, self._no_token_until, blind)
        if cut or hazard is not None:
            self.disturbed = self.now
        if cut or hazard is Hazard.NO_ANSWER:
            await self._pass(self.hazards.seconds(0.05, TIMEOUT))
            self.disturbed = self.now
            return None, True
        made = await self._after(0.03, make)
        late = hazard is Hazard.ANSWER_LATE
        await self._pass(self.hazards.seconds(0.5, 4) if late else 0.03)
        return made, late

    def _note(self, ask: cmd.Ask, asked: datetime, event: ev.Event, *, spoilt: bool) -> None:
        """Write down for the checkers what is about to be heard."""
        if spoilt:
            self.disturbed = self.now
            self.agreement.begin_again()
        else:
            self.agreement.answered(ask, self.now)
        answer = readable(event)
        if isinstance(answer, ev.Executions):
            self.shown.update(row.order_no for row in answer.rows)
            if not spoilt:
                self.told.listed(answer.rows, self.now)
        if isinstance(answer, ev.Balance):
            self.looks.told(answer)
        if isinstance(answer, ev.Unavailable) and not answer.permanent:
            self.sightings.failed(ask, asked, self.now)
        else:
            self.sightings.answered(ask, self.now)

    def _without_looking(self) -> RefusalKind | None:
        if self.venue.now < self._no_token_until:
            return RefusalKind.TOKEN
        return RefusalKind.THROTTLED if self.venue.now < self._throttled_until else None

    def watch(self, codes: Sequence[str]) -> None:
        """Report the trades of exactly these instruments."""
        self.watched = frozenset(codes)
        wanted = {code for code in codes if code in self.venue.floor.market.rows}
        for code in sorted(wanted - self._watched):
            self.venue.floor.watch(code)
        for code in sorted(self._watched - wanted):
            self.venue.floor.unwatch(code)
        self._watched = wanted

    def owner(self, ticket: Ticket) -> None:
        """Order as the owner does by phone; a refusal is the owner's business."""
        self._by_phone(lambda: self.venue.submit(self.account, ticket))

    def owner_cancels(self, number: int, quantity: int | None = None) -> None:
        """Cancel an order, or so many shares of it, as the owner does by phone."""
        self._by_phone(lambda: self.venue.cancel(self.account, number, quantity))

    def owner_amends(self, number: int, price: int) -> None:
        """Amend an order as the owner does by phone."""
        self._by_phone(lambda: self.venue.amend(self.account, number, OrderKind.LIMIT, price, None))

    def _by_phone(self, act: Callable[[], Order]) -> None:
        try:
            self.truth.intent_of(act())
        except Refusal:
            return

    # What the venue says.

    def on_trade(self, row: int, point: Point, _depth: Depth) -> None:
        """Pass a trade on."""
        if not self._heard:
            return
        listing, at = self.venue.floor.market.listings[row], datetime_of(point.at)
        volume, _ = self.venue.floor.market.totals(row, point.index)
        self.heard[listing.code] = at
        price = self.printed.say(listing, point.price, at, point.at)
        self._tell_price(listing.code, price, at, volume)
        old = self.printed.earlier(listing.code)
        if old is not None and self.hazards.strike(Hazard.PRICE_OLD) is not None:
            self._tell_price(listing.code, old.price, old.at)

    def _tell_price(
        self, code: str, price: int, traded: datetime, volume: int | None = None
    ) -> None:
        self._tell(
            ev.Price(
                at=self.now,
                code=code,
                price=price,
                traded=traded.replace(microsecond=0),
                volume=volume,
            )
        )

    def on_order(self, event: OrderEvent) -> None:
        """Pass a notice on, with whatever happens to it."""
        hazard = self.hazards.strike(*NOTICE)
        if hazard is Hazard.NOTICE_DROPPED or Fact.NOTICES_COME in self.denied:
            return
        if self.hazards.strikes(Hazard.NOTICE_BLANK):
            self.later(0.02, lambda: self._tell(ev.NoticeUnread(at=self.now, detail="H0STCNI0")))
            return
        late = self.hazards.seconds(0.5, 30) if hazard is Hazard.NOTICE_LATE else 0.02
        self.later(late, lambda: self._say(event))
        again = event.what is Happening.FILLED and Fact.NOTICES_ONCE in self.denied
        if again or hazard is Hazard.NOTICE_TWICE:
            self.later(late + self.hazards.seconds(0, 2), lambda: self._say(event))

    @property
    def _heard(self) -> bool:
        return self.listener is not None and self.venue.now >= self._deaf_until

    def _tell(self, event: ev.Event) -> None:
        if self.listener is not None and self._heard:
            self.listener(event)

    def _say(self, event: OrderEvent) -> None:
        order = event.order
        if event.what is Happening.FILLED:
            self.printed.note(order.code, event.price, self.now)
        if event.what is Happening.ACCEPTED and self._heard:
            self.accepted.add(order.number)
        notice = self._notice(event)
        if self._heard:
            self.told.noticed(notice)
        self._tell(notice)

    def _notice(self, event: OrderEvent) -> ev.Notice:
        """Return what the desk hears of what happened to an order."""
        order = event.order
        number, original = order.number, order.original
        if event.request is not None:
            number, original = event.request, order.number
        return ev.Notice(
            at=self.now,
            kind=ev.NoticeKind(event.what.value),
            order_no=number,
            original_no=original,
            side=order.side,
            code=order.code,
            quantity=event.quantity,
            price=event.price,
            executed=datetime_of(event.at).replace(microsecond=0),
            order_quantity=order.quantity,
            org_no=self.branch,
        )

    # Inside the broker.

    def _submit(self, send: cmd.Send) -> ev.Event:
        kind, place = _kind(send.price, send.route), _place(send.route)
        ticket = Ticket(send.code, send.side, kind, send.quantity, send.price or 0, place=place)
        try:
            order = self.venue.submit(self.account, ticket)
        except Refusal as refusal:
            why = REASONS.get(refusal.reason, RefusalKind.OTHER)
            return refused(self.now, send, why, refusal.reason.name)
        self.truth.accept(send.intent, order.number)
        return ev.OrderAccepted(
            at=self.now, intent=send.intent, order_no=order.number, org_no=self.branch
        )

    def _arrive_late(
        self, send: cmd.Send, hazard: Hazard | None, submit: Callable[[], object]
    ) -> None:
        if hazard is Hazard.SENT_VERY_LATE and send.side is Side.SELL:
            self.truth.very_late.add(send.code)
        del self.coming[send.intent]
        submit()

    def _cancel(self, wanted: cmd.SendCancel) -> Order:
        self._check_branch(wanted.org_no)
        try:
            return self.venue.cancel(self.account, wanted.order_no)
        except Refusal as refusal:
            raise self._behaviour.no(refusal) from None

    def _check_branch(self, org_no: str) -> None:
        if Fact.CANCEL_BY_NUMBER in self.denied and org_no != self.branch:
            raise Refusal(Reason.UNKNOWN_ORDER)

    def _amend(self, wanted: cmd.SendAmend) -> Order:
        kind, price = _kind(wanted.price, wanted.route), wanted.price or 0
        self._check_branch(wanted.org_no)
        keeps = Fact.AMEND_RENUMBERS in self.denied
        try:
            made = self.venue.amend(self.account, wanted.order_no, kind, price, None, keeps=keeps)
        except Refusal as refusal:
            raise self._behaviour.no(refusal) from None
        self.truth.intent_of(made)
        return made

    # Waiting in venue time.

    async def _pass(self, seconds: float) -> None:
        await self._after(seconds, lambda: None)

    async def _after(self, seconds: float, action: Callable[[], T]) -> T:
        """Do something after so many seconds, even if nobody waits for it any more."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def act() -> None:
            result = action()
            if not done.done():
                done.set_result(result)

        self.later(seconds, act)
        return await done


def _kind(price: int | None, route: Route | None) -> OrderKind:
    if route is not None:
        return OrderKind(route.code_at(price))
    return OrderKind.MARKET if price is None else OrderKind.LIMIT


def _place(route: Route | None) -> Place:
    return Place.KRX if route is None else Place(route.exchange.value)
