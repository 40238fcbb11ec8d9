"""Whether our books follow the broker's, and not only at the close.

A day that ends well may have been wrong for hours: a stop loss that watched shares which were sold,
cash that was not there. Time alone says little, for answers may be wrong for an hour. So right
answers are counted: after so many of them in a row, with nothing happening on the account between
them, whatever differs has been looked at often enough. At a broker that lists no orders the close
alone tells: until then a difference may be an order's whose outcome nobody knows.
"""

from datetime import datetime, timedelta

from maemae.desk import commands as cmd
from maemae.desk.events import Query
from maemae.desk.orders import OrderState
from maemae.desk.state import State
from maemae.exchange.accounts import Account
from maemae.exchange.orders import OrderEvent
from maemae.proof.bounds import must

BALANCES, INQUIRIES = 12, 6
"""Right answers in a row after which the books are the same. Five balances have to agree before
shares of ours are given up, and an order list is read between two of them."""

UNDISTURBED = timedelta(seconds=15)
"""And so long without a wrong answer, a change, or a start of the process: while an order lives the
list is asked every ten seconds."""


ARRIVES = timedelta(minutes=5)
"""So long the shares of an order that was given up are nobody else's: it may turn up after all."""


class Agreement:
    """Counts the right answers of one day.

    Told by the broker of every answer, and by the venue of every change of an order.
    """

    def __init__(self) -> None:
        self._balances = self._inquiries = 0
        self._since: datetime | None = None
        self._answers: list[cmd.Ask] = []
        self._version = -1

    def begin_again(self) -> None:
        """Count from nothing: the process was started, or an answer was wrong."""
        self._balances = self._inquiries = 0
        self._since = None
        self._answers.clear()

    def on_order(self, event: OrderEvent) -> None:
        """Count from nothing: something happened on the account."""
        del event
        self.begin_again()

    def answered(self, ask: cmd.Ask, at: datetime) -> None:
        """Note a right answer."""
        self._since = self._since or at
        self._answers.append(ask)

    def _count(self, state: State) -> None:
        """Count the answers that came, as far as nothing of ours has changed since they were asked.

        What was asked before that is compared with nothing.
        """
        on_its_way = (OrderState.INTENDED, OrderState.UNKNOWN)
        if not any(order.state in on_its_way for order in state.blotter.live()):
            fresh = [one.query for one in self._answers if one.version == self._version]
            self._balances += fresh.count(Query.BALANCE)
            self._inquiries += fresh.count(Query.EXECUTIONS)
        self._answers.clear()
        self._version = state.version

    def check(self, state: State, account: Account, at: datetime) -> None:
        """Hold our books against the broker's, once they must be the same.

        Args:
            state: of the desk.
            account: the broker's books.
            at: now.

        Raises:
            InvariantError: they differ.
        """
        portfolio = state.portfolio
        if portfolio.withheld or any(
            order.state is OrderState.UNKNOWN for order in state.blotter.live()
        ):
            self.begin_again()  # What a person says, or is found out, is followed from then on.
            return
        if self._answers or self._version != state.version:
            self._count(state)
        if self._balances < BALANCES or self._inquiries < INQUIRIES:
            return
        if self._since is None or at - self._since < UNDISTURBED:
            return
        held = {one.code: one.quantity for one in account.holdings.values() if one.quantity}
        said = portfolio.holdings()
        apart = {code for code in held.keys() | said.keys() if held.get(code) != said.get(code)}
        given_up = (one for one in state.blotter.missing() if at - one.gone_out <= ARRIVES)
        if apart & {one.code for one in given_up}:
            self.begin_again()
            return
        ours, theirs = state.cash, account.cash
        must(ours == theirs, f"cash has been {ours} for long, the broker's is {theirs}")
        must(said == held, f"held has been {said} for long, the broker's are {held}")
