"""A strategy on daily bars that decides within the session, on the day's bar so far."""

import asyncio
from datetime import datetime, time

import numpy as np

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.strategy.signals import signals
from maemae.trader.sources.daily_bars import DailyBars
from maemae.trader.sources.deciding import Deciding
from maemae.trader.sources.decisions import Mandate, entering, leaving
from maemae.trader.sources.source import Means, Put
from maemae.trader.sources.universe import Chooser


class DailySource(Deciding):
    """Looks at the forming day bar once, from a time of day on.

    A trader started when that time and that of the entries are over decides on exits alone.

    Args:
        mandate: what decides, and for which book.
        chooser: the names.
        at: time of day from which it decides.
        means: what it works with.
    """

    def __init__(self, mandate: Mandate, chooser: Chooser, at: time, means: Means) -> None:
        super().__init__(mandate.book, chooser, means)
        self._mandate = mandate
        self._at = datetime.combine(means.session.day, at, KST)
        self._bars = DailyBars(mandate.strategy.warmup.bars, means)
        self._decided: ev.Candidates | None = None
        self._late = False

    @property
    def watching(self) -> tuple[str, ...]:
        """What it has offered last."""
        return tuple(one.listed.code for one in self._decided.offers) if self._decided else ()

    async def start(self, put: Put) -> None:
        """Choose names that need no ranking."""
        self._late = self._means.clock.now() > self._at + self._mandate.entry_for
        await super().start(put)

    async def _look(self) -> ev.Candidates:
        """Decide when it is time; earlier bars are got ready before."""
        if self._decided is not None:
            return self._decided
        await self._chooser.refresh()
        listed = self._listed()
        await self._bars.load(listed)
        if self._means.clock.now() < self._at:
            return self._offers()
        self._report_missing(self._bars.missing(listed))
        bars = await self._bars.so_far(listed)
        offers: tuple[ev.Candidate, ...] = ()
        if bars is not None:
            strategy, day = self._mandate.strategy, self._means.session.day
            today = np.datetime64(day)
            found = await asyncio.to_thread(signals, strategy, bars)
            held = self._means.state.portfolio.held(self._book)
            earlier = [one.listed.code for one in held if one.since.date() < day]
            self._sell(leaving(found, dict.fromkeys(earlier, today)))
            if not self._late:
                open_to = self._open_to(listed, self._at)
                offers = tuple(entering(strategy, found, today, listed, open_to))
        self._decided = self._offers(offers, self._means.clock.now() + self._mandate.entry_for)
        return self._decided
