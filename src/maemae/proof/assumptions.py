"""What maemae takes for granted of KIS although no recorded answer proves it, denied.

Each can be denied in a simulation (`maemae prove simulate --assume-not NAME`): the broker then
behaves the other way, always. The desk must be safe all the same, or stand still and say so.
"""

from datetime import datetime

from maemae.desk.records import FigureProved
from maemae.desk.sights import Figure
from maemae.exchange.behaviour import LAG
from maemae.profile.facts import Fact

SEEN_BEFORE = 4
"""Of so many seeds in a row the first half begins where no figure was ever seen to shrink."""


def seen_before(seed: int, denied: frozenset[Fact], at: datetime) -> list[FigureProved]:
    """Return which figures an earlier day has proved to shrink, where they do."""
    if seed // SEEN_BEFORE % 2 == 0:
        return []
    return [
        FigureProved(
            at=at, figure=figure, intent="earlier", seconds=1 if figure is Figure.LIST else LAG
        )
        for figure, shrinks in (
            (Figure.SELLABLE, Fact.SELLABLE_SHRINKS),
            (Figure.POWER, Fact.POWER_SHRINKS),
            (Figure.LIST, Fact.LIST_PROMPT),
        )
        if shrinks not in denied
    ]
