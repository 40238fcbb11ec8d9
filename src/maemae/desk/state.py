"""The desk's state: nothing but the fold of its records."""

from collections.abc import Iterator
from datetime import date
from functools import singledispatchmethod

from maemae.desk.orders import MISSING, Order, OrderState
from maemae.desk.positions import Planned, Position, Result, planned
from maemae.desk.records import (
    FIRST_RUN,
    OWNER,
    Accepted,
    Amended,
    AmendFailed,
    AmendIntended,
    CancelFailed,
    CancelIntended,
    CashStated,
    DayClosed,
    DayOpened,
    Ended,
    ExitDue,
    Filled,
    FlattenBegun,
    Halt,
    Halted,
    Intended,
    Looked,
    Lost,
    NeverArrived,
    OwnerTraded,
    Peaked,
    PlanBegun,
    PlanEnded,
    PlanPrepared,
    PlanSkipped,
    PositionLost,
    PositionMoved,
    Record,
    Refused,
)
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.market.costs import CostRules, Costs, Turnover
from maemae.market.kinds import Side

Books = tuple[int, frozenset[tuple[str, int]]]
"""Cash in won, and shares by code."""

MOVING = (DayOpened, Filled, OwnerTraded, CashStated, PositionLost)
"""Facts that move cash or shares."""


