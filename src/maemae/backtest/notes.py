"""Reasons to doubt a backtest, found in its own bars and fills."""

from dataclasses import dataclass

import numpy as np

from maemae.backtest import steps
from maemae.backtest.book import IN_BAR, QUANTITY, SIDE, WHO
from maemae.backtest.inputs import Inputs
from maemae.backtest.rules import CLOSE, Ints
from maemae.strategy.tree import Param

FEW_TRADES = 30
LARGE_SHARE = 0.1
"""Share of a session's volume above which an order would have moved the price."""

MANY = 200
YEAR = 250
STALE = 20
NAMED = 5
"""Bars that a doubt names; the rest is counted."""


@dataclass(frozen=True)
class Note:
    """A doubt: its kind, and the figures that a text about it needs."""

    kind: str
    count: int = 0
    total: int = 0
    names: tuple[str, ...] = ()


def notes(given: Inputs, fills: Ints) -> tuple[Note, ...]:
    """Look for what usually makes a backtest too good."""
    found = [
        _survivors(given),
        _few(fills),
        _large(given, fills),
        Note("close") if given.ways.how == CLOSE else None,
        Note("python", names=tuple(given.strategy.rules)) if given.strategy.rules else None,
        _edges(given),
        _stuck(given, fills),
        None if given.unsupported is None else Note("desk", names=(given.unsupported,)),
        None if "market" in given.panel.facts else Note("market"),
        _bars("steps", steps.forbidden(given.panel), fills),
        _bars("gaps", [one for one in steps.gaps(given.panel) if one[0] in _traded(fills)], fills),
        _bars("reused", steps.reused(given.panel), fills),
    ]
    return tuple(note for note in found if note is not None)


def _traded(fills: Ints) -> set[int]:
    return set(fills[:, WHO].tolist())


def _bars(kind: str, found: list[tuple[int, str]], fills: Ints) -> Note | None:
    """Name bars to doubt, those of what was traded first."""
    if not found:
        return None
    traded = _traded(fills)
    first = sorted(found, key=lambda one: one[0] not in traded)
    names = tuple(said for _, said in first[:NAMED])
    return Note(kind, len(found), sum(row in traded for row, _ in found), names)


def _last_columns(given: Inputs) -> Ints:
    ends = given.bars.offsets[1:] - 1
    return given.bars.columns[ends[np.diff(given.bars.offsets) > 0]].astype(np.int64)


def _survivors(given: Inputs) -> Note | None:
    """Find bars in which no instrument ever disappears, as markets do lose 1-2 % a year."""
    rows, count = given.panel.shape
    if not given.panel.daily or rows < MANY or count < YEAR:
        return None
    gone = int((_last_columns(given) < count - STALE).sum())
    return Note("survivors", gone, rows) if gone * YEAR < rows * count / 200 else None


def _few(fills: Ints) -> Note | None:
    closed = int((fills[:, SIDE] < 0).sum())
    return Note("few", closed) if closed < FEW_TRADES else None


def _large(given: Inputs, fills: Ints) -> Note | None:
    if not len(fills):
        return None
    volume = given.bars.volume[fills[:, IN_BAR]]
    large = int((fills[:, QUANTITY] > LARGE_SHARE * volume).sum())
    return Note("large", large, len(fills)) if large else None


def _edges(given: Inputs) -> Note | None:
    """Find parameters at the edge of their range: the best value may lie beyond."""
    found: dict[str, Param] = given.strategy.parameters
    names = tuple(name for name, p in found.items() if p.value in (p.low, p.high))
    return Note("edge", len(names), len(found), names) if names else None


def _stuck(given: Inputs, fills: Ints) -> Note | None:
    """Find positions that could not be sold, because their bars end before the others do."""
    shares = np.zeros(len(given.panel.codes), np.int64)
    np.add.at(shares, fills[:, WHO], fills[:, SIDE] * fills[:, QUANTITY])
    ends = given.bars.columns[given.bars.offsets[1:] - 1]
    stuck = np.flatnonzero((shares > 0) & (ends < given.panel.shape[1] - 1))
    names = tuple(given.panel.codes[who] for who in stuck)
    return Note("stuck", len(names), names=names) if names else None
