"""What must hold after every step of the desk, and what must hold when all is quiet."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maemae.desk import commands as cmd
from maemae.desk.desk import Desk
from maemae.desk.exits import exit_reason
from maemae.desk.orders import Order as DeskOrder
from maemae.desk.orders import OrderState
from maemae.desk.records import Filled, Halt, Intended, Lost
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account
from maemae.exchange.orders import Order
from maemae.market.kinds import Side
from maemae.proof.broker import Broker, Listing

OVERDUE = timedelta(seconds=90)
"""An exit that was due longer than this without an order is one that did not fire."""


@dataclass(slots=True)
class Auditor:
    """Checks the desk against the broker's truth.

    Args:
        broker: who knows it.
    """

    broker: Broker
    steps: int = 0
    fills: int = 0
    resolved: list[float] = field(default_factory=list)
    """Seconds that each unknown order took to be resolved."""
    kinds: Counter[str] = field(default_factory=Counter)
    _due: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _lost: dict[str, datetime] = field(default_factory=dict)

    def restart(self) -> None:
        """Begin another life of the process: what was due was not looked at meanwhile."""
        self._due.clear()

    def check(self, desk: Desk, turn: Turn) -> None:
        """Check a step after its facts are durable and before its commands are done.

        Raises:
            InvariantError: something that must never happen did.
        """
        self.steps += 1
        for record in turn.records:
            self.kinds[str(record.__struct_config__.tag)] += 1
            match record:
                case Intended():
                    self._check_intent(desk, record)
                case Filled():
                    self.fills += 1
                    self._check_filled(desk.state, record.intent)
                case Lost():
                    self._lost[record.intent] = record.at
                case _:
                    pass
        _must(not self.kinds["position_lost"], "a position was given up that nobody had sold")
        self._note_resolved(desk.state, turn.at)
        for command in turn.commands:
            if isinstance(command, cmd.Send):
                self._check_send(desk, command)
        self._check_exits(desk, turn)

    def _check_intent(self, desk: Desk, record: Intended) -> None:
        state, limits = desk.state, desk.rules.limits
        if record.side is Side.BUY:
            _must(state.free_cash >= 0, f"{record.intent} reserves more than there is")
            worth = state.order(record.intent).reserve
            _must(worth > 0, f"{record.intent} reserves nothing")
            if limits.order_quantity is not None:
                _must(record.quantity <= limits.order_quantity, f"{record.intent} is too large")
            twins = [o for o in state.live(code=record.listed.code) if o.intent != record.intent]
            _must(not twins, f"{record.intent} doubles {[o.intent for o in twins]}")
            return
        position = state.positions.get((record.book, record.listed.code))
        selling = sum(o.remaining for o in state.live(book=record.book, side=Side.SELL,
                                                      code=record.listed.code))  # fmt: skip
        held = position.quantity if position else 0
        _must(selling <= held, f"{record.intent} sells {selling} of {held}")

    def _check_send(self, desk: Desk, send: cmd.Send) -> None:
        halt = desk.state.halt
        if send.side is Side.BUY:
            _must(halt is Halt.NONE, f"{send.intent} enters although entries are halted")
        _must(halt is not Halt.ALL, f"{send.intent} is sent although everything is halted")
        _must(self.broker.sent[send.intent] == 0, f"{send.intent} is sent again")
        _must(
            desk.state.order(send.intent).state is OrderState.INTENDED,
            f"{send.intent} is sent but not intended",
        )

    def _check_filled(self, state: State, intent: str) -> None:
        ours = state.order(intent)
        if ours.order_no is None:
            _must(self.broker.listing is not Listing.ROWS, f"{intent} is filled without a number")
            return
        theirs = self.broker.account.orders.get(ours.order_no)
        true = self.broker.numbers.get(ours.order_no)
        _must(true is not None, f"{intent} was given the number {ours.order_no} of the owner's")
        if true is not None and true != intent:
            twin = state.order(true)
            _must(_alike(ours, twin), f"{intent} was given the number of {true}")
            self.broker.numbers[ours.order_no] = intent
        if theirs is None:
            raise InvariantError(f"{intent} has a number the broker does not know")
        _must(ours.filled <= theirs.filled, f"{intent}: {ours.filled} filled of {theirs.filled}")

    def _note_resolved(self, state: State, at: datetime) -> None:
        for intent in list(self._lost):
            order = state.orders.get(intent)
            if order is None or order.state is not OrderState.UNKNOWN:
                self.resolved.append((at - self._lost.pop(intent)).total_seconds())

    def _check_exits(self, desk: Desk, turn: Turn) -> None:
        state = desk.state
        session = self.broker.venue.hours
        trading = session.open <= self.broker.venue.now < session.close
        for key, position in state.positions.items():
            quote = desk.quotes.get(key[1])
            selling = any(state.live(book=key[0], code=key[1], side=Side.SELL))
            due = (
                trading
                and state.halt is not Halt.ALL
                and state.day is not None
                and quote is not None
                and not selling
                and exit_reason(position, quote.price, state.rules, turn.at) is not None
            )
            if not due:
                self._due.pop(key, None)
                continue
            since = self._due.setdefault(key, turn.at)
            _must(turn.at - since <= OVERDUE, f"the exit of {key} is due since {since} unsent")
        for key in self._due.keys() - state.positions.keys():
            del self._due[key]


def _alike(one: DeskOrder, other: DeskOrder) -> bool:
    """Whether nobody, not even the broker, could tell two orders apart."""
    mine, others = ((o.book, o.side, o.code, o.quantity, o.price) for o in (one, other))
    return mine == others and other.state in (OrderState.NEVER_ARRIVED, OrderState.UNKNOWN)


def check_quiet(desk: Desk, broker: Broker) -> None:
    """Check that nothing is open and both books agree to the won and the share.

    Raises:
        InvariantError: they differ.
    """
    state, account = desk.state, broker.account
    _must(desk.finished, "the day was not closed")
    live = [order.intent for order in state.live()]
    _must(not live, f"still live after the close: {live}")
    _must(state.cash == account.cash, f"cash: ours {state.cash}, the broker's {account.cash}")
    theirs = {one.code: one.quantity for one in account.holdings.values() if one.quantity}
    _must(state.holdings() == theirs, f"holdings: ours {state.holdings()}, theirs {theirs}")
    for number, intent in broker.numbers.items():
        _check_order(state, account.orders[number], intent, broker.listing)
    _check_positions(state, account, broker)


def _check_order(state: State, theirs: Order, intent: str, listing: Listing) -> None:
    ours = state.order(intent)
    if listing is not Listing.ROWS:
        # Judged by balances alone: they agree to the won, and say nothing of a single order.
        return
    _must(ours.order_no == theirs.number, f"{intent}: {ours.order_no} is {theirs.number}")
    same = (ours.filled, ours.amount) == (theirs.filled, theirs.amount)
    _must(same, f"{intent}: filled {ours.filled} for {ours.amount}, in truth "
                f"{theirs.filled} for {theirs.amount}")  # fmt: skip


def _check_positions(state: State, account: Account, broker: Broker) -> None:
    """Check that what the owner bought is the owner's and what we bought is ours."""
    owners: Counter[str] = Counter()
    for order in account.orders.values():
        if not order.is_cancel and order.number not in broker.numbers:
            sign = 1 if order.side is Side.BUY else -1
            owners[order.code] += sign * order.filled
    if owners and broker.listing is not Listing.ROWS:
        # Without rows the owner's order cannot be told from ours when its notice is lost.
        return
    for code in owners.keys() | state.foreign.keys():
        change = owners[code]
        before = broker.foreign_before.get(code, 0)
        ours = state.foreign.get(code, 0)
        _must(ours == before + change, f"the owner's {code}: {ours}, in truth {before + change}")


def check_replay(desk: Desk, again: State) -> None:
    """Check that the ledger rebuilds the desk exactly.

    Raises:
        InvariantError: it does not.
    """
    ours = desk.state
    for name in ("day", "cash", "orders", "positions", "foreign", "halt", "flattening", "version"):
        live, rebuilt = getattr(ours, name), getattr(again, name)
        _must(live == rebuilt, f"replayed {name} differs: {rebuilt} instead of {live}")


def _must(holds: bool, said: str) -> None:
    if not holds:
        raise InvariantError(said)
