"""Minute bars while they come about: from ticks where none can be missing, else from the chart.

A minute is taken from the ticks when its name was registered on the stream before the minute
began, the stream stayed up, and each tick's day volume was the last one's plus its own quantity.
Whatever else is needed is asked of the broker's chart: names without a place on the stream, the
minutes before a name was chosen, and those around a gap. Before that thirty names at a time are
asked for their day's volume: a name whose volume is that of the bars that are known, and of what
was traded beside them, has not traded since, and needs no chart.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from maemae import kis
from maemae.bars.minutes import MinuteBar
from maemae.errors import WireError
from maemae.kis import Priority
from maemae.kis.abreast import abreast
from maemae.trader.sound import SoundTicks
from maemae.trader.sources.minute_history import minute_bar
from maemae.trader.sources.source import Means

_MINUTE = timedelta(minutes=1)


class LiveMinutes:
    """Today's minute bars of the names that are asked for.

    Args:
        means: the way to stream and chart.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._bars: dict[str, dict[datetime, MinuteBar]] = {}
        self._sound = SoundTicks()
        self._volume: dict[str, int] = {}
        self._last: dict[str, datetime] = {}
        self._streamed: dict[str, datetime] = {}
        """Since when each name is known to be on the stream without a gap."""
        self._known: dict[str, datetime] = {}
        """Up to when the bars of a name are known to be whole."""
        self._beside: dict[str, int] = {}
        """Shares of the day's volume of a name that are in none of its bars: traded off hours."""
        self._proved: set[str] = set()
        """Names of which two charts in a row said the same of that."""

    def hear(self, said: kis.StreamEvent) -> None:
        """Take in what the stream says; a listener of a `Stream`."""
        match said:
            case kis.Tick():
                for tick, price in self._sound.take(said):
                    self._take(tick, price)
            case kis.StreamDown():
                self._streamed.clear()
            case _:
                pass

    def note(self) -> None:
        """Look which names are on the stream now."""
        stream, now = self._means.data.stream, self._means.clock.now()
        there = {one.key for one in stream.registrations if one.feed == kis.Feed.TICKS}
        there = there if stream.is_up else set()
        self._streamed = {code: self._streamed.get(code, now) for code in sorted(there)}

    async def catch_up(self, codes: Iterable[str], until: datetime) -> list[str]:
        """Bring bars up to a full minute; return the names that could not be brought."""
        codes = list(codes)
        asked = [code for code in codes if self._streamed.get(code, until) > self._since(code)]
        # At once, for a trade that is found missing later takes it back.
        self._known |= dict.fromkeys(set(codes).difference(asked), until)
        volumes = await self._volumes(asked)
        at_once = self._means.data.server.limits.at_once

        async def ask(code: str) -> bool:
            volume = volumes.get(code)
            if not self._is_quiet(code, volume):
                try:
                    await self._ask(code, self._since(code), until, volume)
                except WireError:
                    return False
            self._known[code] = until
            return True

        brought = await abreast(asked, ask, at_once)
        return [code for code, there in zip(asked, brought, strict=True) if not there]

    def _since(self, code: str) -> datetime:
        return self._known.get(code, self._means.session.open)

    async def _volumes(self, codes: list[str]) -> dict[str, int]:
        """Return the volume of the day so far of names, as far as it can be had.

        Where it cannot, their charts tell whatever there is.
        """
        if len(codes) <= 1:
            return {}
        try:
            quotes = await self._means.data.prices(codes, priority=Priority.QUOTE)
        except WireError:
            return {}
        return {quote.code: quote.volume for quote in quotes if quote.volume is not None}

    def _is_quiet(self, code: str, volume: int | None) -> bool:
        """Whether a name has not traded since its bars were whole."""
        return code in self._proved and volume == self._beside[code] + self._traded(code)

    def _traded(self, code: str) -> int:
        return sum(bar.volume for bar in self._bars.get(code, {}).values())

    def bars(self, code: str, until: datetime) -> list[MinuteBar]:
        """Return the day's bars of a name that are over by then, oldest first."""
        found = self._bars.get(code, {})
        return [found[at] for at in sorted(found) if at < until]

    def _take(self, tick: kis.Tick, price: int) -> None:
        code, minute = tick.code, tick.at.replace(second=0, microsecond=0)
        first = 0 if minute == self._means.session.open else None
        before, last = self._volume.get(code, first), self._last.get(code, minute)
        self._volume[code], self._last[code] = tick.volume, minute
        if before is not None and before + tick.quantity != tick.volume:
            self._tear(code, last)
        bars = self._bars.setdefault(code, {})
        bar = bars.get(minute)
        if bar is None:
            bars[minute] = MinuteBar(code, minute, price, price, price, price, tick.quantity)
            return
        bar.high, bar.low = max(bar.high, price), min(bar.low, price)
        bar.close = price
        bar.volume += tick.quantity

    def _tear(self, code: str, since: datetime) -> None:
        """Trust the ticks of a name no more from a minute on."""
        self._streamed.pop(code, None)
        if code in self._known:
            self._known[code] = min(self._known[code], since)

    async def _ask(self, code: str, since: datetime, until: datetime, volume: int | None) -> None:
        """Replace the bars from one minute up to another by those of the chart.

        `volume` was the day's shortly before.
        """
        found = await self._means.data.history.minute_bars(
            code, until.date(), since=since, priority=Priority.QUOTE
        )
        bars = self._bars.setdefault(code, {})
        for at in [at for at in bars if since <= at < until]:
            del bars[at]
        later = False
        for bar in found:
            one = minute_bar(code, bar)
            if one is not None and since <= one.at < until:
                bars[one.at] = one
            later = later or (one is not None and one.at >= until)
        if volume is not None and not later:
            self._note_beside(code, volume)

    def _note_beside(self, code: str, volume: int) -> None:
        """Note what of a day's volume no bar has; it counts when it was the same before."""
        beside = volume - self._traded(code)
        if self._beside.get(code) == beside:
            self._proved.add(code)
        else:
            self._proved.discard(code)
        self._beside[code] = beside


def minute_of(at: datetime, length: int = 1) -> datetime:
    """Return the start of the bar of so many minutes in which a moment lies."""
    minute = at.replace(second=0, microsecond=0)
    return minute - (minute.hour * 60 + minute.minute) % length * _MINUTE
