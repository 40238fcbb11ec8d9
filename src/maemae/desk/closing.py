"""The end of the day: the books are compared once more, and what still lives is over.

The last prices of what is held go down with it: by them the next morning tells whether a share is
what it was. A blank or wrong one would hide a change of unit, or make one up, so that a price which
the last one known does not lead to has to be stated twice.
"""

from collections.abc import Mapping
from datetime import timedelta

from maemae.desk import expiring
from maemae.desk.commands import Wake
from maemae.desk.events import Balance
from maemae.desk.hours import Hours
from maemae.desk.orders import OrderState
from maemae.desk.plausibility import near
from maemae.desk.prices import Quote
from maemae.desk.records import ClosesStated, DayClosed, Ended, Incident
from maemae.desk.state import State
from maemae.desk.synchronising import Synchroniser
from maemae.desk.turn import Turn

CLOSE = "close"
"""The name of the timer that closes the day."""

AFTER_CLOSE = timedelta(minutes=1)
"""The closing auction ends up to 30 s late; the books are closed after that."""

AGAIN = timedelta(seconds=2)
TRIES = 30

PRICE_TRIES = 5
"""So often at most it is asked for a last price that is blank or doubtful."""


class Closer:
    """Closes the day when the books agree, and gives up after many tries.

    Args:
        synchroniser: of our books and the broker's.
    """

    def __init__(self, synchroniser: Synchroniser) -> None:
        self._synchroniser = synchroniser
        self._tries = 0
        self._prices: dict[str, int] = {}
        """Last prices in won as the broker's last balance of the session states them."""
        self._doubtful: set[str] = set()
        """Names of which it states none, or one that nothing confirms yet."""
        self.finished = False
        """Whether the day is closed and nothing is left to do."""

    @property
    def begun(self) -> bool:
        """Whether the day is over, closed or not."""
        return self._tries > 0

    def close(self, turn: Turn) -> None:
        """Ask for the broker's last word on the day, again and again until it settles it."""
        if self.finished:
            return
        last = expiring.last(turn.state)
        if not self.begun and last is not None and turn.at < last + expiring.GRACE:
            # Those of the regular session end now, see `expiring`.
            self._synchroniser.question(turn)
            turn.do(Wake(CLOSE, last + expiring.GRACE))
            return
        self._tries += 1
        if self._tries > TRIES:
            turn.record(Incident(at=turn.at, kind="close_unreconciled", detail=f"{turn.state.day}"))
            self.finished = True
            return
        self._synchroniser.begin_again(turn)
        turn.do(Wake(CLOSE, turn.at + AGAIN))

    def stated(
        self, turn: Turn, balance: Balance, hours: Hours, quotes: Mapping[str, Quote]
    ) -> None:
        """Keep the last prices of the session; those of the evening are no closes.

        Where the day goes on after the close they are a fact: who is started again in the evening
        knows no others.

        Args:
            turn: the step.
            balance: as the broker stated it.
            hours: of the day.
            quotes: last prices before it, by code.
        """
        if hours.evening(turn.at):
            return
        before, self._doubtful = self._prices, set()
        self._prices = {one.code: one.price for one in balance.holdings if one.quantity}
        for code in {held for _, held in turn.state.portfolio.positions} & self._prices.keys():
            price, known = self._prices[code], _last(turn.state, quotes, code)
            if price <= 0 or not (near(price, known) or price == before.get(code)):
                self._doubtful.add(code)
        closes = hours.closes_before(expiring.last(turn.state))
        day = turn.state.day
        if day is None or closes is None or turn.at < closes + expiring.GRACE:
            return
        stated = turn.state.portfolio.closes if turn.state.closed_today else {}
        if (last := self._closes(turn.state)) != stated:
            turn.record(ClosesStated(at=turn.at, day=day, closes=last))

    def _closes(self, state: State) -> dict[str, int]:
        """Return the last prices of what is held; what is told late, or not any more, stays."""
        held = sorted({code for _, code in state.portfolio.positions})
        before = state.portfolio.closes if state.closed_today else {}
        sure = {code: price for code, price in self._prices.items() if code not in self._doubtful}
        known = {code: sure.get(code) or before.get(code, 0) for code in held}
        return {code: price for code, price in known.items() if price}

    def settle(self, turn: Turn) -> None:
        """Close the day if it is over and everything is known."""
        if not self.begun or self.finished or not self._synchroniser.settled:
            return
        for order in list(turn.state.blotter.live()):
            # All orders are day orders (KRX business regulation); the close ends them.
            if order.state is OrderState.WORKING:
                turn.record(Ended(at=turn.at, intent=order.intent, cancelled=False))
        priced = not self._doubtful or self._tries >= PRICE_TRIES
        if priced and not any(turn.state.blotter.live()):
            if turn.state.day is not None:
                closes = self._closes(turn.state)
                turn.record(DayClosed(at=turn.at, day=turn.state.day, closes=closes))
            self.finished = True


def _last(state: State, quotes: Mapping[str, Quote], code: str) -> int:
    """Return the last price in won that is known of a name today, 0 where none is."""
    if (quote := quotes.get(code)) is not None:
        return quote.price
    return state.portfolio.closes.get(code, 0) if state.closed_today else 0
