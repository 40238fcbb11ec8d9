"""Minute bars of what the trader watches, built from the live ticks it hears anyway.

The listener does a few dictionary look-ups per tick; files are written by a thread. Each tick
carries the day's volume, which must be the last one's plus its own quantity; so a bar is kept once
the next trade proves that none was missed. The minute in which watching began is left out, and so
are those around a gap of the stream and the last one before a code was let go.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from maemae.bars.minutes import MinuteBar, MinuteBuilder, minute_frame
from maemae.bars.staging import merge_staged, sole_merger, stage
from maemae.bars.store import BarStore
from maemae.clock import Clock
from maemae.errors import DataError
from maemae.i18n import _
from maemae.kis import Stream, StreamEvent, Tick
from maemae.market.calendar import Session
from maemae.market.kinds import Market
from maemae.trader.sound import SoundTicks

SOURCE = "live ticks"
_EVERY = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)

MarketOf = Callable[[str], Market | None]
Report = Callable[[str], None]


class MinuteRecorder:
    """Collects the regular session's ticks into minute bars and stages them for the store.

    Args:
        store: where the bars go.
        session: the day; trades outside its hours are left out.
        market_of: the market of a code; bars of a code without one are not kept.
        clock: of the venue.
        report: told, on a thread of its own, when bars cannot be written; trading goes on.
    """

    def __init__(
        self, store: BarStore, session: Session, market_of: MarketOf, clock: Clock, report: Report
    ) -> None:
        self._store = store
        self._session = session
        self._market_of = market_of
        self._clock = clock
        self._report = report
        self._builder = MinuteBuilder()
        self._sound = SoundTicks()
        self._seen: dict[str, tuple[int, datetime]] = {}
        self._torn: set[tuple[str, datetime]] = set()
        self._done: list[MinuteBar] = []
        self._next = session.open + _EVERY
        self._files = 0
        self._writing: set[asyncio.Task[None]] = set()
        self.dropped = 0
        """Bars left out because trades of their minute may be missing."""

    def hear(self, said: StreamEvent) -> None:
        """Take in what the stream says; a listener of a `Stream`."""
        if not isinstance(said, Tick):
            return
        if not self._session.open <= said.at < self._session.close + _MINUTE:
            return
        for tick, price in self._sound.take(said):
            self._prove(tick)
            bar = self._builder.add(tick.code, tick.at, price, tick.quantity)
            if bar is not None:
                self._take(bar)
        if said.at >= self._next:
            self._next = said.at + _EVERY
            self._write_soon()

    async def close(self) -> None:
        """Write what is left and merge the day's files into the store."""
        for bar in self._builder.flush(self._clock.now()):
            # Nothing is traded after the closing auction; any other bar wants the next trade.
            if bar.at >= self._session.close:
                self._take(bar)
            else:
                self.dropped += 1
        self._write_soon()
        await asyncio.gather(*self._writing)
        await asyncio.to_thread(self._merge)

    def _prove(self, tick: Tick) -> None:
        """Mark the minutes around a trade before which others were missed."""
        minute = tick.at.replace(second=0, microsecond=0)
        volume, before = self._seen.get(tick.code, (0, minute))
        self._seen[tick.code] = tick.volume, minute
        if volume + tick.quantity != tick.volume:
            self._torn |= {(tick.code, before), (tick.code, minute)}

    def _take(self, bar: MinuteBar) -> None:
        if (bar.code, bar.at) in self._torn:
            self._torn.discard((bar.code, bar.at))
            self.dropped += 1
        else:
            self._done.append(bar)

    def _write_soon(self) -> None:
        bars, self._done = self._done, []
        if bars:
            self._files += 1
            now = self._clock.now()
            name = f"live-{now:%Y%m%d-%H%M%S}-{self._files}"
            task = asyncio.create_task(asyncio.to_thread(self._write, bars, name, now))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    def _write(self, bars: list[MinuteBar], name: str, now: datetime) -> None:
        by_market: dict[Market, list[MinuteBar]] = {}
        for bar in bars:
            market = self._market_of(bar.code)
            if market is not None:
                by_market.setdefault(market, []).append(bar)
        try:
            for market, some in by_market.items():
                frame = minute_frame(some, market, source=SOURCE, fetched=now)
                stage(self._store, "minute", f"{name}-{market}", frame)
        except OSError as error:
            self._report(
                _("{n} minute bars could not be written: {error}").format(n=len(bars), error=error)
            )

    def _merge(self) -> None:
        try:
            with sole_merger(self._store):
                merge_staged(self._store)
        except (DataError, OSError) as error:
            self._report(
                _("minute bars stay in staging until the next merge: {error}").format(error=error)
            )


@asynccontextmanager
async def recording(stream: Stream, recorder: MinuteRecorder | None) -> AsyncIterator[None]:
    """Let a recorder hear a stream while trading; without one do nothing."""
    if recorder is None:
        yield
        return
    stream.listen(recorder.hear)
    try:
        yield
    finally:
        await recorder.close()
