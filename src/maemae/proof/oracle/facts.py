"""What the facts add up to: orders, positions, results and halts, reckoned a second time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import singledispatchmethod

from maemae.desk import records as rec
from maemae.desk.records import OWNER, Halt, Listed, Record
from maemae.desk.terms import Exits
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING, UNCOUNTED
from maemae.proof.oracle.money import Terms, Traded

Key = tuple[str, str]
"""A book and a code."""


@dataclass(slots=True)
class Order:
    """An order as the facts tell of it. `dead`: nothing of it lives, as far as is known."""

    fact: rec.Intended
    price: int | None
    reserve: int
    filled: int = 0
    cancelled: int = 0
    dead: bool = False
    cancelling: bool = False
    amending: bool = False
    looked_at: bool = True
    """Whether the broker looked at it, or may have."""
    came_to_nothing: bool = False

    @property
    def open(self) -> int:
        """Shares that may still be executed."""
        return 0 if self.dead else max(0, self.fact.quantity - self.filled - self.cancelled)

    @property
    def reserved(self) -> int:
        """Won that a buy keeps set aside, in proportion to what is open; rounded up."""
        return -(-self.reserve * self.open // self.fact.quantity)


@dataclass(slots=True)
class Holding:
    """Shares of a name in a book. `sure`: nothing but orders has ever touched them."""

    listed: Listed
    exits: Exits
    since: datetime
    high: int = 0
    quantity: int = 0
    paid: int = 0
    costs: int = 0
    sure: bool = True

    def take(self, quantity: int) -> int:
        """Take shares out at the average cost; return what they had cost, fees included."""
        paid = self.paid * quantity // self.quantity
        costs = self.costs * quantity // self.quantity
        self.quantity, self.paid, self.costs = (
            self.quantity - quantity, self.paid - paid, self.costs - costs,
        )  # fmt: skip
        return paid + costs


@dataclass(slots=True)
class Facts:
    """The fold of all records so far.

    Args:
        terms: the broker's fee.
    """

    terms: Terms
    day: date | None = None
    opened_worth: int = 0
    traded: Traded = field(default_factory=Traded)
    orders: dict[str, Order] = field(default_factory=dict)
    holdings: dict[Key, Holding] = field(default_factory=dict)
    realised: Counter[str] = field(default_factory=Counter)
    unsure: set[str] = field(default_factory=set)
    """Books whose result of the day does not follow from orders alone."""
    halt: Halt = Halt.NONE
    paused: set[str] = field(default_factory=set)
    flattening: set[str | None] = field(default_factory=set)
    refusals: int = 0
    """In a row."""

    def live(self, side: Side, code: str | None = None, book: str | None = None) -> Iterator[Order]:
        """Yield orders of which shares may still be executed."""
        for order in self.orders.values():
            fact = order.fact
            named = code in (None, fact.listed.code) and book in (None, fact.book)
            if fact.side is side and order.open and named:
                yield order

    def tied_up(self, book: str | None = None, code: str | None = None) -> int:
        """Return the won that positions have cost and open buys have set aside."""
        return sum(
            one.paid
            for (owner, name), one in self.holdings.items()
            if book in (None, owner) and code in (None, name)
        ) + sum(order.reserved for order in self.live(Side.BUY, code, book))

    @singledispatchmethod
    def apply(self, record: Record) -> None:
        """Take in one fact; those without a rule here change nothing that is judged."""

    @apply.register
    def _(self, record: rec.DayOpened) -> None:
        self.day, self.opened_worth = record.day, record.worth or record.cash
        self.traded = Traded(record.day)
        self.realised.clear()
        self.unsure.clear()
        for order in self.orders.values():
            order.dead = True

    @apply.register
    def _(self, record: rec.Intended) -> None:
        self.orders[record.intent] = Order(record, record.price, record.reserve)

    @apply.register
    def _(self, record: rec.Accepted) -> None:
        self.refusals = 0
        if record.intent in self.orders:
            self.orders[record.intent].dead = False

    @apply.register
    def _(self, record: rec.Refused) -> None:
        self.refusals += record.kind not in UNCOUNTED
        order = self.orders.get(record.intent)
        if order is not None:
            order.dead = order.came_to_nothing = True
            order.looked_at = record.kind not in PASSING

    @apply.register
    def _(self, record: rec.NeverArrived) -> None:
        order = self.orders.get(record.intent)
        if order is not None:
            order.dead = order.came_to_nothing = True

    @apply.register
    def _(self, record: rec.Ended) -> None:
        if record.intent in self.orders:
            self.orders[record.intent].dead = True

    @apply.register
    def _(self, record: rec.Reduced) -> None:
        if record.intent in self.orders:
            self.orders[record.intent].cancelled = record.cancelled

    @apply.register
    def _(self, record: rec.CancelIntended) -> None:
        if record.intent in self.orders:
            self.orders[record.intent].cancelling = True

    @apply.register
    def _(self, record: rec.CancelFailed) -> None:
        if record.intent in self.orders:
            self.orders[record.intent].cancelling = False

    @apply.register
    def _(self, record: rec.AmendIntended) -> None:
        order = self.orders.get(record.intent)
        if order is not None:
            order.amending = True
            order.reserve = max(order.reserve, record.reserve)

    @apply.register
    def _(self, record: rec.AmendFailed) -> None:
        if record.intent in self.orders:
            self.orders[record.intent].amending = False

    @apply.register
    def _(self, record: rec.Amended) -> None:
        order = self.orders.get(record.intent)
        if order is not None:
            order.amending, order.dead, order.price = False, False, record.price or None

    @apply.register
    def _(self, record: rec.Filled) -> None:
        order = self.orders[record.intent]
        order.filled += record.quantity
        fact, listed = order.fact, order.fact.listed
        before = self.traded.cost(self.terms)
        self.traded.add(fact.side, record.amount, listed)
        cost = self.traded.cost(self.terms) - before
        if fact.book == OWNER:
            return
        key = fact.book, listed.code
        if fact.side is Side.BUY:
            price = record.amount // record.quantity
            new = Holding(listed, fact.exits or Exits(), record.executed, price)
            held = self.holdings.setdefault(key, new)
            held.quantity += record.quantity
            held.paid += record.amount
            held.costs += cost
            return
        sold = self.holdings.get(key)
        if sold is None or sold.quantity < record.quantity or not sold.sure:
            self.unsure.add(fact.book)
        if sold is not None:
            spent = sold.take(min(record.quantity, sold.quantity))
            self.realised[fact.book] += record.amount - cost - spent
            self._drop(key)

    @apply.register
    def _(self, record: rec.Repriced) -> None:
        fact = self.orders[record.intent].fact
        self.traded.add(fact.side, record.difference, fact.listed)
        self.unsure.add(fact.book)
        if (held := self.holdings.get((fact.book, fact.listed.code))) is not None:
            held.sure = False

    @apply.register
    def _(self, record: rec.PositionLost) -> None:
        key = record.book, record.code
        self.holdings[key].take(record.quantity)
        self._drop(key)

    @apply.register
    def _(self, record: rec.PositionReturned) -> None:
        self._doubt(record.book, Listed(code=record.code), record.quantity, record.at)

    @apply.register
    def _(self, record: rec.PositionMoved) -> None:
        self._doubt(record.origin, record.listed, -record.quantity, record.at)
        self._doubt(record.book, record.listed, record.quantity, record.at)

    @apply.register
    def _(self, record: rec.UnitChanged) -> None:
        into = record.listed or None
        for key in [key for key in self.holdings if key[1] == record.code]:
            old = self.holdings.pop(key)
            shares = record.shares.get(key[0], 0)
            self.unsure.add(key[0])
            if shares:
                old.quantity, old.sure, old.listed = shares, False, into or old.listed
                there = self.holdings.setdefault((key[0], old.listed.code), old)
                if there is not old:  # A merger into what the book held before.
                    there.quantity, there.sure = there.quantity + shares, False

    @apply.register
    def _(self, record: rec.Halted) -> None:
        if record.book:
            change: Callable[[str], None] = (
                self.paused.discard if record.level is Halt.NONE else self.paused.add
            )
            change(record.book)
            return
        self.halt = record.level
        if record.level is Halt.NONE:
            self.paused.clear()
            self.flattening.clear()
            self.refusals = 0

    @apply.register
    def _(self, record: rec.FlattenBegun) -> None:
        self.flattening.add(record.book)

    def _doubt(self, book: str, listed: Listed, change: int, at: datetime) -> None:
        """Let shares come or go whose cost is for the desk to say."""
        if book == OWNER:
            return
        self.unsure.add(book)
        new = Holding(listed, Exits(), at)
        held = self.holdings.setdefault((book, listed.code), new)
        held.quantity += change
        held.sure = False
        self._drop((book, listed.code))

    def _drop(self, key: Key) -> None:
        if self.holdings[key].quantity <= 0:
            del self.holdings[key]
