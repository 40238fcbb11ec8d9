"""The shadow: beside trading, each order is given to the fill model of the dry run, alone.

What the model says and what came of the order is written down side by side. Nothing is asked and
nothing is sent for it: the model hears the trades that the trader hears anyway. Each order meets
the market by itself, with as much cash and as many shares as it needs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from maemae.clock import KST
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.plausibility import DayRange
from maemae.desk.records import Listed
from maemae.desk.turn import Turn
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.fed.exchange import FedExchange
from maemae.kis import MarketClient, OrderBook, StreamEvent, StreamUp
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market
from maemae.trader.compared import Compared, Fills, append
from maemae.trader.dry import VenueTime
from maemae.trader.dry_feed import LiveFeed
from maemae.trader.guarded import Guarded
from maemae.trader.looks import Looks
from maemae.trader.pacing import StepClock
from maemae.trader.prediction import Prediction, seconds
from maemae.trader.venue import Venue

GRACE = timedelta(seconds=10)
"""How much later than the real order the model may fill: its trades come by another way."""

LATE = timedelta(seconds=2)
"""An order that is known to be taken so much later than it was sent met another market."""

CASH = 10**15
"""Won; the model's account never lacks any."""


@dataclass(slots=True)
class _Order:
    """An order in the models, and what came of it at the broker."""

    send: cmd.Send
    sent: datetime
    seen: int
    """The last price in won when it was decided on."""
    given: bool = False
    """Whether the models have it: they get it when the broker has taken it, for what lies between
    is no part of the market."""
    filled: int = 0
    amount: int = 0
    first: datetime | None = None
    over: datetime | None = None
    blind: bool = False
    """Whether the models were never shown the book of its name."""
    gap: bool = False
    """Whether trades of its name were missed while it lived."""


class Shadow:
    """Predicts the orders of a trader, once for each care.

    Args:
        models: the fill models, fed by the live market.
        care: the one that the settings ask for.
        listed: what is known of instruments beforehand.
        tell: takes each order that is over, with what the models said.
        look: asks for a name's order book.
    """

    def __init__(
        self,
        models: Mapping[CareName, FedExchange],
        care: CareName,
        listed: Mapping[str, Listed],
        tell: Callable[[Compared], None],
        look: Callable[[str], None] = lambda _code: None,
    ) -> None:
        self._models = {name: Prediction(exchange) for name, exchange in models.items()}
        self._chosen = self._models[care]
        self._care: CareName = care
        self._listed = listed
        self._tell = tell
        self._look = look
        self._orders: dict[str, _Order] = {}
        self._seen: dict[str, int] = {}
        self.unpredicted = 0
        """Orders that the models could not take: of other sessions, or of names without limits."""

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
                case cmd.SendAmend() if command.intent in self._orders:
                    for model in self._models.values():
                        model.amend(command.intent, command.price)
                case _:
                    pass
        self._finish(turn.at - GRACE)

    def missed(self, codes: Collection[str]) -> None:
        """Note that trades of names were not heard."""
        for one in self._orders.values():
            one.gap = one.gap or one.send.code in codes

    def knows_book(self, code: str) -> bool:
        """Tell whether the models were shown anything of a name's book."""
        return self._chosen.knows_book(code)

    def close(self) -> None:
        """Tell of the orders that were over already."""
        self._finish(datetime.max.replace(tzinfo=KST))

    def _price(self, event: ev.Price) -> None:
        if event.price <= 0:
            return
        self._seen[event.code] = event.price
        if event.day is not None and not self._chosen.exchange.knows(event.code):
            self._admit(event, event.day)

    def _admit(self, event: ev.Price, day: DayRange) -> None:
        if not (day.base and day.lower and day.upper):
            return
        known = event.listed or self._listed.get(event.code)
        for model in self._models.values():
            model.exchange.admit(
                event.code,
                known.name if known else event.code,
                known.market if known else Market.KOSPI,
                known.kind if known else Kind.STOCK,
                limits=(day.base, day.lower, day.upper),
                price=event.price,
                volume=event.volume,
            )

    def _send(self, send: cmd.Send, at: datetime) -> None:
        seen = self._seen.get(send.code, 0)
        if send.route is not None or not seen or not self._chosen.exchange.knows(send.code):
            self.unpredicted += 1
            return
        self._orders[send.intent] = _Order(send, at, seen)
        self._look(send.code)

    def _give(self, intent: str, at: datetime) -> None:
        one = self._orders.get(intent)
        if one is None or one.given:
            return
        one.given = True
        one.gap = one.gap or at - one.sent > LATE  # A lost reply: the market has gone on.
        taken = [model.send(one.send, one.seen) for model in self._models.values()]
        if not all(taken):
            self.unpredicted += 1
            self._drop(intent, at)

    def _drop(self, intent: str, at: datetime) -> None:
        if self._orders.pop(intent, None) is not None:
            for model in self._models.values():
                model.end(intent, at)

    def _cancel(self, intent: str) -> None:
        for model in self._models.values():
            model.cancel(intent)

    def _note(self, record: rec.Record, turn: Turn) -> None:
        match record:
            case rec.Accepted():
                self._give(record.intent, record.at)
                return
            case rec.Filled():
                self._give(record.intent, record.at)
                one = self._orders.get(record.intent)
                if one is not None:
                    one.filled += record.quantity
                    one.amount += record.amount
                    one.first = one.first or record.at
            case rec.Ended():
                one = self._orders.get(record.intent)
            case rec.Refused() | rec.NeverArrived():
                self._drop(record.intent, record.at)
                return
            case _:
                return
        if one is not None and not turn.state.blotter.order(record.intent).live:
            one.over = one.over or record.at

    def _finish(self, until: datetime) -> None:
        """Tell of the orders that were over by then; the models' part ends with them."""
        for intent, one in list(self._orders.items()):
            if one.over is not None and one.over <= until:
                del self._orders[intent]
                self._tell(self._compared(intent, one))

    def _compared(self, intent: str, one: _Order) -> Compared:
        said = {name: model.end(intent, one.sent) for name, model in self._models.items()}
        send = one.send
        return Compared(
            at=one.sent,
            code=send.code,
            side=send.side,
            market=send.price is None,
            quantity=send.quantity,
            seen=one.seen,
            real=Fills(one.filled, one.amount, seconds(one.sent, one.first)),
            model=said[self._care],
            cares=said,
            blind=not self.knows_book(send.code),
            gap=one.gap,
        )


