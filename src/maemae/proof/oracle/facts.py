"""What the facts add up to: orders, positions, results and halts, reckoned a second time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
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
    accepted: bool = False
    looks: int = 0
    """Looks for it that did not find it."""
    chases: int = 0
    """How often its way gave it another price."""
    looked_at: bool = True
    """Whether the broker looked at it, or may have."""
    came_to_nothing: bool = False
    unwanted: bool = False
    """Whether it was under way, as far as anybody knew, when its book was to be sold out."""

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
    """Shares of a name in a book. `sure`: what they have cost follows from the facts alone."""

    listed: Listed
    exits: Exits
    since: datetime
    high: int = 0
    quantity: int = 0
    paid: int = 0
    costs: int = 0
    rights: int = 0
    """Won that rights were worth which have left the shares."""
    sure: bool = True

    def take(self, quantity: int) -> "Holding":
        """Take shares out at the average cost, and return them."""
        paid, costs, rights = (
            won * quantity // self.quantity for won in (self.paid, self.costs, self.rights)
        )
        self.quantity, self.paid, self.costs, self.rights = (
            self.quantity - quantity, self.paid - paid, self.costs - costs, self.rights - rights,
        )  # fmt: skip
        return replace(self, quantity=quantity, paid=paid, costs=costs, rights=rights)

    def add(self, more: "Holding") -> None:
        """Add shares; those that are here keep their exits, their age and their high."""
        self.quantity += more.quantity
        self.paid += more.paid
        self.costs += more.costs
        self.rights += more.rights
        self.sure = self.sure and more.sure

    def become(self, change: rec.UnitChanged, shares: int) -> None:
        """Let the shares be so many others; all that they have cost stays."""
        fallen = change.price_was - change.price_is
        if not fallen and change.listed is None:
            self.rights = 0
        elif change.before == change.after:
            self.rights += shares * fallen
        self.quantity, self.listed = shares, change.listed or self.listed
        self.high = self.high * change.price_is // change.price_was


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
    _sides: dict[Side, dict[str, list[Order]]] = field(
        default_factory=lambda: {side: {} for side in Side}
    )
    """The day's orders by side and code: the few of a name are asked for at every step."""
    holdings: dict[Key, Holding] = field(default_factory=dict)
    gone: dict[Key, Holding] = field(default_factory=dict)
    """Shares that others took today or on the day before: they may come back."""
    gone_before: set[Key] = field(default_factory=set)
    realised: Counter[str] = field(default_factory=Counter)
    unsure: set[str] = field(default_factory=set)
    """Books whose result of the day does not follow from orders alone."""
    halt: Halt = Halt.NONE
    paused: set[str] = field(default_factory=set)
    flattening: set[str | None] = field(default_factory=set)
    unseen: set[tuple[str, str]] = field(default_factory=set)
    """What is said not to be answered: kind of question, and book."""
    unwanted: set[Key] = field(default_factory=set)
    """Positions bought by orders that a flatten found under way, until they are sold."""
    refusals: int = 0
    """In a row."""

    def live(self, side: Side, code: str | None = None, book: str | None = None) -> Iterator[Order]:
        """Yield orders of which shares may still be executed."""
        sides = self._sides[side]
        for name in sides if code is None else (code,):
            for order in sides.get(name, ()):
                if book in (None, order.fact.book) and order.open:
                    yield order

    def tied_up(
        self, book: str | None = None, code: str | None = None, *, without: str = ""
    ) -> int:
        """Return the won that positions have cost and open buys have set aside, but for one."""
        return sum(
            one.paid
            for (owner, name), one in self.holdings.items()
            if book in (None, owner) and code in (None, name)
        ) + sum(
            order.reserved
            for order in self.live(Side.BUY, code, book)
            if order.fact.intent != without
        )

    @singledispatchmethod
    def apply(self, record: Record) -> None:
        """Take in one fact; those without a rule here change nothing that is judged."""

    @apply.register
    def _(self, record: rec.DayOpened) -> None:
        self.day, self.opened_worth = record.day, record.worth or record.cash
        self.traded = Traded(record.day)
        self.realised.clear()
        self.unsure.clear()
        self.gone = {key: one for key, one in self.gone.items() if key not in self.gone_before}
        self.gone_before = set(self.gone)
        for order in self.orders.values():
            order.dead = True
        for of_code in self._sides.values():
            of_code.clear()

    @apply.register
    def _(self, record: rec.Intended) -> None:
        order = self.orders[record.intent] = Order(record, record.price, record.reserve)
        self._sides[record.side].setdefault(record.listed.code, []).append(order)

    @apply.register
    def _(self, record: rec.Accepted) -> None:
        self.refusals = 0
        if record.intent in self.orders:
            order = self.orders[record.intent]
            order.dead, order.accepted = False, True

    @apply.register
    def _(self, record: rec.Lost) -> None:
        if record.intent in self.orders:  # Also of one that was given up: it may live after all.
            order = self.orders[record.intent]
            order.dead = order.accepted = False

    @apply.register
    def _(self, record: rec.Looked) -> None:
        if record.intent in self.orders:
            self.orders[record.intent].looks += 1

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
            new.quantity, new.paid, new.costs = record.quantity, record.amount, cost
            self._put(key, new)
            if order.unwanted:
                self.unwanted.add(key)
            return
        sold = self.holdings.get(key)
        if sold is None or sold.quantity < record.quantity or not sold.sure:
            self.unsure.add(fact.book)
        if sold is not None:
            spent = sold.take(min(record.quantity, sold.quantity))
            self.realised[fact.book] += record.amount - cost - spent.paid - spent.costs
            self._drop(key)
            self._forget_unwanted(key)

    @apply.register
    def _(self, record: rec.Repriced) -> None:
        fact, more = self.orders[record.intent].fact, record.difference
        before = self.traded.cost(self.terms)
        self.traded.add(fact.side, more, fact.listed)
        cost = self.traded.cost(self.terms) - before
        held = self.holdings.get((fact.book, fact.listed.code))
        if fact.side is Side.BUY and held is not None:
            held.paid, held.costs = held.paid + more, held.costs + cost
        elif fact.book != OWNER:
            self.realised[fact.book] += (more if fact.side is Side.SELL else -more) - cost

    @apply.register
    def _(self, record: rec.PositionLost) -> None:
        key = record.book, record.code
        lost = self.holdings[key].take(record.quantity)
        if key in self.gone:
            self.gone[key].add(lost)
        else:
            self.gone[key] = lost
        self._drop(key)

    @apply.register
    def _(self, record: rec.PositionReturned) -> None:
        key = record.book, record.code
        gone = self.gone.get(key)
        if gone is None or gone.quantity < record.quantity:
            back = Holding(Listed(code=record.code), Exits(), record.at, sure=False)
            back.quantity = record.quantity
        else:
            back = gone.take(record.quantity)
            if not gone.quantity:
                del self.gone[key]
        self._put(key, back)

    @apply.register
    def _(self, record: rec.PositionMoved) -> None:
        code, shares = record.listed.code, record.quantity
        moved = Holding(record.listed, record.exits, record.at, quantity=shares, paid=record.paid)
        if record.origin != OWNER:
            held = self.holdings[record.origin, code].take(shares)
            self._drop((record.origin, code))
            self._forget_unwanted((record.origin, code))
            moved = replace(held, listed=record.listed, exits=record.exits)
        moved.high = max(moved.high, moved.paid // shares)
        if record.book != OWNER:
            self._put((record.book, code), moved)

    @apply.register
    def _(self, record: rec.UnitChanged) -> None:
        for (book, code), held in self.holdings.items():
            if code == record.code and record.base:
                # The day opened with as many shares as before: at today's price, or at their cost
                # where the name is not there any more.
                average = held.paid // held.quantity if record.listed else record.base
                worth = record.shares.get(book, 0) * record.base
                self.opened_worth += worth - held.quantity * average
        for key in [key for key in self.holdings if key[1] == record.code]:
            old, shares = self.holdings.pop(key), record.shares.get(key[0], 0)
            if shares:
                old.become(record, shares)
                self._put((key[0], old.listed.code), old)
                if key in self.unwanted:
                    self.unwanted.add((key[0], old.listed.code))
        for key in [key for key in self.gone if key[1] == record.code]:
            lost = self.gone.pop(key)
            lost.become(record, lost.quantity * record.after // record.before)
            new = key[0], lost.listed.code
            if key in self.gone_before:
                self.gone_before.add(new)
            if new in self.gone:
                self.gone[new].add(lost)
            elif lost.quantity:
                self.gone[new] = lost

    @apply.register
    def _(self, record: rec.Blinded) -> None:
        self.unseen.add((record.sight.value, record.book))

    @apply.register
    def _(self, record: rec.SeenAgain) -> None:
        self.unseen.discard((record.sight.value, record.book))

    @apply.register
    def _(self, record: rec.DayClosed) -> None:
        del record
        self.unseen.clear()

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
        for order in (one for of_code in self._sides[Side.BUY].values() for one in of_code):
            if record.book in (None, order.fact.book) and order.filled < order.fact.quantity:
                order.unwanted = True

    def _put(self, key: Key, new: Holding) -> None:
        held = self.holdings.setdefault(key, new)
        if held is not new:
            held.add(new)

    def _forget_unwanted(self, key: Key) -> None:
        """Shares that others took may come back, and are as unwanted then."""
        if key not in self.holdings:
            self.unwanted.discard(key)

    def _drop(self, key: Key) -> None:
        if self.holdings[key].quantity <= 0:
            del self.holdings[key]
