"""What a person orders in haste: too much, far off the market, under orders, or all of a book."""

from collections.abc import Callable
from random import Random

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import OWNER, Halt
from maemae.market.kinds import Side
from maemae.market.ticks import tick_size
from maemae.proof.broker import Broker

WORTH = (300_000, 1_500_000)
"""Won for which a name is bought that is there already."""

MANY = 45
"""Shares of an order whose number was mistyped."""

TOO_CHEAP, TOO_DEAR = (70, 95), (102, 110)
"""Percent of the last trade at which shares are all but given away, or rest for long."""

SOLD_FOR = (20.0, 90.0)
"""Seconds for which a book is being sold out."""


class Slips:
    """Orders of a person who does not look twice, on one day.

    Args:
        broker: the account's broker.
        dice: of chance that changes nothing else.
        desk: the one that is up, None while there is none.
        put: where orders go to.
    """

    def __init__(
        self,
        broker: Broker,
        dice: Random,
        desk: Callable[[], Desk | None],
        put: Callable[[ev.Event], None],
    ) -> None:
        self._broker = broker
        self._dice = dice
        self._desk = desk
        self._put = put
        self._tickets = 0

    def order(self) -> None:
        """Sell a held name far off the market, or buy more of what is there, or far too much."""
        desk = self._desk()
        held = sorted(desk.state.portfolio.positions) if desk is not None else []
        held = [(book, code) for book, code in held if self._last(code)]
        if desk is None or not held:
            return
        book, code = self._dice.choice(held)
        last, at = self._last(code), self._broker.now
        self._tickets += 1
        ticket = f"slip-{self._tickets}"
        side, quantity = Side.SELL, 1
        price: int | None
        if self._dice.random() < 0.5:  # noqa: PLR2004 - even odds
            percent = self._dice.randint(*self._dice.choice((TOO_CHEAP, TOO_DEAR)))
            price = self._grid(code, last * percent // 100)
        else:
            side = Side.BUY
            quantity = self._dice.choice((MANY, max(1, self._dice.randint(*WORTH) // last)))
            price = self._dice.choice((None, self._grid(code, last)))
        wanted = ev.OrderOrdered(
            at=at, ticket=ticket, book=book, side=side, code=code, quantity=quantity, price=price
        )
        self._put(wanted)

    def move(self) -> None:
        """Move shares although their book trades on, of a name that is being traded best of all."""
        desk = self._desk()
        if desk is None or not desk.state.portfolio.positions:
            return
        positions = sorted(desk.state.portfolio.positions)
        busy = {(order.book, order.code) for order in desk.state.blotter.live()}
        origin, code = self._dice.choice([key for key in positions if key in busy] or positions)
        book = self._dice.choice(sorted({*desk.rules.books, OWNER} - {origin}))
        at = self._broker.now
        if self._dice.random() < 0.5:  # noqa: PLR2004 - even odds
            for one in (origin, book):
                if one != OWNER:
                    self._put(ev.HaltOrdered(at=at, level=Halt.ENTRIES, reason="move", book=one))
        self._tickets += 1
        ticket = f"rash-{self._tickets}"
        self._put(ev.MoveOrdered(at=at, ticket=ticket, origin=origin, book=book, code=code))

    def sell_out(self) -> None:
        """Sell all that one book has, and let it go on a while later."""
        desk = self._desk()
        if desk is None:
            return
        book = self._dice.choice(sorted(desk.rules.books))
        self._put(ev.FlattenOrdered(at=self._broker.now, book=book, reason="drill"))
        self._broker.later(self._dice.uniform(*SOLD_FOR), self._go_on)

    def _go_on(self) -> None:
        at = self._broker.now
        self._put(ev.HaltOrdered(at=at, level=Halt.NONE, reason="drill is over"))
        desk = self._desk()
        for book in () if desk is None else sorted(desk.state.paused):
            self._put(ev.HaltOrdered(at=at, level=Halt.NONE, reason="drill is over", book=book))

    def _last(self, code: str) -> int:
        """Return the price of the last trade, 0 where a name is not listed any more."""
        floor = self._broker.venue.floor
        return floor.state(code).price if code in floor.market.rows else 0

    def _grid(self, code: str, price: int) -> int:
        floor = self._broker.venue.floor
        listing = floor.listing(code)
        tick = tick_size(price, floor.market.hours.day, listing.market, listing.kind)
        return price // tick * tick
