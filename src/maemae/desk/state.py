"""The desk's state: nothing but the fold of its records."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import singledispatchmethod
from hashlib import blake2b

from maemae.desk.blotter import Blotter
from maemae.desk.orders import Order
from maemae.desk.portfolio import Portfolio
from maemae.desk.positions import Planned, planned
from maemae.desk.records import (
    EMPTY_LEDGER,
    GUESSED,
    LEDGER_BEHIND,
    OWNER,
    UNCONFIRMED,
    Accepted,
    BasePriced,
    Blinded,
    CalendarCorrected,
    CashStated,
    ClosesStated,
    DayClosed,
    DayOpened,
    ExitDue,
    FigureProved,
    Filled,
    FlattenBegun,
    Halt,
    Halted,
    Incident,
    Intended,
    OwnerTraded,
    Peaked,
    PlanBegun,
    PlanEnded,
    PlanPrepared,
    PlanSkipped,
    PositionLost,
    PositionMoved,
    PositionReturned,
    Record,
    Refused,
    Repriced,
    SeenAgain,
    TurnoverStated,
    UnitChanged,
    UnitDoubted,
    UnitsConfirmed,
)
from maemae.desk.sights import Figure, Sight
from maemae.desk.today import Today
from maemae.errors import InvariantError
from maemae.market.calendar import Calendar, krx
from maemae.market.costs import CostRules, Costs, Turnover
from maemae.market.kinds import Side
from maemae.market.refusals import UNCOUNTED
from maemae.profile.facts import NOTHING, Beliefs, Fact

MOVING = (
    DayOpened, Filled, Repriced, OwnerTraded, CashStated, PositionLost, PositionReturned,
    UnitChanged,
)  # fmt: skip
"""Facts that move cash or shares."""

FACTS = {
    Figure.SELLABLE: Fact.SELLABLE_SHRINKS,
    Figure.POWER: Fact.POWER_SHRINKS,
    Figure.LIST: Fact.LIST_PROMPT,
}
"""What is taken for granted of each figure."""


class State:
    """Orders, positions, cash and halts of one account.

    Args:
        rules: fees and taxes of the venue.
    """

    beliefs: Beliefs = NOTHING
    """What is known of the broker's server; told at the start, and no part of the facts."""

    def __init__(self, rules: CostRules) -> None:
        self.rules = rules
        self.day: date | None = None
        self.open = False
        self.opening_cash = 0
        self.opening_worth = 0
        """Cash and our positions at the day's opening, won; the owner's shares left out."""
        self.other_cash = 0
        self.closed_on: date | None = None
        """The day whose last prices `portfolio.closes` are."""
        self.turnover = Turnover()
        self.others_bought = self.others_sold = 0
        """Won that others traded on the account today, as far as our books follow them."""
        self.untold: dict[str, int] = {}
        """Shares that others traded, by code, of which the won are not put down yet.

        With the other sign: shares of which the won are put down before the shares themselves.
        """
        self.guessed = {Side.BUY: 0, Side.SELL: 0}
        """Won of executions booked at a likely price since the turnover was last settled."""
        self.cash_stated = self.turnover_stated = 0
        """The states in which cash and turnover were last taken from the broker."""
        self.costs = Costs()
        self.blotter = Blotter()
        self.portfolio = Portfolio()
        self.today = Today()
        self.past: set[str] = set()
        """Digests of the day's books so far: a balance that shows one is old, not different."""
        self.halt = Halt.NONE
        self.halt_reason = ""
        """Why the last halt was ordered or lifted."""
        self.behind = self.behind_accepted = ""
        """What the ledger was last said to lack, and what of it a person has let it trade without.
        """
        self.begun = False
        """Whether anything was ever ordered, or everything halted or let go on.

        That a single book was halted says nothing: its code may have failed before the start.
        """
        self.paused: dict[str, str] = {}
        """Books whose entries are stopped while the rest goes on, and why."""
        self.missing: dict[str, dict[str, int]] = {}
        """By book and code, shares that others sold out of it, until it is let go on."""
        self.flattening: set[str | None] = set()
        self.plans: dict[str, Planned] = {}
        """The latest plan of each book."""
        self.unseen: dict[tuple[Sight, str], Blinded] = {}
        """What is asked for and not had right now, by kind and the book that it is for."""
        self.refusals = 0
        self.power_share: Fraction | None = None
        """The broker's buying power as a share of our free cash, at most, where stated today.

        A smaller one is an order that rests at the broker and that we take for gone. More than
        there is can nobody buy for without receivables: then a sale is not in our books yet, and
        the share is no measure.
        """
        self.proved: dict[Figure, timedelta] = {}
        """Figures that open orders were seen to shrink at this venue, and how soon, on any day."""
        self.version = 0
        self._serial = 0
        self._days: dict[date, bool] = {}
        """What was seen or said of trading days: whether the exchange opened."""
        self._calendar: Calendar | None = None

    # What can be read off.

    @property
    def cash(self) -> int:
        """Cash when all trades so far have settled, in won: all fees and taxes deducted."""
        traded = self.turnover.sell - self.turnover.buy
        return self.opening_cash + self.other_cash + traded - self.costs.total

    @property
    def calendar(self) -> Calendar:
        """Our calendar, corrected by the days that were traded and by what the broker said."""
        if self._calendar is None:
            self._calendar = krx().corrected(self._days)
        return self._calendar

    @property
    def free_cash(self) -> int:
        """Cash not set aside for live buys, in won."""
        return self.cash - sum(order.reserved for order in self.blotter.live(side=Side.BUY))

    @property
    def closed_today(self) -> bool:
        """Whether the day's last prices are known already; orders of the evening may go on."""
        return self.closed_on is not None and self.closed_on == self.day

    @property
    def unconfirmed(self) -> bool:
        """Whether entries wait for a person's word on a first run, or on what the ledger lacks."""
        return self.halt is Halt.ENTRIES and self.halt_reason in UNCONFIRMED

    @property
    def at_stake(self) -> bool:
        """Whether there is anything to watch: shares of a book, or an order that may live."""
        return bool(self.portfolio.positions) or any(self.blotter.live())

    def stands(self, level: Halt) -> bool:
        """Whether a halt of this level changes nothing; going on also lets single books go on."""
        held_back = level is Halt.NONE and (self.paused or self.flattening)
        return self.halt is level and not held_back

    def committed(self, book: str) -> int:
        """Won that the positions of a book have cost and its live buys have set aside."""
        paid = sum(position.paid for position in self.portfolio.held(book))
        return paid + sum(order.reserved for order in self.blotter.live(book=book, side=Side.BUY))

    def books(self) -> str:
        """Cash and shares, to compare with a balance."""
        return books_digest(self.cash, self.portfolio.holdings())

    def costs_after(self, order: Order, amount: int) -> Costs:
        """Return the day's fees and taxes as they would be after one more fill of so many won."""
        listed = order.listed
        return self._costs(self.turnover.add(order.side, amount, listed.market, listed.kind))

    def next_intent(self) -> str:
        """Return the name of the next intent: unique on this ledger, and the same on replay."""
        if self.day is None:
            raise InvariantError("an order was wanted before any day was opened")
        return f"{self.day:%Y%m%d}-{self._serial + 1:05d}"

    def seen_in(self, figure: Figure) -> timedelta | None:
        """Return how soon an order is in a figure; None where that may not be gone by.

        It was seen to be there, or the owner lets us rely on it; and nobody found that it is not.
        """
        fact, found = FACTS[figure], self.proved.get(figure)
        if fact in self.beliefs.denied:
            return None
        if found is None and fact in self.beliefs.granted:
            found = timedelta(seconds=self.beliefs.granted[fact])
        if found is None or figure is Figure.LIST:
            return found
        return max(found, timedelta(seconds=self.beliefs.denied.get(Fact.FIGURES_PROMPT) or 0))

    # How it changes.

    def apply(self, record: Record) -> None:
        """Take in one fact.

        Raises:
            InvariantError: the fact contradicts the state.
        """
        self.blotter.apply(record, self.version + 1)
        self._apply(record)
        if isinstance(record, MOVING):
            self.past.add(self.books())
        self.version += 1

    @singledispatchmethod
    def _apply(self, record: Record) -> None:
        """Facts without a rule of their own (incidents, refusals of the guard) change nothing."""

    @_apply.register
    def _(self, record: DayOpened) -> None:
        self.day, self.open, self._serial = record.day, True, 0
        overnight = record.cash - self.cash if self.opening_cash else 0
        self.others_bought, self.others_sold = record.bought, record.sold
        self.opening_cash, self.other_cash = record.cash, 0
        self.opening_worth = record.worth or record.cash
        self.turnover, self.costs = Turnover(), Costs()
        self.guessed = {Side.BUY: 0, Side.SELL: 0}
        self.past.clear()
        self.untold = {}
        self.power_share = None
        if (lag := self.proved.get(Figure.LIST)) is not None:
            self.proved[Figure.LIST] = lag / 2
        self._learn({record.day: True})
        self.portfolio.open_day(record)
        self.today.open_day(self.portfolio, record.prices)
        if self.portfolio.holdings() != record.holdings:
            # What came in over the night may be what others sold since: by phone, after hours.
            self.others_bought -= max(0, -overnight)
            self.others_sold -= max(0, overnight)

    @_apply.register
    def _(self, record: Intended) -> None:
        free_before = self.free_cash + record.reserve
        if 0 < record.power <= free_before:
            share = Fraction(record.power, free_before)
            self.power_share = max(share, self.power_share or share)
        self.begun = True
        self._serial += 1

    @_apply.register
    def _(self, record: Accepted) -> None:
        del record
        self.refusals = 0

    @_apply.register
    def _(self, record: Refused) -> None:
        self.refusals += record.kind not in UNCOUNTED

    @_apply.register
    def _(self, record: Filled) -> None:
        order = self.blotter.order(record.intent)
        listed = order.listed
        self.turnover = self.turnover.add(order.side, record.amount, listed.market, listed.kind)
        if record.source == GUESSED:
            self.guessed[order.side] += record.amount
        before, self.costs = self.costs, self._costs(self.turnover)
        cost = self.costs.total - before.total
        held = self.portfolio.positions.get((order.book, order.code))
        if order.side is Side.SELL and order.book != OWNER:
            # What a book sold beyond its own was somebody's: its won are booked, its shares not.
            self._trade(order.code, max(0, record.quantity - (held.quantity if held else 0)))
        self.today.fill(order, record, cost, held)
        self.portfolio.fill(order, record, cost)

    @_apply.register
    def _(self, record: Repriced) -> None:
        order = self.blotter.order(record.intent)
        listed, before = order.listed, self.costs
        self.turnover = self.turnover.correct(
            order.side, record.difference, listed.market, listed.kind
        )
        self.costs = self._costs(self.turnover)
        cost = self.costs.total - before.total
        self.today.reprice(order, record.difference, cost)
        self.portfolio.reprice(order, record.difference, cost)

    @_apply.register
    def _(self, record: TurnoverStated) -> None:
        self.untold = {}
        for code, shares in record.moved.items():
            if record.bought if shares > 0 else record.sold:
                self.untold[code] = -shares
            else:  # Nothing was traded that way: the day's first balance was wrong, or lacked them.
                self.portfolio.correct_first(code, shares)
        self.turnover_stated = self.version + 1
        self.guessed = {Side.BUY: 0, Side.SELL: 0}
        self.others_bought = record.bought - self.turnover.buy
        self.others_sold = record.sold - self.turnover.sell

    @_apply.register
    def _(self, record: PositionReturned) -> None:
        # They are back without a purchase: what was followed as sold was not.
        if self.untold.get(record.code, 0) < 0:
            self._trade(record.code, min(record.quantity, -self.untold[record.code]))
        self.portfolio.restore(record.book, record.code, record.quantity)
        held = self.portfolio.positions.get((record.book, record.code))
        if held is not None:
            self.today.lose(held, -record.quantity)
        names = self.missing.get(record.book, {})
        names[record.code] = names.get(record.code, 0) - record.quantity
        if names[record.code] <= 0:
            del names[record.code]
        if not names:
            self.missing.pop(record.book, None)

    @_apply.register
    def _(self, record: OwnerTraded) -> None:
        self._trade(record.code, record.change)
        if not record.overnight:
            self.portfolio.follow(record.code, record.change)
        self.portfolio.change_foreign(record.code, record.change)
        self.other_cash += record.cash

    @_apply.register
    def _(self, record: CashStated) -> None:
        self.cash_stated = self.version + 1
        self.other_cash += record.difference

    @_apply.register
    def _(self, record: PositionLost) -> None:
        self._trade(record.code, -record.quantity)
        self.today.lose(self.portfolio.positions[record.book, record.code], record.quantity)
        self.portfolio.lose(record.book, record.code, record.quantity)
        names = self.missing.setdefault(record.book, {})
        names[record.code] = names.get(record.code, 0) + record.quantity

    @_apply.register
    def _(self, record: PositionMoved) -> None:
        origin = self.portfolio.positions.get((record.origin, record.listed.code))
        self.today.move(record, origin)
        self.portfolio.move(record)

    @_apply.register
    def _(self, record: BasePriced) -> None:
        self.today.price_base(record.code, record.price)

    @_apply.register
    def _(self, record: Halted) -> None:
        if record.book:
            if record.level is Halt.NONE:
                self.paused.pop(record.book, None)
                self.missing.pop(record.book, None)
            else:
                self.paused[record.book] = record.reason
            return
        self.begun = True
        self.halt, self.halt_reason = record.level, record.reason
        if record.level is Halt.NONE:
            self.behind_accepted = self.behind
            self.flattening.clear()
            self.paused.clear()
            self.missing.clear()
            self.refusals = 0

    @_apply.register
    def _(self, record: Incident) -> None:
        if record.kind in (EMPTY_LEDGER, LEDGER_BEHIND):
            self.behind = record.detail

    @_apply.register
    def _(self, record: FigureProved) -> None:
        self.proved[record.figure] = timedelta(seconds=record.seconds)

    @_apply.register
    def _(self, record: Blinded) -> None:
        self.unseen[record.sight, record.book] = record

    @_apply.register
    def _(self, record: SeenAgain) -> None:
        self.unseen.pop((record.sight, record.book), None)

    @_apply.register
    def _(self, record: FlattenBegun) -> None:
        self.flattening.add(record.book)

    @_apply.register
    def _(self, record: ExitDue) -> None:
        self.portfolio.make_due(record.book, record.code, record.reason)

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
        self.portfolio.positions[record.book, record.code].high = record.price

    @_apply.register
    def _(self, record: ClosesStated) -> None:
        self.portfolio.closes = dict(record.closes)
        self.closed_on = record.day

    @_apply.register
    def _(self, record: DayClosed) -> None:
        self.open = False
        self.unseen.clear()
        self.portfolio.closes = dict(record.closes)
        self.closed_on = record.day

    @_apply.register
    def _(self, record: UnitsConfirmed) -> None:
        self.portfolio.confirm(record.codes)

    @_apply.register
    def _(self, record: UnitChanged) -> None:
        if record.listed is not None:
            self.untold.pop(record.code, None)
        held = self.portfolio.positions.items()
        ours = {book: position for (book, code), position in held if code == record.code}
        now = sum(record.shares.get(book, 0) for book in ours)
        before = sum(position.quantity for position in ours.values())
        if record.listed is None:
            # What the day is held against was reckoned with today's prices and yesterday's shares.
            self.opening_worth += (now - before) * record.base
        elif record.base:
            # A name that no balance shows any more counted with what it had cost.
            cost = sum(position.quantity * position.average for position in ours.values())
            self.opening_worth += now * record.base - cost
        self.today.convert(record)
        self.portfolio.convert(record)

    @_apply.register
    def _(self, record: UnitDoubted) -> None:
        self.portfolio.doubt(record)

    @_apply.register
    def _(self, record: CalendarCorrected) -> None:
        self._learn(record.days)

    def _trade(self, code: str, change: int) -> None:
        if untold := self.untold.pop(code, 0) + change:
            self.untold[code] = untold

    def _learn(self, days: Mapping[date, bool]) -> None:
        self._days |= days
        self._calendar = None

    def _costs(self, turnover: Turnover) -> Costs:
        if self.day is None:
            raise InvariantError("a fill arrived before any day was opened")
        return self.rules.costs(turnover, self.day)


def books_digest(cash: int, shares: Mapping[str, int]) -> str:
    """Return a digest of cash in won and of shares by code, names without any left out.

    A day of many names and fills has very many books, each of which would fill a page.
    """
    told = repr((cash, sorted(item for item in shares.items() if item[1])))
    return blake2b(told.encode(), digest_size=12).hexdigest()