class State:
    """Orders, positions, cash and halts of one account.

    Args:
        rules: fees and taxes of the venue.
    """

    def __init__(self, rules: CostRules) -> None:
        self.rules = rules
        self.day: date | None = None
        self.open = False
        self.opening_cash = 0
        self.opening_worth = 0
        """Cash and our positions at the day's opening, won; the owner's shares left out."""
        self.other_cash = 0
        self.turnover = Turnover()
        self.costs = Costs()
        self.orders: dict[str, Order] = {}
        self._living: dict[str, Order] = {}
        self._missing: dict[str, Order] = {}
        self.past: set[Books] = set()
        """The day's books so far: a balance that shows one of them is old, not different."""
        self.by_number: dict[int, str] = {}
        self.positions: dict[tuple[str, str], Position] = {}
        self.foreign: dict[str, int] = {}
        self.results: dict[str, Result] = {}
        self.halt = Halt.NONE
        self.halt_reason = ""
        """Why the last halt was ordered or lifted."""
        self.begun = False
        """Whether anything was ever ordered, halted or let go on."""
        self.paused: set[str] = set()
        """Books whose entries are stopped while the rest goes on."""
        self.flattening: set[str | None] = set()
        self.due: dict[tuple[str, str], str] = {}
        self.plans: dict[str, Planned] = {}
        """The latest plan of each book."""
        self.refusals = 0
        self.power_gap: int | None = None
        """The broker's buying power minus our free cash, at most, where it was stated today.

        A smaller one is an order that rests at the broker and that we take for gone.
        """
        self.version = 0
        self._serial = 0

    # What can be read off.

    @property
    def cash(self) -> int:
        """Cash when all trades so far have settled, in won: all fees and taxes deducted."""
        traded = self.turnover.sell - self.turnover.buy
        return self.opening_cash + self.other_cash + traded - self.costs.total

    @property
    def free_cash(self) -> int:
        """Cash not set aside for live buys, in won."""
        return self.cash - sum(order.reserved for order in self.live(side=Side.BUY))

    @property
    def unconfirmed(self) -> bool:
        """Whether entries wait for a person's word on the first run."""
        return self.halt is Halt.ENTRIES and self.halt_reason == FIRST_RUN

    def stands(self, level: Halt) -> bool:
        """Whether a halt of this level changes nothing; going on also lets single books go on."""
        held_back = level is Halt.NONE and (self.paused or self.flattening)
        return self.halt is level and not held_back

    def live(
        self, *, book: str | None = None, code: str | None = None, side: Side | None = None
    ) -> Iterator[Order]:
        """Yield the orders that may still change the books."""
        for order in self._living.values():
            if (
                (book is None or order.book == book)
                and (code is None or order.code == code)
                and (side is None or order.side is side)
            ):
                yield order

    def missing(self) -> Iterator[Order]:
        """Yield the orders that the broker has not shown yet: unknown, or taken for lost."""
        yield from self._missing.values()

    def held(self, book: str) -> Iterator[Position]:
        """Yield the positions of a book."""
        return (position for (owner, _), position in self.positions.items() if owner == book)

    def committed(self, book: str) -> int:
        """Won that the positions of a book have cost and its live buys have set aside."""
        paid = sum(position.paid for position in self.held(book))
        return paid + sum(order.reserved for order in self.live(book=book, side=Side.BUY))

    def shares(self, code: str) -> int:
        """Shares of a name on the whole account, the owner's among them."""
        ours = sum(p.quantity for (_, held), p in self.positions.items() if held == code)
        return ours + self.foreign.get(code, 0)

    def holdings(self) -> dict[str, int]:
        """All shares on the account, by code."""
        shares = dict(self.foreign)
        for (_, code), position in self.positions.items():
            shares[code] = shares.get(code, 0) + position.quantity
        return {code: shares[code] for code in sorted(shares)}

    def books(self) -> "Books":
        """Cash and shares, to compare with a balance."""
        return self.cash, frozenset(self.holdings().items())

    def costs_after(self, order: Order, amount: int) -> Costs:
        """Return the day's fees and taxes as they would be after one more fill of so many won."""
        listed = order.listed
        return self._costs(self.turnover.add(order.side, amount, listed.market, listed.kind))

    def next_intent(self) -> str:
        """Return the name of the next intent: unique on this ledger, and the same on replay."""
        if self.day is None:
            raise InvariantError("an order was wanted before any day was opened")
        return f"{self.day:%Y%m%d}-{self._serial + 1:05d}"

    def order(self, intent: str) -> Order:
        """Return the order of an intent.

        Raises:
            InvariantError: there is none.
        """
        try:
            return self.orders[intent]
        except KeyError:
            raise InvariantError(f"no order has the intent {intent}") from None

    # How it changes.

    def apply(self, record: Record) -> None:
        """Take in one fact.

        Raises:
            InvariantError: the fact contradicts the state.
        """
        self._apply(record)
        self._sort_out(getattr(record, "intent", None))
        if isinstance(record, MOVING):
            self.past.add(self.books())
        self.version += 1

    def _sort_out(self, intent: str | None) -> None:
        """Keep the few live orders apart from the many dead ones of a day."""
        order = self.orders.get(intent) if intent is not None else None
        if order is None:
            return
        if order.live:
            self._living[order.intent] = order
        else:
            self._living.pop(order.intent, None)
        if order.state in MISSING:
            self._missing[order.intent] = order
        else:
            self._missing.pop(order.intent, None)

    @singledispatchmethod
    def _apply(self, record: Record) -> None:
        """Facts without a rule of their own (incidents, refusals of the guard) change nothing."""

    @_apply.register
    def _(self, record: DayOpened) -> None:
        self.day, self.open, self._serial = record.day, True, 0
        self.opening_cash, self.other_cash = record.cash, 0
        self.opening_worth = record.worth or record.cash
        self.turnover, self.costs = Turnover(), Costs()
        self.past.clear()
        self.results = {}
        self.power_gap = None
        self.orders = dict(self._living)
        self._missing = {i: o for i, o in self._missing.items() if i in self.orders}
        self.by_number = {no: o.intent for o in self.orders.values() for no in o.numbers}
        ours: dict[str, int] = {}
        for (_, code), position in self.positions.items():
            ours[code] = ours.get(code, 0) + position.quantity
        rest = {code: held - ours.get(code, 0) for code, held in record.holdings.items()}
        self.foreign = {code: shares for code, shares in rest.items() if shares > 0}

    @_apply.register
    def _(self, record: Intended) -> None:
        if record.intent in self.orders:
            raise InvariantError(f"the intent {record.intent} exists already")
        if record.power:
            gap = record.power - self.free_cash
            self.power_gap = gap if self.power_gap is None else max(gap, self.power_gap)
        self.orders[record.intent] = Order.of(record)
        self.begun = True
        self._serial += 1

    @_apply.register
    def _(self, record: Accepted) -> None:
        if record.order_no in self.by_number:
            raise InvariantError(f"order number {record.order_no} was given out twice")
        order = self.order(record.intent)
        order.move(OrderState.WORKING)
        order.order_no, order.org_no = record.order_no, record.org_no
        order.numbered_at_version = self.version + 1
        order.numbers.append(record.order_no)
        self.refusals = 0
        self.by_number[record.order_no] = record.intent

    @_apply.register
    def _(self, record: Refused) -> None:
        self.order(record.intent).move(OrderState.REFUSED)
        self.refusals += 1

    @_apply.register
    def _(self, record: Lost) -> None:
        order = self.order(record.intent)
        order.move(OrderState.UNKNOWN)
        order.lost, order.lost_at_version = record.at, self.version + 1

    @_apply.register
    def _(self, record: Looked) -> None:
        self.order(record.intent).looks += 1

    @_apply.register
    def _(self, record: NeverArrived) -> None:
        order = self.order(record.intent)
        order.move(OrderState.NEVER_ARRIVED)
        order.ended = record.at

    @_apply.register
    def _(self, record: Ended) -> None:
        to = OrderState.CANCELLED if record.cancelled else OrderState.EXPIRED
        order = self.order(record.intent)
        order.move(to)
        order.ended = record.at

    @_apply.register
    def _(self, record: CancelIntended) -> None:
        self.order(record.intent).cancelling = True

    @_apply.register
    def _(self, record: CancelFailed) -> None:
        self.order(record.intent).cancelling = False

    @_apply.register
    def _(self, record: AmendIntended) -> None:
        order = self.order(record.intent)
        order.amending, order.reserve = record.price, max(order.reserve, record.reserve)

    @_apply.register
    def _(self, record: AmendFailed) -> None:
        self.order(record.intent).amending = None

    @_apply.register
    def _(self, record: Amended) -> None:
        if record.order_no in self.by_number:
            raise InvariantError(f"order number {record.order_no} was given out twice")
        order = self.order(record.intent)
        order.order_no, order.price, order.amending = record.order_no, record.price or None, None
        order.org_no = record.org_no or order.org_no
        order.numbered_at_version = self.version + 1
        order.numbers.append(record.order_no)
        self.by_number[record.order_no] = record.intent

    @_apply.register
    def _(self, record: Filled) -> None:
        order = self.order(record.intent)
        order.fill(record.quantity, record.amount)
        if record.source == "notice":
            order.noticed.add((record.quantity, record.price, record.executed))
        else:
            order.caught_up = record.at
        listed = order.listed
        self.turnover = self.turnover.add(order.side, record.amount, listed.market, listed.kind)
        before, self.costs = self.costs, self._costs(self.turnover)
        cost = self.costs.total - before.total
        change = self._buy if order.side is Side.BUY else self._sell
        change(order, record, cost)

    @_apply.register
    def _(self, record: OwnerTraded) -> None:
        self._change_foreign(record.code, record.change)
        self.other_cash += record.cash

    @_apply.register
    def _(self, record: CashStated) -> None:
        self.other_cash += record.difference

    @_apply.register
    def _(self, record: PositionLost) -> None:
        position = self.positions[record.book, record.code]
        self._reduce(position, record.quantity)

    @_apply.register
    def _(self, record: PositionMoved) -> None:
        code, shares = record.listed.code, record.quantity
        paid, costs, since, high = record.paid, 0, record.at, 0
        if record.origin == OWNER:
            self._change_foreign(code, -shares)
        else:
            position = self.positions[record.origin, code]
            since, high = position.since, position.high
            paid, costs = self._take(position, shares)
        if record.book == OWNER:
            self._change_foreign(code, shares)
            return
        self._put(
            Position(
                book=record.book,
                listed=record.listed,
                quantity=shares,
                paid=paid,
                costs=costs,
                exits=record.exits,
                since=since,
                high=max(high, paid // shares),
            )
        )

    @_apply.register
    def _(self, record: Halted) -> None:
        self.begun = True
        if record.book:
            change = self.paused.discard if record.level is Halt.NONE else self.paused.add
            change(record.book)
            return
        self.halt, self.halt_reason = record.level, record.reason
        if record.level is Halt.NONE:
            self.flattening.clear()
            self.paused.clear()
            self.refusals = 0

    @_apply.register
    def _(self, record: FlattenBegun) -> None:
        self.flattening.add(record.book)

    @_apply.register
    def _(self, record: ExitDue) -> None:
        if (record.book, record.code) not in self.positions:
            raise InvariantError(f"{record.book} holds no {record.code} that could be sold")
        self.due[record.book, record.code] = record.reason

    @_apply.register
    def _(self, record: PlanPrepared) -> None:
        latest = planned(self.plans, record.book, record.plan, record.day)
        latest.prepared = record.fingerprint
        if not latest.begun:
            latest.over = ""  # It was skipped, and a new one takes its place.

    @_apply.register
    def _(self, record: PlanBegun) -> None:
        latest = planned(self.plans, record.book, record.plan, record.day)
        latest.begun, latest.since = record.fingerprint, record.at

    @_apply.register
    def _(self, record: PlanSkipped) -> None:
        self._end_plan(record.book, record.plan, record.day, record.reason)

    @_apply.register
    def _(self, record: PlanEnded) -> None:
        self._end_plan(record.book, record.plan, record.day, "done")

    def _end_plan(self, book: str, plan: str, day: date, how: str) -> None:
        latest = planned(self.plans, book, plan, day)
        if latest.day == day:
            latest.over = how

    @_apply.register
    def _(self, record: Peaked) -> None:
        self.positions[record.book, record.code].high = record.price

    @_apply.register
    def _(self, record: DayClosed) -> None:
        del record
        self.open = False

    # The arithmetic of positions.

    def _costs(self, turnover: Turnover) -> Costs:
        if self.day is None:
            raise InvariantError("a fill arrived before any day was opened")
        return self.rules.costs(turnover, self.day)

    def _buy(self, order: Order, fill: Filled, cost: int) -> None:
        if order.book == OWNER:
            self._change_foreign(order.code, fill.quantity)
            return
        self._put(
            Position(
                book=order.book,
                listed=order.listed,
                quantity=fill.quantity,
                paid=fill.amount,
                costs=cost,
                exits=order.exits or Exits(),
                since=fill.executed,
                high=fill.price,
            )
        )

    def _put(self, new: Position) -> None:
        """Add shares to a book; what it holds of the name already keeps its exits and its age."""
        position = self.positions.setdefault((new.book, new.listed.code), new)
        if position is not new:
            position.quantity += new.quantity
            position.paid += new.paid
            position.costs += new.costs

    def _sell(self, order: Order, fill: Filled, cost: int) -> None:
        if order.book == OWNER:
            self._change_foreign(order.code, -fill.quantity)
            return
        position = self.positions.get((order.book, order.code))
        if position is None:
            # Given up before the broker said that it was sold: `tracking.fill` has said so, and
            # the next balance sets the books right.
            return
        spent = self._reduce(position, min(fill.quantity, position.quantity))
        profit = fill.amount - cost - spent
        result = self.results.setdefault(order.book, Result())
        result.realised += profit
        position.realised += profit
        if position.quantity == 0:
            result.wins += position.realised > 0
            result.losses += position.realised <= 0

    def _reduce(self, position: Position, quantity: int) -> int:
        """Take shares out of a position and return what they had cost, fees among it."""
        return sum(self._take(position, quantity))

    def _take(self, position: Position, quantity: int) -> tuple[int, int]:
        """Take shares out of a position and return what they had cost, and the fees on that."""
        paid = position.paid * quantity // position.quantity
        costs = position.costs * quantity // position.quantity
        position.quantity -= quantity
        position.paid -= paid
        position.costs -= costs
        if position.quantity == 0:
            del self.positions[position.book, position.listed.code]
            self.due.pop((position.book, position.listed.code), None)
        return paid, costs

    def _change_foreign(self, code: str, change: int) -> None:
        shares = self.foreign.get(code, 0) + change
        if shares > 0:
            self.foreign[code] = shares
        else:
            self.foreign.pop(code, None)
