"""Sales that were let go by what balances showed, and rest at the broker all the same.

The balances may have been old, two of them and more in a row. As long as its shares are set aside
no other sale of them can be placed, and what it fills would seem to be somebody else's doing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from maemae.desk.commands import Wake
from maemae.desk.events import Balance
from maemae.desk.inquiry import LOOK_AFTER, LOOKS
from maemae.desk.orders import Order
from maemae.desk.presence import resting
from maemae.desk.records import BY_BALANCE
from maemae.desk.state import State
from maemae.desk.tracking import RESOLVE, take_back
from maemae.desk.turn import Turn
from maemae.market.kinds import Side


@dataclass(slots=True)
class Returning:
    """Takes such a sale back once two looks in a row show its shares set aside."""

    _seen: dict[str, int] = field(default_factory=dict)
    """In how many looks in a row it was so, by intent."""

    def look(self, turn: Turn, balance: Balance, moving: Collection[str]) -> None:
        """Take in a balance; `moving` are names of which shares moved, which may be its doing."""
        seen, self._seen = self._seen, {}
        for order in reversed(turn.state.blotter.orders.values()):
            gone = order.let_go and order.side is Side.SELL and order.code not in moving
            if not gone or not _set_aside(turn.state, balance, order):
                continue
            self._seen[order.intent] = seen.get(order.intent, 0) + 1
            if self._seen[order.intent] >= LOOKS:
                take_back(turn, order, BY_BALANCE)
            else:
                turn.do(Wake(RESOLVE, turn.at + LOOK_AFTER))


def _set_aside(state: State, balance: Balance, order: Order) -> bool:
    """Whether the broker keeps just as many shares for sales as an order lacks, and no other."""
    rests = resting(state, balance, order.code)
    others = sum(o.remaining for o in state.blotter.live(code=order.code, side=Side.SELL))
    return rests is not None and 0 < order.unfilled == rests - others
