"""Orders under arbitrary happenings: whatever is lost, repeated, late or out of order, the desk's
books end as the broker's, and nothing is sent twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.image import image_of, state_of
from maemae.desk.orders import OrderState
from maemae.desk.state import State
from maemae.market.costs import CostRules, Turnover
from maemae.market.kinds import Market, Side

CODES = ("005930", "000660", "035420")
CASH = 10_000_000
RULES = rules(orders_per_minute=None, entries_per_name=None, refusals_in_a_row=None)
UNDER_WAY = timedelta(seconds=10)
INDEX = st.integers(0, 50)
PARTS, PRICES = st.sampled_from([1, 37, 100, 500]), st.sampled_from([9_990, 10_000, 10_010])


@dataclass
class Known:
    """An order as the broker has it."""

    number: int
    intent: str
    side: Side
    code: str
    quantity: int
    ordered: datetime
    filled: int = 0
    amount: int = 0
    live: bool = True


class OrdersUnderFaults(RuleBasedStateMachine):
    """A desk, and a broker that answers when and how it likes, but never lies for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(Desk(RULES))
        self.seen = 0
        self.sent: list[str] = []
        self.wire: list[cmd.Send] = []
        self.cancels: list[cmd.SendCancel] = []
        self.broker: list[Known] = []
        self.said: list[ev.Event] = []
        self.turnover = Turnover()

    @initialize()
    def open(self) -> None:
        self.table.open(CASH)

    # What the desk does.

    @rule(code=st.sampled_from(CODES), asked=st.booleans())
    def offer(self, code: str, asked: bool) -> None:
        if asked:  # What the desk does before it enters after a disturbance.
            self.inquire()
            self._balance()
        self.table.offer(code)
        self.table.power(code)
        self.takes_in_what_the_desk_wants()

    @precondition(lambda self: self.table.desk.state.portfolio.positions)
    @rule(code=st.sampled_from(CODES), price=st.sampled_from([9_000, 9_890, 10_000, 10_500]))
    def price(self, code: str, price: int) -> None:
        self.table.price(code, price)

    @precondition(lambda self: self.table.desk.state.blotter.by_number)
    @rule(which=INDEX)
    def cancel(self, which: int) -> None:
        live = [o.intent for o in self.table.desk.state.blotter.live() if o.order_no is not None]
        if live:
            intent = live[which % len(live)]
            self.table.say(ev.CancelOrdered(at=self.table.now, intent=intent))

    # What becomes of orders on the wire.

    @precondition(lambda self: self.wire)
    @rule(which=INDEX, what=st.sampled_from(["taken", "taken", "lost reply", "refused", "gone"]))
    def arrives(self, which: int, what: str) -> None:
        send = self.wire.pop(which % len(self.wire))
        at, intent = self.table.now, send.intent
        if self._too_late(send):
            what = "gone"
        if what == "refused":
            self.said.append(ev.OrderRefused(at=at, intent=intent, code="40", message="no"))
            return
        if what != "gone":
            known = self._take(send)
            self._notice(known, ev.NoticeKind.ACCEPTED, known.quantity, 0)
        if what == "taken":
            self.said.append(ev.OrderAccepted(at=at, intent=intent, order_no=known.number))
        else:
            self.said.append(ev.OrderUnknown(at=at, intent=intent, reason="timeout"))

    @precondition(lambda self: self.cancels)
    @rule(which=INDEX, answer=st.booleans())
    def cancel_arrives(self, which: int, answer: bool) -> None:
        wanted = self.cancels.pop(which % len(self.cancels))
        known = next(one for one in self.broker if one.number == wanted.order_no)
        if known.live:
            known.live = False
            self._notice(known, ev.NoticeKind.CANCELLED, known.quantity - known.filled, 0)
        failure = "" if answer else "timeout"
        at = self.table.now
        self.said.append(ev.CancelAnswered(at=at, intent=wanted.intent, failure=failure))

    @precondition(lambda self: any(one.live for one in self.broker))
    @rule(
        which=INDEX,
        part=st.sampled_from([1, 37, 100, 500]),
        price=st.sampled_from([9_990, 10_000, 10_010]),
    )
    def fills(self, which: int, part: int, price: int) -> None:
        live = [one for one in self.broker if one.live]
        if live:
            known = live[which % len(live)]
            self._fill(known, min(part, known.quantity - known.filled), price)

    # What is heard of it.

    @precondition(lambda self: self.said)
    @rule(which=st.lists(INDEX, min_size=1, max_size=4), again=st.booleans())
    def hear(self, which: list[int], again: bool) -> None:
        """Anything may come before anything else, and a notice a second time."""
        for index in which[: len(self.said)]:
            event = self.said[index % len(self.said)]
            if not (again and isinstance(event, ev.Notice)):
                self.said.remove(event)
            self.table.say(event)

    @rule(what=st.sampled_from([*rec.Halt, "gap", "restart"]), arrived=st.booleans())
    def disturb(self, what: str, arrived: bool) -> None:
        if what == "gap":
            self._gap()
        elif what == "restart":
            self._restart(arrived)
        else:
            level = rec.Halt(what)
            self.table.say(ev.HaltOrdered(at=self.table.now, level=level, reason="test"))
            self.table.say(ev.HaltOrdered(at=self.table.now, level=rec.Halt.NONE, reason="test"))

    @rule()
    def inquire(self) -> None:
        self.table.inquire(*self._rows())

    @rule()
    def balance(self) -> None:
        self._balance()

    @rule(seconds=st.sampled_from([1, 2, 10]))
    def wait(self, seconds: int) -> None:
        self.table.later(seconds)
        self.table.say(ev.Timer(at=self.table.now, name="resolve"))

    # What must hold.

    @invariant()
    def takes_in_what_the_desk_wants(self) -> None:
        for command in self.table.commands[self.seen :]:
            if isinstance(command, cmd.Send):
                self.sent.append(command.intent)
                self.wire.append(command)
            elif isinstance(command, cmd.SendCancel):
                self.cancels.append(command)
        self.seen = len(self.table.commands)
        self.table.later(1)

    @invariant()
    def no_intent_is_sent_twice(self) -> None:
        assert len(self.sent) == len(set(self.sent))

    @invariant()
    def nothing_is_booked_that_the_broker_did_not_do(self) -> None:
        state = self.table.desk.state
        for known in self.broker:
            order = state.blotter.orders.get(state.blotter.by_number.get(known.number, ""))
            if order is not None:
                assert order.intent == known.intent
                assert order.filled <= known.filled
                assert order.amount <= known.amount

    @invariant()
    def money_is_never_reserved_twice(self) -> None:
        state = self.table.desk.state
        assert all(0 <= order.reserved <= order.reserve for order in state.blotter.orders.values())
        assert state.cash >= 0

    def teardown(self) -> None:
        """Let everything arrive; then desk and broker must agree on all."""
        if self.table.desk.state.day is None:
            return
        self.takes_in_what_the_desk_wants()
        for send in self.wire:
            if not self._too_late(send):
                self._take(send)
            at = self.table.now
            self.said.append(ev.OrderUnknown(at=at, intent=send.intent, reason="timeout"))
        self.wire = []
        for event in list(self.said):
            self.table.say(event)
        for _ in range(10):
            self.table.later(3)
            self.table.inquire(*self._rows())
            self._balance()
        state = self.table.desk.state
        ours = {
            order.intent: (order.filled, order.amount)
            for order in state.blotter.orders.values()
            if order.filled
        }
        theirs = {one.intent: (one.filled, one.amount) for one in self.broker if one.filled}
        assert ours == theirs
        assert state.portfolio.holdings() == self._shares()
        assert state.cash == self._cash()
        unsettled = (OrderState.INTENDED, OrderState.UNKNOWN)
        # What the last prices made the desk send has not been taken by anybody.
        on_the_way = {c.intent for c in self.table.commands[self.seen :] if isinstance(c, cmd.Send)}
        assert {o.intent for o in state.blotter.live() if o.state in unsettled} <= on_the_way
        guessed = (rec.OwnerTraded, rec.CashStated, rec.PositionLost)
        assert not [record for record in self.table.records if isinstance(record, guessed)]
        again, half = State(RULES.costs), len(self.table.records) // 2
        for record in self.table.records[:half]:
            again.apply(record)
        kept = state_of(image_of(again), RULES.costs)
        for record in self.table.records[half:]:
            again.apply(record)
            kept.apply(record)
        assert image_of(again) == image_of(kept) == image_of(state)

    # How the broker works.

    def _too_late(self, send: cmd.Send) -> bool:
        """No request is under way for longer than its time-out; then it has not arrived."""
        return (
            self.table.now - self.table.desk.state.blotter.order(send.intent).intended > UNDER_WAY
        )

    def _take(self, send: cmd.Send) -> Known:
        known = Known(
            len(self.broker) + 1,
            send.intent,
            send.side,
            send.code,
            send.quantity,
            self.table.now,
        )
        self.broker.append(known)
        return known

    def _fill(self, known: Known, quantity: int, price: int) -> None:
        known.filled += quantity
        known.amount += quantity * price
        self.turnover = self.turnover.add(known.side, quantity * price, Market.KOSPI)
        known.live = known.filled < known.quantity
        self._notice(known, ev.NoticeKind.FILLED, quantity, price)

    def _gap(self) -> None:
        """The stream breaks off: what it had not told is never told."""
        self.said = [event for event in self.said if not isinstance(event, ev.Notice)]
        self.table.say(ev.StreamChanged(at=self.table.now, up=False, reason="gap"))
        self.table.say(ev.StreamChanged(at=self.table.now, up=True))

    def _restart(self, arrived: bool) -> None:
        """Killed: replies and notices on their way are lost, orders on the wire may arrive."""
        for send in self.wire if arrived else ():
            if not self._too_late(send):
                self._take(send)
        self.wire, self.cancels, self.said = [], [], []
        old = self.table
        self.table = Table(Desk(RULES, old.records), now=old.now, records=old.records)
        self.seen = 0
        self.table.start()

    def _notice(self, known: Known, kind: ev.NoticeKind, quantity: int, price: int) -> None:
        cancelled = kind is ev.NoticeKind.CANCELLED
        self.said.append(
            ev.Notice(
                at=self.table.now,
                kind=kind,
                order_no=known.number + 1_000 if cancelled else known.number,
                original_no=known.number if cancelled else None,
                side=known.side,
                code=known.code,
                quantity=quantity,
                price=price,
                executed=self.table.now.replace(microsecond=0),
                order_quantity=known.quantity,
            )
        )

    def _rows(self) -> list[ev.Execution]:
        return [
            self.table.row(
                one.number,
                one.code,
                one.quantity,
                one.filled,
                side=one.side,
                amount=one.amount,
                ordered=one.ordered,
                ended=not one.live,
                cancelled=not one.live and one.filled < one.quantity,
            )
            for one in self.broker
        ]

    def _shares(self) -> dict[str, int]:
        held: dict[str, int] = {}
        for one in self.broker:
            sign = 1 if one.side is Side.BUY else -1
            held[one.code] = held.get(one.code, 0) + sign * one.filled
        return {code: n for code, n in held.items() if n}

    def _cash(self) -> int:
        costs = CostRules.VIRTUAL.costs(self.turnover, self.table.now.date())
        return CASH - self.turnover.buy + self.turnover.sell - costs.total

    def _balance(self) -> None:
        shares: dict[str, Any] = {f"c{code}": n for code, n in self._shares().items()}
        self.table.balance(self._cash(), **shares)


OrdersUnderFaults.TestCase.settings = settings(max_examples=300, stateful_step_count=60)
TestOrdersUnderFaults = OrdersUnderFaults.TestCase
