"""One fill model, to which orders are given as they are sent: what it says of each, alone."""

from contextlib import suppress
from datetime import datetime

from maemae.desk import commands as cmd
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.moment import datetime_of
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.refusals import Refusal
from maemae.market.kinds import Side
from maemae.trader.compared import Fills
from maemae.trader.dry_feed import OLD


class Prediction:
    """Orders in a fill model, each with as much cash and as many shares as it needs.

    Args:
        exchange: of the model, fed by the live market.
    """

    def __init__(self, exchange: FedExchange) -> None:
        self.exchange = exchange
        self._numbers: dict[str, list[int]] = {}
        """Of the orders, by intent: the first, then what it was amended to."""

    def send(self, order: cmd.Send, seen: int) -> bool:
        """Give the model an order; return whether it takes it. `seen`: the last price in won."""
        self.exchange.doubt(order.code, OLD)
        account, code = self._account, order.code
        if order.side is Side.SELL:
            holding = account.holdings.setdefault(code, Holding(code))
            holding.quantity += order.quantity
            holding.cost += order.quantity * seen
        kind = OrderKind.MARKET if order.price is None else OrderKind.LIMIT
        ticket = Ticket(code, order.side, kind, order.quantity, order.price or 0)
        try:
            taken = self.exchange.venue.submit(account, ticket)
        except Refusal:
            return False
        self._numbers[order.intent] = [taken.number]
        return True

    def cancel(self, intent: str) -> None:
        """Cancel what is left of an order; it may be filled already, in the model."""
        numbers = self._numbers.get(intent)
        if numbers is not None:
            self.exchange.catch_up()
            with suppress(Refusal):
                self.exchange.venue.cancel(self._account, numbers[-1])

    def amend(self, intent: str, price: int | None) -> None:
        """Give an order another price; None: at market."""
        numbers = self._numbers.get(intent)
        if numbers is None:
            return
        self.exchange.catch_up()
        kind = OrderKind.MARKET if price is None else OrderKind.LIMIT
        with suppress(Refusal):
            made = self.exchange.venue.amend(self._account, numbers[-1], kind, price or 0, None)
            numbers.append(made.number)

    def end(self, intent: str, sent: datetime) -> Fills:
        """Return what the model says of an order, and end it."""
        self.exchange.catch_up()
        numbers = set(self._numbers.get(intent, ()))
        fills = [fill for fill in self._account.fills if fill.number in numbers]
        self.cancel(intent)
        self._numbers.pop(intent, None)
        first = min((datetime_of(fill.at) for fill in fills), default=None)
        return Fills(
            sum(fill.quantity for fill in fills),
            sum(fill.quantity * fill.price for fill in fills),
            seconds(sent, first),
        )

    def knows_book(self, code: str) -> bool:
        """Tell whether the model was shown anything of a name's book."""
        return self.exchange.fed.floor.book(code).known

    @property
    def _account(self) -> Account:
        account = self.exchange.account(ACCOUNT)
        if account is None:
            raise InvariantError("the fill model has no account")
        return account


def seconds(sent: datetime, first: datetime | None) -> float | None:
    """Return how long after it was sent an order was filled first."""
    return None if first is None else max(0.0, round((first - sent).total_seconds(), 3))
