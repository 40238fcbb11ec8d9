"""Since when balances have shown what they show: one that stands still may be as old as that."""

from dataclasses import dataclass
from datetime import datetime

from maemae.desk.events import Balance


@dataclass(slots=True)
class Stillness:
    """Remembers when balances last differed from the ones before."""

    since: datetime | None = None
    """Since when they have shown the same."""
    _before: datetime | None = None
    """Since when they had shown what was shown before that."""
    _shown: tuple[object, ...] = ()
    _tells: bool = False
    """Whether the last one stated prices. Else nothing in it need move, and nobody can tell."""

    def look(self, balance: Balance) -> None:
        """Take in a balance."""
        shown = balance.cash, balance.bought, balance.sold, balance.holdings
        self._tells = any(one.price for one in balance.holdings)
        if shown != self._shown or not self._tells:
            self._shown, self._before, self.since = shown, self.since, balance.at

    def moved_since(self, at: datetime) -> bool:
        """Whether balances have moved since a time, so that they have what was done before it.

        The first that differs may be the one that stands still from then on: a second has to.
        """
        return not self._tells or (self._before is not None and self._before > at)
