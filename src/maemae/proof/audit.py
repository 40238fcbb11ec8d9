"""What must hold after every step of the desk, looked at where the step has touched something."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from maemae.desk import commands as cmd
from maemae.desk.desk import Desk
from maemae.desk.listlag import LOOK_UNTIL, patience
from maemae.desk.orders import Order, OrderState
from maemae.desk.records import (
    BOOK_FAILED,
    BY_HAND,
    Accepted,
    Filled,
    Halt,
    Incident,
    Intended,
    Lost,
    OthersOrder,
    PositionLost,
    PositionMoved,
    PositionReturned,
    Record,
    UnitChanged,
)
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.exchange.actions import Action
from maemae.exchange.moment import datetime_of
from maemae.exchange.orders import Order as BrokersOrder
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.answers import Listing
from maemae.proof.bounds import Bounds, must
from maemae.proof.broker import Broker
from maemae.proof.causes import Causes
from maemae.proof.ends import check_ended
from maemae.proof.lateness import Lateness
from maemae.proof.losses import Losses
from maemae.proof.oracle.judge import Oracle
from maemae.proof.ownership import Ownership
from maemae.proof.prices import PriceCheck
from maemae.proof.shadow import Shadow
from maemae.proof.truth import Truth
from maemae.proof.unitaudit import UnitAudit
from maemae.proof.waiting import WaitingEntries

RESOLVED = timedelta(seconds=5)
"""How long an unknown order may stay unknown while the process is up and the broker answers."""

RESOLVED_BLIND = timedelta(seconds=30)
"""The same at a broker that lists no orders: balances have to agree, and no order be on its way.

