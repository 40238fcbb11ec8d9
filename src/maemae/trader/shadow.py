"""The shadow: beside trading, each order is given to the fill model of the dry run, alone.

What the model says and what came of the order is written down side by side. Nothing is asked and
nothing is sent for it: the model hears the trades that the trader hears anyway. Each order meets
the market by itself, with as much cash and as many shares as it needs.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from maemae.clock import KST, Clock
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.plausibility import DayRange
from maemae.desk.records import Listed
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.moment import datetime_of
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.refusals import Refusal
from maemae.kis import MarketClient, StreamEvent
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Kind, Market, Side
from maemae.trader.compared import Compared, Fills, append
from maemae.trader.dry import VenueTime
from maemae.trader.dry_feed import LiveFeed
from maemae.trader.guarded import Guarded

GRACE = timedelta(seconds=10)
"""How much later than the real order the model may fill: its trades come by another way."""

CASH = 10**15
"""Won; the model's account never lacks any."""


@dataclass(slots=True)
class _Order:
    """An order in the model, and what came of it at the broker."""

    send: cmd.Send
    sent: datetime
    seen: int
    """The last price in won when it was decided on."""
    number: int
    numbers: set[int] = field(default_factory=set)
    filled: int = 0
    amount: int = 0
    first: datetime | None = None
    over: datetime | None = None


class Shadow:
    """Predicts the orders of a trader.

    Args:
        exchange: of the fill model, fed by the live market.
        listed: what is known of instruments beforehand.
        tell: takes each order that is over, with what the model said.
    """

    def __init__(
        self,
        exchange: FedExchange,
        listed: Mapping[str, Listed],
        tell: Callable[[Compared], None],
    ) -> None:
        self._exchange = exchange
        self._listed = listed
        self._tell = tell
        self._orders: dict[str, _Order] = {}
        self._seen: dict[str, int] = {}
        self.unpredicted = 0
        """Orders that the model could not take: of other sessions, or of names without limits."""

    def __call__(self, event: ev.Event, turn: Turn) -> None:
        """Take in what the desk was told, and what it made of it."""
        if isinstance(event, ev.Price):
            self._price(event)
        for record in turn.records:
            self._note(record, turn)
        for command in turn.commands:
            match command:
                case cmd.Send():
                    self._send(command, turn.at)
                case cmd.SendCancel():
                    self._cancel(command.intent)
                case cmd.SendAmend():
                    self._amend(command)
                case _:
                    pass
        self._finish(turn.at - GRACE)

    def close(self) -> None:
        """Tell of the orders that were over already."""
        self._finish(datetime.max.replace(tzinfo=KST))

    @property
    def _account(self) -> Account:
        account = self._exchange.account(ACCOUNT)
        if account is None:
            raise InvariantError("the fill model has no account")
        return account

    def _price(self, event: ev.Price) -> None:
        if event.price <= 0:
            return
        self._seen[event.code] = event.price
        if event.day is not None and not self._exchange.knows(event.code):
            self._admit(event, event.day)

    def _admit(self, event: ev.Price, day: DayRange) -> None:
        if not (day.base and day.lower and day.upper):
            return
        known = event.listed or self._listed.get(event.code)
        self._exchange.admit(
            event.code,
            known.name if known else event.code,
            known.market if known else Market.KOSPI,
            known.kind if known else Kind.STOCK,
            limits=(day.base, day.lower, day.upper),
            price=event.price,
            volume=event.volume or 0,
        )

    def _send(self, send: cmd.Send, at: datetime) -> None:
        code, seen = send.code, self._seen.get(send.code, 0)
        if send.route is not None or not seen or not self._exchange.knows(code):
            self.unpredicted += 1
            return
        account = self._account
        if send.side is Side.SELL:
            holding = account.holdings.setdefault(code, Holding(code))
            holding.quantity += send.quantity
            holding.cost += send.quantity * seen
        kind = OrderKind.MARKET if send.price is None else OrderKind.LIMIT
        ticket = Ticket(code, send.side, kind, send.quantity, send.price or 0)
        try:
            order = self._exchange.venue.submit(account, ticket)
        except Refusal:
            self.unpredicted += 1
            return
        self._orders[send.intent] = _Order(send, at, seen, order.number, {order.number})

    def _cancel(self, intent: str) -> None:
        one = self._orders.get(intent)
        if one is not None:
            self._exchange.catch_up()
            with suppress(Refusal):  # It is filled already, in the model.
                self._exchange.venue.cancel(self._account, one.number)

    def _amend(self, wanted: cmd.SendAmend) -> None:
        one = self._orders.get(wanted.intent)
        if one is None:
            return
        self._exchange.catch_up()
        kind = OrderKind.MARKET if wanted.price is None else OrderKind.LIMIT
        with suppress(Refusal):
            made = self._exchange.venue.amend(
                self._account, one.number, kind, wanted.price or 0, None
            )
            one.number = made.number
            one.numbers.add(made.number)

    def _note(self, record: rec.Record, turn: Turn) -> None:
        match record:
            case rec.Filled():
                one = self._orders.get(record.intent)
                if one is not None:
                    one.filled += record.quantity
                    one.amount += record.amount
                    one.first = one.first or record.at
            case rec.Ended():
                one = self._orders.get(record.intent)
            case rec.Refused() | rec.NeverArrived():
                self._cancel(record.intent)
                self._orders.pop(record.intent, None)
                return
            case _:
                return
        if one is not None and not turn.state.blotter.order(record.intent).live:
            one.over = one.over or record.at

    def _finish(self, until: datetime) -> None:
        """Tell of the orders that were over by then; the model's part ends with them."""
        for intent, one in list(self._orders.items()):
            if one.over is not None and one.over <= until:
                del self._orders[intent]
                self._exchange.catch_up()
                self._tell(self._compared(one))
                with suppress(Refusal):
                    self._exchange.venue.cancel(self._account, one.number)

    def _compared(self, one: _Order) -> Compared:
        fills = [fill for fill in self._account.fills if fill.number in one.numbers]
        first = min((datetime_of(fill.at) for fill in fills), default=None)
        send = one.send
        return Compared(
            at=one.sent,
            code=send.code,
            side=send.side,
            market=send.price is None,
            quantity=send.quantity,
            seen=one.seen,
            real=Fills(one.filled, one.amount, _seconds(one.sent, one.first)),
            model=Fills(
                sum(fill.quantity for fill in fills),
                sum(fill.quantity * fill.price for fill in fills),
                _seconds(one.sent, first),
            ),
        )


