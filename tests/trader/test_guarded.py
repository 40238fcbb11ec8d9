"""An onlooker that fails harms nobody but itself."""

from datetime import datetime

from maemae.clock import KST
from maemae.desk.events import Event, Timer
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.market.costs import CostRules
from maemae.trader.guarded import Guarded

AT = datetime(2026, 3, 4, 9, tzinfo=KST)


class Failing:
    """Raises at the second event."""

    def __init__(self) -> None:
        self.told = 0
        self.closed = False

    def __call__(self, event: Event, turn: Turn) -> None:
        """Fail."""
        del event, turn
        self.told += 1
        if self.told == 2:
            raise KeyError("20260304-00001")

    def close(self) -> None:
        """Note it."""
        self.closed = True


def test_the_first_error_is_reported_and_the_last() -> None:
    failing, errors = Failing(), list[Exception]()
    guarded = Guarded(failing, errors.append)
    turn = Turn(State(CostRules.REAL), AT)
    for _ in range(4):
        guarded(Timer(at=AT, name="exits"), turn)
    guarded.close()
    assert failing.told == 2
    assert [str(error) for error in errors] == ["'20260304-00001'"]
    assert not failing.closed
