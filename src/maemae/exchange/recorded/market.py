"""The market of a recorded day: of each instrument what has been said of it so far."""

from maemae.exchange.depth import Depth
from maemae.exchange.fed.exchange import FedVenue
from maemae.exchange.fed.market import FedMarket
from maemae.exchange.hours import Hours
from maemae.exchange.moment import Moment
from maemae.exchange.recorded.reading import Said
from maemae.exchange.replay import State


class RecordedMarket(FedMarket):
    """Names with what a recording said of them, and since when.

    Args:
        hours: of the day.
    """

    def __init__(self, hours: Hours) -> None:
        super().__init__(hours)
        self._states: dict[str, State] = {}
        self._said_at: dict[str, Moment] = {}
        self.streamed: set[str] = set()
        """Names whose trades are being received: silence says that there are none."""

    def state(self, row: int, at: Moment) -> State:
        """Return what an instrument has done, as far as it was said."""
        del at
        listing = self.listings[row]
        untraded = State(self.day(listing.code).price, 0, 0, 0, 0, 0, 0)
        return self._states.get(listing.code, untraded)

    def note(self, said: Said, at: Moment) -> None:
        """Take in what is said of a listed instrument."""
        before = self._states.get(said.code)
        self._said_at[said.code] = at
        if said.price <= 0 or (before is not None and said.volume < before.volume):
            return  # Of before what is known already.
        self._states[said.code] = State(
            said.price, said.open, said.high, said.low, said.volume, said.value, 0
        )

    def known(self, code: str, at: Moment, *, within: Moment) -> bool:
        """Tell whether what is known of an instrument is what was known then, at an instant."""
        said = self._said_at.get(code)
        return said is not None and (code in self.streamed or at - said <= within)


class RecordedVenue(FedVenue):
    """A recorded day: KRX's regular session alone, and books as they were shown."""

    def watch(self, code: str) -> None:
        """Do nothing: what was received comes by itself."""

    def shown(self, code: str) -> Depth:
        """Return an instrument's book as it was last shown."""
        return self.floor.shown(code)
