"""What the facts of an account add up to: its state, and what each of its days has earned."""

from dataclasses import dataclass, field
from datetime import date

import msgspec

from maemae.desk.orders import Order
from maemae.desk.positions import Result
from maemae.desk.records import DayOpened, Filled, Record, Repriced
from maemae.desk.state import MOVING, State
from maemae.errors import InvariantError, LedgerError
from maemae.i18n import _
from maemae.market.costs import CostRules
from maemae.market.kinds import Side


class DamagedDayError(LedgerError):
    """What is kept of a finished day is not what was written; the journal has it still."""

    @classmethod
    def told(cls) -> "DamagedDayError":
        """Return it with its words."""
        return cls(_("a kept day of the ledger is damaged: all facts are read instead"))


REPRICED = "repriced"
"""Stands for the reason of a sale where none was seen on that day."""


class Sale(msgspec.Struct):
    """What an execution of a sale has earned, in won after costs."""

    intent: str
    book: str
    code: str
    name: str
    reason: str
    realised: int


class Sold(msgspec.Struct):
    """What the sales of a day by one book, of one name and for one reason have earned.

    `realised` are won after costs, `sales` how many executions they were, `wins` those with a gain.
    """

    book: str
    code: str
    name: str
    reason: str
    realised: int = 0
    sales: int = 0
    wins: int = 0


class Day(msgspec.Struct):
    """What a trading day has earned from its opening until the next, in won after costs.

    `opened` is the number of its `DayOpened` in the journal; `cash` the D+2 cash after its last
    execution. While it lasts it has its sales one by one, for their prices may be put right; what
    they come to afterwards.
    """

    opened: int
    day: date
    realised: int = 0
    fees: int = 0
    taxes: int = 0
    wins: int = 0
    losses: int = 0
    cash: int = 0
    sales: list[Sale] = []
    sold: list[Sold] = []

    def summed(self) -> "Day":
        """Return it with what its sales come to in place of them."""
        if not self.sales:
            return self
        found: dict[tuple[str, str, str, str], Sold] = {}
        for sale in self.sales:
            key = sale.book, sale.code, sale.name, sale.reason
            sold = found.setdefault(key, Sold(*key))
            sold.realised += sale.realised
            sold.sales += 1
            sold.wins += sale.realised > 0
        return msgspec.structs.replace(self, sales=[], sold=list(found.values()))


@dataclass(frozen=True, slots=True)
class Finished:
    """A day that no fact can change any more: `body` is a `Day` as JSON."""

    opened: int
    day: date
    body: bytes

    def read(self) -> Day:
        """Return what is in it.

        Raises:
            DamagedDayError: it cannot be read.
        """
        try:
            return msgspec.json.decode(self.body, type=Day)
        except msgspec.MsgspecError as error:
            raise DamagedDayError.told() from error


@dataclass(slots=True)
class Fold:
    """The fold of an account's facts up to one of them.

    Attributes:
        state: what they add up to.
        seen: the number of the last one in the journal, 0 before the first.
        today: what the last day opened has earned so far; None before the first.
        finished: days that ended while this was folded, oldest first.
        before: how many days had ended when it began, from a snapshot.
        first: the number of the opening of the day that was under way then; 0: it began with none.
    """

    state: State
    seen: int = 0
    today: Day | None = None
    finished: list[Finished] = field(default_factory=list)
    before: int = 0
    first: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.today is not None:
            self.first = self.today.opened

    @classmethod
    def empty(cls, costs: CostRules) -> "Fold":
        """Return the fold of no facts."""
        return cls(State(costs))

    def take(self, number: int, record: Record) -> None:
        """Take in the next fact.

        Raises:
            InvariantError: it contradicts those before it.
        """
        state = self.state
        if isinstance(record, Filled | Repriced):
            order = state.blotter.order(record.intent)
            before = self._realised(order.book)
            state.apply(record)
            self._earn(record, order, self._realised(order.book) - before)
        else:
            state.apply(record)
        if isinstance(record, DayOpened):
            self._open(number, record)
        if isinstance(record, MOVING) and self.today is not None:
            self._reckon(self.today)
        self.seen = number

    def let_go(self) -> None:
        """Let go of the days that ended, once they are kept: as if it began from here."""
        self.before += len(self.finished)
        self.finished.clear()
        self.first = 0 if self.today is None else self.today.opened

    def _earn(self, record: Filled | Repriced, order: Order, earned: int) -> None:
        """Note what a sale earned, so that the sales of a day add up to what it realised."""
        if self.today is None:
            raise InvariantError("a fill arrived before any day was opened")
        sales = self.today.sales
        new = Sale(order.intent, order.book, order.code, order.listed.name, order.reason, earned)
        if isinstance(record, Filled):
            if order.side is Side.SELL:
                sales.append(new)
            return
        if not earned:
            return
        # What executions came to is known later: it belongs to the sale, or, of a purchase whose
        # shares are gone, to the last sale of them.
        for sale in reversed(sales):
            same = sale.intent == order.intent or order.side is Side.BUY
            if same and (sale.book, sale.code) == (order.book, order.code):
                sale.realised += earned
                return
        new.reason = REPRICED
        sales.append(new)

    def _realised(self, book: str) -> int:
        return self.state.portfolio.results.get(book, Result()).realised

    def _open(self, number: int, record: DayOpened) -> None:
        if self.today is not None:
            body = msgspec.json.encode(self.today.summed())
            self.finished.append(Finished(self.today.opened, self.today.day, body))
        self.today = Day(number, record.day)

    def _reckon(self, today: Day) -> None:
        results = self.state.portfolio.results.values()
        today.realised = sum(result.realised for result in results)
        today.fees, today.taxes = self.state.costs.fee, self.state.costs.tax
        today.wins = sum(result.wins for result in results)
        today.losses = sum(result.losses for result in results)
        today.cash = self.state.cash
