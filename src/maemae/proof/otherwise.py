"""What a person orders of another kind, or for another exchange: best price, all or none, SOR."""

from collections.abc import Callable
from random import Random

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import OWNER
from maemae.market.kinds import Side
from maemae.market.order_kinds import OrderKind, order_kind
from maemae.market.phases import Venue
from maemae.market.ticks import tick_size
from maemae.proof.broker import Broker

KINDS = ("00", "01", "03", "04", "11", "12", "13", "14", "15", "16", "21", "23", "24")
"""Kinds of the regular session: what rests, what is filled at once, and what is filled or gone."""

TICKS = 3
"""A limit lies so many ticks beside the last price at most."""

SHARES = 5


class Otherwise:
    """Orders by hand that are no ordinary ones of KRX, on one day.

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
        """Buy a few shares of anything for a book or the owner, or sell some that are held."""
        desk, dice = self._desk(), self._dice
        if desk is None:
            return
        held = sorted(desk.state.portfolio.positions)
        side = dice.choice((Side.BUY, Side.SELL))
        listed = [one.code for one in self._broker.venue.floor.market.listings]
        book, code = dice.choice((*sorted(desk.rules.books), OWNER)), dice.choice(listed)
        if side is Side.SELL and held:
            book, code = dice.choice(held)
        kind = order_kind(dice.choice(KINDS))
        exchange = dice.choice(sorted(kind.venues))
        if code not in self._broker.venue.floor.market.rows:
            return  # It is listed no more.
        self._tickets += 1
        self._put(
            ev.OrderOrdered(
                at=self._broker.now,
                ticket=f"otherwise-{self._tickets}",
                book=book,
                side=side,
                code=code,
                quantity=dice.randint(1, SHARES),
                price=self._price(code) if kind.needs_price else None,
                kind=_said(kind, exchange),
                exchange=exchange,
            )
        )

    def _price(self, code: str) -> int:
        floor = self._broker.venue.floor
        listing, last = floor.listing(code), floor.state(code).price
        tick = tick_size(last, floor.market.hours.day, listing.market, listing.kind)
        return last // tick * tick + tick * self._dice.randint(-TICKS, TICKS)


def _said(kind: OrderKind, exchange: Venue) -> str:
    """Return what a person says of the kind: nothing of an ordinary one for another exchange."""
    return "" if kind.code in ("00", "01") and exchange is not Venue.KRX else kind.code