class _GuardedFeed(LiveFeed):
    """Feeds a fill model with what the stream says; an error of it must not end the stream."""

    def __init__(
        self,
        exchange: FedExchange,
        data: MarketClient,
        listed: Mapping[str, Listed],
        guarded: Guarded,
        missed: Callable[[Collection[str]], None],
    ) -> None:
        self._guarded = guarded
        self._gap = missed
        super().__init__(exchange, data, listed)

    def hear(self, said: StreamEvent) -> None:
        """Take in what the live stream says."""
        self._guarded.guard(lambda: self._hear(said))

    def _hear(self, said: StreamEvent) -> None:
        if isinstance(said, StreamUp) and said.since is not None:
            self._gap(self.exchange.ordered)
        super().hear(said)

    def _missed(self, code: str, shares: int) -> None:
        del shares
        self._gap((code,))


@contextmanager
def shadowing(
    venue: Venue,
    listed: Mapping[str, Listed],
    *,
    care: CareName,
    file: Path,
    report: Callable[[Exception], None],
) -> Iterator[Guarded]:
    """Give a shadow that listens to the stream of a venue's market and writes to a file.

    In a dry run the books that its own exchange is shown are shown to the models too; elsewhere
    each order's is asked for, with a call that nobody else needs.
    """
    data = venue.data
    calendar, today = krx(), data.clock.now().date()
    day = today if calendar.is_session(today) else calendar.previous_session(today)
    models = {
        name: FedExchange(
            calendar, day, VenueTime(data.clock), cash=CASH, costs=venue.costs, care=one
        )
        for name, one in CARES.items()
    }

    def show(code: str, book: OrderBook) -> None:
        for feed in feeds:
            feed.show(code, book)

    def see(code: str, book: OrderBook) -> None:
        guarded.guard(lambda: show(code, book))

    stepped = isinstance(data.clock, StepClock)
    looks = Looks(data, see, waits=not stepped)
    asking = venue.feed is None
    shadow = Shadow(
        models, care, listed, lambda one: append(file, one),
        looks.want if asking else lambda _code: None,
    )  # fmt: skip
    guarded = Guarded(Looking(shadow, looks), report)
    feeds = [
        _GuardedFeed(exchange, data, listed, guarded, shadow.missed)
        for exchange in models.values()
    ]  # fmt: skip
    if venue.feed is not None:
        venue.feed.on_book(see)
    if isinstance(data.clock, StepClock):
        data.clock.settling = looks.settled
    try:
        yield guarded
    finally:
        looks.close()
        guarded.close()


class Looking:
    """A shadow whose books are asked for as it goes on."""

    def __init__(self, shadow: Shadow, looks: Looks) -> None:
        self.shadow = shadow
        self._looks = looks

    def __call__(self, event: ev.Event, turn: Turn) -> None:
        """Take in an event and what came of it, and ask for the books that are wanted."""
        self.shadow(event, turn)
        self._looks.go_on()

    def close(self) -> None:
        """Tell of the orders that were over already."""
        self.shadow.close()
