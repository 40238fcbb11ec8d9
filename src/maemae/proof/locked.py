"""A name that stands at its upper limit all day (상한가), and goes on from there next morning."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from maemae.exchange.actions import Action, ActionKind
from maemae.exchange.grid import grid
from maemae.exchange.listing import Listing
from maemae.market.limits import price_limits

_CARRIED_ON = (ActionKind.CODE_CHANGE, ActionKind.SPIN_OFF)
"""What gives a name the price of another."""


class Locked:
    """Locks the first name of each day's list; nobody sells it.

    The market knows nothing of it: its next base price would be another than the last close, as if
    something had become of the share. So the name's later days are multiplied by what it rose more.
    """

    def __init__(self, actions: Sequence[Action]) -> None:
        self._rose: dict[str, Fraction] = {}
        self._origins = {one.into: one.code for one in actions if one.kind in _CARRIED_ON}

    def __call__(self, listings: Sequence[Listing], day: date) -> Sequence[Listing]:
        """Return a day's instruments, the first of them locked."""
        carried = [self._carried(one, day) for one in listings]
        first, own = carried[0], listings[0]
        self._rose[own.code] = Fraction(first.upper, own.close)
        top = first.upper
        return [replace(first, open=top, high=top, low=top, close=top), *carried[1:]]

    def _carried(self, one: Listing, day: date) -> Listing:
        """Return a name as it goes on from where it was locked."""
        rose = self._rose.get(one.code) or self._rose.get(self._origins.get(one.code, ""))
        if rose is None:
            return one
        steps = grid(day, one.market, one.kind)

        def price(won: int) -> int:
            return steps.price(steps.floor(int(won * rose)))

        base = price(one.base)
        limits, was = (price_limits(won, day, one.market, one.kind) for won in (base, one.base))
        free = one.upper > was.upper  # Liquidation trading (정리매매) knows no limits.
        upper = price(one.upper) if free else limits.upper
        lower = one.lower if free else limits.lower
        opened, high, low, close = (
            min(max(price(won), lower), upper) for won in (one.open, one.high, one.low, one.close)
        )
        carried = replace(one, base=base, lower=lower, upper=upper)
        return replace(carried, open=opened, high=high, low=low, close=close)
