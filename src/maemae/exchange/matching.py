"""Matching of clients' orders, by price and time, with the displayed book and with one another.

The replayed market trades whatever the clients do; their orders take displayed shares, wait in
the queue behind them, and are filled by the trades that follow. The price is always that of the
order that was there first.
"""

from collections.abc import Callable
from dataclasses import dataclass

from maemae.exchange.depth import Depth
from maemae.exchange.moment import Moment
from maemae.exchange.orders import OnFill, Order, OrderKind
from maemae.exchange.replay import Point
from maemae.market.kinds import Side

Worse = Callable[[Order, int], int]
"""At what price an order takes shares that are displayed at one."""


def plain(_order: Order, price: int) -> int:
    """Return the price as it is displayed."""
    return price


@dataclass(slots=True)
class _Offer:
    """The best that an incoming order can take: an order of a client, or displayed shares."""

    price: int
    order: Order | None
    quantity: int


class OrderBook:
    """The clients' resting orders in one instrument, and the displayed book they meet."""

    def __init__(self, on_fill: OnFill, worse: Worse = plain) -> None:
        self.depth = Depth()
        self.drawn = -1
        self.last = 0
        self._on_fill = on_fill
        self._worse = worse
        self._resting: dict[Side, list[Order]] = {Side.BUY: [], Side.SELL: []}
        self._stops: list[Order] = []

    @property
    def orders(self) -> list[Order]:
        """All resting orders, and stop orders that wait for their price."""
        return [*self._resting[Side.BUY], *self._resting[Side.SELL], *self._stops]

    def rest(self, order: Order) -> None:
        """Let an order wait, behind what is displayed at its price."""
        unseen = order.any_price or order.live_kind.is_mid
        order.ahead = 0 if unseen else self.depth.queued(order.side, order.price)
        self._resting[order.side].append(order)
        self._sort(order.side)

    def remove(self, order: Order) -> None:
        """Take an order out of the book, if it is there."""
        for orders in (self._resting[order.side], self._stops):
            if order in orders:
                orders.remove(order)

    def available(self, order: Order) -> int:
        """Return the shares an order could take at once."""
        levels = [one for one in self.depth.against(order.side) if order.accepts(one.price)]
        own = [
            one
            for one in self._resting[order.side.opposite]
            if not one.any_price and order.accepts(one.price)
        ]
        return sum(one.quantity for one in levels) + sum(one.remaining for one in own)

    def enter(self, order: Order, at: Moment) -> None:
        """Match an order that arrives in continuous trading; what is left of it rests.

        A stop order waits apart until a trade was at its price; the last one may have been.
        """
        if order.waits and not (self.last and order.stopped_by(self.last)):
            self._stops.append(order)
            return
        order.waits = False
        self._take(order, at)
        if order.remaining:
            self.rest(order)

    def show(self, point: Point, depth: Depth) -> None:
        """Show the book as it is after a trade of the replayed market."""
        self.depth, self.drawn, self.last = depth, point.index, point.price
        self._peg()

    def trade(self, point: Point, depth: Depth) -> None:
        """Show the book after a trade of the replayed market, and let it fill resting orders."""
        self.show(point, depth)
        for side in Side:
            if self._resting[side]:
                self._fill_side(side, point)
        self._sweep()
        for order in [one for one in self._stops if one.stopped_by(point.price)]:
            self._stops.remove(order)
            self.enter(order, point.at)

    def auction(self, price: int, volume: int, at: Moment) -> None:
        """Fill orders at an auction's single price, out of its volume, better prices first.

        Orders at exactly the price share what is left of half the volume with the others there.
        """
        for side in Side:
            flow, waiting = volume, volume // 2
            for order in list(self._resting[side]):
                if not order.accepts(price) or order.live_kind.is_mid:
                    continue
                if not order.any_price and order.price == price:
                    flow, waiting = max(0, flow - waiting), 0
                quantity = min(order.remaining, flow)
                flow -= quantity
                self._fill(order, quantity, price, at)
        self._sweep()

    def convert(self) -> None:
        """Turn conditional limit orders (조건부지정가) into market orders for the close."""
        for order in self.orders:
            if order.live_kind is OrderKind.CONDITIONAL:
                order.live_kind = OrderKind.MARKET
        for side in Side:
            self._sort(side)

    def _peg(self) -> None:
        """Let mid-price orders follow the middle of the book."""
        middle = self.depth.middle
        if middle is None:
            return
        for side in Side:
            followers = [one for one in self._resting[side] if one.live_kind.is_mid]
            for order in followers:
                order.price = middle
            if followers:
                self._sort(side)

    def _take(self, order: Order, at: Moment) -> None:
        while order.remaining:
            offer = self._best(order)
            if offer is None:
                return
            quantity = min(order.remaining, offer.quantity)
            price = offer.price
            if offer.order is None:
                self._use(order.side, quantity)
                price = self._worse(order, price)
            else:
                self._fill(offer.order, quantity, offer.price, at)
                self._drop_done(offer.order)
            self._fill(order, quantity, price, at)

    def _best(self, order: Order) -> _Offer | None:
        """Return the best offer an order accepts; displayed shares before a client behind them."""
        levels = self.depth.against(order.side)
        level = levels[0] if levels and order.accepts(levels[0].price) else None
        own = next(
            (
                one
                for one in self._resting[order.side.opposite]
                if not one.any_price and one is not order and order.accepts(one.price)
            ),
            None,
        )
        if own is None:
            return None if level is None else _Offer(level.price, None, level.quantity)
        if level is None or _better(order.side, own.price, level.price):
            return _Offer(own.price, own, own.remaining)
        if own.price == level.price and own.ahead <= 0:
            return _Offer(own.price, own, own.remaining)
        quantity = level.quantity
        if own.price == level.price:
            quantity = min(quantity, own.ahead)
            own.ahead -= quantity
        return _Offer(level.price, None, quantity)

    def _fill_side(self, side: Side, point: Point) -> None:
        flow, passed = point.volume, 0
        at_price: list[Order] = []
        for order in list(self._resting[side]):
            if order.any_price:
                self._take(order, point.at)
                continue
            self._shorten_queue(order)
            flow = self._cross(order, point, flow)
            if order.remaining and order.price == point.price and point.bought is _hits(side):
                at_price.append(order)
                step = min(max(0, order.ahead - passed), flow)
                passed, flow = passed + step, flow - step
                if order.ahead <= passed:
                    quantity = min(order.remaining, flow)
                    flow -= quantity
                    self._fill(order, quantity, order.price, point.at)
        for order in at_price:
            order.ahead = max(0, order.ahead - passed)

    def _shorten_queue(self, order: Order) -> None:
        shown = self.depth.shown(order.side, order.price)
        if shown is not None:
            order.ahead = min(order.ahead, shown)

    def _cross(self, order: Order, point: Point, flow: int) -> int:
        """Fill an order that the market has traded through; return what is left of the trade."""
        through = order.accepts(point.price) and order.price != point.price
        levels = self.depth.against(order.side)
        if not through and not (levels and order.accepts(levels[0].price)):
            return flow
        if through:
            quantity = min(order.remaining, flow)
            flow -= quantity
            self._fill(order, quantity, order.price, point.at)
        while order.remaining and levels and order.accepts(levels[0].price):
            quantity = min(order.remaining, levels[0].quantity)
            self._use(order.side, quantity)
            self._fill(order, quantity, order.price, point.at)
        return flow

    def _use(self, side: Side, quantity: int) -> None:
        """Take displayed shares of the best level that an order of a side meets."""
        Depth.take(self.depth.against(side), quantity)

    def _fill(self, order: Order, quantity: int, price: int, at: Moment) -> None:
        if quantity > 0:
            self._on_fill(order, quantity, price, at)

    def _drop_done(self, order: Order) -> None:
        if not order.remaining:
            self.remove(order)

    def _sweep(self) -> None:
        for side in Side:
            self._resting[side] = [order for order in self._resting[side] if order.remaining]

    def _sort(self, side: Side) -> None:
        sign = -1 if side is Side.BUY else 1
        self._resting[side].sort(
            key=lambda one: (not one.any_price, sign * one.price, one.at, one.number)
        )


def _better(side: Side, price: int, than: int) -> bool:
    """Tell whether a price is better to take for an order of this side."""
    return price < than if side is Side.BUY else price > than


def _hits(side: Side) -> bool:
    """Return the direction of the trades that fill resting orders of a side (bought or not)."""
    return side is Side.SELL
