"""What a strategy's answers over bars come to: names to sell, and names to buy in their order."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.strategy.declare import Strategy
from maemae.strategy.signals import Signals

EXIT_RULE = "exit_rule"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What a source decides, and for whom: `entry_for` is how long its entries may be ordered."""

    book: str
    strategy: Strategy
    entry_for: timedelta


def leaving(found: Signals, since: Mapping[str, np.datetime64]) -> tuple[str, ...]:
    """Return the names whose exit rule holds on a bar that began at that time or later."""
    events, panel = found.exits(), found.packed.panel
    codes = [panel.codes[row] for row in events.row]
    ends = zip(codes, panel.times[events.time], strict=True)
    return tuple(sorted({code for code, at in ends if code in since and at >= since[code]}))


def entering(
    strategy: Strategy,
    found: Signals,
    at: np.datetime64,
    listed: Mapping[str, Listed],
    among: Collection[str],
) -> Iterator[ev.Candidate]:
    """Yield the entries decided on the bar that began at a time, in the order they compete in."""
    panel = found.packed.panel
    column = int(np.searchsorted(panel.times, at))
    if column == len(panel.times) or panel.times[column] != at:
        return
    events = found.entries()
    for row in events.row[events.time == column]:
        code = panel.codes[row]
        if code in among:
            low, high = band(strategy, round(float(panel.fields["close"][row, column])))
            # The price of the moment is the desk's own affair: a trade may have come since.
            yield ev.Candidate(listed[code], 0, low=low, high=high, reason=strategy.name)


def band(strategy: Strategy, reference: int) -> tuple[int | None, int | None]:
    """Return the prices in won between which an entry is bought, the upper one excluded."""
    if strategy.order.band is None:
        return None, None
    low, high = (round(part * _MILLION) for part in strategy.order.band)
    return -(-reference * (_MILLION + low) // _MILLION), -(
        -reference * (_MILLION + high) // _MILLION
    )
