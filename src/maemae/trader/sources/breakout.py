"""Entries on ticks: a name is offered the moment its price reaches a level, not at a bar's close.

A name is offered once a day, while its price is at the level or a little above it. One whose high
shows that it was there before anybody looked has been missed.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.i18n import _
from maemae.kis import Priority, Quote
from maemae.trader.sources.deciding import Deciding
from maemae.trader.sources.levels import Level, Levels
from maemae.trader.sources.source import Means
from maemae.trader.sources.universe import Chooser
from maemae.trader.sources.unseen import Unseen

_JUST_OPENED = timedelta(minutes=1)
"""A name that opened at its level is not taken for one that was there before."""


class BreakoutSource(Deciding):
    """Watches names for the first price at their level.

    Args:
        book: for which it watches.
        reason: written down with each order.
        levels: where a name breaks out.
        chooser: the names.
        beyond: how far above its level a name is still bought, as a fraction.
        entry_for: how long a breakout is offered.
        means: what it works with.
    """

    def __init__(
        self,
        book: str,
        levels: Levels,
        chooser: Chooser,
        means: Means,
        *,
        reason: str,
        beyond: Decimal,
        entry_for: timedelta,
    ) -> None:
        super().__init__(book, chooser, means)
        self._reason = reason
        self._levels = levels
        self._beyond = beyond
        self._entry_for = entry_for
        self._unseen = Unseen(book, means.clock)
        self._waiting: dict[str, Level] = {}
        self._looked_for: set[str] = set()
        self._opened: dict[str, int] = {}
        self._listed_of: dict[str, Listed] = {}
        self._broken: dict[str, tuple[ev.Candidate, datetime]] = {}

    @property
    def watching(self) -> tuple[str, ...]:
        """The names that have not reached their level."""
        return tuple(self._waiting)

    async def _look(self) -> ev.Candidates:
        """Find the levels of names that are new, and ask for prices that no tick brings."""
        await self._chooser.refresh()
        await self._find()
        await self._poll()
        return self._candidates()

    def heard(self, price: ev.Price) -> None:
        """Look whether a price reaches the level of its name."""
        if price.code in self._waiting and self._see(price.code, price.price):
            self._say()

    async def _find(self) -> None:
        """Find the levels of the names chosen since the last look."""
        state, first = self._means.state, not self._looked_for
        listed = self._listed()
        held = {position.listed.code for position in state.portfolio.held(self._book)}
        wanted = held if first else set[str]()
        wanted |= set(self._chooser.codes) - self._looked_for
        new = {code: one for code, one in listed.items() if code in wanted}
        if not new:
            return
        found = await self._levels.find(new, frozenset(held if first else ()))
        self._looked_for |= set(new)
        self._listed_of |= new
        open_to = self._open_to(new, self._means.session.open)
        self._waiting |= {code: one for code, one in found.levels.items() if code in open_to}
        self._sell(found.sells)
        if found.missing:
            self._report_missing(found.missing)

    async def _poll(self) -> None:
        """Ask for the prices of names seen for the first time, and of those without ticks."""
        streamed = {one.key for one in self._means.data.stream.registrations}
        asked = [c for c in self._waiting if c not in self._opened or c not in streamed]
        quotes = await self._means.data.prices(asked, priority=Priority.QUOTE) if asked else []
        self._unseen.look(asked, quotes, self._put)
        for quote in quotes:
            if quote.volume and quote.price and quote.code in self._waiting:
                self._meet(quote, quote.price)

    def _meet(self, quote: Quote, price: int) -> None:
        """Take in a price that was asked for."""
        session, now = self._means.session, self._means.clock.now()
        level, listed = self._waiting[quote.code], self._listed_of[quote.code]
        if not level.holds(quote.base, listed, session.day):
            del self._waiting[quote.code]
            self._report(
                _("{code} has a new base price: its level is left out").format(code=quote.code)
            )
            return
        new = quote.code not in self._opened
        self._opened[quote.code] = quote.open or price
        reached = (quote.high or price) >= self._level(quote.code)
        if new and reached and now >= session.open + _JUST_OPENED:
            del self._waiting[quote.code]
            return
        self._see(quote.code, price)

    def _see(self, code: str, price: int) -> bool:
        """Note a breakout; tell whether it is one."""
        if code not in self._opened:
            return False  # Its open is asked for at the next look.
        level = self._level(code)
        if price < level:
            return False
        del self._waiting[code]
        highest = level + int(level * self._beyond) + 1
        candidate = ev.Candidate(
            self._listed_of[code], price, low=level, high=highest, reason=self._reason
        )
        self._broken[code] = (candidate, self._means.clock.now() + self._entry_for)
        return True

    def _level(self, code: str) -> int:
        level, listed = self._waiting[code], self._listed_of[code]
        return level.reached_at(self._opened[code], listed, self._means.session.day)

    def _say(self) -> None:
        if self._put is not None:
            self._put(self._candidates())

    def _candidates(self) -> ev.Candidates:
        """Return what has broken out lately, and is offered still."""
        now = self._means.clock.now()
        self._broken = {code: one for code, one in self._broken.items() if one[1] >= now}
        until = max((until for _, until in self._broken.values()), default=None)
        return self._offers(tuple(candidate for candidate, _ in self._broken.values()), until)
