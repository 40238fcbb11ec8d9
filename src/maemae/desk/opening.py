"""Which balance a day opens on: the first one, unless it lacks what was held."""

from datetime import datetime

from maemae.desk.commands import Wake
from maemae.desk.events import Balance
from maemae.desk.inquiry import LOOK_AFTER
from maemae.desk.reconciling import LOOKS_TO_LOSE
from maemae.desk.tracking import RESOLVE
from maemae.desk.turn import Turn


class Opening:
    """Lets a first balance wait that lacks names which were held, and asks for the next one.

    A page of it may be missing, and a day that opens on the rest takes the owner's shares for
    bought when they show. What stays away for some looks has left the account overnight, and where
    other names have come it may have become one of them. Exits wait for none of it once the
    session is open: without a day nothing is sold.
    """

    def __init__(self) -> None:
        self._opens: datetime | None = None
        self._looks = 0
        self._kept: Balance | None = None

    def begin(self, opens: datetime) -> None:
        """Begin with a day whose session opens at a time."""
        self._opens, self._looks, self._kept = opens, 0, None

    def waits(self, turn: Turn, balance: Balance) -> bool:
        """Whether the day, which is not open yet, does not open on this balance either."""
        self._kept = None
        if self._opens is None or turn.at >= self._opens:
            return False
        shown = {one.code for one in balance.holdings if one.quantity}
        if not shown < turn.state.portfolio.holdings().keys():
            return False
        self._looks += 1
        if self._looks >= LOOKS_TO_LOSE:
            return False
        self._kept = balance
        turn.do(Wake(RESOLVE, turn.at + LOOK_AFTER))
        return True

    def release(self) -> Balance | None:
        """Return the balance that waits, for none better is to be had; None: none waits."""
        kept, self._kept = self._kept, None
        return kept
