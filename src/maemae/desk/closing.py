"""The end of the day: the books are compared once more, and what still lives is over."""

from collections.abc import Mapping
from datetime import timedelta

from maemae.desk import expiring
from maemae.desk.commands import Wake
from maemae.desk.orders import OrderState
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


class Closer:
    """Closes the day when the books agree, and gives up after many tries.

    Args:
        synchroniser: of our books and the broker's.
    """

    def __init__(self, synchroniser: Synchroniser) -> None:
        self._synchroniser = synchroniser
        self._tries = 0
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

    def settle(self, turn: Turn, prices: Mapping[str, int]) -> None:
        """Close the day if it is over and everything is known.

        Args:
            turn: the step.
            prices: what the broker's last balance states, in won.
        """
        if not self.begun or self.finished or not self._synchroniser.settled:
            return
        for order in list(turn.state.blotter.live()):
            # All orders are day orders (KRX business regulation); the close ends them.
            if order.state is OrderState.WORKING:
                turn.record(Ended(at=turn.at, intent=order.intent, cancelled=False))
        if not any(turn.state.blotter.live()):
            if turn.state.day is not None:
                closes = _closes(turn.state, prices)
                turn.record(DayClosed(at=turn.at, day=turn.state.day, closes=closes))
            self.finished = True


def note(turn: Turn, prices: Mapping[str, int]) -> None:
    """Keep the day's last prices in won of what is held, as a balance after the close has them."""
    day, closes = turn.state.day, _closes(turn.state, prices)
    known = turn.state.portfolio.closes if turn.state.closed_today else {}
    if day is not None and closes != known:
        turn.record(ClosesStated(at=turn.at, day=day, closes=closes))


def _closes(state: State, prices: Mapping[str, int]) -> dict[str, int]:
    """Return the last prices of what is held; what is told late, or not any more, stays."""
    held = sorted({code for _, code in state.portfolio.positions})
    before = state.portfolio.closes if state.closed_today else {}
    known = {code: prices.get(code) or before.get(code, 0) for code in held}
    return {code: price for code, price in known.items() if price}
