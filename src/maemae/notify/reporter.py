"""Asks the service for what a summary or a report needs, and makes messages of it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from maemae.i18n import _
from maemae.market.calendar import Calendar
from maemae.notify import digest
from maemae.notify.messages import Kind, Message, message
from maemae.notify.texts import Texts
from maemae.service import glance
from maemae.service import operations as op
from maemae.service.answers import Share
from maemae.service.service import Service
from maemae.service.status import PositionLine
from maemae.service.venue_words import venue_word

Draw = Callable[
    [Sequence[tuple[datetime, int]], Sequence[PositionLine], Sequence[Share], str], bytes
]
"""Draws the picture of a day: equity curve, positions, what names earned, title. Blocking."""

_WEEK = timedelta(days=7)


class Reporter:
    """Summaries and reports.

    Args:
        service: whom to ask.
        texts: the words.
        calendar: gives the trading days as they are known then, to know a week's last session.
        draw: makes the picture; None leaves it out.
    """

    def __init__(
        self,
        service: Service,
        texts: Texts,
        calendar: Callable[[], Calendar],
        draw: Draw | None = None,
    ) -> None:
        self._service = service
        self._texts = texts
        self._calendar = calendar
        self._draw = draw
        self._equity: list[tuple[datetime, int]] = []

    async def started(self) -> Message:
        """Tell that the trader runs, and where."""
        health = await self._service.ask(op.GetHealth())
        fields = {"venue": venue_word(health.venue), "account": health.account}
        return message(Kind.STARTED, health.at, self._texts.say(Kind.STARTED, **fields))

    async def sample(self, at: datetime) -> None:
        """Remember a point of the day's equity curve."""
        self._equity.append((at, (await self._service.ask(op.GetStatus())).assets))

    async def summary(self, at: datetime) -> Message:
        """Tell cash, assets, profit and positions."""
        fields = digest.summary(await self._service.ask(op.GetStatus()))
        return message(Kind.SUMMARY, at, self._texts.say(Kind.SUMMARY, **fields))

    async def day(self, day: date, at: datetime) -> Message:
        """Tell a day, with its picture."""
        service = self._service
        now = await service.ask(op.GetStatus())
        pnl = await service.ask(op.GetPnl(first=day, last=day))
        orders = await service.ask(op.GetOrders(day=day))
        fills = await service.ask(op.GetFills(day=day))
        fields = digest.daily(now, pnl, len(orders), len(fills))
        text = self._texts.say(Kind.DAILY_REPORT, **fields)
        picture: bytes | None = None
        if self._draw is not None:
            title = f"{day} {_('Result of the day')} {glance.result(now)}"
            curve = [point for point in self._equity if point[0].date() == day]
            picture = await asyncio.to_thread(self._draw, curve, now.positions, pnl.by_code, title)
        return message(Kind.DAILY_REPORT, at, text, picture)

    async def week(self, day: date, at: datetime) -> Message | None:
        """Tell a week, if this day was its last session."""
        following = self._calendar().reaching(day + _WEEK).next_session(day)
        if following.isocalendar()[:2] == day.isocalendar()[:2]:
            return None
        pnl = await self._service.ask(
            op.GetPnl(first=day - timedelta(days=day.weekday()), last=day)
        )
        text = self._texts.say(Kind.WEEKLY_SUMMARY, **digest.weekly(pnl))
        return message(Kind.WEEKLY_SUMMARY, at, text)
