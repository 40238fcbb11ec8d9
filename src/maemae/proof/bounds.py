"""Halts, limits and prices of what goes out to the broker, read a second time without the guard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maemae.desk import commands as cmd
from maemae.desk.desk import Desk
from maemae.desk.orders import Order, OrderState
from maemae.desk.prices import Quote
from maemae.desk.records import Halt
from maemae.desk.terms import Route
from maemae.errors import InvariantError
from maemae.market.calendar import Calendar
from maemae.market.kinds import Side
from maemae.market.order_kinds import lives_until, order_kind
from maemae.market.ticks import is_on_grid


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an order or an amendment of it may be while a session lasts.

    Args:
        desk: whose limits, halts and books.
        session: the open and the official close.
    """

    desk: Desk
    session: tuple[datetime, datetime]

    def check_amend(self, amend: cmd.SendAmend, at: datetime) -> None:
        """Check another price of an order as strictly as a new order.

        Raises:
            InvariantError: it goes against a halt or a limit, or no intent of it is written down.
        """
        state = self.desk.state
        order, what = state.blotter.order(amend.intent), f"the amendment of {amend.intent}"
        must(order.amending is not None, f"{what} is sent but not intended")
        must(order.state is OrderState.WORKING, f"{what} is sent, and it is {order.state}")
        must(amend.quantity == order.remaining, f"{what} is for {amend.quantity} shares")
        self.check_time(what, order, at)
        self.check_price(what, order, amend.price, at)
        if order.side is Side.BUY:
            allowed = state.halt in (Halt.NONE, Halt.ENTRIES)
            must(allowed, f"{what} buys although {state.halt} is in force")
            must(state.free_cash >= 0, f"{what} reserves more than there is")
            self.check_size(what, order, amend.price, amend.quantity)

    def check_time(self, what: str, order: Order, at: datetime) -> None:
        """Check that something goes out in its session, and not under the kill switch."""
        opens, closes = self.session
        taken = opens <= at < closes or is_taken(order.route, self.desk.state.calendar, at)
        must(taken, f"{what} is sent outside the session")
        killed = self.desk.state.halt is Halt.ALL
        must(not killed, f"{what} is sent although everything is halted")

    def check_price(self, what: str, order: Order, price: int | None, at: datetime) -> None:
        """Check a limit price against the grid and the last trade; None is at market."""
        if price is None:
            return
        listed, collar = order.listed, self.desk.rules.limits.collar
        on_grid = is_on_grid(price, at.date(), listed.market, listed.kind)
        must(price > 0 and on_grid, f"{what} has the price {price}")
        last = self.quote(order.code).price
        beyond = price - last if order.side is Side.BUY else last - price
        far = collar is not None and beyond > last * collar
        must(not far, f"{what} has the price {price}, the last trade was at {last}")

    def check_size(self, what: str, order: Order, price: int | None, quantity: int) -> None:
        """Check what a buy of so many shares comes to, with all that is held and being bought."""
        state, limits = self.desk.state, self.desk.rules.limits
        if limits.order_quantity is not None:
            must(quantity <= limits.order_quantity, f"{what} is too large")
        if limits.total_exposure is not None:
            paid = sum(position.paid for position in state.portfolio.positions.values())
            others = (o for o in state.blotter.live(side=Side.BUY) if o.intent != order.intent)
            each = self.quote(order.code).price if price is None else price
            most = paid + sum(o.reserved for o in others) + quantity * each
            must(most <= limits.total_exposure, f"{what} exposes {most} won in all")

    def quote(self, code: str) -> Quote:
        """Return the last price that the desk saw."""
        quotes: Mapping[str, Quote] = self.desk.quotes
        return quotes[code]


def is_taken(route: Route | None, calendar: Calendar, at: datetime) -> bool:
    """Whether an order for a session of its own is taken now, by the rules of the market."""
    if route is None or not calendar.is_session(at.date()):
        return False
    session = calendar.session(at.date())
    return lives_until(order_kind(route.kind), route.exchange, session, at) is not None


def must(holds: bool, said: str) -> None:
    """Raise what must never happen.

    Raises:
        InvariantError: it does not hold.
    """
    if not holds:
        raise InvariantError(said)
