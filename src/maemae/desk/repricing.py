"""What executions came to: amounts that are not there yet, and exact ones in place of others.

The order list may have the shares of an execution before its amount. Shares at no price, or at one
far from the market, are not booked: a position that seems to have cost next to nothing would be
sold at once for its profit. What was booked at a likely price, or while the list was not complete,
is put right when the exact amount is told (`Repriced`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maemae.desk.events import Execution, Notice
from maemae.desk.orders import Order
from maemae.desk.prices import Quote
from maemae.desk.pricing import plausible
from maemae.desk.records import CashStated, Repriced, TurnoverStated
from maemae.desk.turn import Turn

SETTLED = timedelta(seconds=10)
"""An amount that is odd is taken for what it is when it has stayed the same for so long."""

AWAY = 6
"""Percent from the last price from which an execution is odd: a VI would have come before."""


@dataclass(slots=True)
class Amounts:
    """Remembers odd amounts of the order list, to believe them when they stay."""

    _odd: dict[str, tuple[int, int, datetime]] = field(default_factory=dict)
    """By intent: shares, won, and since when the list has said so."""

    def told(self, at: datetime, order: Order, row: Execution, quote: Quote | None) -> bool:
        """Whether the list tells what the shares have come to that are not booked yet."""
        shares, amount = row.filled - order.filled, row.amount - order.amount
        if amount <= 0:
            return False
        near = quote is None or abs(amount - shares * quote.price) * 100 <= AWAY * amount
        return (near and plausible(order, shares, amount)) or self.stays(at, order, row)

    def stays(self, at: datetime, order: Order, row: Execution) -> bool:
        """Whether the list has said this of an order for long enough."""
        shares, amount, since = self._odd.get(order.intent, (0, 0, at))
        if (shares, amount) != (row.filled, row.amount):
            self._odd[order.intent] = (row.filled, row.amount, at)
            return False
        return at - since >= SETTLED


def reprice(turn: Turn, order: Order, difference: int, source: str) -> None:
    """Put right what executions of an order came to, by so many won.

    Cash and turnover that were taken from the broker since are right already, and stay.
    """
    state = turn.state
    cash, bought = state.cash, state.turnover.buy + state.others_bought
    sold = state.turnover.sell + state.others_sold
    turn.record(Repriced(at=turn.at, intent=order.intent, difference=difference, source=source))
    if state.cash_stated > order.booked and state.cash != cash:
        turn.record(CashStated(at=turn.at, difference=cash - state.cash, reason="repriced"))
    if state.turnover_stated > order.booked:
        moved = {code: -shares for code, shares in state.untold.items()}
        turn.record(TurnoverStated(at=turn.at, bought=bought, sold=sold, moved=moved))


def from_notices(turn: Turn, order: Order, notices: list[Notice]) -> bool:
    """Put a guess right by late notices that tell of just its shares; return whether they did."""
    if not order.guessed_shares or sum(n.quantity for n in notices) != order.guessed_shares:
        return False
    if any((n.quantity, n.price, n.executed) in order.noticed for n in notices):
        return False
    exact = sum(n.quantity * n.price for n in notices)
    reprice(turn, order, exact - order.guessed, "notice")
    return True