An order may stay unknown for longer only if an incident names it, and no strategy enters then.
"""

TOLD = timedelta(seconds=1)
"""How soon a book whose code has failed is off, and said to be."""

WATCHED = timedelta(seconds=1)
"""How soon the broker is told to report the trades of what is held."""

UNDECIDED = ("order_undecided", "order_without_number")
"""Incidents that name an order of unknown outcome."""

EMPTY: Mapping[str, int] = {}

Key = tuple[str, str]


class Auditor:
    """Checks every step of the desk against the broker's truth, over all days.

    Args:
        truth: what really happened on the account.
        costs: the broker's terms.
        amounts: won that a book spends on a name at most, of books that declare it.
    """

    def __init__(self, truth: Truth, costs: CostRules, amounts: Mapping[str, int] = EMPTY) -> None:
        self._truth = truth
        self._shadow = Shadow()
        self._ownership = Ownership(truth, listed=truth.listed)
        self._losses = Losses(costs)
        self._oracle = Oracle(costs, amounts)
        self._sources: dict[str | None, str] = {}
        self._unknown: dict[str, datetime] = {}
        self._named: dict[str, str] = {}
        """Orders of unknown outcome of which an incident tells, and what it tells."""
        self._others: set[int] = set()
        """Numbers of the day's orders that the desk knows to be none of ours."""
        self._units = UnitAudit(truth)
        self._broker: Broker
        self._failed: dict[str, datetime] = {}
        """Books whose code has failed, and when, until that is a fact."""
        self._unwatched: dict[str, datetime] = {}
        """Since when the broker was not told to report the trades of held names."""
        self._cut = False
        """Whether the desk has said that the socket is down."""
        self.steps = 0
        self.kinds: Counter[str] = Counter()
        """Facts by kind."""
        self.resolved: list[float] = []
        """Seconds that each unknown order took to be resolved."""
        self.undisturbed: list[float] = []
        """The seconds of them during which the process was up and the broker answered."""

    def begin_day(self, broker: Broker, calendar: Calendar, actions: Sequence[Action] = ()) -> None:
        """Go on with the broker of another day, on which these actions show.

        The calendar has the days on which the exchange really opens.
        """
        lasts = self._broker.lasts if self.steps else {}
        self._units.begin_day(list(actions), lasts)
        self._broker, self._calendar = broker, calendar
        self._prices = PriceCheck(broker.printed)
        self._causes = Causes(broker)
        self._bases = {one.code: one.base for one in broker.venue.floor.market.listings}
        self._others = set()
        self._uppers = {one.code: one.upper for one in broker.venue.floor.market.listings}
        hours = broker.venue.hours
        self._session = datetime_of(hours.open), datetime_of(hours.close)
        self._auction = datetime_of(hours.auction)

    def begin_life(self, desk: Desk) -> None:
        """Go on with a desk that was just rebuilt from the ledger.

        Raises:
            InvariantError: it is not what the facts add up to.
        """
        self._desk, self._limits = desk, desk.rules.bounds
        self._bounds = Bounds(desk, self._session)
        self._entries = WaitingEntries(self._broker)
        highest = self._broker.printed.highest
        self._oracle.begin_day(self._uppers, self._bases, highest)
        opens, closes = self._session
        self._oracle.begin_life(desk, (opens, self._auction, closes), self._calendar)
        self._prices.begin_life()
        self._losses.begin_life()
        self._up_since = self._broker.now
        self._failed = {book: at for book, at in self._failed.items() if at >= self._up_since}
        self._lateness = Lateness(desk, self._broker, self._calendar)
        self._broker.sightings.begin_life()
        self._broker.agreement.begin_again()
        self._broker.told.begin_life()
        self._broker.looks.begin_life()
        self._broker.accepted.clear()
        self._unwatched, self._cut = {}, False
        self._shadow.check(desk.state)

    def book_failed(self, book: str, at: datetime) -> None:
        """Note that the code of a book has failed: it must be off soon, and that be said."""
        self._failed.setdefault(book, at)

    # When facts have become durable.

    def durable(self, records: Sequence[Record]) -> None:
        """Check the facts of a step as soon as they cannot be undone any more.

        Raises:
            InvariantError: something that must never happen did.
        """
        state = self._desk.state
        self._oracle.durable(records)
        for record in records:
            self.kinds[str(record.__struct_config__.tag)] += 1
            self._shadow.apply(record, state.blotter.order)
            self._lateness.learn(record)
            self._ownership.apply(record)
            self._prices.durable(record, self._desk)
            check_ended(record, state, self._broker)
            self._causes.durable(record)
            self._losses.apply(record, state.blotter.order, self._bases)
            match record:
                case Intended():
                    self._truth.books[record.intent] = record.book
                    self._check_intent(record)
                case Accepted():
                    self._sources[record.intent] = record.source
                case Filled():
                    self._check_filled(state, record.intent)
                    self._entries.check_fill(state.blotter.order(record.intent), record)
                case Lost():
                    self._unknown[record.intent] = record.at
                case Incident():
                    self._check_incident(record, state)
                case PositionLost() | PositionReturned():
                    self._check_given_up(record, state)
                case UnitChanged():
                    self._units.changed(record, self._broker.base)
                case OthersOrder():
                    self._check_others(record.order_no)
                    self._others.add(record.order_no)
                case PositionMoved():
                    code = record.listed.code
                    self._truth.move(record.origin, record.book, code, record.quantity)
                    self._units.moved(record)
                case _:
                    pass
        self._shadow.check_touched(state)
        self._units.check_owner(state)
        self._ownership.check(state)

    def _check_incident(self, record: Incident, state: State) -> None:
        about = record.detail.partition(":")[0]
        self._cut = self._cut or record.kind == "stream_down"
        if record.kind in UNDECIDED:
            self._named[about] = record.detail
        elif record.kind == BOOK_FAILED:
            must(about in self._failed, f"{about} is said to have failed and has not")
            must(about in state.paused, f"{about} has failed and may enter")
            del self._failed[about]

    def _check_intent(self, record: Intended) -> None:
        state, code = self._desk.state, record.listed.code
        if record.side is Side.BUY:
            must(state.free_cash >= 0, f"{record.intent} reserves more than there is")
            worth = state.blotter.order(record.intent).reserve
            must(worth > 0, f"{record.intent} reserves nothing")
            twins = [o.intent for o in state.blotter.live(code=code) if o.intent != record.intent]
            must(not twins, f"{record.intent} doubles {twins}")
            self._check_limits(record)
            return
        quote = self._desk.quotes.get(code)
        if quote is not None:
            self._units.sold(record, state, quote.price)
        position = state.portfolio.positions.get((record.book, code))
        selling = _remaining(state.blotter.live(book=record.book, side=Side.SELL, code=code))
        held = position.quantity if position else state.portfolio.foreign.get(code, 0)
        if position and record.reason == "max_holding":
            age = self._calendar.age(position.since.date(), record.at.date())
            must(age >= (position.exits.days or 0), f"{record.intent} sells {age} days old shares")
        must(selling <= held, f"{record.intent} sells {selling} of {held}")

    def _check_limits(self, record: Intended) -> None:
        state, what = self._desk.state, record.intent
        order = state.blotter.order(what)
        self._bounds.check_size(what, order, record.price, record.quantity)
        if record.reason != BY_HAND:
            names = {position.listed.code for position in state.portfolio.held(record.book)}
            names |= {order.code for order in state.blotter.live(book=record.book, side=Side.BUY)}
            most = self._desk.rules.books[record.book].entry.names
            must(len(names) <= most, f"{record.intent} is name {len(names)} of {most}")

    def _check_filled(self, state: State, intent: str) -> None:
        ours, truth = state.blotter.order(intent), self._truth
        # By balances alone two orders of one book and name cannot be told apart.
        listed = self._broker.listing is Listing.ROWS
        if ours.order_no is None:
            must(not listed, f"{intent} is filled without a number")
            return
        theirs = self._broker.account.orders.get(ours.order_no)
        if theirs is None:
            raise InvariantError(f"{intent} has a number the broker does not know")
        true = truth.intent_of(theirs)
        if true != intent:
            self._accept_swap(ours, theirs, true)
        orders = self._broker.account.orders
        filled = sum(orders[number].filled for number in ours.numbers if number in orders)
        said = f"{intent}: {ours.filled} filled of {filled}"
        must(ours.filled <= filled or not listed, said)

    def _check_others(self, number: int) -> None:
        """Check that an order which is said to be somebody else's is none of ours."""
        order = self._broker.account.orders[number]
        intent = None if order.original else self._truth.intent_of(order)
        must(intent is None, f"the order {number} of {intent} is said to be another's")

    def _accept_swap(self, ours: Order, theirs: BrokersOrder, true: str | None) -> None:
        """Let an order of ours have another's number if nobody on earth could tell them apart.

        That is so by nature where no reply told either number, and side, code, quantity and price
        are the same: KIS takes no mark of the client's that it would hand back.
        """
        told = [name for name in (ours.intent, true) if self._sources.get(name) == "reply"]
        whose = true or "the owner"
        must(not told, f"{ours.intent} has the number of {whose}, though {told} was told")
        same = (ours.side, ours.code, ours.quantity) == (theirs.side, theirs.code, theirs.quantity)
        # A fill tells no price of its order: it has to be told, by a list or when it was accepted.
        told_price = self._truth.listed or theirs.number in self._broker.accepted | self._others
        priced = not told_price or (ours.price or 0) == theirs.price
        must(same and priced, f"{ours.intent} has the number {theirs.number} of {whose}")
        self._truth.swap(ours.intent, theirs, self._broker.account.orders)

    def _check_given_up(self, record: PositionLost | PositionReturned, state: State) -> None:
        truth, code = self._truth, record.code
        if isinstance(record, PositionReturned):
            truth.given_up[record.book, code] -= record.quantity
            return
        must(record.book in state.paused, f"{record.book} lost shares and may enter")
        self._broker.looks.lost(record)
        truth.given_up[record.book, code] += record.quantity
        lost = truth.written_off(code)
        taken = truth.taken[code] + truth.oversold[code] + truth.paid_out[code]
        said = f"{lost} of {code} given up, others took {taken}"
        must(lost <= taken or not truth.can_be_told(code), said)

    # When the step is over, before its commands are done.

    def check(self, turn: Turn) -> None:
        """Check a step.

        Raises:
            InvariantError: something that must never happen did.
        """
        self.steps += 1
        self._cut = self._cut and self._broker.listener is None
        broken = self._broker.broken
        if broken is not None and turn.at - broken > TOLD and not self._cut:
            raise InvariantError(f"the socket is down since {broken}, and nothing says so")
        state = self._desk.state
        self._oracle.check(turn)
        self._entries.check(state, turn.at)
        if self._unknown:
            self._check_resolved(state, turn.at)
        for command in turn.commands:
            match command:
                case cmd.Send():
                    self._check_send(command, turn.at)
                case cmd.SendAmend():
                    self._bounds.check_amend(command, turn.at)
                case _:
                    pass
        for book, since in self._failed.items():
            if turn.at - since > TOLD:
                raise InvariantError(f"{book} has failed at {since} and is not off")
        self._prices.check(self._desk, turn.at, *self._session)
        told = state.today.bases
        held = {key[1] for key, line in state.today.lines.items() if line.overnight}
        complete = all(told.get(code) == self._bases.get(code) for code in held)
        self._losses.check(self._desk, self._limits, complete=complete)
        self._check_watched(state, turn.at)
        self._lateness.check(turn.at)
        if self._broker.listing is Listing.ROWS:
            self._broker.agreement.check(state, self._broker.account, turn.at)
        self._broker.told.check(state, self._broker.account.orders, turn.at)
        self._broker.looks.check(state)
        if not self._desk.finished:
            self._broker.sightings.check(state, turn.at)

    def _check_watched(self, state: State, at: datetime) -> None:
        blind = {code for _, code in state.portfolio.positions} - self._broker.watched
        self._unwatched = {code: self._unwatched.get(code, at) for code in blind}
        late = [code for code, since in self._unwatched.items() if at - since > WATCHED]
        if late:
            raise InvariantError(f"held and not watched: {sorted(late)}")

    def _check_send(self, send: cmd.Send, at: datetime) -> None:
        state = self._desk.state
        order = state.blotter.order(send.intent)
        self._bounds.check_time(send.intent, order, at)
        self._bounds.check_price(send.intent, order, send.price, at)
        if send.side is Side.BUY:
            allowed = (Halt.NONE, Halt.ENTRIES) if order.reason == BY_HAND else (Halt.NONE,)
            must(state.halt in allowed, f"{send.intent} enters although entries are halted")
            told = sorted(self._named.keys() & self._unknown.keys())
            strategys = order.reason != BY_HAND
            must(not (strategys and told), f"{send.intent} enters although {told} are undecided")
            paused = strategys and order.book in state.paused
            must(not paused, f"{send.intent} enters although {order.book} is paused")
            deaf = strategys and self._cut and self._broker.listener is None
            must(not deaf, f"{send.intent} enters although the socket is down")
        must(self._truth.sent[send.intent] == 0, f"{send.intent} is sent again")
        must(order.state is OrderState.INTENDED, f"{send.intent} is sent but not intended")

    def _check_resolved(self, state: State, at: datetime) -> None:
        for intent, lost in list(self._unknown.items()):
            order = state.blotter.orders.get(intent)
            quiet = at - max(lost, self._up_since, self._broker.disturbed)
            listed = self._broker.listing is Listing.ROWS
            # While the list was late, or is not known to be prompt, nothing may be given up.
            waits = RESOLVED + patience(state) - LOOK_UNTIL
            most = waits if listed else RESOLVED_BLIND
            if quiet > most and (listed or intent not in self._named):
                said = "the broker answers" if listed else "the broker answers, and not told"
                raise InvariantError(f"{intent} is unknown since {lost} though {said}")
            if order is None or order.state is not OrderState.UNKNOWN:
                self.resolved.append((at - lost).total_seconds())
                self.undisturbed.append(max(0.0, quiet.total_seconds()))
                del self._unknown[intent]
                self._named.pop(intent, None)


def _remaining(orders: Iterable[Order]) -> int:
    return sum(order.remaining for order in orders)
