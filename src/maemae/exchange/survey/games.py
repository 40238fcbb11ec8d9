"""Rules played on the paths of a day, before costs: in a fair game each earns nothing.

A game buys at the price at which its condition is first true, and sells at the first price at or
past one of its exits, else at the closing price. Both are decided on the path so far, so that on
a driftless walk the mean gain is zero, whatever the condition.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_BAND = 0.01
"""A condition is met within one percent past its level, as a search with a range has it."""


@dataclass(frozen=True, slots=True)
class Game:
    """Buy once the day's change has come to a level, and leave at a gain or a loss.

    All are parts of one. `level`: of the base price; below zero the price has fallen to it.
    `gain`, `loss`: of the price paid; None: no exit on that side. `trailing`: the loss counts
    from the highest price since.
    """

    level: float
    gain: float | None
    loss: float
    trailing: bool = False

    def play(self, base: int, prices: Ints) -> float | None:
        """Return the gain on a path as a part of the price paid; None: it was not entered.

        Args:
            base: the base price of the day.
            prices: the trades from the first after the opening auction to the closing auction.
        """
        near, far = self.level * base, (self.level + np.copysign(_BAND, self.level)) * base
        change = prices[:-1] - base
        met = change >= near if self.level > 0 else change <= near
        met &= change <= far if self.level > 0 else change >= far
        at = int(np.argmax(met))
        if not met[at]:
            return None
        paid, later = int(prices[at]), prices[at + 1 :]
        mark = np.maximum.accumulate(np.maximum(later, paid)) if self.trailing else paid
        out = later <= mark * (1.0 - self.loss)
        if self.gain is not None:
            out |= later >= paid * (1.0 + self.gain)
        sold = int(np.argmax(out))
        return (int(later[sold if out[sold] else -1]) - paid) / paid


@dataclass(slots=True)
class Tally:
    """What some games came to, each a part of the price paid."""

    gains: list[float] = field(default_factory=list)

    def add(self, gain: float | None) -> None:
        """Take in a game that was entered."""
        if gain is not None:
            self.gains.append(gain)

    @property
    def wins(self) -> float:
        """The part of them that gained."""
        return float((np.array(self.gains) > 0).mean()) if self.gains else 0.0

    @property
    def fair(self) -> float:
        """The part of them that would have to gain for a mean of zero, with wins of their size."""
        gains = np.array(self.gains)
        won, lost = gains[gains > 0], -gains[gains <= 0]
        if not len(won) or not len(lost):
            return 0.0
        return float(lost.mean() / (won.mean() + lost.mean()))

    @property
    def mean(self) -> float:
        """The mean gain."""
        return float(np.mean(self.gains)) if self.gains else 0.0

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return float(np.std(self.gains)) / sqrt(len(self.gains)) if self.gains else 0.0


SCALPER = (0.0223, 0.0077)
"""The exits of the demo's scalper, before costs."""
LEVELS = tuple(level / 100 for level in (1, 2, 3, 4, 5, 6, 7, 8))
UP = tuple(Game(level, *SCALPER) for level in LEVELS)
DOWN = tuple(Game(-level, *SCALPER) for level in LEVELS)
TWO_TO_ONE = Game(0.03, 0.02, 0.01)
OTHERS = (
    TWO_TO_ONE,
    Game(-0.03, 0.02, 0.01),
    Game(0.02, 0.015, 0.015),
    Game(-0.02, 0.015, 0.015),
    Game(0.02, None, 0.015, trailing=True),
    Game(-0.02, None, 0.015, trailing=True),
)
"""Exits two to one, symmetric and trailing."""
GAMES = (*UP, *DOWN, *OTHERS)


def play_all(
    tallies: Sequence[Tally], paths: Iterable[tuple[int, Ints]], games: Sequence[Game] = GAMES
) -> None:
    """Play games on paths: base price, and prices as in `Game.play`; one tally for each game."""
    for base, prices in paths:
        lowest, highest = int(prices[:-1].min()) - base, int(prices[:-1].max()) - base
        for tally, game in zip(tallies, games, strict=True):
            near = game.level * base
            if highest >= near if game.level > 0 else lowest <= near:
                tally.add(game.play(base, prices))
