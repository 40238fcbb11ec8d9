"""A strategy of the language on minute bars: decided when a bar is over, ordered at once.

The decision is the backtest's own (`maemae.strategy.signals`) over the bars up to now, of which
only the last column counts; so live and history cannot disagree about the same bars, and a bar
that the chart brings late is simply there the next time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

import numpy as np

from maemae.bars.panel import Panel
from maemae.bars.sectors import sectors_of, with_sectors
from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.errors import SettingsError, WireError
from maemae.i18n import _
from maemae.kis import StreamEvent
from maemae.kis.abreast import abreast
from maemae.strategy.signals import signals
from maemae.strategy.timeframe import Frame, lengthen
from maemae.trader.sources.deciding import Deciding
from maemae.trader.sources.decisions import Mandate, entering, leaving
from maemae.trader.sources.minute_bars import LiveMinutes, minute_of
from maemae.trader.sources.minute_history import Lack, earlier_minutes, lack_of
from maemae.trader.sources.panels import Rows, exchange_time, joined, panel_of, rows_of
from maemae.trader.sources.source import Means, Put
from maemae.trader.sources.sweep import LATE, Lateness, said, sweep_of
from maemae.trader.sources.universe import Chooser

_MINUTE = timedelta(minutes=1)

NAMED = 5
"""Names that a report names; the rest are counted."""


class MinuteSource(Deciding):
    """Looks at the bars of its names whenever a bar is over.

    Args:
        mandate: what decides, and for which book.
        chooser: the names.
        length: of a bar, in minutes.
        means: what it works with.
    """

    def __init__(self, mandate: Mandate, chooser: Chooser, length: int, means: Means) -> None:
        super().__init__(mandate.book, chooser, means)
        self._mandate = mandate
        self._length = length
        self._minutes = LiveMinutes(means)
        self._history: dict[str, Rows] = {}
        self._decided: datetime | None = None
        bar = timedelta(minutes=length)
        self._lateness: Lateness = Lateness(mandate.book, bar, mandate.entry_for, means)

    @property
    def watching(self) -> tuple[str, ...]:
        """The names looked at."""
        return self._chooser.codes

    async def start(self, put: Put) -> None:
        """Choose the names, and refuse more of them than can be looked at in time.

        Raises:
            SettingsError: nothing could be bought, for each decision would be too old.
        """
        await super().start(put)
        names, entry_for = len(self._chooser.codes), self._mandate.entry_for
        sweep, bar = sweep_of(names, self._means), timedelta(minutes=self._length)
        if sweep.seconds > entry_for.total_seconds():
            raise SettingsError(
                _(
                    "book {book}: a look at {names} names takes {seconds} s at {rate:g} calls a "
                    "second, and what it decides may be ordered for {entry} s only (entry_seconds):"
                    " it could never buy while all of them trade. Give it {most} names at most, "
                    "or entry_seconds = {needed}"
                ).format(
                    book=self._book, names=names, seconds=ceil(sweep.seconds), rate=sweep.rate,
                    entry=int(entry_for.total_seconds()),
                    most=sweep.most(entry_for.total_seconds()), needed=ceil(sweep.seconds * 1.25),
                )
            )  # fmt: skip
        if sweep.seconds > bar.total_seconds():
            needs = timedelta(seconds=sweep.seconds)
            detail = said(self._book, needs, names, bar, entry_for)
            put(ev.Reported(at=self._means.clock.now(), kind=LATE, detail=detail))

    def hear(self, said: StreamEvent) -> None:
        """Build the minutes of today from what the stream says."""
        self._minutes.hear(said)

    async def _look(self) -> ev.Candidates:
        """Decide on the bar that has just ended."""
        self._minutes.note()
        await self._chooser.refresh()
        strategy, listed = self._mandate.strategy, self._listed()
        await self._warm_up(listed)
        end = minute_of(self._means.clock.now(), self._length)
        if end <= self._means.session.open or end == self._decided:
            return self._offers()
        self._lateness.begin(end)
        bars = await self._bars(listed, end)
        offers: tuple[ev.Candidate, ...] = ()
        if bars is not None:
            found = await asyncio.to_thread(signals, strategy, bars)
            self._sell(leaving(found, self._unlooked()))
            last = exchange_time(end - self._length * _MINUTE)
            open_to = self._open_to(listed, end)
            offers = tuple(entering(strategy, found, last, listed, open_to))
        self._decided = end
        self._lateness.looked(len(listed), self._put)
        return self._offers(offers, end + self._mandate.entry_for, end)

    def _unlooked(self) -> dict[str, np.datetime64]:
        """Return from which bar on exits are new: since the purchase, and the last decision."""
        done = self._decided
        bought = {
            position.listed.code: minute_of(position.since, self._length)
            for position in self._means.state.portfolio.held(self._book)
        }
        return {
            code: exchange_time(since if done is None else max(since, done))
            for code, since in bought.items()
        }

    async def _bars(self, listed: Mapping[str, Listed], end: datetime) -> Panel | None:
        """Return all bars up to a time; None when there are none at all."""
        missing = set(await self._minutes.catch_up(listed, end))
        rows: dict[str, Rows] = {}
        for code in listed:
            if code not in missing and code in self._history:
                rows[code] = joined(self._history[code], rows_of(self._minutes.bars(code, end)))
            else:
                missing.add(code)
        self._report_missing(missing)
        if not any(len(times) for times, *_others in rows.values()):
            return None
        sectors = sectors_of(self._means.instruments)
        panel = with_sectors(panel_of(rows, listed, _MINUTE), sectors)
        return panel if self._length == 1 else lengthen(panel, Frame("minutes", self._length)).panel

    async def _warm_up(self, listed: Mapping[str, Listed]) -> None:
        """Have the bars of earlier days; say of which names there are not enough.

        A name of which the broker could not be asked is asked of again at the next look.
        """
        needed, lacks = self._mandate.strategy.warmup.bars, []
        new = [code for code in listed if code not in self._history]

        async def ask(code: str) -> Rows | None:
            try:
                return await earlier_minutes(code, self._means, needed * self._length)
            except WireError:
                return None

        found = await abreast(new, ask, self._means.data.server.limits.at_once)
        for code, rows in zip(new, found, strict=True):
            if rows is None:
                continue
            self._history[code] = rows
            lack = lack_of(code, rows, needed, self._length, self._means.session)
            if lack is not None and (lack.ready is None or lack.ready > self._means.clock.now()):
                lacks.append(lack)
        if lacks and self._put is not None:
            at = self._means.clock.now()
            detail = f"{self._book}: {self._said_of(lacks)}"
            self._put(ev.Reported(at=at, kind="warmup", detail=detail))

    def _said_of(self, lacks: Sequence[Lack]) -> str:
        """Return what is there of what is needed, of which names, and until when, as data.

        `service.incidents` puts it for people.
        """
        codes = " ".join(one.code for one in lacks[:NAMED])
        more = f" +{len(lacks) - NAMED}" if len(lacks) > NAMED else ""
        times = [one.ready for one in lacks if one.ready is not None]
        until = f"{min(times):%H:%M}" if times else "-"
        have = max(one.have for one in lacks)
        return f"{have} / {lacks[0].needed} x {self._length}m, {codes}{more}, {until}"