def _seconds(sent: datetime, first: datetime | None) -> float | None:
    return None if first is None else max(0.0, round((first - sent).total_seconds(), 3))


class _GuardedFeed(LiveFeed):
    """Feeds the fill model with what the stream says; an error of it must not end the stream."""

    def __init__(
        self,
        exchange: FedExchange,
        data: MarketClient,
        listed: Mapping[str, Listed],
        guarded: Guarded,
    ) -> None:
        self._guarded = guarded
        super().__init__(exchange, data, listed)

    def hear(self, said: StreamEvent) -> None:
        """Take in what the live stream says."""
        self._guarded.guard(lambda: super(_GuardedFeed, self).hear(said))


@contextmanager
def shadowing(
    data: MarketClient,
    costs: CostRules,
    listed: Mapping[str, Listed],
    *,
    care: CareName,
    file: Path,
    report: Callable[[Exception], None],
) -> Iterator[Guarded]:
    """Give a shadow that listens to the stream of a client and writes to a file."""
    clock: Clock = data.clock
    calendar, today = krx(), clock.now().date()
    day = today if calendar.is_session(today) else calendar.previous_session(today)
    exchange = FedExchange(
        calendar, day, VenueTime(clock), cash=CASH, costs=costs, care=CARES[care]
    )
    guarded = Guarded(Shadow(exchange, listed, lambda one: append(file, one)), report)
    _GuardedFeed(exchange, data, listed, guarded)
    try:
        yield guarded
    finally:
        guarded.close()
