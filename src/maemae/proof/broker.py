"""The broker of a simulation: the exchange's own venue and books, asked without a wire.

It answers the desk's commands with the events that the wire would have brought, and knows the
truth: which order belongs to which intent, and what it came to.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account
from maemae.exchange.depth import Depth
from maemae.exchange.moment import SECOND, Moment, datetime_of
from maemae.exchange.orders import OrderEvent, OrderKind, Ticket
from maemae.exchange.refusals import Refusal
from maemae.exchange.replay import Point
from maemae.exchange.venue import Venue
from maemae.market.kinds import Side
from maemae.proof.hazards import NOTICE, ORDER, QUESTION, Hazard, Hazards

TIMEOUT = 5.0
"""Seconds after which the client gives up on a reply."""

STALE_INQUIRY_SECONDS = 2
_OFFERED = 4

T = TypeVar("T")


class Listing(StrEnum):
    """How a broker answers the order inquiry."""

    ROWS = "rows"
    """With the day's orders, as the real server does."""
    NONE = "none"
    """Without rows, whatever there is, as the virtual server (모의투자) was seen to."""
    REFUSED = "refused"
    """Not at all."""


class Broker:
    """One account at the simulated broker on one day.

    Args:
        venue: the exchange's day.
        account: the account's books there.
        hazards: what goes wrong on the way.
        foreign: shares of the owner's when the day begins, by code.
        listing: how it answers the order inquiry.
    """

    def __init__(
        self,
        venue: Venue,
        account: Account,
        hazards: Hazards,
        foreign: Mapping[str, int],
        listing: Listing = Listing.ROWS,
    ) -> None:
        self.listing = listing
        self.venue = venue
        self.account = account
        self.hazards = hazards
        self.sent: Counter[str] = Counter()
        """How often an intent's order was put on the wire."""
        self.numbers: dict[int, str] = {}
        """The intents behind the order numbers."""
        self.listener: Callable[[ev.Event], None] | None = None
        """Takes what the socket says; None while nobody is connected."""
        self._watched: set[str] = set()
        self._last_balance: ev.Balance | None = None
        self._last_inquiry: tuple[Moment, tuple[ev.Execution, ...]] | None = None
        self.foreign_before = foreign
        venue.listen(self)
        venue.floor.listen(self)

    def owners(self, code: str) -> int:
        """Return the shares that the owner bought by phone today and still has."""
        return sum(
            one.filled - 2 * one.filled * (one.side is Side.SELL)
            for one in self.account.orders.values()
            if one.code == code and not one.is_cancel and one.number not in self.numbers
        )

    @property
    def foreign_after(self) -> dict[str, int]:
        """Shares of the owner's as they are now, by code."""
        codes = self.foreign_before.keys() | {one.code for one in self.account.orders.values()}
        return {code: self.foreign_before.get(code, 0) + self.owners(code) for code in codes}

    @property
    def now(self) -> datetime:
        """Venue time."""
        return datetime_of(self.venue.now)

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen after so many seconds of venue time."""

        def act(_: Moment) -> None:
            action()

        self.venue.agenda.add(self.venue.now + int(seconds * SECOND), act)

    # What the desk commands.

    async def order(self, send: cmd.Send) -> ev.Event:
        """Take an order, unless the way there or back is broken."""
        self.sent[send.intent] += 1
        if self.sent[send.intent] > 1:
            raise InvariantError(f"the order of {send.intent} was sent twice")
        hazard = self.hazards.strike(*ORDER)
        if hazard is Hazard.THROTTLED:
            await self._pass(0.05)
            return ev.OrderRefused(
                at=self.now, intent=send.intent, code="EGW00201", message="초당 거래건수 초과"
            )
        if hazard in (Hazard.NEVER_SENT, Hazard.SENT_LATE):
            if hazard is Hazard.SENT_LATE:
                self.later(TIMEOUT + self.hazards.seconds(-2, 0.9), lambda: self._submit(send))
            await self._pass(TIMEOUT)
            return ev.OrderUnknown(at=self.now, intent=send.intent, reason="timeout")
        answer = await self._after(self.hazards.seconds(0.02, 0.08), lambda: self._submit(send))
        if hazard is Hazard.REPLY_LOST:
            await self._pass(self.hazards.seconds(0, TIMEOUT))
            return ev.OrderUnknown(at=self.now, intent=send.intent, reason="connection reset")
        late = hazard is Hazard.REPLY_LATE
        await self._pass(self.hazards.seconds(0.2, 4) if late else self.hazards.seconds(0, 0.1))
        return answer

    async def cancel(self, command: cmd.SendCancel) -> ev.Event:
        """Take a cancel, unless the way there or back is broken."""
        lost = self.hazards.strike(Hazard.CANCEL_LOST) is not None
        if lost and self.hazards.dice.random() < 0.5:  # noqa: PLR2004 - even odds
            await self._pass(TIMEOUT)
            return ev.CancelAnswered(at=self.now, intent=command.intent, failure="timeout")
        failure = await self._after(0.05, lambda: self._try_cancel(command.order_no))
        await self._pass(0.05)
        return ev.CancelAnswered(
            at=self.now, intent=command.intent, failure="timeout" if lost else failure
        )

    async def answer(self, ask: cmd.Ask) -> ev.Event:
        """Answer a question as things stand when it arrives."""
        hazard = self.hazards.strike(*QUESTION)
        if hazard is Hazard.NO_ANSWER:
            await self._pass(self.hazards.seconds(0.05, TIMEOUT))
            return ev.Unavailable(at=self.now, query=ask.query, key=ask.key, reason="HTTP 500")
        make = await self._after(0.03, lambda: self._answer(ask))
        late = hazard is Hazard.ANSWER_LATE
        await self._pass(self.hazards.seconds(0.5, 4) if late else 0.03)
        return make(self.now)

    def watch(self, codes: Sequence[str]) -> None:
        """Report the trades of exactly these instruments."""
        wanted = {code for code in codes if code in self.venue.floor.market.rows}
        for code in sorted(wanted - self._watched):
            self.venue.floor.watch(code)
        for code in sorted(self._watched - wanted):
            self.venue.floor.unwatch(code)
        self._watched = wanted

    def owner(self, ticket: Ticket) -> None:
        """Order as the owner does by phone; a refusal is the owner's business."""
        try:
            self.venue.submit(self.account, ticket)
        except Refusal:
            return

    # What the venue says.

    def on_trade(self, row: int, point: Point, _depth: Depth) -> None:
        """Pass a trade on."""
        if self.listener is not None:
            code = self.venue.floor.market.listings[row].code
            self.listener(ev.Price(at=datetime_of(point.at), code=code, price=point.price))

    def on_order(self, event: OrderEvent) -> None:
        """Pass a notice on, with whatever happens to it."""
        hazard = self.hazards.strike(*NOTICE)
        if hazard is Hazard.NOTICE_DROPPED:
            return
        late = self.hazards.seconds(0.5, 6) if hazard is Hazard.NOTICE_LATE else 0.02
        self.later(late, lambda: self._say(event))
        if hazard is Hazard.NOTICE_TWICE:
            self.later(late + self.hazards.seconds(0, 2), lambda: self._say(event))

    def _say(self, event: OrderEvent) -> None:
        if self.listener is None:
            return
        order = event.order
        number, original = order.number, order.original
        if event.request is not None:
            number, original = event.request, order.number
        self.listener(
            ev.Notice(
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
            )
        )

    # Inside the broker.

    def _submit(self, send: cmd.Send) -> ev.Event:
        kind = OrderKind.MARKET if send.price is None else OrderKind.LIMIT
        ticket = Ticket(send.code, send.side, kind, send.quantity, send.price or 0)
        try:
            order = self.venue.submit(self.account, ticket)
        except Refusal as refusal:
            return ev.OrderRefused(
                at=self.now, intent=send.intent, code=refusal.reason.name, message=str(refusal)
            )
        self.numbers[order.number] = send.intent
        return ev.OrderAccepted(
            at=self.now, intent=send.intent, order_no=order.number, org_no="00950"
        )

    def _try_cancel(self, number: int) -> str:
        try:
            self.venue.cancel(self.account, number)
        except Refusal as refusal:
            return str(refusal)
        return ""

    def _answer(self, ask: cmd.Ask) -> Callable[[datetime], ev.Event]:
        match ask.query:
            case ev.Query.BALANCE:
                return self._balance(ask)
            case ev.Query.EXECUTIONS if self.listing is Listing.REFUSED:
                return lambda at: ev.Unavailable(
                    at=at, query=ask.query, reason="90000000", permanent=True
                )
            case ev.Query.EXECUTIONS:
                sure = self.listing is Listing.ROWS
                asked_at, rows = self.now, self._rows() if sure else ()
                return lambda at: ev.Executions(
                    at=at, rows=rows, asked=ask.version, asked_at=asked_at, sure=sure
                )
            case ev.Query.PRICE:
                price = self.venue.floor.state(ask.key).price
                return lambda at: ev.Price(at=at, code=ask.key, price=price, polled=True)
            case ev.Query.POWER:
                most = self.account.buying_power
                quantity = most // self.venue.floor.listing(ask.key).upper
                return lambda at: ev.BuyingPower(
                    at=at, code=ask.key, quantity=quantity, amount=most
                )
            case ev.Query.SEARCH:
                offers = self._offers()
                return lambda at: ev.Candidates(at=at, book=ask.key, offers=offers)

    def _balance(self, ask: cmd.Ask) -> Callable[[datetime], ev.Event]:
        old = self._last_balance
        # After the close the books move no more; a replica has caught up by then.
        closed = self.venue.now >= self.venue.hours.close
        if old is None or closed or self.hazards.strike(Hazard.STALE_BALANCE) is None:
            old = self._last_balance = ev.Balance(
                at=self.now,
                cash=self.account.cash,
                costs=self.account.costs.total,
                holdings=tuple(
                    ev.Holding(
                        code=one.code,
                        quantity=one.quantity,
                        price=self.venue.floor.state(one.code).price,
                        sellable=self.account.sellable(one.code),
                    )
                    for one in self.account.holdings.values()
                ),
            )
        cash, costs, holdings = old.cash, old.costs, old.holdings
        return lambda at: ev.Balance(
            at=at, cash=cash, costs=costs, holdings=holdings, asked=ask.version
        )

    def _rows(self) -> tuple[ev.Execution, ...]:
        at = self.venue.now
        if (
            self._last_inquiry is not None
            and at - self._last_inquiry[0] <= STALE_INQUIRY_SECONDS * SECOND
            and self.hazards.strike(Hazard.STALE_INQUIRY) is not None
        ):
            return self._last_inquiry[1]
        rows = tuple(
            ev.Execution(
                order_no=one.number,
                original_no=one.original,
                side=one.side,
                code=one.code,
                quantity=one.quantity,
                filled=one.filled,
                amount=one.amount,
                price=one.price,
                ordered=datetime_of(one.at).replace(microsecond=0),
                ended=one.remaining == 0,
                cancelled=one.cancelled > 0,
            )
            for one in self.account.orders.values()
            if not one.is_cancel
        )
        self._last_inquiry = (at, rows)
        return rows

    def _offers(self) -> tuple[ev.Candidate, ...]:
        listings = [one for one in self.venue.floor.market.listings if not one.halted]
        chosen = self.hazards.dice.sample(listings, min(_OFFERED, len(listings)))
        return tuple(
            ev.Candidate(
                Listed(code=one.code, name=one.name, market=one.market, kind=one.kind),
                self.venue.floor.state(one.code).price,
            )
            for one in chosen
        )

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
