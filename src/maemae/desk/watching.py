"""Which names the live price stream is to carry, and which have no place on it."""

from maemae.desk.commands import Wake, Watch
from maemae.desk.quoting import ASK_BEYOND, PRICES
from maemae.desk.state import State
from maemae.desk.turn import Turn


class Watching:
    """Keeps what is held on the stream, then what is ordered: the oldest first, as far as it goes.

    Args:
        state: of the desk.
        streamed: codes that the stream carries.
    """

    def __init__(self, state: State, streamed: int) -> None:
        self._state = state
        self._streamed = streamed
        self._wanted: tuple[str, ...] = ()
        self._beyond: tuple[str, ...] = ()
        self._at = -1

    @property
    def held(self) -> list[str]:
        """What the books hold, the oldest first."""
        return [code for _, code in self._state.portfolio.positions]

    @property
    def beyond(self) -> tuple[str, ...]:
        """What is held without a place on the stream: its price is asked for."""
        return self._beyond

    def look(self, turn: Turn) -> None:
        """Have the stream carry other names, if a step has brought any."""
        if self._at == self._state.version:
            return
        self._at = self._state.version
        working = [order.code for order in self._state.blotter.live()]
        wanted = tuple(dict.fromkeys([*self.held, *working]))
        if set(wanted) != set(self._wanted):
            self._wanted = wanted
            turn.do(Watch(wanted))
        held = set(self.held)
        beyond = tuple(code for code in self._wanted[self._streamed :] if code in held)
        if set(beyond) - set(self._beyond):
            turn.do(Wake(PRICES, turn.at + ASK_BEYOND))
        self._beyond = beyond
