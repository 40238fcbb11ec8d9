"""Matching with a real book that does not know of us: what is taken stays taken, queues are stood.

Whoever takes displayed shares here takes them from a book that goes on as if nothing had happened.
So what was taken is remembered at its price and subtracted from all that is shown there later,
until the market itself has worn the level down to less. An order that waits has before it what was
shown at its price when it came, and is filled by trades alone: at its price, by what is traded
after that queue is gone; beyond its price, by what is traded there.
"""

from collections.abc import Sequence

from maemae.exchange.depth import LEVELS, Level
from maemae.exchange.fed.care import WHOLE, Care
from maemae.exchange.matching import OrderBook
from maemae.exchange.moment import Moment
from maemae.exchange.orders import OnFill, Order
from maemae.exchange.replay import Point
from maemae.market.kinds import Side

UNSEEN_QUEUE = 10**12
"""Shares before an order whose price was not shown when it came: not known until it is shown."""


class FedBook(OrderBook):
    """The clients' orders in one instrument, and the real book as it was last shown.

    Args:
        on_fill: told of fills.
        care: how careful they are reckoned.
    """

    def __init__(self, on_fill: OnFill, care: Care) -> None:
        super().__init__(on_fill)
        self._care = care
        self._shown: dict[Side, dict[int, int]] = {side: {} for side in Side}
        """Of buyers and of sellers, by price, as the market shows them."""
        self._taken: dict[Side, dict[int, int]] = {side: {} for side in Side}
        self._offered: dict[Side, dict[int, int]] = {side: {} for side in Side}
        """What is known to have been there for a moment, see `offer`."""
        self._owed = 0
        """Hundredths of a share of what was printed that nobody got yet."""
        self.shown_at: Moment = 0
        """When something of it was shown last."""
        self._unmet: list[Order] = []
        """Orders that came while no book was known: they meet the first one that is shown."""

    @property
    def known(self) -> bool:
        """Whether anything of the book was shown."""
        return any(self._shown.values())

    def see(self, asks: Sequence[Level], bids: Sequence[Level], at: Moment) -> None:
        """Take in the whole book as the market shows it."""
        for side, levels in ((Side.SELL, asks), (Side.BUY, bids)):
            new = {one.price: one.quantity for one in levels}
            self._sight(side, new, whole=True)
        self.shown_at = at
        self._draw(at)

    def see_best(self, ask: Level | None, bid: Level | None, at: Moment) -> None:
        """Take in the best level a side; None: the side is empty."""
        for side, best in ((Side.SELL, ask), (Side.BUY, bid)):
            self._sight(side, {} if best is None else {best.price: best.quantity}, whole=False)
        self.shown_at = at
        self._draw(at)

    def offer(self, side: Side, price: int, quantity: int, at: Moment) -> None:
        """Take in that buyers or sellers gave so many shares to somebody, where none were seen.

        What is shown better or at that price is known better, and stays as it is.
        """
        shown, offered = self._shown[side], self._offered[side]
        if price in offered:
            quantity += offered[price]
        elif price in shown or (shown and not _behind(side, price, _best(side, shown))):
            return
        offered[price] = quantity
        self._shown[side] = {**shown, price: quantity}
        self._draw(at)

    def withdraw(self, at: Moment) -> None:
        """Let go of what was offered and is not shown otherwise."""
        for side in Side:
            for price, quantity in self._offered[side].items():
                if self._shown[side].get(price) == quantity:
                    del self._shown[side][price]
            self._offered[side] = {}
        self._draw(at)

    def forget(self, at: Moment) -> None:
        """Let go of all that was shown: nobody knows the book now, nor who stands where."""
        for side in Side:
            self._shown[side], self._taken[side], self._offered[side] = {}, {}, {}
        for order in self.orders:
            order.ahead = UNSEEN_QUEUE
        self._draw(at)

    def enter(self, order: Order, at: Moment) -> None:
        """Match an order that arrives; where no book is known, as soon as one is."""
        unmet = not self.known
        super().enter(order, at)
        if unmet and order.remaining and not order.waits:
            self._unmet.append(order)

    def arrive(self, point: Point) -> None:
        """Let a trade of the market fill resting orders, and free stop orders."""
        self.last = point.price
        for side in Side:
            self._print(side, point)
        self._sweep()
        for order in [one for one in self._stops if one.stopped_by(point.price)]:
            self._stops.remove(order)
            self.enter(order, point.at)

    def auction(self, price: int, volume: int, at: Moment) -> None:
        """Fill orders at an auction's price; who stands where afterwards is not known."""
        self.last = price
        super().auction(price, self._part(volume), at)
        for order in self.orders:
            order.ahead = UNSEEN_QUEUE

    def rest(self, order: Order) -> None:
        """Let an order wait, behind what is shown at its price."""
        super().rest(order)
        if order.any_price or order.live_kind.is_mid:
            return
        order.ahead = self._queue(order) * self._care.queue // WHOLE

    def ahead(self, number: int, shares: int) -> None:
        """Put an order where it stood before a restart, if it is still there."""
        for order in self.orders:
            if order.number == number:
                order.ahead = shares

    def _use(self, side: Side, quantity: int) -> None:
        """Take displayed shares, and remember it."""
        level = self.depth.against(side)[0]
        taken = self._taken[side.opposite]
        taken[level.price] = taken.get(level.price, 0) + quantity
        super()._use(side, quantity)

    def _queue(self, order: Order) -> int:
        shown = self._shown[order.side]
        if order.price in shown:
            return shown[order.price]
        if not shown:
            return UNSEEN_QUEUE
        deeper = order.price < min(shown) if order.side is Side.BUY else order.price > max(shown)
        return UNSEEN_QUEUE if deeper else 0

    def doubt(self, at: Moment) -> None:
        """Show nothing of an old book until it is seen again; what was taken of it stays taken."""
        for side in Side:
            self._shown[side], self._offered[side] = {}, {}
        self._draw(at)

    def _sight(self, side: Side, new: dict[int, int], *, whole: bool) -> None:
        """Compare what a side shows with what it showed before.

        Args:
            side: whose orders.
            new: shares by price.
            whole: whether it is the whole book; else the best level alone.
        """
        before = self._shown[side]
        now = dict(new)
        if not whole and new:
            best = next(iter(new))
            now |= {price: n for price, n in before.items() if _behind(side, price, best)}
        self._shown[side] = now
        full = whole and len(new) >= LEVELS
        for order in self._resting[side]:
            if order.any_price or order.live_kind.is_mid:
                continue
            if full and order.price not in new and _behind(side, order.price, _worst(side, new)):
                continue  # Too deep to be shown.
            if not whole and order.price not in now and new and _behind(side, order.price, best):
                continue
            self._stand(order, before.get(order.price), now.get(order.price, 0))
        taken = self._taken[side]
        self._taken[side] = {
            price: min(n, now[price]) for price, n in taken.items() if now.get(price)
        }

    def _stand(self, order: Order, before: int | None, now: int) -> None:
        """Move an order up the queue by those who left it, and never behind what is shown."""
        if before and now < before and order.ahead < UNSEEN_QUEUE:
            gone = (before - now) * self._care.leaving // WHOLE
            order.ahead -= gone * min(order.ahead, before) // before
        order.ahead = min(order.ahead, now * self._care.queue // WHOLE)

    def _print(self, side: Side, point: Point) -> None:
        """Let a trade fill the orders of a side: the better ones first, then those at its price."""
        flow, passed = point.volume, 0
        hit = point.bought is (side is Side.SELL)
        level: list[Order] = []
        for order in list(self._resting[side]):
            if order.any_price or not order.accepts(point.price):
                continue
            if order.price != point.price:
                order.ahead = 0
                flow = self._give(order, flow, point.at)
            elif hit or self._crossed(order):
                level.append(order)
                step = min(max(0, order.ahead - passed), flow)
                passed, flow = passed + step, flow - step
                if order.ahead <= passed:
                    flow = self._give(order, flow, point.at)
        for order in level:
            order.ahead = max(0, order.ahead - passed)
        shown = self._shown[side]
        if hit and point.price in shown:
            shown[point.price] = max(0, shown[point.price] - point.volume)

    def _crossed(self, order: Order) -> bool:
        """Tell whether the other side is shown at an order's price: nobody waits beside it."""
        other = self._shown[order.side.opposite]
        return bool(other) and order.accepts(_best(order.side.opposite, other))

    def _give(self, order: Order, flow: int, at: Moment) -> int:
        """Fill an order out of what was traded; return what is left for the others."""
        if not flow:
            return 0
        quantity = min(order.remaining, self._part(flow))
        self._fill(order, quantity, order.price, at)
        return flow - quantity

    def _part(self, shares: int) -> int:
        """Return one's share of what was printed; what is cut off is kept for the next time."""
        self._owed += shares * self._care.share
        mine, self._owed = divmod(self._owed, WHOLE)
        return mine

    def _draw(self, at: Moment) -> None:
        """Show what may be taken, and let orders at any price take it."""
        self.depth.asks = self._levels(Side.SELL)
        self.depth.bids = self._levels(Side.BUY)
        self._peg()
        for side in Side:
            for order in [one for one in self._resting[side] if one.any_price]:
                self._take(order, at)
        if self._unmet and self.known:
            unmet, self._unmet = self._unmet, []
            for order in unmet:
                self._take(order, at)
        self._sweep()

    def _levels(self, side: Side) -> list[Level]:
        share, taken = self._care.share, self._taken[side]
        found = [
            Level(price, -(-shares * share // WHOLE) - taken.get(price, 0))
            for price, shares in self._shown[side].items()
        ]
        found.sort(key=lambda one: one.price, reverse=side is Side.BUY)
        return [one for one in found if one.quantity > 0]


def _behind(side: Side, price: int, other: int) -> bool:
    """Tell whether a price is worse for the other side than another."""
    return price < other if side is Side.BUY else price > other


def _best(side: Side, shown: dict[int, int]) -> int:
    return max(shown) if side is Side.BUY else min(shown)


def _worst(side: Side, shown: dict[int, int]) -> int:
    return min(shown) if side is Side.BUY else max(shown)
