"""How long the broker's order list lacks an order that was taken: what is not in it may come yet.

Nothing that is written down says that the list is prompt. So the first order whose number a reply
told is looked for at once, and as long as the list lacks such an order its lag is measured. An
order in doubt is given up only when twice the longest lag has gone by; half of it is forgotten
each day, so that one bad day does not make every doubt long for ever.
"""

from datetime import datetime, timedelta
from math import ceil

from maemae.desk.commands import Wake
from maemae.desk.events import Executions
from maemae.desk.records import Accepted, FigureProved
from maemae.desk.sights import Figure
from maemae.desk.state import State
from maemae.desk.tracking import RESOLVE
from maemae.desk.turn import Turn
from maemae.profile.facts import Fact

LOOK_UNTIL = timedelta(seconds=3)
"""How long after the loss a list that is prompt is looked at: a request may still have been on its
way."""

SOON = timedelta(seconds=3)
"""An order that the list has so soon shows that it is prompt."""

UNSEEN = timedelta(seconds=30)
"""How long a list is looked at which was never seen to have an order soon."""

LONGEST = 15
"""Seconds; a list that lacks an order for longer is wrong, not late."""

MEASURE_AFTER = timedelta(seconds=1)


def patience(state: State) -> timedelta:
    """Return how long after the loss a list must lack an order to prove that there is none."""
    lag = state.seen_in(Figure.LIST)
    if lag is not None:
        return max(LOOK_UNTIL, 2 * lag)
    known = timedelta(seconds=state.beliefs.denied.get(Fact.LIST_PROMPT) or 0)
    return max(UNSEEN, 2 * known, 2 * state.proved.get(Figure.LIST, timedelta()))


class ListLag:
    """Measures it, with the orders whose numbers replies told to this process."""

    def __init__(self) -> None:
        self._since: dict[int, datetime] = {}
        """Orders that the list has not shown yet, by number, and when they were taken."""

    def accepted(self, turn: Turn) -> None:
        """Look for an order whose number a reply of this step told."""
        for record in turn.records:
            if isinstance(record, Accepted) and record.source == "reply":
                self._since[record.order_no] = turn.at
                if Figure.LIST not in turn.state.proved:
                    turn.do(Wake(f"{RESOLVE}:list", turn.at + MEASURE_AFTER))

    def listed(self, turn: Turn, event: Executions) -> None:
        """Take in a list, with or without them."""
        asked, shown = event.asked_at or turn.at, {row.order_no for row in event.rows}
        for number, since in list(self._since.items()):
            waited = asked - since
            if number in shown:
                del self._since[number]
                if waited <= SOON and Figure.LIST not in turn.state.proved:
                    self._note(turn, number, waited)
            elif event.sure and waited > turn.state.proved.get(Figure.LIST, timedelta(0)):
                self._note(turn, number, waited)

    def _note(self, turn: Turn, number: int, waited: timedelta) -> None:
        intent = turn.state.blotter.by_number.get(number)
        if intent is not None:
            seconds = min(max(1, ceil(waited.total_seconds())), LONGEST)
            turn.record(
                FigureProved(at=turn.at, figure=Figure.LIST, intent=intent, seconds=seconds)
            )
