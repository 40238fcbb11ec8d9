"""How much a simulated fill may take for granted."""

from dataclasses import dataclass
from typing import Final, Literal

CareName = Literal["easy", "usual", "careful"]

WHOLE: Final = 100
"""Percent."""


@dataclass(frozen=True, slots=True)
class Care:
    """How careful fills are reckoned, in percent.

    Attributes:
        queue: of the shares shown at an order's price when it arrives that stand before it.
        leaving: of the shares cancelled at its price that are taken to stand as often before it as
            behind it; the rest stands behind it.
        share: of what is shown or printed that an order may have.
    """

    queue: int
    leaving: int
    share: int


CARES: Final[dict[CareName, Care]] = {
    "easy": Care(queue=0, leaving=100, share=100),
    "usual": Care(queue=100, leaving=100, share=100),
    "careful": Care(queue=100, leaving=0, share=50),
}
"""Easy: a trade at the price fills, whoever was there before. Usual: the queue is stood in, and
those who leave it stood anywhere in it. Careful: all who leave stood behind, and half of what is
shown or printed goes to others."""
