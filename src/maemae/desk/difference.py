"""How the broker's books differ from ours, and what may explain it without anybody's doing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from maemae.desk.events import Balance, Execution
from maemae.desk.orders import Order, OrderState
from maemae.desk.state import State
from maemae.desk.tracking import ARRIVES_WITHIN, REVIVED
from maemae.market.kinds import Side


@dataclass(frozen=True, slots=True)
class Difference:
    """Broker minus ours: shares by code, and won."""

    shares: dict[str, int]
    cash: int

    def __bool__(self) -> bool:
        return bool(self.shares) or self.cash != 0


def compare(state: State, balance: Balance) -> Difference:
    """Compare a complete balance with the books; names of which nothing is known are left out."""
    withheld = state.portfolio.withheld
    ours = state.portfolio.holdings()
    theirs = {h.code: h.quantity for h in balance.holdings if h.quantity}
    shares = {
        code: change
        for code in sorted((ours.keys() | theirs.keys()) - withheld)
        if (change := theirs.get(code, 0) - ours.get(code, 0))
    }
    return Difference(shares=shares, cash=balance.cash - state.cash)


def left_out(difference: Difference, balance: Balance) -> set[str]:
    """Return the names whose shares are gone and that a balance does not show at all.

    What was sold today stays in it with no shares, until the trade is settled.
    """
    shown = {one.code for one in balance.holdings}
    return {code for code, change in difference.shares.items() if change < 0} - shown


def comparable(state: State, balance: Balance) -> bool:
    """Whether nothing moved since a balance was asked for and nothing is on the wire."""
    return balance.asked == state.version and not any(
        order.state is OrderState.INTENDED for order in state.blotter.live()
    )


def quiet(state: State, balance: Balance) -> bool:
    """Whether a balance tells how everything stands: it can be compared, and nothing is unknown."""
    return comparable(state, balance) and not any(
        order.state is OrderState.UNKNOWN for order in state.blotter.live()
    )


def explained(state: State, difference: Difference) -> bool:
    """Whether fills of a working order that we have not heard of yet may be the difference."""
    return any(_may_be_fills(state, *change) for change in difference.shares.items())


def arriving(
    state: State,
    difference: Difference,
    at: datetime,
    strange: Iterable[Execution] | None = None,
) -> bool:
    """Whether an order that was given up, or amended, a while ago may be the difference after all.

    The order list may be late; until it must have the order, its shares are nobody else's. Where
    the list is known to have all that was traded, the order is one of its `strange` ones or none.
    """
    ours = state.portfolio.holdings()
    return any(
        _may_arrive(order, at) and order.side is _filling(change) and abs(change) <= order.quantity
        for code, change in difference.shares.items()
        for order in state.blotter.orders.values()
        if order.code == code and not order.lacks_shares(ours.get(code, 0) + change)
        if strange is None or any(_alike(order, row) for row in strange)
    )


def _alike(order: Order, row: Execution) -> bool:
    """Whether a listed order may be one of ours, under the number of an amendment perhaps."""
    same = (row.code, row.side) == (order.code, order.side)
    return same and row.quantity in (order.quantity, order.unfilled)


def _may_arrive(order: Order, at: datetime) -> bool:
    if order.state is OrderState.CANCELLED:  # Under its old number, perhaps; the new one is late.
        return order.amend_lost is not None and at - order.amend_lost <= REVIVED
    if not order.missing:
        return False
    if order.state is OrderState.REFUSED:
        return at - order.gone_out <= ARRIVES_WITHIN
    return order.state is OrderState.NEVER_ARRIVED and at - order.gone_out <= REVIVED


def _may_be_fills(state: State, code: str, change: int) -> bool:
    most = sum(order.remaining for order in state.blotter.live(code=code, side=_filling(change)))
    return 0 < abs(change) <= most


def apart(state: State, difference: Difference) -> Difference:
    """Return the shares of a difference that no order of ours can have moved, and no cash.

    Where the venue lists no orders, one of unknown outcome may stay so for long: what others did
    with other names does not wait for it.
    """
    unknown = {order.code for order in state.blotter.live() if order.state is OrderState.UNKNOWN}
    shares = {
        code: change
        for code, change in difference.shares.items()
        if code not in unknown and not _may_be_fills(state, code, change)
    }
    return Difference(shares=shares, cash=0)


def _filling(change: int) -> Side:
    return Side.BUY if change > 0 else Side.SELL
