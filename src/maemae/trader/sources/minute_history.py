"""Minute bars of earlier days, for the warm-up of rules."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from maemae import kis
from maemae.bars.minutes import MinuteBar
from maemae.bars.panel import REQUIRED
from maemae.bars.store import BarStore
from maemae.kis import Priority
from maemae.market.calendar import Calendar, Session
from maemae.strategy.timeframe import Frame
from maemae.trader.sources.panels import Rows, joined, no_rows, rows_of
from maemae.trader.sources.source import Means

_A_DAY = 381
"""Minutes of a session with trades, at most."""

_ASKED = 5
"""Days asked of the broker at most: four calls a name and day."""


async def earlier_minutes(code: str, means: Means, count: int) -> Rows:
    """Return so many minute bars of the days before today, or more, as far as they are to be had.

    Those kept in the store count if they reach to the last session; else the broker's charts are
    asked, the latest day first.

    Raises:
        WireError: the broker could not be asked.
        DataError: a file of the store is damaged.
    """
    if count <= 0:
        return no_rows()
    days, calendar = -(-count // _A_DAY) + 1, means.state.calendar
    if means.store is not None and (means.store.root / "minute").is_dir():
        kept = await asyncio.to_thread(
            _stored, means.store, code, means.session.day, days, calendar
        )
        last = calendar.previous_session(means.session.day)
        if len(kept[0]) and kept[0][-1] >= np.datetime64(last):
            return kept
    found, day = no_rows(), means.session.day
    for _ in range(min(days, _ASKED)):
        day = calendar.previous_session(day)
        bars = await means.data.history.minute_bars(code, day, priority=Priority.QUOTE)
        if not bars:
            break
        found = joined(rows_of([one for bar in bars if (one := minute_bar(code, bar))]), found)
        if len(found[0]) >= count:
            break
    return found


@dataclass(frozen=True, slots=True)
class Lack:
    """Bars of earlier days that rules need and do not have: `have` of `needed`, of one name.

    `ready` is when today's own bars will have made up for it; None where they cannot.
    """

    code: str
    have: int
    needed: int
    ready: datetime | None


def lack_of(code: str, rows: Rows, needed: int, length: int, session: Session) -> Lack | None:
    """Return what a name lacks of so many bars of so many minutes; None where it lacks nothing."""
    have = len(np.unique(Frame("minutes", length).bucket(rows[0])))
    if have >= needed:
        return None
    ready = session.open + (needed - have) * length * timedelta(minutes=1)
    return Lack(code, have, needed, ready if ready <= session.closing_auction else None)


def minute_bar(code: str, bar: kis.Bar) -> MinuteBar | None:
    """Return a row of a minute chart as a minute bar; None where nothing was traded."""
    if not bar.volume or not isinstance(bar.at, datetime):
        return None
    return MinuteBar(code, bar.at, bar.open, bar.high, bar.low, bar.close, bar.volume)


def _stored(store: BarStore, code: str, today: date, days: int, calendar: Calendar) -> Rows:
    bars = store.minutes(code, calendar.offset(today, -days), today - timedelta(days=1))
    times = bars["at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[s]")
    return times, bars.select(REQUIRED).to_numpy().astype(float)
